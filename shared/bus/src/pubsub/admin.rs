//! Makes the topology in an emulator. In the cloud Terraform does.

use anyhow::{Context, Result};
use events::Subscription;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// Creates every topic, dead-letter topic and subscription that is missing. `push` gives the address of
/// the function that has a subscription; those without one are made for pulling. Uses the REST face of
/// the emulator at `host` (host:port).
pub async fn ensure_topology(
    project: &str,
    host: &str,
    push: impl Fn(&Subscription) -> Option<String>,
) -> Result<()> {
    let emulator = Emulator {
        client: Client::new(),
        base: format!("http://{host}/v1/projects/{project}"),
    };
    let path = |kind: &str, name: &str| format!("projects/{project}/{kind}/{name}");
    for topic in events::topics() {
        emulator
            .put(&format!("topics/{}", topic.name), &json!({}))
            .await?;
        for subscription in topic.subscriptions() {
            let letters = events::dead_letter_topic(&subscription.name);
            emulator
                .put(&format!("topics/{letters}"), &json!({}))
                .await?;
            let (least, most) = subscription.backoff_seconds;
            let base = push(&subscription);
            let endpoint = |route: &str| match &base {
                Some(base) => {
                    json!({ "pushEndpoint": format!("{base}/{route}/{}", subscription.name) })
                }
                None => json!({}),
            };
            let body = json!({
                "topic": path("topics", topic.name),
                "ackDeadlineSeconds": subscription.ack_deadline_seconds,
                "pushConfig": endpoint("push"),
                "retryPolicy": { "minimumBackoff": format!("{least}s"), "maximumBackoff": format!("{most}s") },
                "deadLetterPolicy": {
                    "deadLetterTopic": path("topics", &letters), "maxDeliveryAttempts": subscription.max_attempts,
                },
            });
            emulator
                .put(&format!("subscriptions/{}", subscription.name), &body)
                .await?;
            let body = json!({ "topic": path("topics", &letters), "pushConfig": endpoint("dead-letters") });
            emulator
                .put(&format!("subscriptions/{letters}"), &body)
                .await?;
        }
    }
    Ok(())
}

struct Emulator {
    client: Client,
    base: String,
}

impl Emulator {
    async fn put(&self, path: &str, body: &Value) -> Result<()> {
        let response = self
            .client
            .put(format!("{}/{path}", self.base))
            .json(body)
            .send()
            .await
            .context("the Pub/Sub emulator does not answer: is PUBSUB_EMULATOR_HOST right?")?;
        let status = response.status();
        if status.is_success() || status == StatusCode::CONFLICT {
            return Ok(());
        }
        anyhow::bail!(
            "the Pub/Sub emulator refused {path}: {status} {}",
            response.text().await.unwrap_or_default()
        )
    }
}
