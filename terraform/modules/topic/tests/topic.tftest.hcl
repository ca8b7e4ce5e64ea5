mock_provider "google" {}

variables {
  name       = "step-finished-v1"
  project_id = "demo"
  region     = "asia-south1"
  subscriptions = {
    "step-finished-v1.route" = {
      endpoint             = "https://route.example"
      audience             = "https://route.demo.raptorflow"
      function             = "route"
      ack_deadline_seconds = 30
      max_attempts         = 10
      min_backoff_seconds  = 1
      max_backoff_seconds  = 60
    }
  }
  publishers           = { execute-skill = "serviceAccount:fn-execute-skill@demo.iam.gserviceaccount.com" }
  push_service_account = "push@demo.iam.gserviceaccount.com"
  pubsub_agent         = "serviceAccount:service-42@gcp-sa-pubsub.iam.gserviceaccount.com"
  labels               = { app = "raptorflow" }
}

run "pushes_with_a_token_and_backs_off" {
  assert {
    condition     = google_pubsub_subscription.push["step-finished-v1.route"].push_config[0].push_endpoint == "https://route.example/push/step-finished-v1.route"
    error_message = "The endpoint names the subscription."
  }
  assert {
    condition = (
      google_pubsub_subscription.push["step-finished-v1.route"].push_config[0].oidc_token[0].service_account_email == "push@demo.iam.gserviceaccount.com"
      && google_pubsub_subscription.push["step-finished-v1.route"].push_config[0].oidc_token[0].audience == "https://route.demo.raptorflow"
    )
    error_message = "A push carries the push account's token for the function's audience."
  }
  assert {
    condition = (
      google_pubsub_subscription.push["step-finished-v1.route"].retry_policy[0].minimum_backoff == "1s"
      && google_pubsub_subscription.push["step-finished-v1.route"].retry_policy[0].maximum_backoff == "60s"
      && google_pubsub_subscription.push["step-finished-v1.route"].ack_deadline_seconds == 30
    )
    error_message = "Deadline and backoff are those of the map."
  }
  assert {
    condition     = google_pubsub_subscription.push["step-finished-v1.route"].expiration_policy[0].ttl == ""
    error_message = "A subscription never expires."
  }
}

run "dead_letters_go_to_a_topic_and_back_to_the_function" {
  assert {
    condition = (
      google_pubsub_subscription.push["step-finished-v1.route"].dead_letter_policy[0].max_delivery_attempts == 10
      && google_pubsub_subscription.push["step-finished-v1.route"].dead_letter_policy[0].dead_letter_topic == google_pubsub_topic.dead["step-finished-v1.route"].id
      && google_pubsub_topic.dead["step-finished-v1.route"].name == "step-finished-v1.route.dlq"
    )
    error_message = "What can't be delivered goes to <subscription>.dlq after max_attempts."
  }
  assert {
    condition     = google_pubsub_subscription.dead["step-finished-v1.route"].push_config[0].push_endpoint == "https://route.example/dead-letters/step-finished-v1.route"
    error_message = "Dead letters are pushed to the same function, to be stored."
  }
  assert {
    condition = (
      length(google_pubsub_subscription.dead["step-finished-v1.route"].dead_letter_policy) == 0
      && google_pubsub_subscription.dead["step-finished-v1.route"].message_retention_duration == "2678400s"
    )
    error_message = "The last stop has no further stop, and holds for 31 days."
  }
}

run "pubsub_may_move_dead_letters" {
  assert {
    condition = (
      google_pubsub_topic_iam_member.dead_publisher["step-finished-v1.route"].member == var.pubsub_agent
      && google_pubsub_topic_iam_member.dead_publisher["step-finished-v1.route"].topic == "step-finished-v1.route.dlq"
      && google_pubsub_topic_iam_member.dead_publisher["step-finished-v1.route"].role == "roles/pubsub.publisher"
    )
    error_message = "Pub/Sub's agent must be able to publish dead letters."
  }
  assert {
    condition = (
      google_pubsub_subscription_iam_member.dead_subscriber["step-finished-v1.route"].member == var.pubsub_agent
      && google_pubsub_subscription_iam_member.dead_subscriber["step-finished-v1.route"].subscription == "step-finished-v1.route"
      && google_pubsub_subscription_iam_member.dead_subscriber["step-finished-v1.route"].role == "roles/pubsub.subscriber"
    )
    error_message = "Pub/Sub's agent must be able to acknowledge what it moved."
  }
}

run "only_publishers_publish_and_data_stays" {
  assert {
    condition     = output.publishers == ["execute-skill"] && google_pubsub_topic_iam_member.publisher["execute-skill"].role == "roles/pubsub.publisher"
    error_message = "Publishers are those given, with that role."
  }
  assert {
    condition = (
      google_pubsub_topic.this.message_storage_policy[0].allowed_persistence_regions == toset(["asia-south1"])
      && google_pubsub_topic.dead["step-finished-v1.route"].message_storage_policy[0].allowed_persistence_regions == toset(["asia-south1"])
    )
    error_message = "Messages and dead letters rest in the region."
  }
}

run "a_topic_without_a_version_is_refused" {
  command = plan
  variables {
    name = "step-finished"
  }
  expect_failures = [var.name]
}

run "what_pubsub_does_not_allow_is_refused" {
  command = plan
  variables {
    subscriptions = {
      "step-finished-v1.route" = {
        endpoint             = "https://route.example"
        audience             = "https://route.demo.raptorflow"
        function             = "route"
        ack_deadline_seconds = 601
        max_attempts         = 4
        min_backoff_seconds  = 10
        max_backoff_seconds  = 5
      }
    }
  }
  expect_failures = [var.subscriptions]
}
