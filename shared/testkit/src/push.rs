//! Push requests as Pub/Sub words them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use events::Message;
use serde_json::{Value, json};

/// The body that Pub/Sub posts for a message on its `attempt`-th delivery.
pub fn push_body(message: &Message, attempt: u32) -> Value {
    json!({
        "subscription": "projects/test/subscriptions/test",
        "deliveryAttempt": attempt,
        "message": {
            "data": STANDARD.encode(&message.data),
            "attributes": message.attributes(),
            "messageId": message.id.to_string(),
            "message_id": message.id.to_string(),
            "publishTime": message.time.to_rfc3339(),
        },
    })
}
