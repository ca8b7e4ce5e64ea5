//! Following one execution through the API, as a frontend does.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use serde_json::Value;

/// A client of the HTTP API on behalf of one person.
pub struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Api {
    pub fn new(base: &str, token: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            base: base.to_owned(),
            token: token.to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self
            .client
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        answer(request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .json(body);
        answer(request).await
    }

    /// Calls `seen` with each event of an execution until it is finished.
    pub async fn follow(
        &self,
        id: &str,
        limit: Duration,
        seen: impl FnMut(&str, &Value),
    ) -> Result<()> {
        tokio::time::timeout(limit, self.follow_events(id, seen))
            .await
            .with_context(|| {
                format!("not finished after {limit:?}; it goes on: look with `raptor events {id}`")
            })?
    }

    async fn follow_events(&self, id: &str, mut seen: impl FnMut(&str, &Value)) -> Result<()> {
        let mut last = 0_i64;
        loop {
            let response = self
                .client
                .get(format!("{}/v1/executions/{id}/events", self.base))
                .bearer_auth(&self.token)
                .header("accept", "text/event-stream")
                .header("last-event-id", last.to_string())
                .send()
                .await?
                .error_for_status()?;
            let mut stream = response.bytes_stream();
            let mut buffer = String::new();
            while let Some(chunk) = stream.next().await {
                let Ok(chunk) = chunk else { break };
                buffer.push_str(&String::from_utf8_lossy(&chunk));
                while let Some(end) = buffer.find("\n\n") {
                    let frame: String = buffer.drain(..end + 2).collect();
                    let field = |name: &str| {
                        frame.lines().find_map(|line| {
                            line.strip_prefix(name)?
                                .strip_prefix(':')
                                .map(str::trim_start)
                        })
                    };
                    let (Some(kind), Some(data)) = (field("event"), field("data")) else {
                        continue;
                    };
                    last = field("id").and_then(|id| id.parse().ok()).unwrap_or(last);
                    seen(kind, &serde_json::from_str(data)?);
                    if kind == "execution.finished" {
                        return Ok(());
                    }
                }
            }
            // The stream was cut: take it up where it ended.
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let response = request
        .send()
        .await
        .context("RaptorFlow does not answer: is it running?")?;
    let status = response.status();
    let body: Value = response.json().await.unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    let mut text = body["detail"]
        .as_str()
        .unwrap_or("the request failed")
        .to_owned();
    for error in body["errors"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "\n  {}: {}",
            error["path"].as_str().unwrap_or("?"),
            error["message"].as_str().unwrap_or("?")
        ));
    }
    bail!(
        "{text} ({status}, {})",
        body["code"].as_str().unwrap_or("no code")
    )
}

/// One line for a person about an event; `None` for those not worth one.
pub fn describe(kind: &str, data: &Value) -> Option<String> {
    let step = || data["step"].as_i64().unwrap_or(0) + 1;
    let text = |name: &str| data[name].as_str().unwrap_or("?").to_owned();
    Some(match kind {
        "execution.accepted" => match data["plan"]["steps"].as_array() {
            Some(steps) => format!("planned: {}", skills(steps)),
            None => "accepted; looking for the right skills".to_owned(),
        },
        "plan.made" => format!("planned: {}", skills(data["steps"].as_array()?)),
        "step.ready" => format!("step {} may start", step()),
        "step.started" if data["attempt"] != 1 => {
            format!("step {} started (attempt {})", step(), data["attempt"])
        }
        "step.started" => format!("step {} started", step()),
        "step.progress" => format!("step {}: {}", step(), short(&text("note"))),
        "tool.called" => format!(
            "step {}: {} {} in {} ms",
            step(),
            text("tool"),
            if data["ok"] == true {
                "answered"
            } else {
                "failed"
            },
            data["duration_ms"]
        ),
        "step.finished" => match data["error_code"].as_str() {
            Some(code) => format!(
                "step {} {}: {code}: {}",
                step(),
                text("status"),
                text("error_detail")
            ),
            None => format!(
                "step {} {} by {}, ${}",
                step(),
                text("status"),
                text("model"),
                text("cost_usd")
            ),
        },
        "execution.cancel_requested" => "cancelling".to_owned(),
        "execution.finished" => text("status"),
        _ => return None,
    })
}

/// What a model writes can be long; the answer itself is printed at the end.
fn short(note: &str) -> String {
    const WIDTH: usize = 96;
    match note.char_indices().nth(WIDTH) {
        Some((cut, _)) => format!("{}… ({} characters)", &note[..cut], note.chars().count()),
        None => note.to_owned(),
    }
}

fn skills(steps: &[Value]) -> String {
    let names: Vec<_> = steps
        .iter()
        .filter_map(|step| step["skill_id"].as_str())
        .collect();
    names.join(" → ")
}
