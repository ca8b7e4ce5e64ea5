//! Lets PhonePe in and nobody else, before anything is read, logged or asked of the database: the
//! address is public, so a flood of forged calls must cost next to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::Clock;
use phonepe::callback::Authenticator;

/// The same for every forged call.
const REFUSAL: &[u8] = br#"{"status":401,"code":"auth.unauthenticated"}"#;

pub(crate) struct Gate {
    authenticator: Authenticator,
    clock: Arc<dyn Clock>,
    refused: Tally,
}

impl Gate {
    pub fn new(authenticator: Authenticator, clock: Arc<dyn Clock>) -> Self {
        let refused = Tally::default();
        Self {
            authenticator,
            clock,
            refused,
        }
    }
}

/// The outermost layer of the webhook's route. Other methods than POST pass: the route refuses them.
pub(crate) async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let sent = request.headers().get(header::AUTHORIZATION);
    let genuine = sent.is_some_and(|sent| gate.authenticator.check(sent.as_bytes()));
    if genuine || request.method() != Method::POST {
        return next.run(request).await;
    }
    metrics::counter!("phonepe_forged_callbacks_total").increment(1);
    if let Some(calls) = gate.refused.add(gate.clock.now()) {
        tracing::warn!(
            calls,
            "callbacks without PhonePe's authorisation were refused since this was last said"
        );
    }
    let mut response = Response::new(Body::from(Bytes::from_static(REFUSAL)));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Counts, and says the count at most once a minute.
struct Tally {
    /// Milliseconds since 1970.
    said: AtomicI64,
    unsaid: AtomicU64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            said: AtomicI64::new(i64::MIN),
            unsaid: AtomicU64::new(0),
        }
    }
}

impl Tally {
    const QUIET_MS: i64 = 60_000;

    /// One more. How many there were since the last answer, if that is a minute ago.
    fn add(&self, now: DateTime<Utc>) -> Option<u64> {
        self.unsaid.fetch_add(1, Ordering::Relaxed);
        let (now, said) = (now.timestamp_millis(), self.said.load(Ordering::Relaxed));
        // A clock that was set back does not silence it for longer.
        if (said..said.saturating_add(Self::QUIET_MS)).contains(&now) {
            return None;
        }
        // Of several at once, one says it.
        self.said
            .compare_exchange(said, now, Ordering::Relaxed, Ordering::Relaxed)
            .ok()?;
        Some(self.unsaid.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_said_once_a_minute() {
        let tally = Tally::default();
        let at = |ms: i64| DateTime::from_timestamp_millis(1_795_000_000_000 + ms).unwrap();
        assert_eq!(tally.add(at(0)), Some(1));
        for ms in 0..500 {
            assert_eq!(tally.add(at(ms)), None);
        }
        assert_eq!(tally.add(at(59_999)), None);
        assert_eq!(tally.add(at(60_000)), Some(502));
        assert_eq!(tally.add(at(60_001)), None);
        assert_eq!(tally.add(at(-3_600_000)), Some(2), "the clock was set back");
    }
}
