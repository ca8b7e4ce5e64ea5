//! When to ask for the status of an order that is still pending. PhonePe demands this schedule of every
//! merchant (Standard Checkout, "Check Order Status"): first after 20 to 25 seconds, then every 3
//! seconds for 30 seconds, every 6 for 60, every 10 for 60, every 30 for 60, then each minute until the
//! order is final or has expired.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The first question, in seconds after the order was made.
const FIRST: u64 = 22;

/// How often, and for how long, in seconds, one after the other from the first question.
const STAGES: [(u64, u64); 4] = [(3, 30), (6, 60), (10, 60), (30, 60)];

/// How often after those, in seconds.
const THEN: u64 = 60;

/// How long to wait before the next question about an order of this age, which expires at the age of
/// `lifetime`. The last question is asked when it expires; after that there is none, and what is
/// still open is for reconciliation. Late questions skip what they missed.
pub fn next_poll(age: Duration, lifetime: Duration) -> Option<Duration> {
    if age >= lifetime {
        return None;
    }
    Some(next_age(age).min(lifetime) - age)
}

/// The same on the clock.
pub fn next_poll_at(
    created: DateTime<Utc>,
    expires: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let since = |time: DateTime<Utc>| (time - created).max(TimeDelta::zero()).to_std().ok();
    let wait = next_poll(since(now)?, since(expires)?)?;
    // A clock that stands before the creation waits from the creation.
    Some(now.max(created) + TimeDelta::from_std(wait).ok()?)
}

/// The first age on the schedule that is later.
fn next_age(age: Duration) -> Duration {
    let mut start = FIRST;
    if age < Duration::from_secs(start) {
        return Duration::from_secs(start);
    }
    for (every, lasting) in STAGES {
        if age < Duration::from_secs(start + lasting) {
            return step(age, start, every);
        }
        start += lasting;
    }
    step(age, start, THEN)
}

/// The first of `start`, `start + every`, ... that is later than `age`.
fn step(age: Duration, start: u64, every: u64) -> Duration {
    let steps = (age.as_secs() - start) / every + 1;
    Duration::from_secs(start + steps * every)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_schedule_is_the_documented_one() {
        let mut asked = vec![];
        let mut age = Duration::ZERO;
        while let Some(wait) = next_poll(age, secs(600)) {
            age += wait;
            asked.push(age.as_secs());
        }
        // "20-25 s; every 3 s for 30 s; 6 s for 60 s; 10 s for 60 s; 30 s for 60 s; then each minute",
        // written out by hand from 22.
        let expected = [
            22, 25, 28, 31, 34, 37, 40, 43, 46, 49, 52, 58, 64, 70, 76, 82, 88, 94, 100, 106, 112,
            122, 132, 142, 152, 162, 172, 202, 232, 292, 352, 412, 472, 532, 592, 600,
        ];
        assert_eq!(asked, expected);
        assert!((20..=25).contains(&asked[0]));
    }

    #[test]
    fn a_late_question_skips_what_it_missed_and_an_expired_order_has_none() {
        assert_eq!(next_poll(secs(23), HOUR), Some(secs(2)));
        assert_eq!(
            next_poll(Duration::from_millis(25_500), HOUR),
            Some(Duration::from_millis(2_500))
        );
        assert_eq!(next_poll(secs(300), HOUR), Some(secs(52)));
        assert_eq!(next_poll(secs(3_599), HOUR), Some(secs(1)));
        assert_eq!(next_poll(HOUR, HOUR), None);
        assert_eq!(next_poll(Duration::ZERO, Duration::ZERO), None);
    }

    #[test]
    fn the_clock_agrees() {
        let created: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
        let expires = created + TimeDelta::minutes(10);
        let next = |seconds| next_poll_at(created, expires, created + TimeDelta::seconds(seconds));
        assert_eq!(next(0), Some(created + TimeDelta::seconds(22)));
        assert_eq!(next(52), Some(created + TimeDelta::seconds(58)));
        assert_eq!(next(600), None);
        // Clocks of two machines differ: not before the creation.
        assert_eq!(next(-5), Some(created + TimeDelta::seconds(22)));
    }
}
