use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::WorkspaceId;

use crate::Rate;

/// The most (tool, workspace) pairs remembered; the oldest idle ones go first.
const CAPACITY: usize = 10_000;

/// When a tool was called for a workspace, oldest first.
type Calls = VecDeque<DateTime<Utc>>;

/// A sliding window for each tool and workspace.
#[derive(Default)]
pub struct Limits {
    windows: Mutex<HashMap<(&'static str, WorkspaceId), Calls>>,
}

impl Limits {
    /// Counts a call, or answers after how many seconds it may be made.
    pub fn take(
        &self,
        tool: &'static str,
        workspace: WorkspaceId,
        rate: Rate,
        now: DateTime<Utc>,
    ) -> Result<(), i64> {
        let per = TimeDelta::from_std(rate.per).unwrap_or(TimeDelta::MAX);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= CAPACITY {
            windows.retain(|_, calls| calls.back().is_some_and(|last| now - *last < per));
        }
        let calls = windows.entry((tool, workspace)).or_default();
        while calls.front().is_some_and(|first| now - *first >= per) {
            calls.pop_front();
        }
        if calls.len() >= rate.calls as usize {
            let wait = calls.front().map_or(per, |first| per - (now - *first));
            return Err(wait.num_seconds().max(0) + 1);
        }
        calls.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_window_slides_and_workspaces_do_not_share() {
        let limits = Limits::default();
        let rate = Rate {
            calls: 2,
            per: Duration::from_secs(60),
        };
        let (a, b) = (
            WorkspaceId(uuid::Uuid::from_u128(1)),
            WorkspaceId(uuid::Uuid::from_u128(2)),
        );
        let at = |s: i64| DateTime::from_timestamp(s, 0).unwrap();
        assert_eq!(limits.take("t", a, rate, at(0)), Ok(()));
        assert_eq!(limits.take("t", a, rate, at(30)), Ok(()));
        assert_eq!(limits.take("t", a, rate, at(40)), Err(21));
        assert_eq!(limits.take("t", b, rate, at(40)), Ok(()));
        assert_eq!(limits.take("u", a, rate, at(40)), Ok(()));
        assert_eq!(limits.take("t", a, rate, at(60)), Ok(()));
    }
}
