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

resource "google_storage_bucket_iam_member" "skills_reader" {
  for_each = toset([for name, function in local.functions : name if contains(function.env, "SKILLS_BUCKET")])

  bucket = google_storage_bucket.skills.name
  role   = "roles/storage.objectViewer"
  member = module.identity[each.key].member
}
