//! Claude on Vertex AI: the Messages API behind `rawPredict` and `streamRawPredict`.

mod check;
mod write;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Ask, schema_or_object, tokens};
use super::memory::Memory;
use super::send::Events;
use super::serve::{Form, generate, google_error, no_bearer, no_publisher_model, refused};
use super::{Fake, Seen, Wire, catalogue};

struct Claude;

pub(super) async fn on_vertex(
    State(fake): State<Fake>,
    Path((_, project, location, call)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (model, method) = call.split_once(':').unwrap_or((&call, ""));
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    fake.note(Seen {
        wire: Wire::Claude,
        project: project.clone(),
        location: location.clone(),
        model: model.to_owned(),
        method: method.to_owned(),
        authorization: bearer.clone(),
        headers,
        body: body.clone(),
        at: Instant::now(),
    });
    if !bearer.is_some_and(|value| value.starts_with("Bearer ")) {
        return no_bearer();
    }
    if !matches!(method, "rawPredict" | "streamRawPredict") {
        let message = format!("There is no method {method:?}.");
        return refused(404, &google_error(404, &message), &[]);
    }
    if model == "count-tokens" {
        return count_tokens(&fake, &body);
    }
    if !catalogue::is_claude(model) && !fake.adds(model) {
        return no_publisher_model(&project, &location, "anthropic", model);
    }
    // The body says whether it streams; the method is only where it is sent.
    let stream = body["stream"] == true;
    generate(&fake, &Claude, model, &body, stream).await
}

/// The model is in the body here, and nowhere else.
fn count_tokens(fake: &Fake, body: &Value) -> Response {
    let checked = match body["model"].as_str() {
        None => Err("model: Field required".to_owned()),
        Some(model) if !catalogue::is_claude(model) && !fake.adds(model) => {
            Err(format!("model: {model} is not known"))
        }
        Some(_) => check::messages(body),
    };
    match checked {
        Ok(()) => Json(json!({ "input_tokens": prompt(body) })).into_response(),
        Err(message) => refused(400, &Claude.error(400, &message), &[]),
    }
}

fn prompt(body: &Value) -> u64 {
    tokens(body, &["messages", "system", "tools", "output_config"])
}

impl Form for Claude {
    fn wire(&self) -> Wire {
        Wire::Claude
    }

    fn check(&self, model: &str, body: &Value, memory: &Memory) -> Result<(), String> {
        check::check(model, body, memory)
    }

    fn ask(&self, model: &str, body: &Value) -> Ask {
        let blocks = body["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|message| message["content"].as_array().into_iter().flatten());
        let answered = blocks
            .into_iter()
            .any(|block| block["type"] == "tool_result");
        let tools = body["tools"].as_array().into_iter().flatten();
        let tool = tools
            .filter(|tool| tool["input_schema"].is_object())
            .filter_map(|tool| {
                let schema = schema_or_object(&tool["input_schema"]);
                Some((tool["name"].as_str()?.to_owned(), schema))
            })
            .next();
        // From 5 on they think unless told not to, and show it only when asked.
        let fifth = catalogue::generation(model) >= (5, 0);
        let thinks = match body["thinking"]["type"].as_str() {
            Some(kind) => matches!(kind, "adaptive" | "enabled"),
            None => fifth,
        };
        let schema = &body["output_config"]["format"]["schema"];
        Ask {
            tool: tool.filter(|_| body["tool_choice"]["type"] != "none"),
            answered,
            schema: schema.is_object().then(|| schema.clone()),
            most: body["max_tokens"].as_u64().unwrap_or(500),
            prompt: prompt(body),
            thinks,
            shows_thoughts: thinks,
            hides_text: fifth && body["thinking"]["display"] != "summarized",
        }
    }

    fn whole(&self, answer: &Answer) -> Value {
        write::whole(answer)
    }

    fn events(&self, answer: &Answer) -> Events {
        let events = write::events(answer);
        Events {
            count_at: events
                .iter()
                .position(|event| event["type"] == "message_delta")
                .unwrap_or(events.len()),
            all: events.iter().map(|event| self.event(event)).collect(),
        }
    }

    fn signed(&self, body: &Value, whole: &Value) -> Option<Value> {
        let behind = check::behind(body, usize::MAX);
        Some(json!({ "model": whole["model"], "content": whole["content"], "behind": behind }))
    }

    fn error(&self, status: u16, message: &str) -> Value {
        let kind = match status {
            // Google's front end answers before Claude is asked.
            401 | 403 | 404 | 429 => return google_error(status, message),
            400 => "invalid_request_error",
            413 => "request_too_large",
            504 => "timeout_error",
            529 => "overloaded_error",
            _ => "api_error",
        };
        json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_vrtx_fake" })
    }

    fn error_event(&self) -> String {
        self.event(&self.error(529, "Overloaded"))
    }

    fn event(&self, object: &Value) -> String {
        let name = object["type"].as_str().unwrap_or("message");
        format!("event: {name}\ndata: {object}\n\n")
    }

    fn ping(&self) -> Option<&'static str> {
        Some("event: ping\ndata: {\"type\": \"ping\"}\n\n")
    }
}
