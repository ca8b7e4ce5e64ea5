//! Records one genuine callback, and says in the same transaction what it is about.

use std::time::Duration;

use domain::billing::{MerchantId, MerchantKind};
use domain::{CorrelationId, MandateId, PaymentId, RefundId, WorkspaceId};
use events::{Event, MandateReportedV1, Message, PaymentReportedV1, RefundReportedV1};
use phonepe::callback::{Callback, Subject};
use runtime::context;
use sha2::{Digest, Sha256};
use store::billing::callbacks;

use crate::{Deps, Error, NAME, Result};

/// Past this the answer is 503 and PhonePe sends the callback again. It leaves 50 ms of the 300 ms that
/// a callback may take.
const LIMIT: Duration = Duration::from_millis(250);

/// What became of a callback. PhonePe gets the same answer for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Recorded; bill is told.
    PassedOn,
    /// The same body was recorded before, and bill was told then.
    Repeated,
    /// Recorded; there is nobody to tell.
    Strange(Strange),
}

/// Why nobody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strange {
    /// An event newer than this code.
    Event,
    /// Not an id of ours, or one of another kind than its event is about.
    Id,
}

impl Outcome {
    fn label(self) -> &'static str {
        match self {
            Self::PassedOn => "passed_on",
            Self::Repeated => "repeated",
            Self::Strange(Strange::Event) => "unknown_event",
            Self::Strange(Strange::Id) => "unknown_id",
        }
    }
}

/// Does it within 250 ms. What is cut off leaves nothing behind, or all of it: then the same body, sent
/// again, is a repetition, and its message is in the outbox.
///
/// # Errors
/// `Late`, `Store`.
pub(crate) async fn record(deps: &Deps, body: &[u8], callback: &Callback) -> Result<Outcome> {
    let work = async {
        match about(callback) {
            Ok((workspace, report)) => ours(deps, body, callback, workspace, report).await,
            Err(why) => strange(deps, body, callback, why).await,
        }
    };
    let outcome = tokio::time::timeout(LIMIT, work).await;
    let outcome = outcome.unwrap_or(Err(Error::Late))?;
    metrics::counter!("phonepe_callbacks_total", "outcome" => outcome.label()).increment(1);
    Ok(outcome)
}

/// 4 round trips (begin, callback, message, commit), 1 durable commit. A repetition: 3 round trips and no
/// commit. The message's row is deleted later, in batches whose commits do not wait for the disk.
///
/// Nobody asks here whether the workspace exists: neither table refers to it. A callback about one that
/// doesn't, is passed on like any other; bill finds nothing and rejects it, on the record.
async fn ours(
    deps: &Deps,
    body: &[u8],
    callback: &Callback,
    workspace: WorkspaceId,
    report: Report,
) -> Result<Outcome> {
    context::update(|context| context.workspace_id = Some(workspace));
    let mut tx = deps.store.tenant(workspace).await?;
    // Of two at once the second waits here for the first one's commit.
    if !callbacks::record(
        &mut tx,
        &row(deps, body, &hash(body), callback, Some(workspace)),
    )
    .await?
    {
        tx.rollback().await?;
        return Ok(Outcome::Repeated);
    }
    tx.emit(message(deps, workspace, report, &callback.event));
    tx.commit().await?;
    Ok(Outcome::PassedOn)
}

/// 3 round trips. The commit does not wait for the disk: nothing follows from the row, it is there for
/// people who look into the warning.
async fn strange(deps: &Deps, body: &[u8], callback: &Callback, why: Strange) -> Result<Outcome> {
    let mut tx = deps.store.sweep().await?;
    if !callbacks::record(&mut tx, &row(deps, body, &hash(body), callback, None)).await? {
        tx.rollback().await?;
        return Ok(Outcome::Repeated);
    }
    tx.commit().await?;
    let outcome = Outcome::Strange(why);
    tracing::warn!(
        event = callback.event,
        merchant_id = merchant_id(&callback.subject),
        why = outcome.label(),
        "a genuine callback that nothing here knows was recorded"
    );
    Ok(outcome)
}

fn hash(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

fn row<'a>(
    deps: &Deps,
    body: &'a [u8],
    hash: &'a [u8; 32],
    callback: &'a Callback,
    workspace: Option<WorkspaceId>,
) -> callbacks::Callback<'a> {
    callbacks::Callback {
        body_hash: hash,
        workspace_id: workspace,
        event: &callback.event,
        merchant_id: merchant_id(&callback.subject),
        body,
        now: deps.seams.now(),
    }
}

/// What bill is to ask PhonePe about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    Payment(PaymentId),
    Refund(RefundId),
    Mandate(MandateId),
}

/// Whose a callback is and what it is about, by nothing but its id.
fn about(callback: &Callback) -> std::result::Result<(WorkspaceId, Report), Strange> {
    let text = merchant_id(&callback.subject).ok_or(Strange::Event)?;
    let MerchantId {
        kind,
        workspace_id,
        id,
    } = text.parse().map_err(|_| Strange::Id)?;
    let report = match (&callback.subject, kind) {
        (Subject::Order { .. }, MerchantKind::Payment) => Report::Payment(PaymentId(id)),
        (Subject::Refund { .. }, MerchantKind::Refund) => Report::Refund(RefundId(id)),
        (Subject::Mandate { .. }, MerchantKind::Mandate) => Report::Mandate(MandateId(id)),
        _ => return Err(Strange::Id),
    };
    Ok((workspace_id, report))
}

fn merchant_id(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Order { merchant_order_id } => Some(merchant_order_id),
        Subject::Refund { merchant_refund_id } => Some(merchant_refund_id),
        Subject::Mandate {
            merchant_subscription_id,
        } => Some(merchant_subscription_id),
        Subject::Unknown => None,
    }
}

fn message(deps: &Deps, workspace: WorkspaceId, report: Report, event: &str) -> Message {
    let event = event.to_owned();
    match report {
        Report::Payment(payment_id) => {
            stated(deps, workspace, &PaymentReportedV1 { payment_id, event })
        }
        Report::Refund(refund_id) => {
            stated(deps, workspace, &RefundReportedV1 { refund_id, event })
        }
        Report::Mandate(mandate_id) => {
            stated(deps, workspace, &MandateReportedV1 { mandate_id, event })
        }
    }
}

fn stated<E: Event>(deps: &Deps, workspace: WorkspaceId, event: &E) -> Message {
    let correlation = context::correlation_id();
    Message::new(
        event,
        NAME,
        workspace,
        correlation.unwrap_or_else(|| CorrelationId::from(deps.seams.uuid())),
        context::traceparent(),
        &deps.seams,
    )
}
