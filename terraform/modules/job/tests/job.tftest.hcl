mock_provider "google" {}

variables {
  name            = "migrate"
  project_id      = "demo"
  region          = "asia-south1"
  image           = "asia-south1-docker.pkg.dev/demo/raptorflow/raptor@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  args            = ["migrate"]
  service_account = "fn-migrate@demo.iam.gserviceaccount.com"
  cpu             = "1"
  memory          = "512Mi"
  timeout_seconds = 3600
  secrets         = { PGPASSWORD = { secret = "database-password-migrator", version = "1" } }
  database        = "demo:asia-south1:raptorflow"
  labels          = { app = "raptorflow" }
}

run "one_task_with_its_secrets_by_version" {
  assert {
    condition     = google_cloud_run_v2_job.this.template[0].task_count == 1 && google_cloud_run_v2_job.this.template[0].parallelism == 1
    error_message = "One task: two migrations at once would wait for each other."
  }
  assert {
    condition     = google_cloud_run_v2_job.this.template[0].template[0].containers[0].args == tolist(["migrate"])
    error_message = "The arguments reach the program."
  }
  assert {
    condition     = output.env["PGPASSWORD"] == "database-password-migrator:1"
    error_message = "Secrets are mounted by version."
  }
  assert {
    condition     = output.runs_as == "fn-migrate@demo.iam.gserviceaccount.com"
    error_message = "The job runs as the account it is given."
  }
}

run "an_image_by_tag_is_refused" {
  command = plan
  variables {
    image = "asia-south1-docker.pkg.dev/demo/raptorflow/raptor:1"
  }
  expect_failures = [var.image]
}

run "a_secret_by_latest_is_refused" {
  command = plan
  variables {
    secrets = { PGPASSWORD = { secret = "database-password-migrator", version = "latest" } }
  }
  expect_failures = [var.secrets]
}
