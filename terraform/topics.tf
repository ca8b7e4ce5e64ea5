# Who hears of what, from topology.json. A publisher may publish only what functions.json says it emits.

locals {
  emitters = {
    for topic, t in local.topology.topics : topic => merge(
      { for name, function in local.functions : name => module.identity[name].member if contains(function.emits, topic) },
      try(t.published_by, "") == "cloud-storage" ? { "cloud-storage" = "serviceAccount:${data.google_storage_project_service_account.storage.email_address}" } : {},
    )
  }
  subscriptions = {
    for topic, t in local.topology.topics : topic => {
      for subscriber in t.subscribers : "${topic}.${subscriber}" => {
        endpoint             = module.service[subscriber].uri
        audience             = local.audience[subscriber]
        function             = subscriber
        ack_deadline_seconds = t.ack_deadline_seconds
        max_attempts         = local.topology.max_attempts
        min_backoff_seconds  = local.topology.min_backoff_seconds
        max_backoff_seconds  = local.topology.max_backoff_seconds
      }
    }
  }
  # Functions that Pub/Sub or Cloud Scheduler calls.
  called = toset(concat(
    flatten([for t in values(local.topology.topics) : t.subscribers]),
    [for s in values(local.schedules) : s.function],
  ))
}

module "topic" {
  source   = "./modules/topic"
  for_each = local.topology.topics

  name                 = each.key
  project_id           = var.project_id
  region               = var.region
  subscriptions        = local.subscriptions[each.key]
  publishers           = local.emitters[each.key]
  push_service_account = google_service_account.push.email
  pubsub_agent         = local.pubsub_agent
  labels               = local.labels

  depends_on = [google_service_account_iam_member.push_token_creator]
}
