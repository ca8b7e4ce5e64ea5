output "uri" {
  description = "The service's address, https and without a path."
  value       = google_cloud_run_v2_service.this.uri
}

output "access" {
  description = "From where it can be reached, and who may call it."
  value = {
    ingress = google_cloud_run_v2_service.this.ingress
    callers = concat(
      google_cloud_run_v2_service_iam_member.public[*].member,
      [for grant in values(google_cloud_run_v2_service_iam_member.invoker) : grant.member],
    )
  }
}

output "runs_as" {
  description = "The account it runs as."
  value       = google_cloud_run_v2_service.this.template[0].service_account
}

output "env" {
  description = "Variable -> value, or secret and version."
  value = {
    for e in google_cloud_run_v2_service.this.template[0].containers[0].env : e.name =>
    try("${e.value_source[0].secret_key_ref[0].secret}:${e.value_source[0].secret_key_ref[0].version}", e.value)
  }
}
