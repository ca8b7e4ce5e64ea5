# Cloud SQL for PostgreSQL. Functions reach it by the unix socket that Cloud Run mounts: encrypted on
# the way and open only to accounts with roles/cloudsql.client. That path needs the instance's public
# address, but no network is authorised to use it directly.
#
# Logins. Users made through Cloud SQL's API join cloudsqlsuperuser, which owns the database and could
# drop its schema; only `migrator` is one. The migration job makes the functions' logins in SQL: each a
# member of its function's role and of nothing else.
#
# Connections. Every instance of every function may hold db_connections; the sum at full scale, with
# the reserve, must fit max_connections, and the precondition below holds the plan to it. Instances are
# limited per service, not per revision, so a roll-out doesn't double the sum. Server-side pooling is
# not used: it shares sessions, and a function's role is set once per session.

locals {
  database_role  = merge({ for name in keys(local.functions) : name => "raptor_${replace(name, "-", "_")}" }, { operator = "raptor_operator" })
  logins         = { for name in keys(local.database_role) : name => "${replace(name, "-", "_")}_login" }
  database_users = merge(local.logins, { migrate = "migrator" })

  # sqlx takes the password from PGPASSWORD. The socket is encrypted behind its far end: TLS inside it
  # would encrypt twice.
  database_url = {
    for name, user in local.database_users : name =>
    "postgresql://${user}@localhost/${local.database_name}?host=/cloudsql/${google_sql_database_instance.main.connection_name}&sslmode=disable"
  }
  database_name = "raptorflow"

  # Cloud SQL's defaults, by GiB of memory. Set as a flag all the same, so that the sum is held against
  # the truth.
  # https://cloud.google.com/sql/docs/postgres/flags#postgres-m
  shared_core     = { "db-f1-micro" = 25, "db-g1-small" = 50 }
  is_shared_core  = contains(keys(local.shared_core), var.database.tier)
  tier_memory_gib = try(tonumber(regex("^db-custom-[0-9]+-([0-9]+)$", var.database.tier)[0]) / 1024, 0)
  tier_limits = concat(
    [for step in [[120, 1000], [60, 800], [30, 600], [15, 500], [7.5, 400], [6, 200], [3.75, 100]] : step[1] if local.tier_memory_gib >= step[0]],
    [lookup(local.shared_core, var.database.tier, 0)],
  )
  connection_limit = coalesce(var.database.max_connections, local.tier_limits[0])

  # 3 for superusers, 2 for the migration job, 3 for people.
  connection_reserve = 8
  connections_needed = local.connection_reserve + sum([for function in values(local.functions) : function.max_instances * function.db_connections])
}

resource "google_sql_database_instance" "main" {
  name                = "raptorflow"
  database_version    = "POSTGRES_18"
  region              = var.region
  deletion_protection = var.deletion_protection

  settings {
    tier = var.database.tier
    # From PostgreSQL 16 the default is ENTERPRISE_PLUS, which has neither custom nor shared-core tiers.
    edition                     = var.database.edition
    availability_type           = var.database.highly_available ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.database.disk_gb
    disk_autoresize             = true
    deletion_protection_enabled = var.deletion_protection
    user_labels                 = local.labels

    ip_configuration {
      ipv4_enabled = true
      ssl_mode     = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "20:30" # UTC: 02:00 in India
      location                       = var.region
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = var.database.retained_backups
      }
    }

    maintenance_window {
      day          = 7
      hour         = 20 # UTC: Monday 01:30 in India
      update_track = "stable"
    }

    dynamic "database_flags" {
      for_each = {
        max_connections = tostring(local.connection_limit)
        log_lock_waits  = "on"
      }
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }

    insights_config {
      query_insights_enabled  = true
      query_plans_per_minute  = var.database.query_plan_samples
      record_application_tags = true
      record_client_address   = false
    }
  }

  lifecycle {
    precondition {
      condition     = local.connection_limit > 0
      error_message = "The connection limit of ${var.database.tier} is not known: set database.max_connections."
    }
    precondition {
      condition     = local.connections_needed <= local.connection_limit
      error_message = "At full scale the functions and the reserve need ${local.connections_needed} database connections, and ${var.database.tier} has ${local.connection_limit}: lower max_instances or db_connections (functions.json, or `scale` for this environment), or take a larger tier."
    }
    precondition {
      condition     = var.environment != "prod" || (var.database.highly_available && !local.is_shared_core)
      error_message = "prod needs database.highly_available and a dedicated-core tier: the others are outside Cloud SQL's SLA."
    }
  }

  depends_on = [google_project_service.required]
}

resource "google_sql_database" "main" {
  name     = local.database_name
  instance = google_sql_database_instance.main.name
}

# Secret first, then user. If an apply breaks off between the two, raise password_generation.
resource "google_sql_user" "migrator" {
  name                = "migrator"
  instance            = google_sql_database_instance.main.name
  password_wo         = ephemeral.random_password.value["database-password-migrator"].result
  password_wo_version = var.password_generation
  depends_on          = [google_secret_manager_secret_version.this]
}
