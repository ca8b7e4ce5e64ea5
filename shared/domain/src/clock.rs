use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The time, as a parameter. Production uses the system's; tests move their own.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

/// Fresh identifiers and random bytes, as a parameter.
pub trait Ids: Send + Sync + 'static {
    /// A UUID version 7: unique, and ordered by the time it was made.
    fn uuid(&self) -> Uuid;
    /// Unpredictable bytes, fit for tokens and salts.
    fn fill(&self, bytes: &mut [u8]);
}

/// The two ambient things a function needs, carried together.
#[derive(Clone)]
pub struct Seams {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

impl Seams {
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn uuid(&self) -> Uuid {
        self.ids.uuid()
    }
}
