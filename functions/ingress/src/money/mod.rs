//! What customers pay, as they see it. This function never talks to the payment gateway: it writes down what
//! is wanted, with the message that tells `bill`, in one transaction; `bill` asks the gateway.
//!
//! Amounts are rupees, as decimals in text. Whoever changes something about a workspace's money locks its
//! subscription first, so that two of them take turns.

mod changes;
mod checkout;
mod emi;
mod files;
mod invoices;
mod key;
mod mandates;
mod order;
mod payments;
mod plans;
mod prices;
mod refunds;
mod reports;
mod settings;
mod subscription;
mod tax_profile;

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};
use domain::{CorrelationId, Inr, Tier};
use economics::cycle::{day_of, midnight};
use events::Event;
use runtime::{Problem, context};
use rust_decimal::Decimal;
use store::Tx;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::caller::Member;
use crate::{Config, Deps, message, problem};

pub use settings::Settings;

/// How often something that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Entries on a page unless asked otherwise, and at most.
const PAGE: i64 = 20;
const LONGEST_PAGE: i64 = 100;

/// What the handlers of this folder need.
pub struct Money {
    prices: economics::quote::Prices,
    /// `None` when renewals cost what the list says.
    renewals: Option<economics::pricing::Renewals>,
    trial_days: u32,
    refund_window: TimeDelta,
    refund_window_days: u32,
    /// How often something is looked at before the answer goes out without it.
    looks: u32,
    files: files::Files,
}

impl Money {
    pub async fn open(config: &Config, seams: &domain::Seams) -> anyhow::Result<Self> {
        let settings = &config.money;
        Ok(Self {
            prices: economics::quote::Prices::new(&config.prices)?,
            renewals: config.dynamic.renewals(),
            trial_days: settings.trial_days,
            refund_window: TimeDelta::days(i64::from(settings.refund_window_days)),
            refund_window_days: settings.refund_window_days,
            looks: settings.answer_wait_seconds * 10,
            files: files::Files::open(config, seams).await?,
        })
    }
}

pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(plans::list))
        .routes(routes!(tax_profile::get, tax_profile::put))
        .routes(routes!(subscription::get))
        .routes(routes!(checkout::checkout))
        .routes(routes!(checkout::subscribe))
        .routes(routes!(changes::change))
        .routes(routes!(subscription::cancel))
        .routes(routes!(subscription::resume))
        .routes(routes!(payments::list))
        .routes(routes!(payments::get))
        .routes(routes!(refunds::create))
        .routes(routes!(refunds::list))
        .routes(routes!(refunds::get))
        .routes(routes!(mandates::list))
        .routes(routes!(mandates::cancel))
        .routes(routes!(invoices::list))
        .routes(routes!(invoices::get))
        .routes(routes!(invoices::pdf))
        .routes(routes!(reports::list))
        .routes(routes!(reports::get))
        .routes(routes!(emi::offer))
}

/// Begins the trial of the workspace of `tx`, which ends at a midnight in India. Nothing where there is a
/// subscription already.
pub async fn begin_trial(
    deps: &Deps,
    tx: &mut Tx,
    tier: Tier,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let end = day_of(now) + Days::new(u64::from(deps.money.trial_days));
    store::billing::subscriptions::begin_trial(tx, tier, end.day(), midnight(end), now)
        .await
        .map_err(problem)?;
    Ok(())
}

async fn open(deps: &Deps, member: &Member) -> Result<Tx, Problem> {
    deps.store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)
}

/// Tells `event` with what `tx` changes; `about` is what it is about.
fn emit(deps: &Deps, tx: &mut Tx, member: &Member, about: Uuid, event: &impl Event) {
    let correlation = context::correlation_id().unwrap_or_else(|| CorrelationId::from(about));
    tx.emit(message(deps, member.workspace_id, &correlation, event));
}

/// 404 in the words of this kind; another workspace's looks the same.
fn missing(what: &'static str) -> impl Fn(store::StoreError) -> Problem {
    move |error| match error {
        store::StoreError::NotFound => {
            Problem::not_found(format!("There is no such {what} in this workspace."))
        }
        other => problem(other),
    }
}

/// Rupees as a client writes them: `1500` or `1500.50`. A number in JSON is not taken, since many programs
/// make a binary fraction of it.
fn rupees(text: &str) -> Option<Inr> {
    let (whole, paise) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 12) || !digits(paise, 2) {
        return None;
    }
    text.parse::<Decimal>().ok().map(Inr)
}

/// How many entries, within what is allowed.
fn page_size(limit: Option<i64>) -> Result<i64, Problem> {
    let limit = limit.unwrap_or(PAGE);
    if (1..=LONGEST_PAGE).contains(&limit) {
        return Ok(limit);
    }
    Err(
        Problem::validation("The list can't be made like this.").field(
            "limit",
            "invalid",
            "expected 1 to 100",
        ),
    )
}

/// Cuts the entry off that was read to see whether there are more, and names the last one then.
fn cut<T, I>(rows: &mut Vec<T>, limit: i64, id: impl Fn(&T) -> I) -> Option<I> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| more).map(id)
}

/// Words that are stored and printed: so many characters, none of them a control character.
fn words(text: &str, from: usize, to: usize) -> Result<(), String> {
    let count = text.chars().count();
    if !(from..=to).contains(&count) {
        return Err(format!("expected {from} to {to} characters, not {count}"));
    }
    if text.chars().any(char::is_control) {
        return Err("control characters and line breaks can't be printed".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupees_are_plain_decimals_with_two_places_at_most() {
        for (text, paise) in [
            ("1", 100),
            ("1500.5", 150_050),
            ("0.01", 1),
            ("999999999999.99", 99_999_999_999_999),
        ] {
            assert_eq!(rupees(text), Some(Inr(Decimal::new(paise, 2))), "{text}");
        }
        for wrong in [
            "",
            "-1",
            "+1",
            "1.",
            ".5",
            "1.005",
            "1e3",
            "१",
            "1,000",
            " 1",
            "NaN",
            "1000000000000",
        ] {
            assert_eq!(rupees(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_page_says_whether_there_are_more() {
        let mut rows = vec![3, 2, 1];
        assert_eq!((cut(&mut rows, 2, |row| *row), rows), (Some(2), vec![3, 2]));
        let mut rows = vec![3, 2];
        assert_eq!((cut(&mut rows, 2, |row| *row), rows), (None, vec![3, 2]));
    }
}
