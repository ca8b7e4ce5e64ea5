//! The embedded broker for processes beside it: they publish to it over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use events::{Custody, Message, PublishError, Publisher};
use serde::{Deserialize, Serialize};

use crate::Embedded;

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Serialize, Deserialize)]
struct Published {
    topic: String,
    attributes: BTreeMap<String, String>,
    data: String,
}

/// `POST /v1/publish` with an array of messages: one result each, in order, `null` or an error.
pub fn http_face(broker: Arc<Embedded>) -> Router {
    Router::new()
        .route("/v1/publish", post(publish))
        // Whoever publishes is a process beside it, and a sweep may bring many messages at once.
        .layer(DefaultBodyLimit::disable())
        .with_state(broker)
}

async fn publish(
    State(broker): State<Arc<Embedded>>,
    Json(published): Json<Vec<Published>>,
) -> Result<Json<Vec<Option<String>>>, StatusCode> {
    let messages = published
        .into_iter()
        .map(|p| {
            let data = STANDARD
                .decode(&p.data)
                .map_err(|_| StatusCode::BAD_REQUEST)?;
            Message::from_parts(&p.topic, &p.attributes, data.into())
                .map_err(|_| StatusCode::BAD_REQUEST)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let results = broker.publish(messages).await;
    Ok(Json(
        results
            .into_iter()
            .map(|result| result.err().map(|error| error.reason))
            .collect(),
    ))
}

/// Publishes to the embedded broker of another process.
pub struct HttpPublisher {
    client: reqwest::Client,
    url: String,
}

impl HttpPublisher {
    /// `base` is the broker's address, `http://127.0.0.1:9000`.
    pub fn new(base: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            url: format!("{}/v1/publish", base.trim_end_matches('/')),
        }
    }

    async fn send(&self, body: &[Published]) -> Result<Vec<Option<String>>, reqwest::Error> {
        let request = self.client.post(&self.url).timeout(TIMEOUT).json(body);
        request.send().await?.error_for_status()?.json().await
    }
}

#[async_trait]
impl Publisher for HttpPublisher {
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        let body: Vec<Published> = messages
            .iter()
            .map(|message| Published {
                topic: message.topic.clone(),
                attributes: message.attributes(),
                data: STANDARD.encode(&message.data),
            })
            .collect();
        let failed = |topic: &str, reason: String| {
            Err(PublishError {
                topic: topic.to_owned(),
                reason,
            })
        };
        match self.send(&body).await {
            Ok(results) if results.len() == body.len() => body
                .iter()
                .zip(results)
                .map(|(sent, error)| {
                    error.map_or(Ok(Custody::Held), |reason| failed(&sent.topic, reason))
                })
                .collect(),
            Ok(_) => body
                .iter()
                .map(|sent| failed(&sent.topic, "the broker's answer is short".into()))
                .collect(),
            Err(error) => body
                .iter()
                .map(|sent| failed(&sent.topic, error.to_string()))
                .collect(),
        }
    }
}
