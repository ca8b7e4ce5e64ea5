# One function as a Cloud Run service. Internal unless `public`, and then callable by everyone.

resource "google_cloud_run_v2_service" "this" {
  project             = var.project_id
  name                = var.name
  description         = var.description
  location            = var.region
  ingress             = var.public ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_ONLY"
  custom_audiences    = [var.audience]
  labels              = var.labels
  deletion_protection = var.deletion_protection

  # Across revisions: a roll-out must not have twice the instances, for the database's sake.
  scaling {
    min_instance_count = var.min_instances
    max_instance_count = var.max_instances
  }

  template {
    service_account                  = var.service_account
    timeout                          = "${var.timeout_seconds}s"
    max_instance_request_concurrency = var.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    labels                           = var.labels

    scaling {
      max_instance_count = var.max_instances
    }

    containers {
      image = var.image

      ports {
        container_port = var.port
      }

      resources {
        limits = { cpu = var.cpu, memory = var.memory }
        # A function that publishes after it answered needs the processor then, too.
        cpu_idle          = !var.cpu_always
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = var.env
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = var.secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value.secret
              version = env.value.version
            }
          }
        }
      }

      volume_mounts {
        name       = "cloudsql"
        mount_path = "/cloudsql"
      }

      # /health answers while the process lives. /ready would restart healthy instances when the
      # database is away.
      startup_probe {
        initial_delay_seconds = var.probes.startup_delay
        period_seconds        = var.probes.startup_period
        failure_threshold     = var.probes.startup_failures
        timeout_seconds       = 1
        http_get {
          path = "/health"
          port = var.port
        }
      }

      liveness_probe {
        period_seconds    = var.probes.liveness_period
        failure_threshold = var.probes.liveness_failures
        timeout_seconds   = 5
        http_get {
          path = "/health"
          port = var.port
        }
      }
    }

    volumes {
      name = "cloudsql"
      cloud_sql_instance {
        instances = [var.database]
      }
    }
  }

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }
}

resource "google_cloud_run_v2_service_iam_member" "public" {
  count    = var.public ? 1 : 0
  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.public ? {} : var.invokers
  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = each.value
}
