//! One page of a site at a time, and a pause after it.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::ToolError;

/// A caller does not wait longer for its turn.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// The longest pause that a site may ask for.
pub(super) const MAX_GAP: Duration = Duration::from_secs(30);
/// Sites remembered; the longest pause is over well before one is forgotten.
const SITES: u64 = 10_000;
const REMEMBERED: Duration = Duration::from_secs(600);

/// Of this process: several instances are as many readers.
pub(super) struct Turns {
    sites: Cache<String, Arc<Mutex<Site>>>,
}

#[derive(Default)]
struct Site {
    /// When the next page may be asked for; `None` before the first.
    next: Option<Instant>,
}

/// Leave to read one page of a site: its robots.txt and its redirects within the site come with it.
pub(super) struct Turn {
    pub host: String,
    site: OwnedMutexGuard<Site>,
    gap: Option<Duration>,
}

impl Turns {
    pub fn new() -> Self {
        Self {
            sites: Cache::builder()
                .max_capacity(SITES)
                .time_to_idle(REMEMBERED)
                .build(),
        }
    }

    /// Waits for the host's turn.
    ///
    /// # Errors
    /// `site.busy`, retryable, when it would not come soon.
    pub async fn take(&self, host: &str) -> Result<Turn, ToolError> {
        let until = Instant::now() + MAX_WAIT;
        let site = self.sites.get_with_by_ref(host, async { Arc::default() });
        let site: Arc<Mutex<Site>> = site.await;
        let site = timeout_at(until, site.lock_owned())
            .await
            .map_err(|_| busy(host, MAX_WAIT))?;
        if let Some(next) = site.next {
            if next > until {
                return Err(busy(host, next.duration_since(Instant::now())));
            }
            sleep_until(next).await;
        }
        Ok(Turn {
            host: host.to_owned(),
            site,
            gap: None,
        })
    }
}

fn busy(host: &str, wait: Duration) -> ToolError {
    let seconds = wait.as_secs() + 1;
    let message = format!("{host} is read a page at a time; try again in {seconds} s");
    ToolError::new("site.busy", message).retryable()
}

impl Turn {
    /// The site was asked for something: the next turn comes so long after this one ends.
    pub fn pause(&mut self, gap: Duration) {
        self.gap = Some(gap.min(MAX_GAP));
    }
}

impl Drop for Turn {
    /// Also when the call is given up midway.
    fn drop(&mut self) {
        if let Some(gap) = self.gap {
            self.site.next = Some(Instant::now() + gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_site_has_one_turn_at_a_time_and_a_pause_after_it() {
        let turns = Turns::new();
        let mut first = turns.take("a.example").await.unwrap();
        assert_eq!(
            turns.take("a.example").await.err().unwrap().code,
            "site.busy"
        );
        assert!(turns.take("b.example").await.is_ok(), "another site");
        first.pause(Duration::from_secs(3));
        drop(first);
        let before = Instant::now();
        let second = turns.take("a.example").await.unwrap();
        assert_eq!(before.elapsed().as_secs(), 3);
        drop(second);
        turns.take("a.example").await.unwrap();
        assert_eq!(
            before.elapsed().as_secs(),
            3,
            "it was not asked for anything"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_comes_late_is_refused_at_once_with_the_wait() {
        let turns = Turns::new();
        let mut turn = turns.take("a.example").await.unwrap();
        turn.pause(Duration::from_secs(86_400));
        drop(turn);
        let before = Instant::now();
        let error = turns.take("a.example").await.err().unwrap();
        assert_eq!((error.code, error.retryable), ("site.busy", true));
        assert!(error.message.ends_with("try again in 31 s"), "{error}");
        assert!(before.elapsed().is_zero());
    }
}
