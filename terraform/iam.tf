# One service account per function, with what that function needs and no more. Three kinds of role are
# given elsewhere, beside what they open: topics (modules/topic), buckets (storage.tf), calling a service
# (modules/service).

locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

module "identity" {
  source   = "./modules/identity"
  for_each = local.functions

  name         = each.key
  description  = each.value.about
  project_id   = var.project_id
  calls_models = contains(each.value.env, "LLM_PROVIDERS")
  secrets      = { for variable, secret in local.function_secrets[each.key] : variable => secret.secret }

  depends_on = [google_project_service.required]
}

module "migrate_identity" {
  source = "./modules/identity"

  name        = "migrate"
  description = "Applies migrations and makes the functions' database logins."
  project_id  = var.project_id
  secrets     = { for id in local.password_ids : id => google_secret_manager_secret.this[id].secret_id }

  depends_on = [google_project_service.required]
}

# Whom functions believe: pushes and scheduled calls carry a token of this account. It may call the
# functions that subscribe or run on a clock, and nothing else.
resource "google_service_account" "push" {
  account_id   = "push"
  display_name = "Pub/Sub pushes and scheduled calls"
  depends_on   = [google_project_service.required]
}

# Pub/Sub signs push tokens as the account above. Projects made before April 2021 need this said.
resource "google_service_account_iam_member" "push_token_creator" {
  service_account_id = google_service_account.push.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent
}
