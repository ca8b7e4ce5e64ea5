# Skill files. A version that was replaced or deleted is kept for 90 days, so that a bad one can be
# taken back.

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
