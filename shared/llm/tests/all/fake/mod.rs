//! The fake itself: what the conformance cases stand on must be as strict as the real services.

mod answers;
mod refusals;

use serde_json::{Value, json};

use super::models::{FakeModels, Script};

const GEMINI: &str =
    "v1/projects/p/locations/global/publishers/google/models/gemini-3.8-flash:generateContent";
const CLAUDE: &str =
    "v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-5-5:rawPredict";
const CHAT: &str = "v1/chat/completions";

struct Client {
    fake: FakeModels,
    http: reqwest::Client,
}

impl Client {
    async fn of(script: Script) -> Self {
        Self {
            fake: FakeModels::start(script).await,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn auto() -> Self {
        Self::of(Script::auto()).await
    }

    /// With every kind of credentials.
    async fn send(&self, path: &str, body: &Value) -> reqwest::Response {
        let url = format!("{}/{path}", self.fake.base_url());
        let request = self.http.post(url).header("authorization", "Bearer t");
        let request = request.header("x-goog-api-key", "k").json(body);
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.send(path, body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn good(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// What is wrong with `body`, after the same without `change` was good.
    async fn refuses(&self, path: &str, body: &Value, change: Value, because: &str) {
        self.good(path, body).await;
        let changed = merge(body, change);
        let (status, answer) = self.post(path, &changed).await;
        let text = answer.to_string();
        assert!(status == 400 && text.contains(because), "{status} {text}");
    }

    /// The data of the events of a stream.
    async fn stream(&self, path: &str, body: &Value) -> Vec<Value> {
        let response = self.send(path, body).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let text = response.text().await.unwrap();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }
}

/// Objects are merged, null takes away, everything else replaces.
fn merge(base: &Value, change: Value) -> Value {
    let (Some(base), Value::Object(change)) = (base.as_object(), &change) else {
        return change;
    };
    let mut merged = base.clone();
    for (key, value) in change {
        if value.is_null() {
            merged.remove(key);
        } else {
            let old = merged.get(key).cloned().unwrap_or_default();
            merged.insert(key.clone(), merge(&old, value.clone()));
        }
    }
    merged.into()
}

fn user_parts() -> Value {
    json!({"role": "user", "parts": [{"text": "hello"}]})
}

fn gemini() -> Value {
    json!({"contents": [user_parts()]})
}

fn claude() -> Value {
    json!({"anthropic_version": "vertex-2023-10-16", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]})
}

fn chat() -> Value {
    json!({"model": "gpt-6.1-terra", "messages": [{"role": "user", "content": "hello"}]})
}

fn festival() -> Value {
    json!({"type": "object", "properties": {"festival": {"type": "string"}}, "required": ["festival"], "additionalProperties": false})
}
