# Random values come from the real provider, which needs no credentials: ephemeral resources can't be mocked.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
}

run "prod_is_highly_available_and_backed_up" {
  assert {
    condition = (
      google_sql_database_instance.main.database_version == "POSTGRES_18"
      && google_sql_database_instance.main.settings[0].availability_type == "REGIONAL"
      && google_sql_database_instance.main.settings[0].edition == "ENTERPRISE"
    )
    error_message = "PostgreSQL 18 in two zones."
  }
  assert {
    condition = (
      google_sql_database_instance.main.settings[0].backup_configuration[0].enabled
      && google_sql_database_instance.main.settings[0].backup_configuration[0].point_in_time_recovery_enabled
      && google_sql_database_instance.main.settings[0].backup_configuration[0].location == "asia-south1"
    )
    error_message = "Backups with point-in-time recovery, in the region."
  }
  assert {
    condition = (
      google_sql_database_instance.main.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
      && length(google_sql_database_instance.main.settings[0].ip_configuration[0].authorized_networks) == 0
    )
    error_message = "No network may connect directly, and nothing unencrypted."
  }
}

run "the_limit_on_connections_is_set_and_holds" {
  assert {
    condition     = one([for f in google_sql_database_instance.main.settings[0].database_flags : f.value if f.name == "max_connections"]) == "500"
    error_message = "A tier of 16 GiB has 500 connections."
  }
  assert {
    condition     = output.database_connections.needed <= output.database_connections.limit && output.database_connections.limit == 500
    error_message = "The functions at full scale fit."
  }
  assert {
    condition     = alltrue([for name in ["phonepe-webhook", "gst-invoice"] : module.service[name].env["DATABASE_MAX_CONNECTIONS"] == "4"])
    error_message = "With two, callbacks wait for one another."
  }
}

run "dev_fits_the_smallest_tier" {
  command = plan
  variables {
    environment = "dev"
    database    = { tier = "db-f1-micro", highly_available = false }
    scale = {
      ingress         = { cpu = "1", memory = "512Mi", min_instances = 0, max_instances = 1, db_connections = 4 }
      route           = { max_instances = 1, db_connections = 2 }
      execute-skill   = { max_instances = 1, db_connections = 2 }
      bill            = { max_instances = 1, db_connections = 2 }
      phonepe-webhook = { max_instances = 1, db_connections = 4 }
      gst-invoice     = { max_instances = 1, db_connections = 2 }
      scrape          = { max_instances = 1, db_connections = 1 }
    }
  }
  assert {
    condition = (
      google_sql_database_instance.main.settings[0].tier == "db-f1-micro"
      && google_sql_database_instance.main.settings[0].availability_type == "ZONAL"
      && output.database_connections.limit == 25
      && output.database_connections.needed <= 25
    )
    error_message = "db-f1-micro has 25 connections, in one zone, and env/dev.tfvars fits."
  }
}

run "more_connections_than_the_tier_has_are_refused" {
  command = plan
  variables {
    scale = { execute-skill = { max_instances = 100 } }
  }
  expect_failures = [google_sql_database_instance.main]
}

run "prod_on_a_shared_core_is_refused" {
  command = plan
  variables {
    database = { tier = "db-f1-micro", max_connections = 500 }
  }
  expect_failures = [google_sql_database_instance.main]
}

run "prod_in_one_zone_is_refused" {
  command = plan
  variables {
    database = { highly_available = false }
  }
  expect_failures = [google_sql_database_instance.main]
}

run "a_tier_of_unknown_limit_is_refused" {
  command = plan
  variables {
    database = { tier = "db-perf-optimized-N-2", edition = "ENTERPRISE_PLUS" }
  }
  expect_failures = [google_sql_database_instance.main]
}

run "the_owner_is_the_only_user_made_by_the_api" {
  assert {
    condition     = google_sql_user.migrator.name == "migrator"
    error_message = "Functions' logins are made in SQL, outside cloudsqlsuperuser."
  }
  assert {
    condition     = startswith(module.migrate.env["DATABASE_URL"], "postgresql://migrator@localhost/raptorflow?host=/cloudsql/")
    error_message = "The migration job connects as the owner."
  }
}

run "the_migration_job_makes_every_login" {
  assert {
    condition = toset(split(",", module.migrate.env["DATABASE_LOGINS"])) == toset([
      "raptor_ingress=ingress_login", "raptor_route=route_login", "raptor_execute_skill=execute_skill_login", "raptor_bill=bill_login",
      "raptor_phonepe_webhook=phonepe_webhook_login", "raptor_gst_invoice=gst_invoice_login", "raptor_scrape=scrape_login", "raptor_operator=operator_login",
    ])
    error_message = "A role and a login for every function, and one for people."
  }
  assert {
    condition     = alltrue([for pair in split(",", module.migrate.env["DATABASE_LOGINS"]) : contains(keys(module.migrate.env), "DATABASE_PASSWORD_${upper(split("=", pair)[1])}")])
    error_message = "The job knows each login's password."
  }
  assert {
    condition     = alltrue([for name, s in module.service : s.env["PGPASSWORD"] == module.migrate.env["DATABASE_PASSWORD_${upper(replace(name, "-", "_"))}_LOGIN"]])
    error_message = "A function connects with the password that the job set."
  }
}
