//! A clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Clock, Seams};

/// Stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(time: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(time.timestamp_micros())))
    }

    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(
            by.num_microseconds().expect("a test's time span fits"),
            Ordering::SeqCst,
        );
    }

    pub fn set(&self, time: DateTime<Utc>) {
        self.0.store(time.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst))
            .expect("a test's time is in range")
    }
}

/// The system's identifiers with a clock that starts at the present and is moved by hand.
/// (Identifiers carry the real time, because monthly partitions go by it.)
pub fn manual_seams() -> (Seams, Arc<ManualClock>) {
    let system = runtime::system_seams();
    let clock = ManualClock::at(system.now());
    (
        Seams {
            clock: clock.clone(),
            ids: system.ids,
        },
        clock,
    )
}
