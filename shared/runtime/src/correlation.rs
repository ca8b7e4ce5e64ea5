use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{CorrelationId, Ids};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{Problem, RequestContext, TraceParent, context, measures};

/// Carries the correlation id in both directions.
pub const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const CLOUD_TRACE: HeaderName = HeaderName::from_static("x-cloud-trace-context");

/// The state of [`correlation`].
#[derive(Clone)]
pub struct Correlation {
    pub function: &'static str,
    pub ids: Arc<dyn Ids>,
}

/// The outermost layer: gives the request its context and span, turns bare error answers into
/// problems, echoes the correlation id, and measures.
pub async fn correlation(
    State(layer): State<Correlation>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let context = identify(request.headers(), &*layer.ids);
    let echo = HeaderValue::from_str(context.correlation_id.as_str()).ok();
    let method = method_name(request.method());
    // The route's template, not the path: paths hold ids, and each would be a new metric.
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("http.request", function = layer.function, method, path);

    let answer = async {
        let mut response = bare_error_to_problem(next.run(request).await);
        let (status, took) = (response.status(), started.elapsed());
        let (code, ms) = (
            status.as_u16(),
            u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        );
        if status.is_server_error() {
            tracing::info!(status = code, ms, "answered");
        } else {
            tracing::debug!(status = code, ms, "answered");
        }
        measures::http_request(layer.function, method, path, status, took);
        if let Some(echo) = echo {
            response.headers_mut().insert(CORRELATION_HEADER, echo);
        }
        response
    };
    context::scope(context, answer.instrument(span)).await
}

/// The ids a request came with, or new ones. Without a correlation id of its own, a request is known by
/// its trace.
fn identify(headers: &HeaderMap, ids: &dyn Ids) -> RequestContext {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let given = text(CORRELATION_HEADER).and_then(CorrelationId::parse);
    let trace = text(TRACEPARENT)
        .and_then(TraceParent::parse)
        .or_else(|| text(CLOUD_TRACE).and_then(TraceParent::parse_cloud))
        .unwrap_or_else(|| TraceParent::fresh(ids));
    let correlation_id = given
        .or_else(|| CorrelationId::parse(&trace.trace_hex()))
        .expect("32 hexadecimal digits are a correlation id");
    RequestContext {
        traceparent: Some(trace.to_string()),
        ..RequestContext::new(correlation_id)
    }
}

/// Clients may send any word as a method; only known ones become label values.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// Errors that axum or a layer answered by themselves (no route, no such method, too large, timed out)
/// have plain text or nothing in them. Headers such as `Allow` stay.
fn bare_error_to_problem(response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let bare = match response.headers().get(header::CONTENT_TYPE) {
        None => response.body().size_hint().exact() == Some(0) || response.body().is_end_stream(),
        Some(kind) => kind.as_bytes().starts_with(b"text/plain"),
    };
    if !bare {
        return response;
    }
    let mut problem = Problem::of_status(status).into_response();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}
