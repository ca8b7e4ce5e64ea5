# RaptorFlow in one Google Cloud project. Three data files say what there is, and a test compares them
# with what the code declares: functions.json, topology.json, schedules.json.

locals {
  declared = jsondecode(file("${path.module}/functions.json"))

  functions = {
    for name, function in local.declared : name => merge(function, {
      for key, value in try(var.scale[name], {}) : key => value if value != null
    })
  }
  services = { for name, function in local.functions : name => function if function.kind == "service" }
  jobs     = { for name, function in local.functions : name => function if function.kind == "job" }

  topology  = jsondecode(file("${path.module}/topology.json"))
  schedules = { for s in jsondecode(file("${path.module}/schedules.json")) : "${s.function}-${s.name}" => s }

  labels          = { app = "raptorflow", environment = var.environment, managed_by = "terraform" }
  function_labels = { for name in keys(local.functions) : name => merge(local.labels, { function = name }) }

  # What push requests and scheduled calls to a function must carry as their audience. A name of ours
  # rather than the service's address, which is known only once the service exists.
  audience = { for name in keys(local.services) : name => "https://${name}.${var.project_id}.raptorflow" }

  # Every function gets these.
  common_env = {
    ENVIRONMENT    = "production"
    GCP_PROJECT_ID = var.project_id
    GCP_LOCATION   = var.region
    LOG_LEVEL      = var.log_level
  }
  # A function gets those of these that functions.json names for it. What is empty it does not get.
  optional_env = merge(local.billing_env, {
    CORS_ALLOWED_ORIGINS = join(",", var.cors_allowed_origins)
    SKILLS_BUCKET        = google_storage_bucket.skills.name
    INVOICES_BUCKET      = google_storage_bucket.invoices.name
    LLM_PROVIDERS        = "vertex,vertex-anthropic"
    LLM_VERTEX_LOCATION  = var.model_location
  })
  env = {
    for name, function in local.functions : name => merge(
      local.common_env,
      {
        DATABASE_URL             = local.database_url[name]
        DATABASE_MAX_CONNECTIONS = tostring(function.db_connections)
      },
      function.kind == "service" ? {
        PUSH_AUDIENCE        = local.audience[name]
        PUSH_SERVICE_ACCOUNT = google_service_account.push.email
      } : {},
      { for variable in function.env : variable => local.optional_env[variable] if local.optional_env[variable] != "" },
    )
  }
}

resource "google_project_service" "required" {
  for_each = toset([
    "aiplatform.googleapis.com",
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ])
  service            = each.key
  disable_on_destroy = false
}

data "google_project" "this" {
  project_id = var.project_id
  depends_on = [google_project_service.required]
}
