//! What the calendar asks of a subscription. It depends on what stands in the books and the time alone, so
//! a run that comes late, twice or after a missed day does what is due then and nothing more.

use chrono::{DateTime, Days, TimeDelta, Utc};
use domain::billing::SubscriptionStatus;
use economics::cycle::GRACE_DAYS;
use store::billing::payments::Payment;
use store::billing::subscriptions::Subscription;

/// Days after the end of a period on which its successor is debited: on the day, then by dunning.
const DEBIT_DAYS: [i64; 4] = [0, 1, 3, 5];
/// The payer's bank is asked to tell them this long before a debit: a day is the law, the rest is for the
/// telling itself and for a schedule that was late.
const AHEAD: TimeDelta = TimeDelta::hours(36);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A trial or grace is over: read only.
    ReadOnly,
    /// The period is over and its successor not paid.
    PastDue,
    /// The customer wanted it to end with its period.
    Cancel,
    /// A debit is to be announced, and not taken before.
    Debit {
        attempt: i32,
        not_before: DateTime<Utc>,
    },
}

/// How long everything still runs after the end of a period. A day in India has 24 hours, always.
const GRACE: Days = Days::new(GRACE_DAYS);

/// What is due now. `debits` are those of the period that follows; `can_debit` says whether there is a
/// mandate to take it under.
pub fn dues(
    subscription: &Subscription,
    debits: &[Payment],
    can_debit: bool,
    now: DateTime<Utc>,
) -> Vec<Step> {
    let end = subscription.period_end;
    let over = now >= end;
    let mut steps = vec![];
    match subscription.status {
        SubscriptionStatus::Trialing if over => steps.push(Step::ReadOnly),
        SubscriptionStatus::Active | SubscriptionStatus::PastDue
            if subscription.cancel_at_period_end =>
        {
            if over {
                steps.push(Step::Cancel);
            }
        }
        SubscriptionStatus::Active | SubscriptionStatus::PastDue => {
            let open = debits.iter().any(|debit| debit.status.is_open());
            if can_debit && !open {
                steps.extend(next_debit(end, debits, now));
            }
            if over && subscription.status == SubscriptionStatus::Active {
                steps.push(Step::PastDue);
            }
            if now >= end + GRACE && !open {
                steps.push(Step::ReadOnly);
            }
        }
        SubscriptionStatus::Trialing
        | SubscriptionStatus::ReadOnly
        | SubscriptionStatus::Cancelled => {}
    }
    steps
}

/// The latest day of debit that has come near, unless it or a later one is used. Days that passed without
/// a run are not made up for one by one, and after the grace nothing is taken any more.
fn next_debit(end: DateTime<Utc>, debits: &[Payment], now: DateTime<Utc>) -> Option<Step> {
    if now >= end + GRACE {
        return None;
    }
    let used = debits.iter().map(|debit| debit.attempt).max();
    let due = |day: &i64| end + TimeDelta::days(*day);
    let (at, day) = DEBIT_DAYS
        .iter()
        .enumerate()
        .rfind(|(_, day)| now >= due(day) - AHEAD)?;
    let attempt = i32::try_from(at).ok()?;
    used.is_none_or(|used| attempt > used).then(|| Step::Debit {
        attempt,
        not_before: due(day),
    })
}
