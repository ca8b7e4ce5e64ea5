# The account that cloudbuild.yaml runs as. It administers this project's resources, so whoever may
# start builds as it may do the same: keep roles/iam.serviceAccountUser on it scarce.

resource "google_service_account" "deploy" {
  account_id   = "deploy"
  display_name = "Builds, migrates and deploys"
  depends_on   = [google_project_service.required]
}

resource "google_project_iam_member" "deploy" {
  for_each = toset([
    "roles/artifactregistry.admin",
    "roles/cloudscheduler.admin",
    "roles/cloudsql.admin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.serviceAccountUser",
    "roles/logging.logWriter",
    "roles/pubsub.admin",
    "roles/resourcemanager.projectIamAdmin",
    "roles/run.admin",
    "roles/secretmanager.admin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/storage.admin",
  ])
  project = var.project_id
  role    = each.key
  member  = google_service_account.deploy.member
}
