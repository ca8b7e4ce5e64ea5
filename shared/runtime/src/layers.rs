use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use domain::Seams;
use http::StatusCode;
use metrics::counter;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::telemetry::metrics_handle;
use crate::{Correlation, Problem, correlation};

/// The largest request body that is read unless a function says otherwise: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// What stands around every function's router, from the outside in: correlation (context, span,
/// metrics, problems for bare errors), panics to 500, the timeout, the body limit.
pub struct Layers {
    correlation: Correlation,
    body_bytes: usize,
    timeout: Option<Duration>,
}

impl Layers {
    pub fn new(function: &'static str, seams: &Seams) -> Self {
        // Measure from the first request on, not from the first look at /metrics.
        metrics_handle();
        let correlation = Correlation {
            function,
            ids: seams.ids.clone(),
        };
        Self {
            correlation,
            body_bytes: MAX_BODY_BYTES,
            timeout: None,
        }
    }

    /// 413 for a body past this many bytes.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_bytes = bytes;
        self
    }

    /// 504 when a handler has not begun its answer by then. Streams that have begun go on.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    pub fn around(self, router: Router) -> Router {
        let router = router
            .layer(DefaultBodyLimit::max(self.body_bytes))
            .layer(RequestBodyLimitLayer::new(self.body_bytes));
        let router = match self.timeout {
            Some(limit) => router.layer(TimeoutLayer::with_status_code(
                StatusCode::GATEWAY_TIMEOUT,
                limit,
            )),
            None => router,
        };
        router
            .layer(CatchPanicLayer::custom(answer_panic))
            .layer(from_fn_with_state(self.correlation, correlation))
    }
}

/// [`Layers`] with the usual limits.
pub fn layers(router: Router, function: &'static str, seams: &Seams) -> Router {
    Layers::new(function, seams).around(router)
}

/// The panic hook has logged the panic; the client learns only that there was an error.
fn answer_panic(_panic: Box<dyn Any + Send + 'static>) -> Response {
    counter!("panics_total").increment(1);
    Problem::silent_internal().into_response()
}
