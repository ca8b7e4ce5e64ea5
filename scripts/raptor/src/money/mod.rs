//! `raptor money`: whether the books fit together, what is earned, and what operators do about payments,
//! invoices and workspaces.

mod audit;
mod close_month;
mod give_back;
mod margins;
mod predict;
mod reviews;
mod usage;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::{Period, Seams, WorkspaceId};
use serde_json::json;
use store::audit::AuditRow;
use store::{Store, StoreError, Tx};

use crate::{Outcome, dev};

/// Money: whether the books fit, what is earned, and what is done about payments and workspaces.
///
/// Needs DATABASE_URL: a login that may work as raptor_operator (for close-month, as raptor_bill).
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor money audit && raptor money margins --usd-inr 84")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Audit(audit::AuditArgs),
    Reconciliations(audit::ReconciliationsArgs),
    Margins(margins::Args),
    Reviews(reviews::Args),
    Pause(reviews::PauseArgs),
    Resume(reviews::ResumeArgs),
    CloseMonth(close_month::Args),
    ReconcileUsage(usage::Args),
    CancelInvoice(give_back::CancelArgs),
    Refund(give_back::RefundArgs),
    Predict(predict::Args),
}

pub async fn money(args: Args) -> Result<Outcome> {
    match args.command {
        Command::Audit(args) => audit::audit(&args).await,
        Command::Reconciliations(args) => audit::reconciliations(&args).await,
        Command::Margins(args) => margins::margins(&args).await,
        Command::Reviews(args) => reviews::reviews(args).await,
        Command::Pause(args) => reviews::pause(&args).await,
        Command::Resume(args) => reviews::resume(&args).await,
        Command::CloseMonth(args) => close_month::close_month(&args).await,
        Command::ReconcileUsage(args) => usage::reconcile(&args).await,
        Command::CancelInvoice(args) => give_back::cancel(&args).await,
        Command::Refund(args) => give_back::refund(&args).await,
        Command::Predict(args) => predict::predict(&args).await,
    }
}

fn operator() -> Result<Store> {
    dev::operator_store(&dev::database_url()?)
}

/// A month, as in 2026-10.
fn period(text: &str) -> Result<Period, String> {
    let month = text.len() == 7;
    month
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| "expected a month, as in 2026-10".to_owned())
}

/// What was said in the place of a reason; some words at least.
fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    let length = text.chars().count();
    (3..=200)
        .contains(&length)
        .then(|| text.to_owned())
        .ok_or_else(|| "expected 3 to 200 characters".to_owned())
}

/// Notes what an operator did, where the workspace's people can see it.
async fn note(
    tx: &mut Tx,
    seams: &Seams,
    action: &str,
    resource: &str,
    reason: &str,
) -> Result<()> {
    let by = std::env::var("USER").unwrap_or_default();
    let row = AuditRow {
        id: seams.uuid(),
        action,
        resource,
        input: Some(json!({ "reason": reason, "by": by })),
        ok: true,
        user_agent: Some("raptor"),
        at: seams.now(),
        ..AuditRow::default()
    };
    Ok(store::audit::insert(tx, &row).await?)
}

/// A transaction for a workspace that is there.
async fn tenant(store: &Store, workspace: WorkspaceId) -> Result<Tx> {
    let mut tx = store.tenant(workspace).await?;
    match store::billing::subscriptions::access(&mut tx).await {
        Ok(_) => Ok(tx),
        Err(StoreError::NotFound) => bail!(
            "no workspace {workspace}: check the id, and that DATABASE_URL is the right database"
        ),
        Err(error) => Err(error).context("the workspace can't be read"),
    }
}
