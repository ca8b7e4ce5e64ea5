output "api_url" {
  description = "The public address of the API."
  value       = module.service["ingress"].uri
}

output "webhook_url" {
  description = "The public address that PhonePe calls: what its dashboard is given."
  value       = "${module.service["phonepe-webhook"].uri}/webhooks/phonepe"
}

output "registry" {
  description = "Where images are pushed."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "database" {
  description = "What the Cloud SQL Auth Proxy is given to connect a person."
  value       = google_sql_database_instance.main.connection_name
}

output "database_connections" {
  description = "Connections needed at full scale, and the most there can be."
  value       = { needed = local.connections_needed, limit = local.connection_limit }
}

output "deploy_service_account" {
  description = "The account that builds run as."
  value       = google_service_account.deploy.email
}
