//! The gateway end to end: over real HTTP against the fake Vertex server, with scripted providers
//! for time, and the offline model on whole requests.

#[path = "all/gateway.rs"]
mod gateway;
#[path = "all/offline.rs"]
mod offline;
#[path = "all/schemas.rs"]
mod schemas;
#[path = "all/wire.rs"]
mod wire;

/// The server's own source: testkit depends on crates this one must not wait for.
#[path = "../../testkit/src/vertex.rs"]
#[expect(dead_code, reason = "not every reply is used here")]
mod vertex;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Clock;
use llm::{Control, Delta, Models, Request, Turn};

/// A clock that stands still until it is moved.
struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(text.parse().unwrap())))
    }

    fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += chrono::TimeDelta::seconds(seconds);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

fn clock() -> Arc<FixedClock> {
    FixedClock::at("2026-11-20T06:00:00Z")
}

fn soon() -> Control {
    Control::within(Duration::from_secs(20))
}

fn ask(model: &str, text: &str) -> Request {
    Request { model: model.into(), turns: vec![Turn::user(text)], max_output_tokens: 500, ..Request::default() }
}

fn ignore() -> impl FnMut(Delta) + Send {
    |_| {}
}

#[test]
fn embedded_data_is_sound() {
    assert!(Models::embedded().row("offline").is_some());
}
