output "email" {
  value = google_service_account.this.email
}

output "member" {
  value = google_service_account.this.member
}

output "roles" {
  description = "What it may do in the project as a whole."
  value       = concat([google_project_iam_member.database.role], google_project_iam_member.models[*].role)
}
