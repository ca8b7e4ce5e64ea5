output "email" {
  value = google_service_account.this.email
}

output "member" {
  value = google_service_account.this.member
}
