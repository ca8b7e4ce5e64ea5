//! Model providers on loopback, on one port, each speaking its own wire:
//!
//! - Gemini on Vertex AI: `/{version}/projects/{p}/locations/{l}/publishers/google/models/{m}:{method}`
//! - Gemini by API key: `/v1beta/models/{m}:{method}`
//! - Claude on Vertex AI: the same path as Gemini's under `publishers/anthropic`
//! - OpenAI and servers like it: `/v1/chat/completions`, `/v1/embeddings`, `/v1/models`
//!
//! It answers by script, or by itself: it calls the first declared tool once, then answers with JSON
//! that fits the asked schema. It refuses what the real services refuse, and can do what they do on
//! bad days. Shapes as in google-genai 3.4.0, anthropic 2.11.0 and openai 3.52.0.

mod answer;
mod catalogue;
mod claude;
mod gemini;
mod memory;
mod openai;
pub mod plausible;
mod script;
mod send;
mod serve;
mod vector;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use memory::Memory;
pub use script::{Count, Fails, NAMES, Reply, Script};

/// Requests kept for assertions; older ones are forgotten.
const KEPT: usize = 1_000;

/// Whose language a request was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// On Vertex AI or by API key.
    Gemini,
    /// On Vertex AI.
    Claude,
    OpenAi,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub wire: Wire,
    /// Empty where the path has none.
    pub project: String,
    /// Empty where the path has none.
    pub location: String,
    pub model: String,
    /// `generateContent`, `rawPredict`, `chat/completions` and so on.
    pub method: String,
    pub authorization: Option<String>,
    pub headers: HeaderMap,
    /// Null when it was no JSON.
    pub body: Value,
    pub at: Instant,
}

#[derive(Clone)]
struct Fake {
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<VecDeque<Seen>>>,
    memory: Arc<Mutex<Memory>>,
    progress: Arc<watch::Sender<Progress>>,
    answers: Arc<AtomicU64>,
    extra_models: Arc<[String]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    arrived: u64,
    abandoned: u64,
}

/// A running fake; it stops when dropped.
pub struct FakeModels {
    fake: Fake,
    address: SocketAddr,
    stop: CancellationToken,
}

impl FakeModels {
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

    /// Where all wires are: `http://127.0.0.1:PORT`.
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

    /// Waits until this many requests have come.
    pub async fn arrived(&self, requests: u64) {
        self.reached(|progress| progress.arrived >= requests).await;
    }

    /// Waits until the client has closed this many connections before their answers were complete.
    pub async fn abandoned(&self, requests: u64) {
        self.reached(|progress| progress.abandoned >= requests)
            .await;
    }

    async fn reached(&self, far: impl FnMut(&Progress) -> bool) {
        let mut progress = self.fake.progress.subscribe();
        progress
            .wait_for(far)
            .await
            .expect("the fake outlives this borrow");
    }
}

impl Drop for FakeModels {
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
    // On Google's paths the last segment carries `{model}:{method}`.
    let vertex = "/{version}/projects/{project}/locations/{location}/publishers";
    let app = Router::new()
        .route(
            &format!("{vertex}/google/models/{{call}}"),
            post(gemini::on_vertex),
        )
        .route(
            &format!("{vertex}/anthropic/models/{{call}}"),
            post(claude::on_vertex),
        )
        .route("/v1beta/models/{call}", post(gemini::by_key))
        .route("/v1/chat/completions", post(openai::chat))
        .route("/v1/embeddings", post(openai::embeddings))
        .route("/v1/models", get(openai::models))
        .route("/health", get(|| async { "ok" }))
        .fallback(|| async {
            let error = serve::google_error(404, "The fake has nothing at this path.");
            (axum::http::StatusCode::NOT_FOUND, Json(error))
        })
        .with_state(fake);
    // Not gracefully: a stalled answer would never let it end.
    tokio::select! {
        ended = axum::serve(listener, app) => ended,
        () = shutdown.cancelled_owned() => Ok(()),
    }
}

impl Fake {
    fn new(script: Script) -> Self {
        Self {
            extra_models: script.models.clone().into(),
            script: Arc::new(Mutex::new(script)),
            seen: Arc::default(),
            memory: Arc::default(),
            progress: Arc::new(watch::Sender::new(Progress::default())),
            answers: Arc::default(),
        }
    }

    /// Whether the script adds this model to the real ones.
    fn adds(&self, model: &str) -> bool {
        self.extra_models.iter().any(|id| id == model)
    }

    fn note(&self, seen: Seen) {
        let mut kept = lock(&self.seen);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(seen);
        drop(kept);
        self.progress.send_modify(|progress| progress.arrived += 1);
    }

    fn serial(&self) -> u64 {
        self.answers.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
