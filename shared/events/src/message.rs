use crate::SkillPublishedV1;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{CorrelationId, Seams, WorkspaceId};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A fact that crosses a topic.
pub trait Event: Serialize + DeserializeOwned + Send + 'static {
    /// `step.ready`: what happened, in the past tense.
    const TYPE: &'static str;
    const VERSION: u16;

    /// The topic it goes to. Most types have one, `<type>-v<version>` with dots as dashes.
    fn topic(&self) -> &'static str;
}

/// An event on its way: CloudEvents attributes and JSON data. On Pub/Sub the attributes are message
/// attributes; everywhere else they travel as the same map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: Uuid,
    pub topic: String,
    pub kind: String,
    pub version: u16,
    /// The function that stated the fact.
    pub source: String,
    pub time: DateTime<Utc>,
    pub workspace_id: WorkspaceId,
    pub correlation_id: CorrelationId,
    /// W3C trace context, so that a trace goes on across the topic.
    pub traceparent: Option<String>,
    pub data: Bytes,
}

/// Why a message can't be understood. It is recorded and dropped: a retry would not mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("the attribute {0} is missing or malformed")]
    Attribute(&'static str),
    #[error("expected {expected}, got {got}")]
    Type { expected: String, got: String },
    #[error("the data is not a {kind}: {reason}")]
    Data { kind: &'static str, reason: String },
}

impl Message {
    /// States `event` now.
    pub fn new<E: Event>(
        event: &E,
        source: &str,
        workspace_id: WorkspaceId,
        correlation_id: CorrelationId,
        traceparent: Option<String>,
        seams: &Seams,
    ) -> Self {
        Self {
            id: seams.uuid(),
            topic: event.topic().to_owned(),
            kind: E::TYPE.to_owned(),
            version: E::VERSION,
            source: source.to_owned(),
            time: seams.now(),
            workspace_id,
            correlation_id,
            traceparent,
            data: serde_json::to_vec(event)
                .expect("events are plain data")
                .into(),
        }
    }

    /// The event inside, when it is an `E` of the version this code knows.
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        if self.kind != E::TYPE || self.version != E::VERSION {
            return Err(DecodeError::Type {
                expected: format!("{} v{}", E::TYPE, E::VERSION),
                got: format!("{} v{}", self.kind, self.version),
            });
        }
        serde_json::from_slice(&self.data).map_err(|error| DecodeError::Data {
            kind: E::TYPE,
            reason: error.to_string(),
        })
    }

    /// The CloudEvents attributes (spec 1.0, Pub/Sub binding in binary mode) and our extensions.
    pub fn attributes(&self) -> BTreeMap<String, String> {
        let mut map = BTreeMap::from([
            ("ce-specversion".to_owned(), "1.0".to_owned()),
            ("ce-id".to_owned(), self.id.to_string()),
            (
                "ce-type".to_owned(),
                format!("{}.v{}", self.kind, self.version),
            ),
            (
                "ce-source".to_owned(),
                format!("raptorflow/{}", self.source),
            ),
            (
                "ce-time".to_owned(),
                self.time.to_rfc3339_opts(SecondsFormat::Micros, true),
            ),
            ("content-type".to_owned(), "application/json".to_owned()),
            ("workspace_id".to_owned(), self.workspace_id.to_string()),
            ("correlation_id".to_owned(), self.correlation_id.to_string()),
        ]);
        if let Some(traceparent) = &self.traceparent {
            map.insert("traceparent".to_owned(), traceparent.clone());
        }
        map
    }

    /// The reverse of [`Message::attributes`]. Cloud Storage's own notifications are understood too.
    pub fn from_parts(
        topic: &str,
        attributes: &BTreeMap<String, String>,
        data: Bytes,
    ) -> Result<Self, DecodeError> {
        let get = |name: &'static str| {
            attributes
                .get(name)
                .map(String::as_str)
                .ok_or(DecodeError::Attribute(name))
        };
        if let Some(notification) = SkillPublishedV1::from_notification(topic, attributes) {
            return notification;
        }
        let (kind, version) = get("ce-type")?
            .rsplit_once(".v")
            .ok_or(DecodeError::Attribute("ce-type"))?;
        Ok(Self {
            id: get("ce-id")?
                .parse()
                .map_err(|_| DecodeError::Attribute("ce-id"))?,
            topic: topic.to_owned(),
            kind: kind.to_owned(),
            version: version
                .parse()
                .map_err(|_| DecodeError::Attribute("ce-type"))?,
            source: get("ce-source")?
                .trim_start_matches("raptorflow/")
                .to_owned(),
            time: get("ce-time")?
                .parse::<DateTime<Utc>>()
                .map_err(|_| DecodeError::Attribute("ce-time"))?,
            workspace_id: get("workspace_id")?
                .parse()
                .map_err(|_| DecodeError::Attribute("workspace_id"))?,
            correlation_id: CorrelationId::parse(get("correlation_id")?)
                .ok_or(DecodeError::Attribute("correlation_id"))?,
            traceparent: attributes.get("traceparent").cloned(),
            data,
        })
    }
}
