//! What must hold when all is quiet, whatever happened before.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use store::Store;
use store::ledger::OpenWork;

use crate::{Outcome, print};

/// How long the last messages may take to leave the outbox.
const LAST_MESSAGES: Duration = Duration::from_secs(60);

pub async fn open_work(operator: &Store) -> Result<OpenWork> {
    let mut tx = operator.sweep().await?;
    let open = store::ledger::open_work(&mut tx).await?;
    tx.rollback().await?;
    Ok(open)
}

/// Says what is wrong. `accepted` are the executions that clients were promised.
pub async fn verify(operator: &Store, accepted: Option<&BTreeSet<String>>) -> Result<Outcome> {
    let deadline = tokio::time::Instant::now() + LAST_MESSAGES;
    let mut open = open_work(operator).await?;
    while open.outbox > 0 && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
        open = open_work(operator).await?;
    }
    let mut tx = operator.sweep().await?;
    let imbalances = store::ledger::imbalances(&mut tx).await?;
    let finished = store::ledger::finished(&mut tx).await?;
    tx.rollback().await?;
    let ended: BTreeSet<String> = finished.iter().map(|(id, _)| id.to_string()).collect();
    let more_than_once = finished.iter().filter(|(_, times)| *times != 1).count();
    let lost = accepted.map_or(0, |accepted| accepted.difference(&ended).count());
    let unknown = accepted.map_or(0, |accepted| ended.difference(accepted).count());
    print::json(&serde_json::json!({
        "finished": ended.len(), "lost": lost, "not_promised": unknown, "finished_more_than_once": more_than_once,
        "unbalanced_budgets": imbalances.len(), "open_executions": open.executions, "open_holds": open.holds,
        "outbox": open.outbox, "dead_letters": open.dead_letters,
    }));
    for imbalance in &imbalances {
        print::note(format!("unbalanced: {imbalance:?}"));
    }
    let good = lost == 0
        && unknown == 0
        && more_than_once == 0
        && imbalances.is_empty()
        && (open.executions, open.holds, open.outbox) == (0, 0, 0);
    Ok(if good { Outcome::OK } else { Outcome::BAD })
}
