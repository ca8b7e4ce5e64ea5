//! Use that somebody should look at, and stopping workspaces.

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::WorkspaceId;
use domain::billing::Access;
use serde_json::json;
use store::billing::subscriptions;
use store::{Store, Tx, cost_watch};
use uuid::Uuid;

use super::{note, operator, reason, tenant};
use crate::{Outcome, print};

/// Unusual costs and use that looks off purpose: list, close.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor money reviews list --json | jq -r 'select(.severity == \"pause\").id'"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List those that are open, newest first.
    #[command(after_help = "Example: raptor money reviews list --all")]
    List {
        /// Those that are closed, too.
        #[arg(long)]
        all: bool,
        #[arg(long, default_value_t = 100)]
        limit: i64,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Say what came of one. The workspace is not stopped again on that day's account.
    #[command(
        after_help = "Example: raptor money reviews close 019a3c5e-0000-7000-8000-000000000000 --verdict \"a launch\" --resume"
    )]
    Close {
        id: Uuid,
        /// What somebody made of it, in 3 to 200 characters.
        #[arg(long, value_parser = reason)]
        verdict: String,
        /// Let the workspace go on, if it is paused.
        #[arg(long)]
        resume: bool,
        #[arg(long)]
        json: bool,
    },
}

pub async fn reviews(args: Args) -> Result<Outcome> {
    let store = operator()?;
    match args.command {
        Command::List { all, limit, json } => list(&store, all, limit, json).await?,
        Command::Close {
            id,
            verdict,
            resume,
            json,
        } => close(&store, id, &verdict, resume, json).await?,
    }
    Ok(Outcome::OK)
}

async fn list(store: &Store, all: bool, limit: i64, json: bool) -> Result<()> {
    let mut tx = store.sweep().await?;
    let reviews = cost_watch::reviews(&mut tx, None, all, limit).await?;
    tx.rollback().await?;
    if json {
        reviews.iter().for_each(print::json);
    } else if reviews.is_empty() {
        print::note("Nothing to review.");
    } else {
        let rows: Vec<_> = reviews
            .iter()
            .map(|review| {
                vec![
                    review.id.to_string(),
                    review.day.to_string(),
                    review.kind.clone(),
                    review.severity.clone(),
                    format!("{} ({})", review.workspace, review.workspace_id),
                    review.access.clone(),
                    review.verdict.clone().unwrap_or_default(),
                    review.detail.to_string().chars().take(160).collect(),
                ]
            })
            .collect();
        print::table(
            &[
                "ID",
                "DAY (IST)",
                "KIND",
                "CALLS FOR",
                "WORKSPACE",
                "ACCESS",
                "VERDICT",
                "FIGURES",
            ],
            &rows,
        );
    }
    Ok(())
}

async fn close(store: &Store, id: Uuid, verdict: &str, resume: bool, json: bool) -> Result<()> {
    let mut tx = store.sweep().await?;
    let found = cost_watch::reviews(&mut tx, Some(id), true, 1).await?;
    tx.rollback().await?;
    let review = found
        .into_iter()
        .next()
        .with_context(|| format!("no review {id}: `raptor money reviews list --all` shows them"))?;
    let seams = runtime::system_seams();
    let mut tx = store.tenant(review.workspace_id).await?;
    if !cost_watch::close(&mut tx, id, verdict, seams.now()).await? {
        bail!(
            "the review {id} is closed already: {}",
            review.verdict.unwrap_or_default()
        );
    }
    let resource = id.to_string();
    note(&mut tx, &seams, "operator.review", &resource, verdict).await?;
    let mut access = subscriptions::access(&mut tx).await?;
    if resume && access == Access::Paused {
        access = let_go(&mut tx).await?;
    }
    tx.commit().await?;
    if json {
        let workspace = review.workspace_id;
        print::json(&json!({ "closed": id, "workspace_id": workspace, "access": access }));
    } else {
        print::note(format!(
            "Closed; {} ({}) is {access}.",
            review.workspace, review.workspace_id
        ));
    }
    Ok(())
}

/// Stop a workspace: everything can be read, nothing run, until it is resumed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor money pause 019a3c5e-0000-7000-8000-000000000000 --reason \"stolen card\""
)]
pub struct PauseArgs {
    workspace: WorkspaceId,
    /// For the workspace's audit log, in 3 to 200 characters.
    #[arg(long, value_parser = reason)]
    reason: String,
    #[arg(long)]
    json: bool,
}

/// Let a paused workspace go on, as far as its subscription is paid.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor money resume 019a3c5e-0000-7000-8000-000000000000 --reason \"card is fine\""
)]
pub struct ResumeArgs {
    workspace: WorkspaceId,
    /// For the workspace's audit log, in 3 to 200 characters.
    #[arg(long, value_parser = reason)]
    reason: String,
    #[arg(long)]
    json: bool,
}

pub async fn pause(args: &PauseArgs) -> Result<Outcome> {
    let seams = runtime::system_seams();
    let mut tx = tenant(&operator()?, args.workspace).await?;
    subscriptions::set_access(&mut tx, Access::Paused).await?;
    note(&mut tx, &seams, "operator.pause", "", &args.reason).await?;
    tx.commit().await?;
    said(args.workspace, Access::Paused, args.json);
    Ok(Outcome::OK)
}

pub async fn resume(args: &ResumeArgs) -> Result<Outcome> {
    let seams = runtime::system_seams();
    let mut tx = tenant(&operator()?, args.workspace).await?;
    let access = subscriptions::access(&mut tx).await?;
    if access != Access::Paused {
        bail!("{} is not paused: it is {access}", args.workspace);
    }
    let access = let_go(&mut tx).await?;
    note(&mut tx, &seams, "operator.resume", "", &args.reason).await?;
    tx.commit().await?;
    said(args.workspace, access, args.json);
    Ok(Outcome::OK)
}

/// What the subscription allows; without one, everything.
async fn let_go(tx: &mut Tx) -> Result<Access> {
    let subscription = subscriptions::get(tx).await?;
    let access = subscription.map_or(Access::Full, |subscription| subscription.status.access());
    subscriptions::set_access(tx, access).await?;
    Ok(access)
}

fn said(workspace: WorkspaceId, access: Access, json: bool) {
    if json {
        print::json(&json!({ "workspace_id": workspace, "access": access }));
    } else {
        print::note(format!("{workspace} is {access}."));
    }
}
