use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{Clock, Usd};
use llm::{Control, Delta, Request, Turn};

/// A clock that stands still until it is moved.
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    pub fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(text.parse().unwrap())))
    }

    pub fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += chrono::TimeDelta::seconds(seconds);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

pub fn clock() -> Arc<FixedClock> {
    FixedClock::at("2026-11-20T06:00:00Z")
}

pub fn soon() -> Control {
    Control::within(Duration::from_secs(20))
}

pub fn ask(model: &str, text: &str) -> Request {
    Request {
        model: model.into(),
        turns: vec![Turn::user(text)],
        max_output_tokens: 500,
        ..Request::default()
    }
}

pub fn ignore() -> impl FnMut(Delta) + Send {
    |_| {}
}

pub fn usd(text: &str) -> Usd {
    Usd(text.parse().unwrap())
}
