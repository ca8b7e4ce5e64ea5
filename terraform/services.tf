# The functions, from functions.json: services, and the jobs that run to an end.

module "service" {
  source   = "./modules/service"
  for_each = local.services

  name                = each.key
  description         = each.value.about
  project_id          = var.project_id
  region              = var.region
  image               = try(var.images[each.key], "")
  service_account     = module.identity[each.key].email
  public              = each.value.public
  invokers            = contains(local.called, each.key) ? { push = google_service_account.push.member } : {}
  audience            = local.audience[each.key]
  port                = each.value.port
  cpu                 = each.value.cpu
  memory              = each.value.memory
  cpu_always          = each.value.cpu_always
  concurrency         = each.value.concurrency
  timeout_seconds     = each.value.timeout_seconds
  min_instances       = each.value.min_instances
  max_instances       = each.value.max_instances
  env                 = local.env[each.key]
  secrets             = local.function_secrets[each.key]
  database            = google_sql_database_instance.main.connection_name
  probes              = var.probes
  labels              = local.function_labels[each.key]
  deletion_protection = var.deletion_protection

  # An instance reads its secrets and reaches the database as it starts.
  depends_on = [module.identity]
}

module "job" {
  source   = "./modules/job"
  for_each = local.jobs

  name                = each.key
  project_id          = var.project_id
  region              = var.region
  image               = try(var.images[each.key], "")
  service_account     = module.identity[each.key].email
  cpu                 = each.value.cpu
  memory              = each.value.memory
  timeout_seconds     = each.value.timeout_seconds
  parallelism         = each.value.max_instances
  env                 = local.env[each.key]
  secrets             = local.function_secrets[each.key]
  database            = google_sql_database_instance.main.connection_name
  labels              = local.function_labels[each.key]
  deletion_protection = var.deletion_protection

  depends_on = [module.identity]
}

# Run it to its end before services get a new image: cloudbuild.yaml does.
module "migrate" {
  source = "./modules/job"

  name            = "migrate"
  project_id      = var.project_id
  region          = var.region
  image           = try(var.images["raptor"], "")
  args            = ["migrate"]
  service_account = module.migrate_identity.email
  cpu             = "1"
  memory          = "512Mi"
  timeout_seconds = 3600
  parallelism     = 1
  env = merge(local.common_env, {
    DATABASE_URL             = local.database_url["migrate"]
    DATABASE_MAX_CONNECTIONS = "2"
    # role=login pairs. The job makes each login, or sets its password from DATABASE_PASSWORD_<LOGIN>,
    # and grants it the role that the migrations made.
    DATABASE_LOGINS = join(",", [for name, login in local.logins : "${local.database_role[name]}=${login}"])
  })
  secrets = merge(
    { PGPASSWORD = local.pinned["database-password-migrator"] },
    { for login in values(local.logins) : "DATABASE_PASSWORD_${upper(login)}" => local.pinned["database-password-${replace(login, "_", "-")}"] },
  )
  database            = google_sql_database_instance.main.connection_name
  labels              = merge(local.labels, { function = "migrate" })
  deletion_protection = var.deletion_protection

  depends_on = [module.migrate_identity, google_sql_user.migrator, google_sql_database.main]
}
