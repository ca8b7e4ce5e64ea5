//! Google Cloud Pub/Sub, and what only its emulator needs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use events::{Custody, Message, PublishError, Publisher};
use futures::future::join_all;
use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::retry_policy::RetryPolicyExt;
use google_cloud_pubsub::client::{BasePublisher, Publisher as TopicPublisher};
use google_cloud_pubsub::model::Message as WireMessage;
use google_cloud_pubsub::retry_policy::RetryableErrors;

pub mod admin;
pub mod relay;

/// A publish that has not gone through by then is left to the outbox.
const RETRY_LIMIT: Duration = Duration::from_secs(5);

/// Publishes to Pub/Sub. One connection, one publisher a topic.
pub struct PubSub {
    project: String,
    base: BasePublisher,
    topics: Mutex<HashMap<String, TopicPublisher>>,
}

impl PubSub {
    /// `emulator` is the host:port of an emulator; without it, the real service with the process's
    /// own credentials.
    pub async fn connect(project: &str, emulator: Option<&str>) -> Result<Self> {
        let mut builder = BasePublisher::builder()
            .with_retry_policy(RetryableErrors.with_time_limit(RETRY_LIMIT));
        if let Some(host) = emulator {
            builder = builder
                .with_endpoint(format!("http://{host}"))
                .with_credentials(anonymous::Builder::new().build());
        }
        let base = builder.build().await?;
        Ok(Self {
            project: project.to_owned(),
            base,
            topics: Mutex::default(),
        })
    }

    fn topic(&self, name: &str) -> TopicPublisher {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics
            .entry(name.to_owned())
            .or_insert_with(|| {
                // A batch of one goes out at once: whoever publishes waits for the answer.
                self.base
                    .publisher(format!("projects/{}/topics/{name}", self.project))
                    .set_message_count_threshold(1)
                    .build()
            })
            .clone()
    }
}

#[async_trait]
impl Publisher for PubSub {
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        let sent = messages.into_iter().map(|message| {
            let wire = WireMessage::new()
                .set_attributes(message.attributes())
                .set_data(message.data.clone());
            let acknowledged = self.topic(&message.topic).publish(wire);
            async move {
                match acknowledged.await {
                    Ok(_) => Ok(Custody::Released),
                    Err(error) => Err(PublishError {
                        topic: message.topic,
                        reason: error.to_string(),
                    }),
                }
            }
        });
        join_all(sent).await
    }
}
