mock_provider "google" {}

variables {
  name            = "bill"
  description     = "Usage, ledger and budgets."
  project_id      = "demo"
  region          = "asia-south1"
  image           = "asia-south1-docker.pkg.dev/demo/raptorflow/bill@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  service_account = "fn-bill@demo.iam.gserviceaccount.com"
  audience        = "https://bill.demo.raptorflow"
  cpu             = "1"
  memory          = "512Mi"
  concurrency     = 80
  timeout_seconds = 120
  max_instances   = 10
  env             = { LOG_LEVEL = "info" }
  secrets         = { PGPASSWORD = { secret = "database-password-bill-login", version = "3" } }
  database        = "demo:asia-south1:raptorflow"
  labels          = { app = "raptorflow", function = "bill" }
  invokers        = { push = "serviceAccount:push@demo.iam.gserviceaccount.com" }
}

run "internal_unless_said_otherwise" {
  assert {
    condition     = output.access.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    error_message = "A service is reachable from inside only."
  }
  assert {
    condition     = output.access.callers == ["serviceAccount:push@demo.iam.gserviceaccount.com"]
    error_message = "Only its invokers may call it."
  }
}

run "public_means_everyone" {
  variables {
    public = true
  }
  assert {
    condition     = output.access.ingress == "INGRESS_TRAFFIC_ALL" && output.access.callers == ["allUsers"]
    error_message = "A public service is reachable and callable from the internet."
  }
}

run "runs_as_its_own_account_with_pinned_secrets" {
  assert {
    condition     = output.runs_as == "fn-bill@demo.iam.gserviceaccount.com"
    error_message = "The service runs as the account it is given."
  }
  assert {
    condition     = output.env["PGPASSWORD"] == "database-password-bill-login:3" && output.env["LOG_LEVEL"] == "info"
    error_message = "Secrets are mounted by version, plain values as they are."
  }
}

run "limits_and_probes" {
  assert {
    condition = (
      google_cloud_run_v2_service.this.scaling[0].max_instance_count == 10
      && google_cloud_run_v2_service.this.template[0].scaling[0].max_instance_count == 10
    )
    error_message = "The limit holds for the service as a whole and for each revision."
  }
  assert {
    condition = (
      google_cloud_run_v2_service.this.template[0].containers[0].startup_probe[0].http_get[0].path == "/health"
      && google_cloud_run_v2_service.this.template[0].containers[0].liveness_probe[0].http_get[0].path == "/health"
      && google_cloud_run_v2_service.this.template[0].containers[0].liveness_probe[0].period_seconds == 30
    )
    error_message = "Probes ask /health, never /ready: the database being away must not restart instances."
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].execution_environment == "EXECUTION_ENVIRONMENT_GEN2"
    error_message = "Second-generation environment."
  }
  assert {
    condition     = google_cloud_run_v2_service.this.labels["function"] == "bill" && google_cloud_run_v2_service.this.template[0].labels["function"] == "bill"
    error_message = "Service and revisions carry the labels."
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].volumes[0].cloud_sql_instance[0].instances == toset(["demo:asia-south1:raptorflow"])
    error_message = "The database's socket is mounted."
  }
}

run "an_image_by_tag_is_refused" {
  command = plan
  variables {
    image = "asia-south1-docker.pkg.dev/demo/raptorflow/bill:latest"
  }
  expect_failures = [var.image]
}

run "no_image_is_refused" {
  command = plan
  variables {
    image = ""
  }
  expect_failures = [var.image]
}

run "a_secret_by_latest_is_refused" {
  command = plan
  variables {
    secrets = { PGPASSWORD = { secret = "database-password-bill-login", version = "latest" } }
  }
  expect_failures = [var.secrets]
}

run "what_cloud_run_does_not_allow_is_refused" {
  command = plan
  variables {
    concurrency     = 1001
    timeout_seconds = 3601
    cpu             = "0.5"
    min_instances   = 11
    env             = { PORT = "9" }
  }
  expect_failures = [var.concurrency, var.timeout_seconds, var.cpu, var.max_instances, var.env]
}
