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
