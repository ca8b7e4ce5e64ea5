//! What is left to do for a numbered document: registering it with the e-invoice portal, making and storing
//! its PDF, taking it back. Each is done again until it is done; the file is the same bytes each time.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::InvoiceStatus;
use domain::{Inr, InvoiceId, WorkspaceId};
use store::billing::invoices::{self, Invoice};
use tax::document::{Document, Registered};
use tax::einvoice::irn_of;

use crate::issue::until;
use crate::portal::{CancelReason, Portal, PortalError, codes};
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
            // The time in which it can be taken back runs.
            let wait = if asked_meanwhile {
                TimeDelta::zero()
            } else {
                wait
            };
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
    let mut refused = None;
    if invoice.needs_registration
        && invoice.registered.is_none()
        && invoice.status != InvoiceStatus::Cancelled
    {
        // To be taken back too: an answer of the portal may have been lost, and what it has registered is
        // cancelled there.
        match register(portal(deps)?, &content).await {
            Ok(registered) => {
                let registered =
                    serde_json::to_value(registered).map_err(|error| broken(&error))?;
                invoice.registered = Some(registered);
                invoice.registered_at = Some(now);
                invoice.status = InvoiceStatus::Issued;
            }
            Err(error) if taken_back && error.is_refusal() => refused = Some(error),
            Err(error) => return Err(unfinished(error, later)),
        }
    }
    if taken_back {
        cancel(deps, invoice, &content, refused.as_ref(), now).await?;
    }
    if let Some(refused) = refused
        && invoice.status == InvoiceStatus::Draft
    {
        // It stays, so it must be registered yet.
        let (wait, reason) = unfinished(refused, later);
        let stays = invoice.last_error.take().unwrap_or_default();
        return Err((wait, format!("{stays}; {reason}")));
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

fn portal(deps: &Deps) -> Result<&dyn Portal, Unfinished> {
    let gone = || {
        let reason = "the e-invoice portal is not set up any more";
        (REFUSED, reason.to_owned())
    };
    deps.portal.as_deref().ok_or_else(gone)
}

fn unfinished(error: PortalError, later: TimeDelta) -> Unfinished {
    match error {
        PortalError::Unavailable(reason) => (later, format!("the portal is away: {reason}")),
        PortalError::Refused { code, message } => {
            (REFUSED, format!("it is not registered: {code} {message}"))
        }
    }
}

async fn register(portal: &dyn Portal, content: &Document) -> Result<Registered, PortalError> {
    let own = |reason: String| PortalError::refused(codes::DOCUMENT, reason);
    let request = tax::einvoice::request(content).map_err(|error| own(error.to_string()))?;
    let request = serde_json::to_value(request).map_err(|error| own(error.to_string()))?;
    let problems = tax::einvoice::validate(&request);
    if !problems.is_empty() {
        let reason = format!("it does not have the portal's form: {problems:?}");
        return Err(own(reason));
    }
    portal.register(&request).await
}

/// Takes a document back, here and at the portal, if it still can be; otherwise says why not and leaves it.
/// No credit note is made while this is wanted. `refused`: why it could not be registered just now.
async fn cancel(
    deps: &Deps,
    invoice: &mut Invoice,
    content: &Document,
    refused: Option<&PortalError>,
    now: DateTime<Utc>,
) -> Result<(), Unfinished> {
    let minute = TimeDelta::minutes(1);
    let mut stays = stays(deps, invoice, now)
        .await
        .map_err(|error| (minute, error.to_string()))?;
    if stays.is_none() && invoice.needs_registration {
        let irn = irn_of(content);
        let irn = irn.ok_or_else(|| (REFUSED, "its supplier has no GSTIN".to_owned()))?;
        let remark = invoice.cancel_reason.as_deref().unwrap_or_default();
        let at_portal = portal(deps)?.cancel(&irn, CancelReason::Other, remark);
        stays = match at_portal.await {
            Ok(()) => None,
            Err(PortalError::Unavailable(reason)) => return Err((minute, reason)),
            // What it refused to register may be there all the same, registered by a try whose answer we did
            // not get or believe: only the portal's word that it is not there lets it go.
            Err(PortalError::Refused { code, message }) => {
                let was_there = invoice.registered.is_some()
                    || refused.is_some_and(PortalError::shows_registration);
                let never = code == codes::ABSENT && !was_there;
                (!never).then(|| format!("{code} {message}"))
            }
        };
    }
    if let Some(reason) = stays {
        invoice.last_error = Some(format!("it can't be cancelled: {reason}"));
        invoice.cancel_requested_at = None;
        return Ok(());
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

/// Why a document can't be taken back, if it can't, as far as we know.
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
    // What is not known to be registered is no invoice yet; whether it is after all, the portal is asked.
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
