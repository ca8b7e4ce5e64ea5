output "uri" {
  description = "The service's address, https and without a path."
  value       = google_cloud_run_v2_service.this.uri
}
