//! Sliding-window rate limits with two buckets: the window's estimate is what the current bucket has
//! counted and the share of the previous bucket that the window still covers. Two integers a subject,
//! wherever they are kept; never wrong by more than uneven arrival within one bucket.

mod config;
mod local;

pub use config::{Class, RateLimits, TierLimits};
pub use local::{Delta, LocalLimiter, Total};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;

/// At most `limit` in any `seconds`. Both at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct Window {
    limit: u32,
    seconds: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    limit: u32,
    seconds: u32,
}

impl TryFrom<Shape> for Window {
    type Error = &'static str;
    fn try_from(shape: Shape) -> Result<Self, Self::Error> {
        let positive = shape.limit > 0 && shape.seconds > 0;
        positive
            .then_some(Self {
                limit: shape.limit,
                seconds: shape.seconds,
            })
            .ok_or("limit and seconds must be at least 1")
    }
}

impl From<Window> for Shape {
    fn from(window: Window) -> Self {
        Self {
            limit: window.limit,
            seconds: window.seconds,
        }
    }
}

impl Window {
    /// # Panics
    /// When either is 0.
    pub const fn new(limit: u32, seconds: u32) -> Self {
        assert!(
            limit > 0 && seconds > 0,
            "limit and seconds must be at least 1"
        );
        Self { limit, seconds }
    }

    pub fn limit(self) -> u32 {
        self.limit
    }

    pub fn seconds(self) -> u32 {
        self.seconds
    }

    /// When the bucket that `now` falls in began. Buckets are aligned to the epoch, so every machine
    /// cuts them alike.
    pub fn bucket_start(self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.start_of(self.bucket(now))
    }

    /// When the bucket before that began.
    pub fn previous_bucket_start(self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.start_of(self.bucket(now) - 1)
    }

    fn bucket(self, now: DateTime<Utc>) -> i64 {
        now.timestamp().div_euclid(i64::from(self.seconds))
    }

    fn start_of(self, bucket: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(bucket * i64::from(self.seconds), 0)
            .expect("buckets lie near the clock's time")
    }

    /// Milliseconds since the bucket began.
    fn elapsed_ms(self, now: DateTime<Utc>) -> i64 {
        now.timestamp_millis().rem_euclid(self.millis())
    }

    fn millis(self) -> i64 {
        i64::from(self.seconds) * 1000
    }
}

/// What a limit says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    /// For `Retry-After`: a request then is allowed if none comes before it. 0 when allowed.
    pub retry_after_seconds: u64,
    /// How many more are allowed now, after this one.
    pub remaining: u32,
}

/// Whether one more request fits. The counts are of requests that were allowed before it; when it is
/// allowed, the caller adds one to the current bucket.
pub fn decide(
    now: DateTime<Utc>,
    window: Window,
    previous_count: u32,
    current_count: u32,
) -> Decision {
    // All in request-milliseconds, so that nothing is rounded: `whole` is one request.
    let whole = i128::from(window.millis());
    let left = whole - i128::from(window.elapsed_ms(now));
    let (limit, previous, current) = (
        i128::from(window.limit),
        i128::from(previous_count),
        i128::from(current_count),
    );
    let room = limit * whole - previous * left - current * whole;
    if room >= whole {
        let remaining = u32::try_from(room / whole - 1).unwrap_or(u32::MAX);
        return Decision {
            allowed: true,
            retry_after_seconds: 0,
            remaining,
        };
    }
    // The wait until `room >= whole`: the previous bucket's share shrinks, or, when this bucket alone is
    // full, it first has to become the previous one.
    let wait = if current < limit {
        left - covered(limit - 1 - current, previous, whole)
    } else {
        left + whole - covered(limit - 1, current, whole)
    };
    let seconds = u64::try_from((wait.max(1) + 999) / 1000).unwrap_or(u64::MAX);
    Decision {
        allowed: false,
        retry_after_seconds: seconds,
        remaining: 0,
    }
}

/// The most milliseconds of a full bucket of `count` that `room` requests can hold.
fn covered(room: i128, count: i128, whole: i128) -> i128 {
    if count == 0 {
        whole
    } else {
        (room * whole / count).min(whole)
    }
}

/// Whom a login attempt counts against: the account and the address together. Hashed, because the
/// limits' table has no business knowing emails.
pub fn login_subject(email: &str, address: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(email.trim().to_lowercase());
    hash.update([0]);
    hash.update(address);
    format!("login:{}", hex(&hash.finalize()[..16]))
}
