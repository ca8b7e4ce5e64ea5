use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How many retries one model of one provider is worth, so that a provider in trouble isn't asked
/// three times as much as one in health.
///
/// Every call earns a tenth of a retry, and every retry costs a whole one: over time at most one
/// retry for ten calls. Ten are there from the beginning and ten are the most that can be saved, so
/// quiet times and single faults see no difference. It lives in this process alone.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

const RETRY: u32 = 10;
const FULL: u32 = 10 * RETRY;

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl RetryBudget {
    pub fn earn(&self) {
        let more = |tenths: u32| (tenths < FULL).then_some(tenths + 1);
        // Full is no failure.
        let _ = self.0.fetch_update(Relaxed, Relaxed, more);
    }

    /// Whether one retry may be made; it is spent when so.
    pub fn spend(&self) -> bool {
        let less = |tenths: u32| tenths.checked_sub(RETRY);
        self.0.fetch_update(Relaxed, Relaxed, less).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_down_sees_a_tenth_more_calls_and_no_more() {
        let budget = RetryBudget::default();
        let mut retries = 0;
        for _ in 0..1_000 {
            budget.earn();
            retries += u32::from(budget.spend()) + u32::from(budget.spend());
        }
        assert!((100..=110).contains(&retries), "{retries}");
    }

    #[test]
    fn good_times_refill_it_up_to_ten() {
        let budget = RetryBudget::default();
        while budget.spend() {}
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }
}
