# Who a function is, and what it may use: its own service account, the database, its secrets, models.

resource "google_service_account" "this" {
  project      = var.project_id
  account_id   = "fn-${var.name}"
  display_name = var.name
  description  = var.description
}

# Opening the socket. What the login may do in the database is the database's affair.
resource "google_project_iam_member" "database" {
  project = var.project_id
  role    = "roles/cloudsql.client"
  member  = google_service_account.this.member
}

resource "google_project_iam_member" "models" {
  count   = var.calls_models ? 1 : 0
  project = var.project_id
  role    = "roles/aiplatform.user"
  member  = google_service_account.this.member
}

resource "google_secret_manager_secret_iam_member" "secret" {
  for_each  = var.secrets
  project   = var.project_id
  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.this.member
}
