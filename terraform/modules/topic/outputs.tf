output "name" {
  value = google_pubsub_topic.this.name
}

output "subscriptions" {
  description = "Subscription -> its dead letters and how often it tries."
  value = {
    for name, s in google_pubsub_subscription.push : name => {
      dead_letters = google_pubsub_topic.dead[name].name
      max_attempts = s.dead_letter_policy[0].max_delivery_attempts
      endpoint     = s.push_config[0].push_endpoint
    }
  }
}
