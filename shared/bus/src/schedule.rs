use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::Verify;

/// Something done on a clock. It answers what it did, or why it could not.
pub type ScheduleHandler = Arc<dyn Fn() -> BoxFuture<'static, Result<Value, String>> + Send + Sync>;

/// A handler from a closure.
pub fn schedule<H, F>(handler: H) -> ScheduleHandler
where
    H: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<Value, String>> + Send + 'static,
{
    Arc::new(move || handler().boxed())
}

#[derive(Clone)]
struct Schedules {
    handlers: Arc<Vec<(&'static str, ScheduleHandler)>>,
    verify: Verify,
}

/// `POST /schedules/{name}`: 200 with what was done, 503 when it could not be, 404 for an unknown name.
pub fn schedule_router(handlers: Vec<(&'static str, ScheduleHandler)>, verify: Verify) -> Router {
    let schedules = Schedules {
        handlers: Arc::new(handlers),
        verify,
    };
    Router::new()
        .route("/schedules/{name}", post(run))
        .with_state(schedules)
}

async fn run(
    State(schedules): State<Schedules>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(status) = schedules.verify.check(&headers).await {
        return status.into_response();
    }
    let Some((name, handler)) = schedules.handlers.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match handler().await {
        Ok(done) => {
            metrics::counter!("schedule_runs_total", "schedule" => *name, "ok" => "true")
                .increment(1);
            Json(done).into_response()
        }
        Err(reason) => {
            metrics::counter!("schedule_runs_total", "schedule" => *name, "ok" => "false")
                .increment(1);
            tracing::error!(schedule = name, reason, "the schedule failed");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(json!({ "schedule": name, "status": "failed" })),
            )
                .into_response()
        }
    }
}
