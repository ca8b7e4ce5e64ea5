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

# All 25: 17 here, 8 in reserve.
scale = {
  ingress         = { cpu = "1", memory = "512Mi", min_instances = 0, max_instances = 1, db_connections = 4 }
  route           = { max_instances = 1, db_connections = 2 }
  execute-skill   = { max_instances = 1, db_connections = 2 }
  bill            = { max_instances = 1, db_connections = 2 }
  phonepe-webhook = { max_instances = 1, db_connections = 4 }
  gst-invoice     = { max_instances = 1, db_connections = 2 }
  scrape          = { max_instances = 1, db_connections = 1 }
}

# PLACEHOLDER: well formed, and nobody's here. What dev issues is no invoice.
supplier = {
  gstin      = "27AAPFU0939F1ZV"
  legal_name = "RaptorFlow (trial, not a tax invoice)"
  address    = ["1 Example Road"]
  place      = "Mumbai"
  pin        = "400001"
}

phonepe = {
  client_id = "PLACEHOLDER" # of the sandbox, from PhonePe's dashboard
  sandbox   = true
}

billing = {
  success_url = "https://raptorflow.com/billing/success"
}

# What a person adds before the first deployment (README.md, Payments and invoices).
secret_versions = {
  phonepe-client-secret = "1"
}
