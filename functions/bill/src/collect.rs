//! The calendar's work: announcing debits, and what becomes of subscriptions whose period is over.

use std::ops::AddAssign;

use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::{Access, PaymentMethod, PaymentPurpose, SubscriptionStatus};
use domain::{PaymentId, Period, WorkspaceId};
use economics::cycle::{Anchor, day_of, midnight};
use economics::quote::Quote;
use events::{MandateCancelRequestedV1, PaymentRequestedV1};
use futures::{StreamExt, stream};
use store::Tx;
use store::billing::payments::NewPayment;
use store::billing::subscriptions::Subscription;
use store::billing::{mandates, payments, subscriptions, tax_profiles};
use uuid::Uuid;

use crate::books::{Step, dues, usable};
use crate::gateway::message;
use crate::{Deps, Error, Result, price};

/// Debits are made ready this long before a period ends.
const AHEAD: TimeDelta = TimeDelta::hours(36);
const PAGE: i64 = 200;
const AT_ONCE: usize = 8;
/// A run stops then.
const LONGEST: TimeDelta = TimeDelta::seconds(80);
/// A debit that nobody has announced by then is taken up by the poll.
const TAKEN_UP: TimeDelta = TimeDelta::seconds(60);

/// What a run came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Collected {
    pub looked_at: usize,
    pub debits: usize,
    pub past_due: usize,
    pub read_only: usize,
    pub cancelled: usize,
    /// Subscriptions that could not be handled now; the reason is in the log.
    pub failed: usize,
}

impl AddAssign for Collected {
    fn add_assign(&mut self, other: Self) {
        self.looked_at += other.looked_at;
        self.debits += other.debits;
        self.past_due += other.past_due;
        self.read_only += other.read_only;
        self.cancelled += other.cancelled;
        self.failed += other.failed;
    }
}

/// Which half of the work a schedule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Announce what is due soon.
    Debits,
    /// Grace, its end, and cancellations.
    Ends,
}

/// Looks at every subscription whose period has ended, or that is to be debited soon. Twice at once, late,
/// or after a missed day: each subscription is decided on under its lock, by what stands in the books. What
/// a run does not come to is left to the next, which finds the rest only.
pub async fn collect(deps: &Deps, which: Which) -> Result<Collected> {
    let began = deps.seams.now();
    let mut done = Collected::default();
    let mut after = Uuid::nil();
    loop {
        let mut tx = deps.store.sweep().await?;
        let page = match which {
            Which::Debits => subscriptions::to_debit(&mut tx, began + AHEAD, after, PAGE).await?,
            Which::Ends => subscriptions::ended(&mut tx, began, after, PAGE).await?,
        };
        tx.rollback().await?;
        let Some(last) = page.last() else {
            return Ok(done);
        };
        after = last.0;
        let mut asked = stream::iter(page)
            .map(|workspace| async move { (workspace, one(deps, workspace, which).await) })
            .buffer_unordered(AT_ONCE);
        while let Some((workspace, result)) = asked.next().await {
            match result {
                Ok(one) => done += one,
                Err(error) => {
                    tracing::error!(workspace.id = %workspace, %error, "a subscription is left for the next run");
                    done.failed += 1;
                }
            }
            done.looked_at += 1;
        }
        if deps.seams.now() > began + LONGEST {
            return Ok(done);
        }
    }
}

async fn one(deps: &Deps, workspace: WorkspaceId, which: Which) -> Result<Collected> {
    let now = deps.seams.now();
    let mut done = Collected::default();
    let mut tx = deps.store.tenant(workspace).await?;
    let Some(mut subscription) = subscriptions::lock(&mut tx).await? else {
        return Ok(done);
    };
    // Nobody who is stopped is charged for it, nor loses anything meanwhile: what is due then waits until they
    // go on.
    if subscriptions::access(&mut tx).await? == Access::Paused {
        return Ok(done);
    }
    let debits = payments::debits(&mut tx, subscription.period_end).await?;
    let quote = renewal(deps, &mut tx, &subscription).await?;
    let mandate = match subscription.mandate_id {
        Some(id) => Some(mandates::get(&mut tx, id).await?),
        None => None,
    };
    let can_debit = quote
        .zip(mandate.as_ref())
        .is_some_and(|(quote, mandate)| usable(mandate, quote.amount, now));
    let mut changed = false;
    for step in dues(&subscription, &debits, can_debit, now) {
        match (which, step) {
            (
                Which::Debits,
                Step::Debit {
                    attempt,
                    not_before,
                },
            ) => {
                if let Some(quote) = quote {
                    let made = debit(
                        deps,
                        &mut tx,
                        &subscription,
                        quote,
                        attempt,
                        not_before,
                        now,
                    );
                    done.debits += usize::from(made.await?);
                    changed = true;
                }
            }
            (Which::Ends, Step::PastDue) => {
                to(&mut tx, &mut subscription, SubscriptionStatus::PastDue, now).await?;
                done.past_due += 1;
                changed = true;
            }
            (Which::Ends, Step::ReadOnly) => {
                to(
                    &mut tx,
                    &mut subscription,
                    SubscriptionStatus::ReadOnly,
                    now,
                )
                .await?;
                done.read_only += 1;
                changed = true;
            }
            (Which::Ends, Step::Cancel) => {
                to(
                    &mut tx,
                    &mut subscription,
                    SubscriptionStatus::Cancelled,
                    now,
                )
                .await?;
                if let Some(mandate_id) = subscription.mandate_id {
                    mandates::request_cancel(&mut tx, mandate_id, now).await?;
                    let event = MandateCancelRequestedV1 { mandate_id };
                    tx.emit(message(deps, workspace, &event));
                }
                done.cancelled += 1;
                changed = true;
            }
            (Which::Debits, _) | (Which::Ends, Step::Debit { .. }) => {}
        }
    }
    if changed {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(done)
}

async fn to(
    tx: &mut Tx,
    subscription: &mut Subscription,
    status: SubscriptionStatus,
    now: DateTime<Utc>,
) -> Result<()> {
    if !subscription.status.may_become(status) {
        return Err(Error::Transition {
            from: subscription.status.as_str(),
            to: status.as_str(),
        });
    }
    tracing::info!(workspace.id = %subscription.workspace_id, from = subscription.status.as_str(), to = status.as_str(), "subscription");
    metrics::counter!("subscriptions_total", "status" => status.as_str()).increment(1);
    subscription.status = status;
    subscriptions::save(tx, subscription, now).await?;
    subscriptions::grant(
        tx,
        subscription.tier,
        status.access(),
        false,
        Period::of(now),
    )
    .await?;
    Ok(())
}

/// What the next period costs this customer; `None` when it can't be said (no tax profile).
async fn renewal(deps: &Deps, tx: &mut Tx, subscription: &Subscription) -> Result<Option<Quote>> {
    let Some(profile) = tax_profiles::get(tx).await? else {
        return Ok(None);
    };
    let list = price::renewal(deps, tx, subscription).await?;
    match price::quote(&deps.prices, list, &profile) {
        Ok(quote) => Ok(Some(quote)),
        // It can't be debited; its grace runs all the same.
        Err(error) => {
            tracing::error!(workspace.id = %subscription.workspace_id, %error, "a renewal has no price");
            Ok(None)
        }
    }
}

/// Writes a debit down, to be announced. `false` when another run did.
async fn debit(
    deps: &Deps,
    tx: &mut Tx,
    subscription: &Subscription,
    quote: Quote,
    attempt: i32,
    not_before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let id = PaymentId(deps.seams.uuid());
    let new = NewPayment {
        id,
        purpose: PaymentPurpose::Renewal,
        method: PaymentMethod::MandateDebit,
        tier: subscription.renews_as(),
        period_start: subscription.period_end,
        period_end: following(subscription),
        attempt,
        taxable: quote.taxable,
        tax: quote.tax,
        tax_heads: quote.tax_heads,
        mandate_id: subscription.mandate_id,
        requested_by: None,
        not_before: Some(not_before),
        next_check_at: now + TAKEN_UP,
        now,
    };
    if !payments::insert(tx, &new).await? {
        return Ok(false);
    }
    let event = PaymentRequestedV1 { payment_id: id };
    tx.emit(message(deps, subscription.workspace_id, &event));
    Ok(true)
}

/// The end of the period after this one, by the anchor day.
fn following(subscription: &Subscription) -> DateTime<Utc> {
    let day = day_of(subscription.period_end);
    let anchor = Anchor::try_from(subscription.anchor_day).unwrap_or_else(|_| Anchor::on(day));
    midnight(anchor.next_after(day))
}
