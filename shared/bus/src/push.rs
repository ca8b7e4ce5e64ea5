//! Receiving: what Pub/Sub (and the embedded broker, over HTTP) posts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use events::{DeadLetter, Message, MessageLog, Rejection};
use serde::{Deserialize, Serialize};

use crate::consumer::{Consumer, record, rejected};
use crate::{Failure, Verify};

/// More than the largest push there can be: Pub/Sub's limit on a message is 10 MB, which base64 makes a
/// third larger.
const MAX_PUSH_BYTES: usize = 16 * 1024 * 1024;

/// A push request as Pub/Sub words it (wrapped delivery). The emulator leaves out `deliveryAttempt`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushRequest {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subscription: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_attempt: Option<u32>,
    pub message: PushMessage,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushMessage {
    #[serde(default)]
    pub data: String,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Pub/Sub sends it a second time as `message_id`, which is ignored.
    #[serde(default)]
    pub message_id: String,
}

/// The dead-letter topic's own attribute: how often delivery was tried.
const ATTEMPTS_ATTRIBUTE: &str = "CloudPubSubDeadLetterSourceDeliveryCount";

#[derive(Clone)]
struct Receiver {
    consumers: Arc<HashMap<String, Consumer>>,
    log: Arc<dyn MessageLog>,
    verify: Verify,
}

/// `POST /push/{subscription}` hands a message to its consumer: 204 when it is done with (handled or
/// rejected), 503 when it must come again, 404 for a subscription that is not here, 401 or 403 for the
/// wrong caller. `POST /dead-letters/{subscription}` files a message that ran out of retries.
pub fn push_router(consumers: Vec<Consumer>, log: Arc<dyn MessageLog>, verify: Verify) -> Router {
    let consumers = consumers
        .into_iter()
        .map(|consumer| (consumer.subscription.name.clone(), consumer))
        .collect();
    let receiver = Receiver {
        consumers: Arc::new(consumers),
        log,
        verify,
    };
    Router::new()
        .route("/push/{subscription}", post(push))
        .route("/dead-letters/{subscription}", post(dead_letter))
        .layer(DefaultBodyLimit::max(MAX_PUSH_BYTES))
        .with_state(receiver)
}

async fn push(
    State(receiver): State<Receiver>,
    Path(subscription): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if let Err(status) = receiver.verify.check(&headers).await {
        return status;
    }
    let Some(consumer) = receiver.consumers.get(&subscription) else {
        return StatusCode::NOT_FOUND;
    };
    let (message, attempt) = match read(consumer.subscription.topic, &body) {
        Ok(read) => read,
        Err(unread) => {
            let rejection = unread.rejection(&subscription, &body);
            return answer(record(&receiver.log, rejection).await);
        }
    };
    answer(
        consumer
            .deliver(Arc::new(message), attempt, &receiver.log)
            .await,
    )
}

async fn dead_letter(
    State(receiver): State<Receiver>,
    Path(subscription): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if let Err(status) = receiver.verify.check(&headers).await {
        return status;
    }
    if !receiver.consumers.contains_key(&subscription) {
        return StatusCode::NOT_FOUND;
    }
    let (attributes, data, message_id) = match serde_json::from_slice::<PushRequest>(&body) {
        Ok(push) => {
            let data = STANDARD
                .decode(&push.message.data)
                .unwrap_or_else(|_| push.message.data.into_bytes());
            (push.message.attributes, data, push.message.message_id)
        }
        Err(_) => (BTreeMap::new(), body.to_vec(), String::new()),
    };
    let letter = DeadLetter {
        // The outbox's id, so that one message is filed once however it arrives.
        message_id: attributes
            .get("ce-id")
            .cloned()
            .unwrap_or_else(|| unnamed(message_id, &body)),
        attempts: attributes
            .get(ATTEMPTS_ATTRIBUTE)
            .and_then(|count| count.parse().ok())
            .unwrap_or(0),
        subscription,
        attributes,
        data,
        reason: "delivery failed until Pub/Sub gave up: the function's log has the reasons"
            .to_owned(),
    };
    tracing::error!(
        subscription = letter.subscription,
        message.id = letter.message_id,
        "dead letter"
    );
    answer(receiver.log.dead_letter(letter).await)
}

fn answer(handled: Result<(), String>) -> StatusCode {
    if handled.is_ok() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// A push whose message could not be read.
struct Unread {
    attributes: BTreeMap<String, String>,
    message_id: String,
    failure: Failure,
}

impl Unread {
    fn rejection(self, subscription: &str, body: &[u8]) -> Rejection {
        let (code, reason) = match self.failure {
            Failure::Reject { code, reason } => (code, reason),
            Failure::Retry { reason } => ("message.malformed".to_owned(), reason),
        };
        Rejection {
            subscription: subscription.to_owned(),
            message_id: unnamed(self.message_id, body),
            attributes: self.attributes,
            data: body.to_vec(),
            code,
            reason,
        }
    }
}

/// A name for a message that brought none: the same bytes get the same one, so that they are recorded
/// once.
fn unnamed(message_id: String, body: &[u8]) -> String {
    if !message_id.is_empty() {
        return message_id;
    }
    let hash = body.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("body-{hash:016x}")
}

fn read(topic: &str, body: &[u8]) -> Result<(Message, Option<u32>), Unread> {
    let malformed = |attributes, message_id, reason: String| Unread {
        attributes,
        message_id,
        failure: Failure::Reject {
            code: "message.malformed".to_owned(),
            reason,
        },
    };
    let push: PushRequest = serde_json::from_slice(body).map_err(|error| {
        malformed(
            BTreeMap::new(),
            String::new(),
            format!("not a Pub/Sub push: {error}"),
        )
    })?;
    let PushMessage {
        data,
        attributes,
        message_id,
    } = push.message;
    let data = match STANDARD.decode(&data) {
        Ok(data) => data,
        Err(error) => {
            return Err(malformed(
                attributes,
                message_id,
                format!("data is not base64: {error}"),
            ));
        }
    };
    match Message::from_parts(topic, &attributes, data.into()) {
        Ok(message) => Ok((message, push.delivery_attempt)),
        Err(error) => Err(Unread {
            attributes,
            message_id,
            failure: rejected(error),
        }),
    }
}

/// The push request for a message, as Pub/Sub would word it.
pub(crate) fn push_body(subscription: &str, message: &Message, attempt: u32) -> PushRequest {
    PushRequest {
        subscription: format!("projects/local/subscriptions/{subscription}"),
        delivery_attempt: Some(attempt),
        message: PushMessage {
            data: STANDARD.encode(&message.data),
            attributes: message.attributes(),
            message_id: message.id.to_string(),
        },
    }
}
