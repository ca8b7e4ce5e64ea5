//! Closing a month: what stood in it is written down for every workspace in which anything happened, once.
//!
//! Workspaces are looked at by id, a page at a time and a transaction a page, so memory does not grow with
//! their number, and a run that dies is taken up where it was. What an accepted outcome is, is decided here:
//! an execution that completed, so that its output passed its review and was released. What the others cost
//! is carried by those.

use chrono::{DateTime, Days, Months, TimeDelta, Utc};
use domain::{Period, Seams, WorkspaceId};
use economics::cycle::{day_of, midnight};
use economics::margin::cost_per_outcome;
use economics::report::{self, Executions, MonthlyReport, UsageLine, Used};
use serde::Serialize;
use serde_json::{Value, json};
use store::billing::reports;
use store::closing::{self, Close, Document, Month, Movement, Usage};
use store::{Store, StoreError};
use uuid::Uuid;

use crate::{Deps, Result};

/// Work that began in a month may end a little after it, and its invoices can be taken back for a day.
const SETTLED: TimeDelta = TimeDelta::hours(26);

/// How much one call does.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Workspaces in a transaction.
    pub page: i64,
    /// No page is begun later than this; the next call goes on. `None`: to the end.
    pub longest: Option<TimeDelta>,
}

impl Default for Limits {
    /// As a schedule calls: well within the time that a request may take.
    fn default() -> Self {
        Self {
            page: 500,
            longest: Some(TimeDelta::seconds(80)),
        }
    }
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// Those it worked on, as they stand now; none when all are closed.
    pub months: Vec<Close>,
}

/// Closes the last month (IST), and every earlier one that was missed. Twice at once or again: a report is
/// written once, and stays as it was written.
pub async fn close_month(deps: &Deps) -> Result<Closed> {
    let months = due(&deps.store, &deps.seams).await?;
    Ok(close(&deps.store, &deps.seams, months, Limits::default(), |_| ()).await?)
}

/// The months that can be closed and are not, oldest first. Where none was closed before, the last one.
///
/// # Errors
/// When the database can't be asked.
pub async fn due(store: &Store, seams: &Seams) -> Result<Vec<Period>, StoreError> {
    let mut tx = store.plain().await?;
    let known = closing::all(&mut tx).await?;
    tx.rollback().await?;
    let last = last_over(seams.now());
    let mut month = known.first().map_or(last, |close| close.period).min(last);
    let mut due = vec![];
    while month <= last {
        let closed = known
            .iter()
            .any(|close| close.period == month && close.finished_at.is_some());
        if !closed {
            due.push(month);
        }
        month = following(month);
    }
    Ok(due)
}

/// The last month that is over and settled.
pub fn last_over(now: DateTime<Utc>) -> Period {
    let running = Period::of(now - SETTLED);
    (running.first_day() - Days::new(1)).into()
}

fn following(month: Period) -> Period {
    (month.first_day() + Months::new(1)).into()
}

/// Closes these months; `progress` hears of every page. None of them may be later than [`last_over`].
///
/// A page costs 9 round trips and 1 commit that does not wait for the disk: its loss repeats the page.
///
/// # Errors
/// When the database fails; what is committed stays, and the next call goes on from there.
pub async fn close(
    store: &Store,
    seams: &Seams,
    months: Vec<Period>,
    limits: Limits,
    mut progress: impl FnMut(&Close),
) -> Result<Closed, StoreError> {
    let began = seams.now();
    let mut closed = Closed { months: vec![] };
    for month in months {
        let mut tx = store.plain().await?;
        closing::begin(&mut tx, month, began).await?;
        tx.commit().await?;
        loop {
            let close = page(store, seams, month, limits.page).await?;
            let Close {
                period,
                looked_at,
                reports,
                ..
            } = close;
            tracing::info!(%period, looked_at, reports, finished = close.finished_at.is_some(), "closing a month");
            progress(&close);
            let finished = close.finished_at.is_some();
            let over = limits
                .longest
                .is_some_and(|longest| seams.now() - began >= longest);
            if finished || over {
                closed.months.push(close);
            }
            if over {
                return Ok(closed);
            }
            if finished {
                break;
            }
        }
    }
    Ok(closed)
}

/// The next page of a month, in one transaction.
async fn page(store: &Store, seams: &Seams, month: Period, size: i64) -> Result<Close, StoreError> {
    let (first, next) = (month.first_day(), following(month).first_day());
    let span = (midnight(first), midnight(next));
    let mut tx = store.sweep().await?;
    let mut close = closing::lock(&mut tx, month).await?;
    if close.finished_at.is_some() {
        tx.rollback().await?;
        return Ok(close);
    }
    let months = closing::page(&mut tx, close.after, size, month, span).await?;
    let ids: Vec<Uuid> = months.iter().map(|month| month.workspace_id.0).collect();
    let usage = closing::usage(&mut tx, &ids, span).await?;
    let movements = closing::movements(&mut tx, &ids, span).await?;
    let documents = closing::documents(&mut tx, &ids, first, next - Days::new(1)).await?;
    close.after = months
        .last()
        .map(|month| month.workspace_id)
        .or(close.after);
    let looked_at = i64::try_from(months.len()).unwrap_or(i64::MAX);
    let now = seams.now();
    let reports = written(month, months, usage, movements, documents);
    if !reports.is_empty() {
        let new = reports::insert(&mut tx, month, &reports, now).await?;
        close.reports += i64::try_from(new).unwrap_or_default();
    }
    close.looked_at += looked_at;
    if looked_at < size {
        close.finished_at = Some(now);
    }
    closing::save(&mut tx, &close).await?;
    tx.commit().await?;
    Ok(close)
}

/// The reports of a page. All lists are in the order of workspaces, as the page is.
fn written(
    period: Period,
    months: Vec<Month>,
    usage: Vec<Usage>,
    movements: Vec<Movement>,
    documents: Vec<Document>,
) -> Vec<(WorkspaceId, Value)> {
    let mut usage = usage.into_iter().peekable();
    let mut movements = movements.into_iter().peekable();
    let mut documents = documents.into_iter().peekable();
    let mut reports = vec![];
    for month in months {
        let id = month.workspace_id;
        let lines = std::iter::from_fn(|| usage.next_if(|line| line.workspace_id == id));
        let usage = report::Usage::of(lines.map(line));
        let own = |movement: &Movement| movement.merchant_id.workspace_id == id;
        let payments: Vec<_> = std::iter::from_fn(|| movements.next_if(own))
            .map(payment)
            .collect();
        let invoices: Vec<_> =
            std::iter::from_fn(|| documents.next_if(|document| document.workspace_id == id))
                .map(invoice)
                .collect();
        let idle = month.executions == 0 && usage.used == Used::default();
        if !(idle && payments.is_empty() && invoices.is_empty()) {
            let report = report(period, month, usage, payments, invoices);
            reports.push((id, json!(report)));
        }
    }
    reports
}

fn report(
    period: Period,
    month: Month,
    usage: report::Usage,
    payments: Vec<report::Payment>,
    invoices: Vec<report::Invoice>,
) -> MonthlyReport {
    let executions = Executions {
        total: month.executions.unsigned_abs(),
        completed: month.completed.unsigned_abs(),
        failed: month.failed.unsigned_abs(),
    };
    MonthlyReport {
        workspace_id: month.workspace_id,
        workspace_name: month.name,
        period,
        tier: month.tier,
        budget: report::Budget {
            limit_usd: month.limit_usd,
            spent_usd: month.spent_usd,
        },
        executions,
        cost_per_accepted_outcome_usd: cost_per_outcome(usage.used.cost_usd, executions.completed),
        usage,
        payments,
        invoices,
        // Nobody has been asked yet what an hour or a lead is worth.
        roi: None,
    }
}

fn line(usage: Usage) -> UsageLine {
    UsageLine {
        day: usage.day,
        skill_id: usage.skill_id,
        model: usage.model,
        used: Used {
            calls: usage.calls.unsigned_abs(),
            tokens: usage.tokens,
            cost_usd: usage.cost_usd,
        },
    }
}

fn payment(movement: Movement) -> report::Payment {
    report::Payment {
        id: movement.merchant_id.to_string(),
        day: day_of(movement.at),
        amount: movement.amount,
        status: movement.status,
    }
}

fn invoice(document: Document) -> report::Invoice {
    let (kind, total) = if document.is_credit_note {
        ("credit_note", -document.payable)
    } else {
        ("invoice", document.payable)
    };
    report::Invoice {
        number: document.number,
        day: document.date,
        kind: kind.to_owned(),
        total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// November begins on 31 October at 18:30 UTC; 26 hours later October is settled.
    #[test]
    fn a_month_is_over_26_hours_after_midnight_in_india() {
        let at = |text: &str| last_over(text.parse().unwrap()).to_string();
        assert_eq!(at("2026-10-31T18:30:00Z"), "2026-09");
        assert_eq!(at("2026-11-01T20:29:59Z"), "2026-09");
        assert_eq!(at("2026-11-01T20:30:00Z"), "2026-10");
        assert_eq!(at("2027-01-15T00:00:00Z"), "2026-12");
    }
}
