# What customers use: functions.json as it stands.
project_id           = "raptorflow-prod"
environment          = "prod"
cors_allowed_origins = ["https://app.raptorflow.in"]

database = {
  tier             = "db-custom-4-16384" # 500 connections
  highly_available = true
  disk_gb          = 50
  retained_backups = 30
}

billing = {
  success_url = "https://raptorflow.com/billing/success"
}

# Without these nothing is planned: fill in what the company is registered as and what PhonePe gave it
# (README.md, Payments and invoices). There is no default that would not be wrong.
#
# supplier = {
#   gstin      = ""
#   legal_name = ""
#   address    = [""]
#   place      = ""
#   pin        = ""
#   email      = ""
#   under_lut  = false
#
#   exports_under_lut = false
# }
#
# phonepe = {
#   client_id      = ""
#   client_version = 1
# }
#
# secret_versions = {
#   phonepe-client-secret = "1"
# }
