use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Tier;
use guard::limits::Total;
use guard::{Class, LocalLimiter, RateLimits, Window, decide, login_subject};
use proptest::prelude::*;

use crate::seams::start;

/// Counts by bucket, as a table would.
#[derive(Default)]
struct Counts(HashMap<DateTime<Utc>, u32>);

impl Counts {
    fn around(&self, now: DateTime<Utc>, window: Window) -> (u32, u32) {
        let get = |bucket| self.0.get(&bucket).copied().unwrap_or(0);
        (
            get(window.previous_bucket_start(now)),
            get(window.bucket_start(now)),
        )
    }

    fn add(&mut self, now: DateTime<Utc>, window: Window) {
        *self.0.entry(window.bucket_start(now)).or_default() += 1;
    }
}

fn ms(count: i64) -> TimeDelta {
    TimeDelta::milliseconds(count)
}

#[test]
fn the_login_limit_at_work() {
    let window = RateLimits::default().window(Class::Login, None);
    let now = window.bucket_start(start());
    for count in 0..5 {
        let decision = decide(now, window, 0, count);
        assert!(decision.allowed);
        assert_eq!(decision.remaining, 4 - count);
    }
    let refused = decide(now, window, 0, 5);
    // The bucket has to end, and a fifth of it to slide out of the window.
    assert_eq!(
        (
            refused.allowed,
            refused.retry_after_seconds,
            refused.remaining
        ),
        (false, 360, 0)
    );
    assert!(!decide(now + TimeDelta::seconds(359), window, 5, 0).allowed);
    assert!(decide(now + TimeDelta::seconds(360), window, 5, 0).allowed);
}

#[test]
fn tiers_have_their_own_limits_and_text_is_checked() {
    let limits: RateLimits = r#"{"api":{"limit":9,"seconds":60},"tiers":{"agency":{"executions":{"limit":1000,"seconds":3600}}}}"#
        .parse()
        .unwrap();
    assert_eq!(
        limits.window(Class::Api, Some(Tier::Starter)),
        Window::new(9, 60)
    );
    assert_eq!(
        limits.window(Class::Executions, Some(Tier::Starter)),
        Window::new(100, 3600)
    );
    assert_eq!(
        limits.window(Class::Executions, Some(Tier::Agency)),
        Window::new(1000, 3600)
    );
    assert_eq!(
        limits.window(Class::Api, Some(Tier::Agency)),
        Window::new(9, 60)
    );
    assert_eq!(
        limits.window(Class::Login, Some(Tier::Agency)),
        Window::new(5, 300)
    );
    for bad in [
        r#"{"api":{"limit":0,"seconds":60}}"#,
        r#"{"apis":{}}"#,
        r#"{"tiers":{"gold":{}}}"#,
        "5/300",
    ] {
        assert!(bad.parse::<RateLimits>().is_err(), "{bad}");
    }
}

#[test]
fn a_login_subject_holds_no_email() {
    let subject = login_subject(" Priya@Shop.in", "10.0.0.1");
    assert_eq!(subject, login_subject("priya@shop.in", "10.0.0.1"));
    assert_ne!(subject, login_subject("priya@shop.in", "10.0.0.2"));
    assert!(!subject.contains("priya") && subject.starts_with("login:"));
}

const WINDOW: Window = Window::new(10, 60);

#[test]
fn two_processes_share_a_limit_through_totals() {
    let (one, two) = (LocalLimiter::new(100), LocalLimiter::new(100));
    let now = WINDOW.bucket_start(start());
    let allowed = |limiter: &LocalLimiter, tries| {
        (0..tries)
            .filter(|_| limiter.check(now, "user:1", Class::Api, WINDOW).allowed)
            .count()
    };
    assert_eq!((allowed(&one, 6), allowed(&two, 3)), (6, 3));
    // The shared table adds both up.
    let mut shared: HashMap<_, u32> = HashMap::new();
    let mut sync = |limiter: &LocalLimiter| {
        let totals: Vec<Total> = limiter
            .drain_deltas()
            .into_iter()
            .map(|delta| {
                let count = shared
                    .entry((delta.subject.clone(), delta.class, delta.bucket_start))
                    .or_default();
                *count += delta.count;
                Total {
                    subject: delta.subject,
                    class: delta.class,
                    bucket_start: delta.bucket_start,
                    count: *count,
                }
            })
            .collect();
        limiter.merge_totals(&totals);
    };
    sync(&one);
    sync(&two);
    assert_eq!(
        allowed(&two, 5),
        1,
        "six elsewhere and three here leave one"
    );
    sync(&two);
    assert!(one.drain_deltas().is_empty(), "nothing new");
    one.merge_totals(&[Total {
        subject: "user:1".into(),
        class: Class::Api,
        bucket_start: now,
        count: 10,
    }]);
    assert_eq!(allowed(&one, 5), 0);
}

#[test]
fn what_could_not_be_added_is_drained_again() {
    let limiter = LocalLimiter::new(100);
    let now = start();
    for _ in 0..3 {
        limiter.check(now, "user:1", Class::Api, WINDOW);
    }
    let deltas = limiter.drain_deltas();
    assert_eq!((deltas.len(), deltas[0].count), (1, 3));
    assert!(limiter.drain_deltas().is_empty());
    limiter.restore_deltas(&deltas);
    limiter.check(now, "user:1", Class::Api, WINDOW);
    assert_eq!(limiter.drain_deltas()[0].count, 4);
    assert_eq!(
        limiter.check(now, "user:1", Class::Api, WINDOW).remaining,
        5,
        "drained requests still count"
    );
}

#[test]
fn a_bucket_that_ended_before_a_drain_is_drained_as_what_it_was() {
    let limiter = LocalLimiter::new(100);
    let first = WINDOW.bucket_start(start());
    limiter.check(first, "user:1", Class::Api, WINDOW);
    let second = first + TimeDelta::seconds(60);
    limiter.check(second, "user:1", Class::Api, WINDOW);
    let mut starts: Vec<_> = limiter
        .drain_deltas()
        .into_iter()
        .map(|delta| delta.bucket_start)
        .collect();
    starts.sort();
    assert_eq!(starts, [first, second]);
}

#[test]
fn memory_is_bounded_and_the_busy_are_kept() {
    let limiter = LocalLimiter::new(64);
    let now = WINDOW.bucket_start(start());
    for _ in 0..10 {
        limiter.check(now, "busy", Class::Login, WINDOW);
    }
    for flood in 0..10_000 {
        limiter.check(now, &format!("flood:{flood}"), Class::Login, WINDOW);
        assert!(limiter.len() <= 64);
    }
    assert!(!limiter.check(now, "busy", Class::Login, WINDOW).allowed);
    // Two buckets later everyone is over, and room is made without losing anything that counts.
    limiter.check(now + TimeDelta::seconds(121), "new", Class::Login, WINDOW);
    assert!(limiter.len() <= 64);
}

#[test]
fn a_clock_that_goes_back_forgives_nothing() {
    let limiter = LocalLimiter::new(100);
    let now = WINDOW.bucket_start(start());
    for _ in 0..10 {
        assert!(limiter.check(now, "user:1", Class::Api, WINDOW).allowed);
    }
    assert!(
        !limiter
            .check(now - TimeDelta::seconds(200), "user:1", Class::Api, WINDOW)
            .allowed
    );
}

proptest! {
    #[test]
    fn no_more_than_the_limit_is_ever_allowed(
        limit in 1u32..40, seconds in 1u32..120,
        gaps in prop::collection::vec(0i64..20_000, 1..300),
    ) {
        let window = Window::new(limit, seconds);
        let limiter = LocalLimiter::new(10);
        let (mut now, mut counts) = (start(), Counts::default());
        for gap in gaps {
            now += ms(gap);
            let (previous, current) = counts.around(now, window);
            let decision = decide(now, window, previous, current);
            prop_assert_eq!(limiter.check(now, "s", Class::Api, window), decision, "the local count is the same");
            if decision.allowed {
                counts.add(now, window);
                let (previous, current) = counts.around(now, window);
                prop_assert!(current <= limit);
                // The estimate, times the window's length so that it stays whole.
                let whole = i64::from(seconds) * 1000;
                let left = whole - (now - window.bucket_start(now)).num_milliseconds();
                prop_assert!(i64::from(previous) * left + i64::from(current) * whole <= i64::from(limit) * whole);
                prop_assert_eq!(decision.retry_after_seconds, 0);
            } else {
                prop_assert!(decision.retry_after_seconds >= 1 && decision.remaining == 0);
            }
        }
    }

    #[test]
    fn retry_after_is_enough_and_no_second_too_long(
        limit in 1u32..50, seconds in 1u32..4_000, offset in 0i64..8_000_000,
        previous in 0u32..80, current in 0u32..80,
    ) {
        let window = Window::new(limit, seconds);
        let now = start() + ms(offset);
        let mut counts = Counts::default();
        counts.0.insert(window.previous_bucket_start(now), previous);
        counts.0.insert(window.bucket_start(now), current);
        let at = |later: DateTime<Utc>| {
            let (previous, current) = counts.around(later, window);
            decide(later, window, previous, current)
        };
        let decision = at(now);
        if decision.allowed {
            // `remaining` more fit now, and not one more.
            prop_assert!(decide(now, window, previous, current + decision.remaining).allowed);
            prop_assert!(!decide(now, window, previous, current + decision.remaining + 1).allowed);
        } else {
            let wait = i64::try_from(decision.retry_after_seconds).unwrap();
            prop_assert!(at(now + TimeDelta::seconds(wait)).allowed);
            prop_assert!(wait == 1 || !at(now + ms((wait - 1) * 1000 - 1)).allowed);
        }
    }
}
