//! A Vertex AI that speaks Gemini's wire on loopback: `generateContent`, `streamGenerateContent`
//! with server-sent events, and `countTokens`. It answers by script, or by itself: it calls the
//! first declared tool once, then answers with JSON that fits the asked schema. It can also do what
//! the real one does on bad days.

#[path = "vertex/plausible.rs"]
pub mod plausible;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use plausible::{Auto, auto};

/// Requests kept for assertions; older ones are forgotten.
const KEPT: usize = 1_000;

/// One answer.
#[derive(Debug, Clone, Default)]
pub enum Reply {
    /// The first declared tool once, then an answer that fits the response schema, or text.
    #[default]
    Auto,
    Text(String),
    Json(Value),
    Call {
        name: String,
        args: Value,
    },
    /// Calls without ids, each with a thought signature on the first.
    Calls(Vec<(String, Value)>),
    /// 429, with `retry-after` in seconds.
    RateLimited {
        retry_after: u64,
    },
    /// 500, in an array of one, as some of Google's front ends do.
    ServerError,
    /// Any other refusal.
    Refused {
        status: u16,
        message: String,
    },
    /// 200 without candidates.
    Blocked(String),
    /// Nothing, until the client gives up.
    Stall,
    /// The beginning of this text, then the connection breaks inside an event.
    CutMidEvent(String),
    /// Thinks until the output limit is reached; no text.
    ThinkToMaxTokens,
    MalformedCall,
    /// Text, with fields and values no client can know.
    UnknownEnums(String),
    /// This exact response object, in one piece.
    Raw(Value),
}

/// What is answered: the replies in order, then the last resort for ever.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub replies: VecDeque<Reply>,
    pub then: Reply,
    /// Before each answer begins.
    pub delay: Duration,
}

impl Script {
    /// Answers everything by itself, at once.
    pub fn auto() -> Self {
        Self::default()
    }

    /// These replies, then [`Reply::Auto`].
    pub fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: replies.into_iter().collect(),
            ..Self::default()
        }
    }

    pub fn always(then: Reply) -> Self {
        Self {
            then,
            ..Self::default()
        }
    }
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub project: String,
    pub location: String,
    pub model: String,
    /// `generateContent`, `streamGenerateContent` or `countTokens`.
    pub method: String,
    pub authorization: Option<String>,
    pub body: Value,
}

#[derive(Clone)]
struct Fake {
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<VecDeque<Seen>>>,
}

/// A running fake; it stops when dropped.
pub struct FakeVertex {
    fake: Fake,
    address: SocketAddr,
    stop: CancellationToken,
}

impl FakeVertex {
    /// # Panics
    /// When no loopback port is free.
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free loopback port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let (fake, stop) = (Fake::new(script), CancellationToken::new());
        tokio::spawn(run(listener, fake.clone(), stop.clone()));
        Self {
            fake,
            address,
            stop,
        }
    }

    /// For `LLM_VERTEX_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The latest requests, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.fake.seen).iter().cloned().collect()
    }

    /// Adds a reply to the end of the script.
    pub fn push(&self, reply: Reply) {
        lock(&self.fake.script).replies.push_back(reply);
    }
}

impl Drop for FakeVertex {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves until `shutdown`: for a fake in a process of its own.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    script: Script,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    run(listener, Fake::new(script), shutdown).await
}

async fn run(
    listener: TcpListener,
    fake: Fake,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    // One segment carries the resource, the next `{model}:{method}`.
    let path = "/{version}/projects/{project}/locations/{location}/publishers/google/models/{call}";
    let app = Router::new()
        .route(path, post(answer))
        .route("/health", get(|| async { "ok" }))
        .with_state(fake);
    axum::serve(listener, app)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

impl Fake {
    fn new(script: Script) -> Self {
        Self {
            script: Arc::new(Mutex::new(script)),
            seen: Arc::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(
    State(fake): State<Fake>,
    Path((_, project, location, call)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "Invalid JSON payload received.",
            None,
        );
    };
    let Some((model, method)) = call.split_once(':') else {
        return refused(StatusCode::NOT_FOUND, "no method", None);
    };
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let seen = Seen {
        project,
        location,
        model: model.to_owned(),
        method: method.to_owned(),
        authorization: bearer.map(str::to_owned),
        body: body.clone(),
    };
    {
        let mut kept = lock(&fake.seen);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(seen);
    }
    if !bearer.is_some_and(|value| value.starts_with("Bearer ")) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "Request is missing required authentication credential.",
            None,
        );
    }
    if body["contents"].as_array().is_none_or(Vec::is_empty) {
        return refused(StatusCode::BAD_REQUEST, "contents is required", None);
    }
    let stream = match method {
        "countTokens" => return Json(json!({ "totalTokens": tokens(&body) })).into_response(),
        "generateContent" => false,
        "streamGenerateContent" => true,
        _ => return refused(StatusCode::NOT_FOUND, "unknown method", None),
    };
    let (reply, delay) = {
        let mut script = lock(&fake.script);
        let next = script.replies.pop_front();
        (next.unwrap_or_else(|| script.then.clone()), script.delay)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    reply_with(reply, model, &body, stream).await
}

async fn reply_with(reply: Reply, model: &str, body: &Value, stream: bool) -> Response {
    let prompt = tokens(body);
    let send = |parts: Vec<Value>, reason: &str| send(chunks(parts, reason, prompt, model), stream);
    match reply {
        Reply::Auto => match auto(body) {
            Auto::Call(name, args) => send(vec![call(&name, &args, Some("call-1"))], "STOP"),
            Auto::Text(text) => send(text_parts(&text), "STOP"),
        },
        Reply::Text(text) => send(text_parts(&text), "STOP"),
        Reply::Json(value) => send(text_parts(&value.to_string()), "STOP"),
        Reply::Call { name, args } => send(vec![call(&name, &args, Some("call-1"))], "STOP"),
        Reply::Calls(calls) => {
            let mut parts: Vec<Value> = calls
                .iter()
                .map(|(name, args)| call(name, args, None))
                .collect();
            for part in parts.iter_mut().skip(1) {
                if let Some(part) = part.as_object_mut() {
                    part.remove("thoughtSignature");
                }
            }
            send(parts, "STOP")
        }
        Reply::RateLimited { retry_after } => refused(
            StatusCode::TOO_MANY_REQUESTS,
            "Resource exhausted, please try again later.",
            Some(retry_after),
        ),
        Reply::ServerError => {
            let error = json!([{ "error": { "code": 500, "message": "Internal error encountered.", "status": "INTERNAL" } }]);
            (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response()
        }
        Reply::Refused { status, message } => refused(
            StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
            &message,
            None,
        ),
        Reply::Blocked(reason) => {
            let usage = json!({ "promptTokenCount": prompt, "totalTokenCount": prompt });
            send_all(
                vec![
                    json!({ "promptFeedback": { "blockReason": reason }, "usageMetadata": usage, "modelVersion": model }),
                ],
                stream,
            )
        }
        Reply::Stall => std::future::pending().await,
        Reply::CutMidEvent(text) => cut(&text, model),
        Reply::ThinkToMaxTokens => {
            let most = body["generationConfig"]["maxOutputTokens"]
                .as_u64()
                .unwrap_or(500);
            let usage = json!({ "promptTokenCount": prompt, "thoughtsTokenCount": most, "totalTokenCount": prompt + most });
            let candidate =
                json!({ "content": { "role": "model" }, "finishReason": "MAX_TOKENS", "index": 0 });
            send_all(
                vec![
                    json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": model }),
                ],
                stream,
            )
        }
        Reply::MalformedCall => send(vec![], "MALFORMED_FUNCTION_CALL"),
        Reply::UnknownEnums(text) => {
            let mut all = chunks(text_parts(&text), "STARS_MISALIGNED", prompt, model);
            for chunk in &mut all {
                chunk["candidates"][0]["safetyRatings"] =
                    json!([{ "category": "HARM_CATEGORY_NEW", "probability": "SOMEWHAT" }]);
                chunk["candidates"][0]["content"]["parts"][0]["hologram"] = json!({ "depth": 3 });
                chunk["somethingNew"] = json!([1, { "two": null }]);
                chunk["usageMetadata"]["trafficType"] = json!("ON_THE_HOUSE");
            }
            send_all(all, stream)
        }
        Reply::Raw(object) => send_all(vec![object], stream),
    }
}

/// The text in three pieces, as a stream would bring it, the last with a signature of its own.
fn text_parts(text: &str) -> Vec<Value> {
    let letters: Vec<char> = text.chars().collect();
    let size = letters.len().div_ceil(3).max(1);
    let mut parts: Vec<Value> = letters
        .chunks(size)
        .map(|piece| json!({ "text": piece.iter().collect::<String>() }))
        .collect();
    if let Some(last) = parts.last_mut() {
        last["thoughtSignature"] = json!("c2lnbmVkLXRleHQ=");
    }
    parts
}

fn call(name: &str, args: &Value, id: Option<&str>) -> Value {
    let mut call = json!({ "name": name, "args": args });
    if let Some(id) = id {
        call["id"] = json!(id);
    }
    json!({ "functionCall": call, "thoughtSignature": "c2lnbmVkLWNhbGw=" })
}

/// One response object a part; the reason and the final count in the last.
fn chunks(parts: Vec<Value>, reason: &str, prompt: u64, model: &str) -> Vec<Value> {
    let written: u64 = parts
        .iter()
        .map(|part| part.to_string().len() as u64 / 4 + 1)
        .sum();
    let mut groups: Vec<Vec<Value>> = match parts.first() {
        // Calls of one turn come together.
        Some(part) if part.get("functionCall").is_some() => vec![parts],
        _ => parts.into_iter().map(|part| vec![part]).collect(),
    };
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    let last = groups.len() - 1;
    groups.into_iter().enumerate().map(|(at, parts)| {
        let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
        let mut usage = json!({ "promptTokenCount": prompt, "trafficType": "ON_DEMAND" });
        if at == last {
            candidate["finishReason"] = json!(reason);
            usage["candidatesTokenCount"] = json!(written);
            usage["thoughtsTokenCount"] = json!(8);
            usage["totalTokenCount"] = json!(prompt + written + 8);
        }
        json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": "fake" })
    }).collect()
}

/// Streamed pieces as they are, or folded into one response object.
fn send(chunks: Vec<Value>, stream: bool) -> Response {
    if stream || chunks.len() < 2 {
        return send_all(chunks, stream);
    }
    let parts: Vec<Value> = chunks
        .iter()
        .flat_map(|chunk| {
            chunk["candidates"][0]["content"]["parts"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        })
        .collect();
    let mut whole = chunks.into_iter().next_back().unwrap_or_default();
    whole["candidates"][0]["content"]["parts"] = parts.into();
    Json(whole).into_response()
}

fn send_all(chunks: Vec<Value>, stream: bool) -> Response {
    if !stream {
        return Json(chunks.into_iter().next_back().unwrap_or_default()).into_response();
    }
    let events: String = chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\r\n\r\n"))
        .collect();
    ([(header::CONTENT_TYPE, "text/event-stream")], events).into_response()
}

/// A first event with all of `text`, half of a second one, and an end that is none.
fn cut(text: &str, model: &str) -> Response {
    let whole = json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": text }] } }], "modelVersion": model });
    let piece = format!("data: {whole}\r\n\r\ndata: {{\"candidates\": [{{\"content\": {{\"par");
    let pieces = futures::stream::iter([Ok::<_, Infallible>(Bytes::from(piece))])
        .map(|piece| piece.map_err(|never| match never {}));
    let broken = futures::stream::once(async {
        // Long enough for the first piece to have left.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other("cut"))
    });
    let body = Body::from_stream(pieces.chain(broken));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn refused(status: StatusCode, message: &str, retry_after: Option<u64>) -> Response {
    let error =
        json!({ "error": { "code": status.as_u16(), "message": message, "status": "FAILED" } });
    let mut response = (status, Json(error)).into_response();
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// One token for four bytes of everything the model reads.
fn tokens(body: &Value) -> u64 {
    let read = ["contents", "systemInstruction", "tools"];
    read.iter()
        .map(|key| body[*key].to_string().len() as u64)
        .sum::<u64>()
        / 4
}
