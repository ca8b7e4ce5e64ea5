use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Clock, Ids, Seams};
use rand::TryRng;
use rand::rngs::SysRng;
use uuid::Uuid;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the system's time enters"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// UUIDs that are monotonic within the process, and the operating system's random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where fresh identifiers enter"
    )]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// # Panics
    /// When the operating system has no randomness to give: a token made without it would be
    /// guessable, so there is nothing safe to go on with.
    fn fill(&self, bytes: &mut [u8]) {
        SysRng
            .try_fill_bytes(bytes)
            .expect("the operating system supplies random bytes");
    }
}

/// The real time and the real randomness.
pub fn system_seams() -> Seams {
    Seams {
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_grow_even_within_a_millisecond() {
        let made: Vec<Uuid> = (0..5_000).map(|_| SystemIds.uuid()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn random_bytes_differ() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        SystemIds.fill(&mut a);
        SystemIds.fill(&mut b);
        assert_ne!(a, b);
        assert_ne!(a, [0; 32]);
    }
}
