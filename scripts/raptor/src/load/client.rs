use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// Submits the same request over and over for one person.
pub struct Client {
    http: reqwest::Client,
    execute: reqwest::Url,
    base: String,
    authorization: String,
    body: bytes::Bytes,
}

#[derive(Deserialize)]
struct Accepted {
    execution_id: String,
}

#[derive(Deserialize)]
struct Seen {
    status: domain::ExecutionStatus,
}

impl Client {
    pub fn new(
        http: reqwest::Client,
        base: &str,
        token: &str,
        prompt: &str,
        skill: Option<&str>,
    ) -> Self {
        let mut body = serde_json::json!({ "prompt": prompt });
        if let Some(skill) = skill {
            body["skill_id"] = serde_json::json!(skill);
        }
        Self {
            http,
            execute: format!("{base}/v1/agents/execute")
                .parse()
                .expect("the base is a URL"),
            base: base.to_owned(),
            authorization: format!("Bearer {token}"),
            body: body.to_string().into(),
        }
    }

    /// Answers the execution's id.
    pub async fn submit(&self) -> Result<String> {
        self.attempt(None).await
    }

    /// As [`Client::submit`], and tries until it is accepted: under one idempotency key, so that a
    /// request whose answer was lost is not accepted twice.
    pub async fn submit_surely(&self, key: &str, patience: Duration) -> Result<String> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            match self.attempt(Some(key)).await {
                Ok(id) => return Ok(id),
                Err(error) if tokio::time::Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn attempt(&self, key: Option<&str>) -> Result<String> {
        let mut request = self.http.post(self.execute.clone());
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = request
            .header("authorization", &self.authorization)
            .header("content-type", "application/json")
            .body(self.body.clone())
            .send()
            .await
            .context("RaptorFlow does not answer: is it running?")?;
        let status = response.status();
        let body = response.bytes().await?;
        if !status.is_success() {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(serde_json::from_slice::<Accepted>(&body)?.execution_id)
    }

    /// Waits for the end of an execution, asking about once a millisecond.
    pub async fn finished(&self, id: &str) -> Result<()> {
        let url = format!("{}/v1/executions/{id}", self.base);
        loop {
            let response = self
                .http
                .get(&url)
                .header("authorization", &self.authorization)
                .send()
                .await?;
            let seen: Seen = response.error_for_status()?.json().await?;
            match seen.status {
                domain::ExecutionStatus::Completed => return Ok(()),
                status if status.is_final() => bail!("execution {id} is {status}"),
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }
}
