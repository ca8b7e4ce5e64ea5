output "publishers" {
  description = "Functions that may publish."
  value       = keys(google_pubsub_topic_iam_member.publisher)
}

output "subscriptions" {
  description = "Subscription -> where it is pushed, how often it is tried, and where it goes then."
  value = {
    for name, s in google_pubsub_subscription.push : name => {
      endpoint              = s.push_config[0].push_endpoint
      audience              = s.push_config[0].oidc_token[0].audience
      max_attempts          = s.dead_letter_policy[0].max_delivery_attempts
      dead_letters          = google_pubsub_topic.dead[name].name
      dead_letters_endpoint = google_pubsub_subscription.dead[name].push_config[0].push_endpoint
    }
  }
}

output "id" {
  description = "The topic, as other resources name it."
  value       = google_pubsub_topic.this.id
}
