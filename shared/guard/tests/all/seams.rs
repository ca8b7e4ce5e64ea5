use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Clock, Ids, Seams};
use uuid::Uuid;

/// A clock that moves when told, from 2026-11-20 10:00 UTC.
#[derive(Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        start() + TimeDelta::milliseconds(self.0.load(Ordering::SeqCst))
    }
}

pub fn start() -> DateTime<Utc> {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

/// Counts: every id and every fill differs from the one before.
#[derive(Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::SeqCst).into())
    }

    fn fill(&self, bytes: &mut [u8]) {
        let seed = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (byte, seed) in bytes.iter_mut().zip(seed.iter().rev().cycle()) {
            *byte = seed.wrapping_add(1);
        }
    }
}

pub fn seams() -> (Seams, Arc<HandClock>) {
    let clock = Arc::new(HandClock::default());
    (
        Seams {
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
        },
        clock,
    )
}
