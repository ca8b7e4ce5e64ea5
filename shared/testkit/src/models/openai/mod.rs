//! OpenAI's Chat Completions and embeddings, and servers that speak the same: a model whose id looks
//! local (`qwen3:8b`, `owner/name`) needs no key and is not held to what only OpenAI refuses.

mod check;
mod embed;
mod write;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Ask, schema_or_object, tokens};
use super::memory::Memory;
use super::send::Events;
use super::serve::{self, Form, generate, refused};
use super::{Fake, Seen, Wire, catalogue};

struct OpenAi {
    local: bool,
    /// Whether a stream ends with the count.
    counts: bool,
}

pub(super) async fn chat(State(fake): State<Fake>, headers: HeaderMap, body: Bytes) -> Response {
    let (body, form, model) = match open(&fake, headers, &body, "chat/completions") {
        Ok(open) => open,
        Err(refusal) => return *refusal,
    };
    if !form.local && !catalogue::is_openai(&model) {
        return no_model(&form, &model);
    }
    let stream = body["stream"] == true;
    generate(&fake, &form, &model, &body, stream).await
}

pub(super) async fn embeddings(
    State(fake): State<Fake>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (body, form, model) = match open(&fake, headers, &body, "embeddings") {
        Ok(open) => open,
        Err(refusal) => return *refusal,
    };
    let embedder = catalogue::embedder(&model).or(form.local.then_some(catalogue::Embedder {
        dimensions: 768,
        most_tokens: 8_192,
        unit: true,
    }));
    let Some(embedder) = embedder else {
        return no_model(&form, &model);
    };
    serve::embed(&fake, &form, embed::embed(embedder, &model, &body)).await
}

pub(super) async fn models(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    if bearer(&headers).is_none() && fake.extra_models.is_empty() {
        return no_key();
    }
    let list: Vec<Value> = catalogue::openai_ids()
        .map(str::to_owned)
        .chain(fake.extra_models.iter().cloned())
        .map(|id| json!({ "id": id, "object": "model", "created": 1_790_000_000, "owned_by": "fake" }))
        .collect();
    Json(json!({ "object": "list", "data": list })).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let named = !value.strip_prefix("Bearer ")?.is_empty();
    named.then(|| value.to_owned())
}

fn open(
    fake: &Fake,
    headers: HeaderMap,
    body: &Bytes,
    method: &str,
) -> Result<(Value, OpenAi, String), Box<Response>> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    let key = bearer(&headers);
    fake.note(Seen {
        wire: Wire::OpenAi,
        project: String::new(),
        location: String::new(),
        model: model.clone(),
        method: method.to_owned(),
        authorization: key.clone(),
        headers,
        body: body.clone(),
        at: Instant::now(),
    });
    let form = OpenAi {
        local: catalogue::looks_local(&model) || fake.adds(&model),
        counts: body["stream_options"]["include_usage"] == true,
    };
    if key.is_none() && !form.local {
        return Err(Box::new(no_key()));
    }
    if model.is_empty() {
        let error = form.error(400, "you must provide a model parameter");
        return Err(Box::new(refused(400, &error, &[])));
    }
    Ok((body, form, model))
}

fn no_key() -> Response {
    let message = "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
    refused(401, &error(401, message, None), &[])
}

fn no_model(form: &OpenAi, model: &str) -> Response {
    let message = format!("The model `{model}` does not exist or you do not have access to it.");
    refused(404, &form.error(404, &message), &[])
}

fn error(status: u16, message: &str, param: Option<&str>) -> Value {
    let (kind, code) = match status {
        400 if param.is_some() => ("invalid_request_error", Some("unsupported_parameter")),
        400 | 401 | 403 => ("invalid_request_error", None),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("requests", Some("rate_limit_exceeded")),
        _ => ("server_error", None),
    };
    json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
}

impl Form for OpenAi {
    fn wire(&self) -> Wire {
        Wire::OpenAi
    }

    fn check(&self, model: &str, body: &Value, _: &Memory) -> Result<(), String> {
        check::check(model, self.local, body)
    }

    fn ask(&self, model: &str, body: &Value) -> Ask {
        let mut messages = body["messages"].as_array().into_iter().flatten();
        let tools = body["tools"].as_array().into_iter().flatten();
        let tool = tools
            .filter_map(|tool| {
                let function = &tool["function"];
                let schema = schema_or_object(&function["parameters"]);
                Some((function["name"].as_str()?.to_owned(), schema))
            })
            .next();
        let schema = &body["response_format"]["json_schema"]["schema"];
        let most = [&body["max_completion_tokens"], &body["max_tokens"]];
        Ask {
            tool: tool.filter(|_| body["tool_choice"] != "none"),
            answered: messages.any(|message| message["role"] == "tool"),
            schema: schema.is_object().then(|| schema.clone()),
            most: most.into_iter().find_map(Value::as_u64).unwrap_or(500),
            prompt: tokens(body, &["messages", "tools", "response_format"]),
            thinks: !self.local
                && catalogue::generation(model) >= (5, 0)
                && body["reasoning_effort"] != "none",
            // What OpenAI's models think is never told.
            shows_thoughts: false,
            hides_text: false,
        }
    }

    fn whole(&self, answer: &Answer) -> Value {
        write::whole(answer)
    }

    fn events(&self, answer: &Answer) -> Events {
        let (chunks, count_at) = write::chunks(answer, self.counts);
        let mut all: Vec<String> = chunks.iter().map(|chunk| self.event(chunk)).collect();
        all.push("data: [DONE]\n\n".to_owned());
        Events { all, count_at }
    }

    fn signed(&self, _: &Value, _: &Value) -> Option<Value> {
        None
    }

    fn error(&self, status: u16, message: &str) -> Value {
        let param = message
            .strip_prefix("Unsupported parameter: '")
            .and_then(|rest| rest.split('\'').next());
        error(status, message, param)
    }

    fn error_event(&self) -> String {
        let message = "The server had an error while processing your request. Sorry about that!";
        self.event(&error(500, message, None))
    }

    fn event(&self, object: &Value) -> String {
        format!("data: {object}\n\n")
    }

    fn ping(&self) -> Option<&'static str> {
        Some(": keep-alive\n\n")
    }
}
