use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::join_all;
use http::{StatusCode, header};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::extract::Json;
use crate::telemetry::metrics_handle;

/// A dependency that has not answered by then is down.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers are reused for this long, so that probes can't become a load on what they probe.
const REUSE: Duration = Duration::from_secs(2);

type Probe =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// `/health` (the process is alive; no dependency can change that), `/ready` (it can do its work) and
/// `/metrics` (Prometheus text).
pub struct Health {
    function: &'static str,
    checks: Vec<(&'static str, Probe)>,
    timeout: Duration,
    reuse: Duration,
}

#[derive(Clone, Copy, Serialize)]
struct Alive {
    status: &'static str,
    function: &'static str,
    version: &'static str,
    uptime_seconds: u64,
}

#[derive(Clone, Serialize)]
struct Readiness {
    status: &'static str,
    function: &'static str,
    checks: Vec<CheckResult>,
}

#[derive(Clone, Serialize)]
struct CheckResult {
    name: &'static str,
    status: &'static str,
}

struct Prober {
    health: Health,
    /// Held while probing, so that a burst of probes asks each dependency once.
    last: Mutex<Option<(Instant, Arc<Readiness>)>>,
}

impl Health {
    pub fn new(function: &'static str) -> Self {
        Self {
            function,
            checks: Vec::new(),
            timeout: CHECK_TIMEOUT,
            reuse: REUSE,
        }
    }

    /// Adds a dependency. The probe's words are logged, never shown.
    #[must_use]
    pub fn check<F, W>(mut self, name: &'static str, probe: F) -> Self
    where
        F: Fn() -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks
            .push((name, Box::new(move || Box::pin(probe()))));
        self
    }

    /// Replaces how long a dependency may take (2 s) and how long an answer is reused (2 s).
    #[must_use]
    pub fn timing(mut self, timeout: Duration, reuse: Duration) -> Self {
        (self.timeout, self.reuse) = (timeout, reuse);
        self
    }

    pub fn router(self) -> Router {
        let (started, function) = (Instant::now(), self.function);
        let alive = move || async move {
            Json(Alive {
                status: "ok",
                function,
                version: env!("CARGO_PKG_VERSION"),
                uptime_seconds: started.elapsed().as_secs(),
            })
        };
        let prober = Arc::new(Prober {
            health: self,
            last: Mutex::new(None),
        });
        let ready = move || {
            let prober = Arc::clone(&prober);
            async move { prober.answer().await }
        };
        Router::new()
            .route("/health", get(alive))
            .route("/ready", get(ready))
            .route("/metrics", get(exposition))
    }

    async fn probe(&self) -> Readiness {
        let checks = join_all(self.checks.iter().map(|(name, probe)| async move {
            let outcome = match timeout(self.timeout, probe()).await {
                Ok(outcome) => outcome,
                Err(_) => Err(format!("no answer within {:?}", self.timeout)),
            };
            if let Err(reason) = &outcome {
                tracing::warn!(check = name, reason, "not ready");
            }
            CheckResult {
                name,
                status: if outcome.is_ok() { "up" } else { "down" },
            }
        }))
        .await;
        let up = checks.iter().all(|check| check.status == "up");
        Readiness {
            status: if up { "ready" } else { "unavailable" },
            function: self.function,
            checks,
        }
    }
}

impl Prober {
    async fn answer(&self) -> Response {
        let mut last = self.last.lock().await;
        let readiness = match &*last {
            Some((at, known)) if at.elapsed() < self.health.reuse => Arc::clone(known),
            _ => {
                let fresh = Arc::new(self.health.probe().await);
                *last = Some((Instant::now(), Arc::clone(&fresh)));
                fresh
            }
        };
        drop(last);
        let status = if readiness.status == "ready" {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        (status, Json(&*readiness)).into_response()
    }
}

async fn exposition() -> Response {
    let text = metrics_handle().render();
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}
