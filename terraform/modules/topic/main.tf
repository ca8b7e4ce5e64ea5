# A topic, who may publish to it, and its push subscriptions. What a subscription can't deliver goes to
# the topic <subscription>.dlq, which is pushed to the same function's /dead-letters/<subscription>:
# there it is stored, to be listed and replayed.

locals {
  # The longest Pub/Sub keeps a message that nobody acknowledges.
  month = "2678400s"
  week  = "604800s"
}

resource "google_pubsub_topic" "this" {
  project = var.project_id
  name    = var.name
  labels  = var.labels

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = var.publishers
  project  = var.project_id
  topic    = google_pubsub_topic.this.name
  role     = "roles/pubsub.publisher"
  member   = each.value
}

resource "google_pubsub_subscription" "push" {
  for_each = var.subscriptions

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.this.id
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = local.week
  labels                     = merge(var.labels, { function = each.value.function })

  push_config {
    push_endpoint = "${each.value.endpoint}/push/${each.key}"
    oidc_token {
      service_account_email = var.push_service_account
      audience              = each.value.audience
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.min_backoff_seconds}s"
    maximum_backoff = "${each.value.max_backoff_seconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.key].id
    max_delivery_attempts = each.value.max_attempts
  }

  # A subscription nobody reads for a month stays.
  expiration_policy {
    ttl = ""
  }

  # Without the grant nothing is forwarded: a message that ran out of attempts would come for ever.
  depends_on = [google_pubsub_topic_iam_member.dead_publisher]
}

resource "google_pubsub_topic" "dead" {
  for_each = var.subscriptions
  project  = var.project_id
  name     = "${each.key}.dlq"
  labels   = merge(var.labels, { function = each.value.function })

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

# No dead letters of its own: it is tried until it is stored, for a month.
resource "google_pubsub_subscription" "dead" {
  for_each = var.subscriptions

  project                    = var.project_id
  name                       = "${each.key}.dlq"
  topic                      = google_pubsub_topic.dead[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = local.month
  labels                     = merge(var.labels, { function = each.value.function })

  push_config {
    push_endpoint = "${each.value.endpoint}/dead-letters/${each.key}"
    oidc_token {
      service_account_email = var.push_service_account
      audience              = each.value.audience
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves dead letters: it publishes to the one topic and acknowledges on the other.
resource "google_pubsub_topic_iam_member" "dead_publisher" {
  for_each = var.subscriptions
  project  = var.project_id
  topic    = google_pubsub_topic.dead[each.key].name
  role     = "roles/pubsub.publisher"
  member   = var.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead_subscriber" {
  for_each     = var.subscriptions
  project      = var.project_id
  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = var.pubsub_agent
}
