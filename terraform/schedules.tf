# What runs on a clock, from schedules.json: POST /schedules/<name>, with the same token as a push.

resource "google_cloud_scheduler_job" "schedule" {
  for_each = local.schedules

  name             = each.key
  description      = "${each.value.name} of ${each.value.function}"
  region           = var.region
  schedule         = each.value.cron
  time_zone        = "Asia/Kolkata"
  attempt_deadline = "120s"

  retry_config {
    retry_count          = 3
    min_backoff_duration = "5s"
    max_backoff_duration = "60s"
  }

  http_target {
    http_method = "POST"
    uri         = "${module.service[each.value.function].uri}/schedules/${each.value.name}"
    oidc_token {
      service_account_email = google_service_account.push.email
      audience              = local.audience[each.value.function]
    }
  }

  depends_on = [google_project_service.required]
}
