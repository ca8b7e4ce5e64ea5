//! What is left to do for a numbered document: registering it with the e-invoice portal, making and storing
//! its PDF, taking it back. Each is done again until it is done; the file is the same bytes each time.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::InvoiceStatus;
use domain::{Inr, InvoiceId, WorkspaceId};
use store::billing::invoices::{self, Invoice};
use tax::document::{Document, Registered};

use crate::issue::until;
use crate::portal::{CancelReason, PortalError};
use crate::render::{Language, Look};
use crate::{Deps, Error, Result};

/// A document can be taken back for a day: the portal's rule, kept for all (facts: cancellation within 24
/// hours of registration). Later it takes a credit note.
const CANCEL_WITHIN: TimeDelta = TimeDelta::hours(24);
/// After a refusal people must look; it is tried again all the same.
const REFUSED: TimeDelta = TimeDelta::hours(6);
const MOST_WAIT_MINUTES: i64 = 60;

/// Does what is due for a document; nothing, if it is not due or somebody is at it.
pub async fn finish(deps: &Deps, workspace: WorkspaceId, id: InvoiceId) -> Result<()> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    if !invoices::take(&mut tx, id, now, until(now)).await? {
        return Ok(());
    }
    let mut invoice = invoices::get(&mut tx, id).await?;
    tx.commit().await?;
    let asked_at = invoice.cancel_requested_at;
    let again = work(deps, &mut invoice, now).await;
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    // Others may have been at it meanwhile: what was done here is added, nothing is taken away.
    let mut stands = invoices::lock(&mut tx, id).await?;
    if stands.status.may_become(invoice.status) {
        stands.status = invoice.status;
        stands.cancelled_at = stands.cancelled_at.or(invoice.cancelled_at);
    }
    if stands.status == InvoiceStatus::Issued && stands.kind == "tax_invoice" {
        // Credit notes that were made while it was a draft.
        let notes = invoices::against(&mut tx, id).await?;
        let credited: Inr = notes.iter().map(|note| note.payable).sum();
        if credited >= stands.payable {
            stands.status = InvoiceStatus::Credited;
        } else if !credited.is_zero() {
            stands.status = InvoiceStatus::PartlyCredited;
        }
    }
    stands.registered = stands.registered.or(invoice.registered);
    stands.registered_at = stands.registered_at.or(invoice.registered_at);
    if stands.object_name.is_none() {
        stands.object_name = invoice.object_name;
        stands.sha256 = invoice.sha256;
    }
    let asked_meanwhile = stands.cancel_requested_at > asked_at;
    if invoice.cancel_requested_at.is_none() && !asked_meanwhile {
        // Refused: it may be asked for again.
        stands.cancel_requested_at = None;
    }
    (stands.next_try_at, stands.last_error) = match again {
        // Asked to be taken back while we were at it.
        Ok(()) if asked_meanwhile => (Some(now), None),
        Ok(()) => (None, invoice.last_error),
        Err((wait, reason)) => {
            tracing::error!(
                invoice = stands.number,
                reason,
                "an invoice is not finished"
            );
            metrics::counter!("invoices_unfinished_total").increment(1);
            (Some(now + wait), Some(reason))
        }
    };
    invoices::save(&mut tx, &stands).await?;
    tx.commit().await?;
    Ok(())
}

type Unfinished = (TimeDelta, String);

/// Longer after each try.
fn wait(invoice: &Invoice) -> TimeDelta {
    let doubled = 1i64 << invoice.tries.clamp(0, 6);
    TimeDelta::minutes(doubled.min(MOST_WAIT_MINUTES))
}

async fn work(deps: &Deps, invoice: &mut Invoice, now: DateTime<Utc>) -> Result<(), Unfinished> {
    let later = wait(invoice);
    let broken = |error: &dyn std::fmt::Display| (later, error.to_string());
    let content: Document =
        serde_json::from_value(invoice.content.clone()).map_err(|error| broken(&error))?;
    invoice.last_error = None;
    let taken_back = invoice.cancel_requested_at.is_some() && invoice.cancelled_at.is_none();
    if invoice.needs_registration
        && invoice.registered.is_none()
        && invoice.status != InvoiceStatus::Cancelled
    {
        // To be taken back too: an answer of the portal may have been lost, and what it has registered is
        // cancelled there.
        match register(deps, &content, later).await {
            Ok(registered) => {
                let registered =
                    serde_json::to_value(registered).map_err(|error| broken(&error))?;
                invoice.registered = Some(registered);
                invoice.registered_at = Some(now);
                invoice.status = InvoiceStatus::Issued;
            }
            Err((wait, _)) if taken_back && wait == REFUSED => {}
            Err(unfinished) => return Err(unfinished),
        }
    }
    if taken_back {
        cancel(deps, invoice, now).await?;
    }
    let on_paper = !matches!(
        invoice.status,
        InvoiceStatus::Draft | InvoiceStatus::Cancelled
    );
    if invoice.object_name.is_none() && on_paper {
        let (name, hash) = store_pdf(deps, invoice, content)
            .await
            .map_err(|error| broken(&error))?;
        invoice.object_name = Some(name);
        invoice.sha256 = Some(hash);
    }
    Ok(())
}

async fn register(
    deps: &Deps,
    content: &Document,
    later: TimeDelta,
) -> Result<Registered, Unfinished> {
    let portal = deps.portal.as_ref().ok_or_else(|| {
        (
            REFUSED,
            "the e-invoice portal is not set up any more".to_owned(),
        )
    })?;
    let request = tax::einvoice::request(content)
        .map_err(|error| (REFUSED, format!("it can't be registered: {error}")))?;
    let request = serde_json::to_value(request).map_err(|error| (REFUSED, error.to_string()))?;
    let problems = tax::einvoice::validate(&request);
    if !problems.is_empty() {
        let reason = format!("it does not have the portal's form: {problems:?}");
        return Err((REFUSED, reason));
    }
    portal
        .register(&request)
        .await
        .map_err(|error| match error {
            PortalError::Unavailable(reason) => (later, format!("the portal is away: {reason}")),
            PortalError::Refused { code, message } => {
                (REFUSED, format!("the portal refuses it: {code} {message}"))
            }
        })
}

/// Takes a document back, if it still can be; otherwise says why not and leaves it. No credit note is made
/// while this is wanted.
async fn cancel(deps: &Deps, invoice: &mut Invoice, now: DateTime<Utc>) -> Result<(), Unfinished> {
    if let Some(reason) = stays(deps, invoice, now)
        .await
        .map_err(|error| (TimeDelta::minutes(1), error.to_string()))?
    {
        invoice.last_error = Some(format!("it can't be cancelled: {reason}"));
        invoice.cancel_requested_at = None;
        return Ok(());
    }
    if let Some(registered) = &invoice.registered
        && let Some(irn) = registered["irn"].as_str()
        && let Some(portal) = &deps.portal
    {
        let remark = invoice.cancel_reason.as_deref().unwrap_or_default();
        let done = portal.cancel(irn, CancelReason::Other, remark).await;
        done.map_err(|error| match error {
            PortalError::Unavailable(reason) => (TimeDelta::minutes(1), reason),
            PortalError::Refused { code, message } => (REFUSED, format!("{code} {message}")),
        })?;
    }
    invoice.status = InvoiceStatus::Cancelled;
    invoice.cancelled_at = Some(now);
    tracing::warn!(
        invoice = invoice.number,
        reason = invoice.cancel_reason,
        "invoice cancelled"
    );
    Ok(())
}

/// Why a document can't be taken back, if it can't.
async fn stays(deps: &Deps, invoice: &Invoice, now: DateTime<Utc>) -> Result<Option<String>> {
    let mut tx = deps.store.tenant(invoice.workspace_id).await?;
    let stands = invoices::lock(&mut tx, invoice.id).await?;
    let notes = invoices::against(&mut tx, invoice.id).await?;
    tx.rollback().await?;
    if invoice.kind != "tax_invoice" || !notes.is_empty() {
        return Ok(Some(
            "only an invoice without credit notes can be".to_owned(),
        ));
    }
    if !stands.status.may_become(InvoiceStatus::Cancelled) {
        return Ok(Some(format!("it is {}", stands.status)));
    }
    // What the portal has never taken is no invoice yet.
    let never = invoice.needs_registration && invoice.registered.is_none();
    let from = invoice.registered_at.unwrap_or(invoice.created_at);
    if !never && now > from + CANCEL_WITHIN {
        let reason = "more than 24 hours have gone, so it takes a refund with a credit note";
        return Ok(Some(reason.to_owned()));
    }
    Ok(None)
}

/// `invoices/<workspace>/26-27/RF-26-27-000001.pdf`: the same for the same document.
fn object_name(invoice: &Invoice) -> String {
    let number = invoice.number.replace('/', "-");
    let year = tax::number::FinancialYear::of(invoice.date).short();
    format!("invoices/{}/{year}/{number}.pdf", invoice.workspace_id)
}

async fn store_pdf(deps: &Deps, invoice: &Invoice, content: Document) -> Result<(String, Vec<u8>)> {
    let registered: Option<Registered> = invoice
        .registered
        .clone()
        .map(serde_json::from_value)
        .transpose()?;
    let language: Language = invoice.language.parse().unwrap_or_default();
    let (renderer, logo) = (deps.renderer.clone(), deps.logo.clone());
    let bytes = tokio::task::spawn_blocking(move || {
        let look = Look {
            language,
            logo: logo.as_deref(),
            registered: registered.as_ref(),
        };
        renderer.render(&content, &look)
    })
    .await
    .map_err(|error| Error::Render(error.to_string()))?
    .map_err(|error| Error::Render(error.to_string()))?;
    let name = object_name(invoice);
    let hash = crate::file::keep(deps, &name, Bytes::from(bytes)).await?;
    Ok((name, hash))
}
