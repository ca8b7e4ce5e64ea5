# What every test here begins with; a run that wants another value says so.
project_id           = "demo"
environment          = "prod"
cors_allowed_origins = ["https://app.example.in"]
deletion_protection  = false
supplier             = { gstin = "27AAPFU0939F1ZV", legal_name = "Raptor Example Private Limited", address = ["1 Example Road", "Fort"], place = "Mumbai", pin = "400001" }
phonepe              = { client_id = "M1EXAMPLE" }
secret_versions      = { phonepe-client-secret = "3" }
images = {
  ingress         = "asia-south1-docker.pkg.dev/demo/raptorflow/ingress@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  route           = "asia-south1-docker.pkg.dev/demo/raptorflow/route@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  execute-skill   = "asia-south1-docker.pkg.dev/demo/raptorflow/execute-skill@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  bill            = "asia-south1-docker.pkg.dev/demo/raptorflow/bill@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  phonepe-webhook = "asia-south1-docker.pkg.dev/demo/raptorflow/phonepe-webhook@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  gst-invoice     = "asia-south1-docker.pkg.dev/demo/raptorflow/gst-invoice@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  scrape          = "asia-south1-docker.pkg.dev/demo/raptorflow/scrape@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  raptor          = "asia-south1-docker.pkg.dev/demo/raptorflow/raptor@sha256:0000000000000000000000000000000000000000000000000000000000000001"
}
