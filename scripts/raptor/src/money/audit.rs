//! Whether the books fit together.

use anyhow::Result;
use serde_json::{Value, json};
use store::billing::{money, reconciliations};
use store::ledger;

use super::operator;
use crate::{Outcome, print};

/// Hold all books against each other: rupees and dollars. Ends with 1 when anything does not fit.
///
/// Rupees: payments against the ledger, refunds against payments, invoices against allocations, numbers
/// against their counters. Dollars: budgets against the ledger, the holds and the cost of every call.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor money audit --json | jq '.faults[]'")]
pub struct AuditArgs {
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn audit(args: &AuditArgs) -> Result<Outcome> {
    let mut tx = operator()?.sweep().await?;
    let faults = money::faults(&mut tx).await?;
    let imbalances = ledger::imbalances(&mut tx).await?;
    tx.rollback().await?;
    let good = faults.is_empty() && imbalances.is_empty();
    if args.json {
        print::json(&json!({ "faults": faults, "imbalances": imbalances }));
    } else if good {
        print::note("The books fit together.");
    } else {
        let mut rows: Vec<Vec<String>> = faults
            .into_iter()
            .map(|fault| {
                let workspace = fault.workspace_id.map(|id| id.to_string());
                vec![
                    fault.code,
                    workspace.unwrap_or_default(),
                    fault.reference,
                    fault.detail,
                ]
            })
            .collect();
        rows.extend(imbalances.into_iter().map(|budget| {
            let detail = format!(
                "spent {} by the budget, {} by the ledger, {} by its calls; held {} by the budget, {} by the ledger, {} by its holds",
                budget.spent_usd,
                budget.spent_by_ledger,
                budget.spent_by_calls,
                budget.held_usd,
                budget.held_by_ledger,
                budget.held_by_holds,
            );
            vec![
                "budget".to_owned(),
                budget.workspace_id.to_string(),
                budget.period.to_string(),
                detail,
            ]
        }));
        print::table(&["CODE", "WORKSPACE", "OF", "WHAT"], &rows);
    }
    Ok(if good { Outcome::OK } else { Outcome::BAD })
}

/// List the daily comparisons with the payment gateway, newest first, with what differed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor money reconciliations --limit 7")]
pub struct ReconciliationsArgs {
    #[arg(long, default_value_t = 30)]
    limit: i64,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub async fn reconciliations(args: &ReconciliationsArgs) -> Result<Outcome> {
    let mut tx = operator()?.sweep().await?;
    let days = reconciliations::list(&mut tx, args.limit).await?;
    tx.rollback().await?;
    if args.json {
        days.iter().for_each(print::json);
        return Ok(Outcome::OK);
    }
    if days.is_empty() {
        print::note("Nothing has been compared yet.");
        return Ok(Outcome::OK);
    }
    let mut rows = vec![];
    for day in days {
        let differences = day.differences.as_array().cloned().unwrap_or_default();
        let finished = if day.finished_at.is_some() {
            "yes"
        } else {
            "not yet"
        };
        rows.push(vec![
            day.day.to_string(),
            finished.to_owned(),
            day.checked.to_string(),
            differences.len().to_string(),
            String::new(),
        ]);
        for difference in differences {
            let mut row = vec![String::new(); 4];
            row.push(in_words(&difference));
            rows.push(row);
        }
    }
    print::table(
        &["DAY (IST)", "FINISHED", "COMPARED", "DIFFER", "HOW"],
        &rows,
    );
    Ok(Outcome::OK)
}

fn in_words(difference: &Value) -> String {
    let said = |name: &str| difference[name].as_str().unwrap_or("-").to_owned();
    let right = if difference["put_right"] == true {
        "put right"
    } else {
        "open"
    };
    format!(
        "{} {}: {} here, {} there; {right}",
        said("kind"),
        said("id"),
        said("ours"),
        said("theirs")
    )
}
