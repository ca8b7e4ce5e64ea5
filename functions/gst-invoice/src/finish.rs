//! What is left to do for a numbered document: registering it with the e-invoice portal, making and storing
//! its PDF, taking it back. Each is done again until it is done; the file is the same bytes each time.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::InvoiceStatus;
use domain::{InvoiceId, WorkspaceId};
use sha2::{Digest, Sha256};
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
    let again = work(deps, &mut invoice, now).await;
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    // A credit note may have changed its status meanwhile; what was done here is put on top.
    let mut stands = invoices::lock(&mut tx, id).await?;
    if stands.status.may_become(invoice.status) {
        stands.status = invoice.status;
    }
    stands.registered = invoice.registered;
    stands.registered_at = invoice.registered_at;
    stands.object_name = invoice.object_name;
    stands.sha256 = invoice.sha256;
    stands.cancelled_at = invoice.cancelled_at;
    (stands.next_try_at, stands.last_error) = match again {
        // Asked to be taken back while we were at it.
        Ok(()) if stands.cancel_requested_at > invoice.cancel_requested_at => (Some(now), None),
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
    if invoice.cancel_requested_at.is_some() && invoice.cancelled_at.is_none() {
        cancel(deps, invoice, now).await?;
    }
    if invoice.needs_registration
        && invoice.registered.is_none()
        && invoice.status != InvoiceStatus::Cancelled
    {
        let registered = register(deps, &content, later).await?;
        let registered = serde_json::to_value(registered).map_err(|error| broken(&error))?;
        invoice.registered = Some(registered);
        invoice.registered_at = Some(now);
        invoice.status = InvoiceStatus::Issued;
    }
    if invoice.object_name.is_none() && invoice.status != InvoiceStatus::Draft {
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

/// Takes a document back, if it still can be; otherwise says why not and leaves it.
async fn cancel(deps: &Deps, invoice: &mut Invoice, now: DateTime<Utc>) -> Result<(), Unfinished> {
    if !invoice.status.may_become(InvoiceStatus::Cancelled) || invoice.kind != "tax_invoice" {
        let reason = format!(
            "it can't be cancelled: it is {}, make a credit note",
            invoice.status
        );
        invoice.last_error = Some(reason);
        return Ok(());
    }
    let from = invoice.registered_at.unwrap_or(invoice.created_at);
    if now > from + CANCEL_WITHIN {
        let reason = "it can't be cancelled: more than 24 hours have gone, make a credit note";
        invoice.last_error = Some(reason.to_owned());
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
    let hash = Sha256::digest(&bytes).to_vec();
    let name = object_name(invoice);
    crate::file::keep(deps, &name, Bytes::from(bytes)).await?;
    Ok((name, hash))
}
