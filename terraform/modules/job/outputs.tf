output "name" {
  value = google_cloud_run_v2_job.this.name
}

output "runs_as" {
  description = "The account it runs as."
  value       = google_cloud_run_v2_job.this.template[0].template[0].service_account
}

output "env" {
  description = "Variable -> value, or secret and version."
  value = {
    for e in google_cloud_run_v2_job.this.template[0].template[0].containers[0].env : e.name =>
    try("${e.value_source[0].secret_key_ref[0].secret}:${e.value_source[0].secret_key_ref[0].version}", e.value)
  }
}
