//! Gemini: on Vertex AI with an access token, and on the Gemini API with a key.

mod check;
mod embed;
mod write;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Ask, schema_or_object, tokens};
use super::memory::Memory;
use super::send::Events;
use super::serve::{self, Form, generate, google_error, no_bearer, no_publisher_model, refused};
use super::{Fake, Seen, Wire, catalogue};

/// The two doors differ in what they take besides the caller's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Vertex,
    Key,
}

struct Gemini(Door);

/// What of a request is in its address.
struct Call {
    project: String,
    location: String,
    model: String,
    method: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    key: Option<String>,
    alt: Option<String>,
}

pub(super) async fn on_vertex(
    State(fake): State<Fake>,
    Path((_, project, location, call)): Path<(String, String, String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((model, method)) = call.split_once(':') else {
        return refused(404, &google_error(404, "The path names no method."), &[]);
    };
    let call = Call {
        project,
        location,
        model: model.to_owned(),
        method: method.to_owned(),
    };
    let known = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value.as_bytes().starts_with(b"Bearer "));
    let body = note(&fake, &call, headers, &body);
    if !known {
        return no_bearer();
    }
    let here = catalogue::is_gemini(model) || catalogue::embedder(model).is_some();
    let elsewhere = catalogue::is_region(&call.location) && catalogue::is_gemini(model);
    if !fake.adds(model) && (!here || elsewhere) {
        return no_publisher_model(&call.project, &call.location, "google", model);
    }
    answer(&fake, Door::Vertex, &call, body, &asked).await
}

pub(super) async fn by_key(
    State(fake): State<Fake>,
    Path(call): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((model, method)) = call.split_once(':') else {
        return refused(404, &google_error(404, "The path names no method."), &[]);
    };
    let call = Call {
        project: String::new(),
        location: String::new(),
        model: model.to_owned(),
        method: method.to_owned(),
    };
    let known = asked.key.as_ref().is_some_and(|key| !key.is_empty())
        || headers
            .get("x-goog-api-key")
            .is_some_and(|key| !key.is_empty());
    let body = note(&fake, &call, headers, &body);
    if !known {
        // Not 401: it takes the caller for somebody without an identity.
        let message = "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
        return refused(403, &google_error(403, message), &[]);
    }
    let here = catalogue::is_gemini(model) || catalogue::embedder(model).is_some();
    if !fake.adds(model) && !here {
        let message = format!(
            "models/{model} is not found for API version v1beta, or is not supported for {method}. Call ModelService.ListModels to see the list of available models and their supported methods."
        );
        return refused(404, &google_error(404, &message), &[]);
    }
    answer(&fake, Door::Key, &call, body, &asked).await
}

fn note(fake: &Fake, call: &Call, headers: HeaderMap, body: &Bytes) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let bearer = headers.get(header::AUTHORIZATION);
    fake.note(Seen {
        wire: Wire::Gemini,
        project: call.project.clone(),
        location: call.location.clone(),
        model: call.model.clone(),
        method: call.method.clone(),
        authorization: bearer
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        headers,
        body: body.clone(),
        at: Instant::now(),
    });
    body
}

async fn answer(fake: &Fake, door: Door, call: &Call, body: Value, asked: &Asked) -> Response {
    let form = Gemini(door);
    let invalid = |message: &str| refused(400, &google_error(400, message), &[]);
    if !body.is_object() {
        return invalid("Invalid JSON payload received.");
    }
    match call.method.as_str() {
        "generateContent" => generate(fake, &form, &call.model, &body, false).await,
        "streamGenerateContent" if asked.alt.as_deref() == Some("sse") => {
            generate(fake, &form, &call.model, &body, true).await
        }
        // The real one answers with a JSON array then, which nobody wants to read as a stream.
        "streamGenerateContent" => invalid("The fake streams with alt=sse only."),
        "countTokens" if check::contents(&body).is_err() => invalid("contents is not specified"),
        "countTokens" => Json(json!({ "totalTokens": prompt(&body) })).into_response(),
        method @ ("predict" | "embedContent" | "batchEmbedContents") => {
            let vectors = embed::embed(&call.model, method, &body);
            serve::embed(fake, &form, vectors).await
        }
        method => {
            let message = format!("There is no method {method}.");
            refused(404, &google_error(404, &message), &[])
        }
    }
}

fn prompt(body: &Value) -> u64 {
    tokens(body, &["contents", "systemInstruction", "tools"])
}

impl Form for Gemini {
    fn wire(&self) -> Wire {
        Wire::Gemini
    }

    fn check(&self, model: &str, body: &Value, memory: &Memory) -> Result<(), String> {
        check::check(self.0, model, body, memory)
    }

    fn ask(&self, _: &str, body: &Value) -> Ask {
        let turns = body["contents"].as_array().into_iter().flatten();
        let answered = turns
            .flat_map(|turn| turn["parts"].as_array().into_iter().flatten())
            .any(|part| part.get("functionResponse").is_some());
        let functions = body["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|tool| {
                tool["functionDeclarations"]
                    .as_array()
                    .into_iter()
                    .flatten()
            });
        let tool = functions
            .filter_map(|function| {
                let schema = [&function["parametersJsonSchema"], &function["parameters"]];
                let schema = schema.into_iter().find(|schema| schema.is_object());
                let schema = schema_or_object(schema.unwrap_or(&Value::Null));
                Some((function["name"].as_str()?.to_owned(), schema))
            })
            .next();
        let config = &body["generationConfig"];
        Ask {
            tool,
            answered,
            schema: [&config["responseJsonSchema"], &config["responseSchema"]]
                .into_iter()
                .find(|schema| schema.is_object())
                .cloned(),
            most: config["maxOutputTokens"].as_u64().unwrap_or(500),
            prompt: prompt(body),
            thinks: true,
            shows_thoughts: config["thinkingConfig"]["includeThoughts"] == true,
            hides_text: false,
        }
    }

    fn whole(&self, answer: &Answer) -> Value {
        write::whole(answer)
    }

    fn events(&self, answer: &Answer) -> Events {
        let all: Vec<String> = write::chunks(answer)
            .iter()
            .map(|chunk| self.event(chunk))
            .collect();
        Events {
            count_at: all.len().saturating_sub(1),
            all,
        }
    }

    fn signed(&self, _: &Value, whole: &Value) -> Option<Value> {
        let content = &whole["candidates"][0]["content"];
        content["parts"].is_array().then(|| content.clone())
    }

    fn error(&self, status: u16, message: &str) -> Value {
        google_error(status, message)
    }

    fn error_event(&self) -> String {
        self.event(&google_error(503, "The service is currently unavailable."))
    }

    fn event(&self, object: &Value) -> String {
        format!("data: {object}\r\n\r\n")
    }

    fn ping(&self) -> Option<&'static str> {
        None
    }
}
