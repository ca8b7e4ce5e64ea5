# A place to try things: the smallest of everything, and nothing kept from being destroyed.
project_id           = "raptorflow-dev"
environment          = "dev"
cors_allowed_origins = ["http://localhost:3000"]
deletion_protection  = false
log_level            = "debug"

database = {
  tier             = "db-f1-micro" # 25 connections
  highly_available = false
  disk_gb          = 10
  retained_backups = 7
}

scale = {
  ingress         = { cpu = "1", memory = "512Mi", min_instances = 0, max_instances = 1, db_connections = 4 }
  route           = { max_instances = 1, db_connections = 3 }
  execute-skill   = { max_instances = 1, db_connections = 3 }
  bill            = { max_instances = 1, db_connections = 2 }
  phonepe-webhook = { max_instances = 1, db_connections = 1 }
  gst-invoice     = { max_instances = 1, db_connections = 1 }
  scrape          = { max_instances = 1, db_connections = 1 }
}
