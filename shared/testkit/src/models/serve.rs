//! What all wires have in common: a request is looked at, noted, and answered by the script.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answer::{Answer, Ask, Fate, answer};
use super::memory::Memory;
use super::script::Reply;
use super::send::{Events, Manner, Open, events, object};
use super::{Fake, Wire, lock};

/// One provider's way of saying things.
pub(super) trait Form: Send + Sync {
    fn wire(&self) -> Wire;

    /// What the real service would not take, in its words.
    fn check(&self, model: &str, body: &Value, memory: &Memory) -> Result<(), String>;

    fn ask(&self, model: &str, body: &Value) -> Ask;

    /// An unstreamed answer.
    fn whole(&self, answer: &Answer) -> Value;

    fn events(&self, answer: &Answer) -> Events;

    /// What of a whole answer to `body` the client must give back as it is.
    fn signed(&self, body: &Value, whole: &Value) -> Option<Value>;

    /// The body of a refusal.
    fn error(&self, status: u16, message: &str) -> Value;

    /// An error inside a stream.
    fn error_event(&self) -> String;

    /// An object as an event.
    fn event(&self, object: &Value) -> String;

    fn ping(&self) -> Option<&'static str>;
}

/// Answers a generation request that has come past its door: the model is there and the caller is
/// known.
pub(super) async fn generate(
    fake: &Fake,
    form: &dyn Form,
    model: &str,
    body: &Value,
    stream: bool,
) -> Response {
    if let Err(message) = form.check(model, body, &lock(&fake.memory)) {
        return refused(400, &form.error(400, &message), &[]);
    }
    let open = Open::new(fake);
    let (mut reply, delay, pace) = {
        let mut script = lock(&fake.script);
        (script.next(), script.delay, script.pace)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let mut silence = Duration::ZERO;
    while let Reply::SlowStart(more, then) = reply {
        silence += more;
        reply = *then;
    }
    let mut manner = Manner {
        fate: Fate::Arrives,
        pace,
        silence,
        ping: form.ping(),
        error: form.error_event(),
    };
    let reply = match refusal(form, reply) {
        Ok(response) => {
            open.done();
            return response;
        }
        Err(Reply::Stall) => {
            std::future::pending::<()>().await;
            Reply::Stall
        }
        Err(Reply::Raw(whole)) => {
            let all = vec![form.event(&whole)];
            return if stream {
                events(Events { all, count_at: 0 }, &manner, open)
            } else {
                object(whole, &manner, open)
            };
        }
        Err(reply) => reply,
    };
    let (answer, fate) = answer(reply, &form.ask(model, body), model, fake.serial());
    manner.fate = fate;
    let whole = form.whole(&answer);
    if let Some(message) = form.signed(body, &whole) {
        lock(&fake.memory).keep(message);
    }
    if stream {
        events(form.events(&answer), &manner, open)
    } else if fate == Fate::Fails {
        open.done();
        refused(500, &form.error(500, "Internal error encountered."), &[])
    } else {
        object(whole, &manner, open)
    }
}

/// Answers a request for embeddings, good or bad in itself, as the script says.
pub(super) async fn embed(
    fake: &Fake,
    form: &dyn Form,
    vectors: Result<Value, String>,
) -> Response {
    let open = Open::new(fake);
    let (reply, delay) = {
        let mut script = lock(&fake.script);
        (script.next_embedding(), script.delay)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let response = match (refusal(form, reply), vectors) {
        (Err(Reply::Stall), _) => std::future::pending().await,
        (Ok(refused), _) => refused,
        (Err(_), Ok(vectors)) => Json(vectors).into_response(),
        (Err(_), Err(message)) => refused(400, &form.error(400, &message), &[]),
    };
    open.done();
    response
}

/// The response of a reply that refuses; other replies come back.
fn refusal(form: &dyn Form, reply: Reply) -> Result<Response, Reply> {
    Ok(match reply {
        Reply::RateLimited { retry_after } => {
            let message = "Resource exhausted, please try again later.";
            let wait = [("retry-after", retry_after.to_string())];
            refused(429, &form.error(429, message), &wait)
        }
        Reply::ServerError => {
            let error = form.error(500, "Internal error encountered.");
            let error = if form.wire() == Wire::Gemini {
                json!([error])
            } else {
                error
            };
            refused(500, &error, &[])
        }
        Reply::Overloaded => {
            let status = if form.wire() == Wire::Claude {
                529
            } else {
                503
            };
            let message = "The model is overloaded. Please try again later.";
            refused(status, &form.error(status, message), &[])
        }
        Reply::Refused {
            status,
            message,
            headers,
        } => refused(status, &form.error(status, &message), &headers),
        other => return Err(other),
    })
}

pub(super) fn refused(status: u16, error: &Value, headers: &[(&'static str, String)]) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, Json(error)).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// `google.rpc.Status` as JSON.
pub(super) fn google_error(code: u16, message: &str) -> Value {
    let status = match code {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        502 | 503 => "UNAVAILABLE",
        _ => "UNKNOWN",
    };
    json!({ "error": { "code": code, "message": message, "status": status } })
}

/// What Vertex AI says of a model it doesn't have there.
pub(super) fn no_publisher_model(
    project: &str,
    location: &str,
    publisher: &str,
    model: &str,
) -> Response {
    let message = format!(
        "Publisher Model `projects/{project}/locations/{location}/publishers/{publisher}/models/{model}` was not found or your project does not have access to it. Please ensure you are using a valid model version."
    );
    refused(404, &google_error(404, &message), &[])
}

/// What Vertex AI says to a caller without a token.
pub(super) fn no_bearer() -> Response {
    let message = "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
    refused(401, &google_error(401, message), &[])
}
