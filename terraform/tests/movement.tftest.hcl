# Random values come from the real provider, which needs no credentials: ephemeral resources can't be mocked.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
}

run "every_subscription_has_dead_letters" {
  assert {
    condition = alltrue(flatten([for topic, t in local.topology.topics : [for subscriber in t.subscribers :
      module.topic[topic].subscriptions["${topic}.${subscriber}"].dead_letters == "${topic}.${subscriber}.dlq"
      && module.topic[topic].subscriptions["${topic}.${subscriber}"].max_attempts == local.topology.max_attempts
    ]]))
    error_message = "Every subscription gives up after max_attempts of topology.json, into <subscription>.dlq."
  }
  assert {
    condition     = sum([for t in values(module.topic) : length(t.subscriptions)]) == sum([for t in values(local.topology.topics) : length(t.subscribers)])
    error_message = "There are as many subscriptions as topology.json has."
  }
}

run "subscriptions_are_pushed_to_their_function" {
  assert {
    condition = alltrue(flatten([for topic, t in local.topology.topics : [for subscriber in t.subscribers :
      module.topic[topic].subscriptions["${topic}.${subscriber}"].endpoint == "${module.service[subscriber].uri}/push/${topic}.${subscriber}"
      && module.topic[topic].subscriptions["${topic}.${subscriber}"].dead_letters_endpoint == "${module.service[subscriber].uri}/dead-letters/${topic}.${subscriber}"
      && module.topic[topic].subscriptions["${topic}.${subscriber}"].audience == module.service[subscriber].env["PUSH_AUDIENCE"]
    ]]))
    error_message = "A message goes to its subscriber's /push, with the audience that the subscriber expects; a dead letter to its /dead-letters."
  }
}

run "only_emitters_publish" {
  assert {
    condition     = alltrue([for topic, t in module.topic : toset(t.publishers) == toset(concat([for name, f in local.functions : name if contains(f.emits, topic)], try([local.topology.topics[topic].published_by], [])))])
    error_message = "Publishers of a topic are the functions that name it under `emits`."
  }
  assert {
    condition     = module.topic["usage-recorded-v1"].publishers == ["execute-skill"]
    error_message = "Usage is recorded by execute-skill alone."
  }
}

run "schedules_call_their_function_with_a_token" {
  assert {
    condition     = length(google_cloud_scheduler_job.schedule) == length(jsondecode(file("schedules.json")))
    error_message = "Every schedule of schedules.json has a job."
  }
  assert {
    condition = alltrue([for name, job in google_cloud_scheduler_job.schedule :
      job.http_target[0].http_method == "POST"
      && job.http_target[0].uri == "${module.service[local.schedules[name].function].uri}/schedules/${local.schedules[name].name}"
      && job.http_target[0].oidc_token[0].service_account_email == google_service_account.push.email
      && job.http_target[0].oidc_token[0].audience == module.service[local.schedules[name].function].env["PUSH_AUDIENCE"]
    ])
    error_message = "A schedule posts to <service>/schedules/<name> with the push account's token for that service."
  }
  assert {
    condition     = alltrue([for job in values(google_cloud_scheduler_job.schedule) : job.time_zone == "Asia/Kolkata"])
    error_message = "Schedules are written in Indian time."
  }
  assert {
    condition = length(setsubtract(
      ["bill-poll-pending", "bill-debit-cycle", "bill-dunning", "bill-reconcile", "bill-close-month", "bill-sweep-anomalies", "gst-invoice-finish-invoices", "phonepe-webhook-sweep-outbox"],
      keys(google_cloud_scheduler_job.schedule),
    )) == 0
    error_message = "Payments, invoices and reports are carried on by the clock."
  }
  assert {
    condition     = google_cloud_scheduler_job.schedule["bill-make-partitions"].schedule == "30 3 * * *"
    error_message = "The cron expression is the map's."
  }
}

run "pubsub_may_sign_as_the_push_account" {
  assert {
    condition = (
      google_service_account_iam_member.push_token_creator.member == "serviceAccount:service-42@gcp-sa-pubsub.iam.gserviceaccount.com"
      && google_service_account_iam_member.push_token_creator.role == "roles/iam.serviceAccountTokenCreator"
    )
    error_message = "Pub/Sub's agent signs push tokens."
  }
}
