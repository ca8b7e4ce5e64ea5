# Two buckets: skill files, and invoices with reports.

# A version that was replaced or deleted is kept for 90 days, so that a bad one can be taken back.

resource "google_storage_bucket" "skills" {
  name                        = "${var.project_id}-skills"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  labels                      = local.labels

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 90
      with_state                 = "ARCHIVED"
    }
  }

  depends_on = [google_project_service.required]
}

# Cloud Storage's own account, which publishes what happens in a bucket.
data "google_storage_project_service_account" "storage" {
  project = var.project_id
}

# A new file, and one that went: whoever serves skills looks again.
resource "google_storage_notification" "skills" {
  bucket         = google_storage_bucket.skills.name
  topic          = module.topic["skill-published-v1"].id
  payload_format = "NONE"
  event_types    = ["OBJECT_FINALIZE", "OBJECT_DELETE"]

  # Made before it may publish, it would be refused.
  depends_on = [module.topic]
}

resource "google_storage_bucket_iam_member" "skills_reader" {
  for_each = toset([for name, function in local.functions : name if contains(function.env, "SKILLS_BUCKET")])

  bucket = google_storage_bucket.skills.name
  role   = "roles/storage.objectViewer"
  member = module.identity[each.key].member
}

# Invoices, credit notes and reports, as PDF. The tax law wants invoices kept for 72 months after the
# annual return of their year was due (CGST Act s. 36): one of 1 April 2026 until 31 December 2033. Eight
# years cover that for every day of a year.
#
# In prod nobody can delete or replace a file before that, not even an owner of the project, unless the
# policy is taken off first, which is logged. It is not locked by itself: a lock can never be undone, and
# until the last file is eight years old neither the bucket nor, in effect, the project could be closed.
# lock_invoices locks it, once somebody has checked that the files in it are the right ones.
#
# Versions are kept only where there is no policy. Cloud Storage long refused both on one bucket, and
# where it takes them a deleted invoice would become a noncurrent version, out of its readers' sight;
# without versions the delete itself is refused.
locals {
  invoice_days  = 2922 # 8 years, 2 of them leap years
  keep_invoices = var.environment == "prod"
}

resource "google_storage_bucket" "invoices" {
  name                        = "${var.project_id}-invoices"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  labels                      = local.labels

  versioning {
    enabled = !local.keep_invoices
  }

  dynamic "retention_policy" {
    for_each = local.keep_invoices ? [local.invoice_days] : []
    content {
      retention_period = tostring(retention_policy.value * 24 * 60 * 60)
      is_locked        = var.lock_invoices
    }
  }

  # The longest there is. It also brings back a bucket that was deleted whole.
  soft_delete_policy {
    retention_duration_seconds = 90 * 24 * 60 * 60
  }

  depends_on = [google_project_service.required]
}

resource "google_storage_bucket_iam_member" "invoices_reader" {
  for_each = toset([for name, function in local.functions : name if contains(function.env, "INVOICES_BUCKET")])

  bucket = google_storage_bucket.invoices.name
  role   = "roles/storage.objectViewer"
  member = module.identity[each.key].member
}

# New files only: without the right to delete, no file can be written over.
resource "google_storage_bucket_iam_member" "invoices_writer" {
  bucket = google_storage_bucket.invoices.name
  role   = "roles/storage.objectCreator"
  member = module.identity["gst-invoice"].member
}
