resource "google_artifact_registry_repository" "images" {
  repository_id = "raptorflow"
  description   = "An image per function, and one of raptor."
  location      = var.region
  format        = "DOCKER"
  labels        = local.labels

  # Services run by digest, and Cloud Run keeps its own copy of what it runs: old images may go.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 20
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.required]
}
