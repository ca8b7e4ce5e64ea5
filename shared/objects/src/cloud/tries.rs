use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use google_cloud_gax::error::Error;
use google_cloud_gax::retry_policy::{LimitedElapsedTime, RetryPolicy, RetryPolicyExt};
use google_cloud_gax::retry_result::RetryResult;
use google_cloud_gax::retry_state::RetryState;
use google_cloud_gax::throttle_result::ThrottleResult;
use google_cloud_storage::retry_policy::RetryableErrors;

/// Waits between tries begin with `first` and double, with jitter.
pub(super) struct Waits {
    pub first: Duration,
    pub longest: Duration,
    /// No more tries after this time.
    pub all: Duration,
}

impl Waits {
    /// The last try has time to end, and to say why it failed, within `time_limit`.
    pub fn new(time_limit: Duration) -> Self {
        let longest = Duration::from_secs(2).min(time_limit / 4);
        Self {
            first: Duration::from_millis(100).min(longest),
            longest,
            all: time_limit / 2,
        }
    }
}

/// The tries of one call by Google's crate. A try whose answer never came may have done its work: the
/// next one's "precondition failed" is then not to be believed.
#[derive(Debug)]
pub(super) struct Tries {
    policy: LimitedElapsedTime<RetryableErrors>,
    may_have_worked: AtomicBool,
}

impl Tries {
    pub fn new(time_limit: Duration) -> Self {
        Self {
            policy: RetryableErrors.with_time_limit(Waits::new(time_limit).all),
            may_have_worked: AtomicBool::new(false),
        }
    }

    pub fn policy(self: &Arc<Self>) -> Arc<dyn RetryPolicy> {
        self.clone()
    }

    pub fn may_have_worked(&self) -> bool {
        self.may_have_worked.load(Ordering::SeqCst)
    }
}

impl RetryPolicy for Tries {
    fn on_error(&self, state: &RetryState, error: Error) -> RetryResult {
        let result = self.policy.on_error(state, error);
        if let RetryResult::Continue(error) = &result {
            // Not sent, or turned away at the door.
            let untouched =
                error.is_transient_and_before_rpc() || error.http_status_code() == Some(429);
            if !untouched {
                self.may_have_worked.store(true, Ordering::SeqCst);
            }
        }
        result
    }

    fn on_throttle(&self, state: &RetryState, error: Error) -> ThrottleResult {
        self.policy.on_throttle(state, error)
    }

    fn remaining_time(&self, state: &RetryState) -> Option<Duration> {
        self.policy.remaining_time(state)
    }
}
