use std::collections::BTreeMap;

use crate::{DecodeError, Event, Message};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{CorrelationId, WorkspaceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A file of the skills bucket was written or deleted. Cloud Storage itself says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillPublishedV1 {
    pub bucket: String,
    /// `campaign/diwali/SKILL.md`
    pub object: String,
    /// The object's generation: it grows with each write.
    pub generation: i64,
}

impl Event for SkillPublishedV1 {
    const TYPE: &'static str = "skill.published";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "skill-published-v1"
    }
}

impl SkillPublishedV1 {
    /// What Cloud Storage puts on the topic, as one of our messages: it belongs to no workspace, and the
    /// same change of the same file is the same message. `None` when it is no such notification.
    /// <https://docs.cloud.google.com/storage/docs/pubsub-notifications>
    pub(crate) fn from_notification(
        topic: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Option<Result<Message, DecodeError>> {
        let change = attributes.get("eventType")?;
        let get = |name: &'static str| attributes.get(name).ok_or(DecodeError::Attribute(name));
        let read = || {
            let event = Self {
                bucket: get("bucketId")?.clone(),
                object: get("objectId")?.clone(),
                generation: get("objectGeneration")?
                    .parse()
                    .map_err(|_| DecodeError::Attribute("objectGeneration"))?,
            };
            let time: DateTime<Utc> = get("eventTime")?
                .parse()
                .map_err(|_| DecodeError::Attribute("eventTime"))?;
            let id = format!("skill-{}-{}", event.generation, change.to_lowercase());
            Ok(Message {
                // Generations are microseconds: unique enough for a message that only says "look again".
                id: Uuid::from_u128(u128::from(event.generation.unsigned_abs())),
                topic: topic.to_owned(),
                kind: Self::TYPE.to_owned(),
                version: Self::VERSION,
                source: "cloud-storage".to_owned(),
                time,
                workspace_id: WorkspaceId(Uuid::nil()),
                correlation_id: CorrelationId::parse(&id)
                    .ok_or(DecodeError::Attribute("eventType"))?,
                traceparent: None,
                data: Bytes::from(serde_json::to_vec(&event).expect("events are plain data")),
            })
        };
        Some(read())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_of_cloud_storage_is_the_event() {
        let attributes: BTreeMap<String, String> = [
            (
                "notificationConfig",
                "projects/_/buckets/p-skills/notificationConfigs/1",
            ),
            ("eventType", "OBJECT_FINALIZE"),
            ("payloadFormat", "NONE"),
            ("bucketId", "p-skills"),
            ("objectId", "campaign/diwali/SKILL.md"),
            ("objectGeneration", "1763712000000001"),
            ("eventTime", "2026-11-21T08:00:00.000001Z"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        let message = Message::from_parts("skill-published-v1", &attributes, Bytes::new()).unwrap();
        let event: SkillPublishedV1 = message.decode().unwrap();
        assert_eq!(
            (
                event.object.as_str(),
                event.generation,
                message.source.as_str()
            ),
            (
                "campaign/diwali/SKILL.md",
                1_763_712_000_000_001,
                "cloud-storage"
            )
        );
        let mut broken = attributes.clone();
        broken.remove("objectGeneration");
        assert_eq!(
            Message::from_parts("skill-published-v1", &broken, Bytes::new()),
            Err(DecodeError::Attribute("objectGeneration"))
        );
    }
}
