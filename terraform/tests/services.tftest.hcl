# Random values come from the real provider, which needs no credentials: ephemeral resources can't be mocked.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
}

run "only_ingress_and_phonepe_webhook_are_public" {
  assert {
    condition = (
      toset([for name, s in module.service : name if s.access.ingress == "INGRESS_TRAFFIC_ALL"]) == toset(["ingress", "phonepe-webhook"])
      && toset([for name, s in module.service : name if contains(s.access.callers, "allUsers")]) == toset(["ingress", "phonepe-webhook"])
    )
    error_message = "Exactly ingress and phonepe-webhook are reachable from, and callable by, the internet."
  }
}

run "internal_functions_are_called_by_the_push_account_alone" {
  assert {
    condition     = alltrue([for name in ["route", "execute-skill", "bill", "gst-invoice"] : module.service[name].access.callers == [google_service_account.push.member]])
    error_message = "Who subscribes or runs on a clock is called by the push account, and by no one else."
  }
}

run "everything_in_the_map_exists_and_runs_as_itself" {
  assert {
    condition     = toset(concat(keys(module.service), keys(module.job))) == toset(keys(jsondecode(file("functions.json"))))
    error_message = "Every function of functions.json is a service or a job."
  }
  assert {
    condition     = alltrue([for name in keys(module.service) : module.service[name].runs_as == module.identity[name].email]) && module.job["scrape"].runs_as == module.identity["scrape"].email
    error_message = "Every function runs as its own account."
  }
  assert {
    condition     = length(distinct(concat([for i in values(module.identity) : i.email], [module.migrate_identity.email, google_service_account.push.email, google_service_account.deploy.email]))) == 10
    error_message = "No two share an account."
  }
}

run "only_who_runs_models_may_call_them" {
  assert {
    condition     = toset([for name, i in module.identity : name if contains(i.roles, "roles/aiplatform.user")]) == toset(["route", "execute-skill"])
    error_message = "Models are for route and execute-skill."
  }
  assert {
    condition     = alltrue([for name, i in module.identity : length(setsubtract(i.roles, ["roles/cloudsql.client", "roles/aiplatform.user"])) == 0])
    error_message = "No function holds another role on the project."
  }
}

run "functions_get_their_environment" {
  assert {
    condition = alltrue([for s in values(module.service) : alltrue([
      for variable in ["ENVIRONMENT", "GCP_PROJECT_ID", "DATABASE_URL", "DATABASE_MAX_CONNECTIONS", "PGPASSWORD", "PUSH_AUDIENCE", "PUSH_SERVICE_ACCOUNT", "LOG_LEVEL"] : contains(keys(s.env), variable)
    ]) && s.env["ENVIRONMENT"] == "production"])
    error_message = "Every service gets the common variables, as production."
  }
  assert {
    condition     = startswith(module.service["bill"].env["DATABASE_URL"], "postgresql://bill_login@localhost/raptorflow?host=/cloudsql/")
    error_message = "The database is reached by the socket, as the function's own login, with no password in the address."
  }
  assert {
    condition     = module.service["ingress"].env["CORS_ALLOWED_ORIGINS"] == "https://app.example.in"
    error_message = "Allowed origins reach ingress."
  }
  assert {
    condition     = toset([for name, s in module.service : name if contains(keys(s.env), "JWT_SECRET_KEY")]) == toset(["ingress"])
    error_message = "The signing key is ingress's alone."
  }
  assert {
    condition     = !contains(keys(module.service["execute-skill"].env), "LLM_VERTEX_LOCATION") && module.service["execute-skill"].env["LLM_PROVIDERS"] == "vertex,vertex-anthropic"
    error_message = "Without model_location each model runs in its own place."
  }
}

run "a_model_location_reaches_who_runs_models" {
  variables {
    model_location = "global"
  }
  assert {
    condition     = toset([for name, s in module.service : name if try(s.env["LLM_VERTEX_LOCATION"], "") == "global"]) == toset(["route", "execute-skill"])
    error_message = "model_location is set for route and execute-skill."
  }
}

run "sockets_live_for_an_hour" {
  assert {
    condition     = local.functions["ingress"].concurrency >= 250 && local.functions["ingress"].timeout_seconds == 3600
    error_message = "ingress holds 250 or more sockets an instance, for up to an hour."
  }
  assert {
    condition     = local.functions["ingress"].concurrency * local.functions["ingress"].max_instances >= 10000
    error_message = "At full scale ingress holds 10,000 users."
  }
}

run "an_image_by_tag_is_refused" {
  command = plan
  variables {
    images = { bill = "asia-south1-docker.pkg.dev/demo/raptorflow/bill:latest" }
  }
  expect_failures = [var.images]
}
