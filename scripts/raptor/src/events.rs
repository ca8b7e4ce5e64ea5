//! `raptor events`

use anyhow::{Result, bail};
use domain::ExecutionId;

use crate::{Outcome, dev, print};

/// Print what happened to an execution, in order, and what the log rebuilds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor events 019a3c5e-0000-7000-8000-000000000000 --json")]
pub struct Args {
    id: ExecutionId,
    /// One JSON object an event, then one with the state they rebuild.
    #[arg(long)]
    json: bool,
}

pub async fn events(args: Args) -> Result<Outcome> {
    let store = dev::operator_store(&dev::database_url()?)?;
    let mut tx = store.sweep().await?;
    let mut log = Vec::new();
    loop {
        let after = log
            .last()
            .map_or(0, |event: &store::events::LoggedEvent| event.seq);
        let page = store::events::of_execution(&mut tx, args.id, after, 1_000).await?;
        if page.is_empty() {
            break;
        }
        log.extend(page);
    }
    let Some(state) = store::replay::replay(log.iter().map(|event| &event.event)) else {
        bail!(
            "no execution {}: check the id, and that DATABASE_URL is the database it ran on",
            args.id
        );
    };
    if args.json {
        log.iter().for_each(print::json);
        print::json(&serde_json::json!({ "replayed": state }));
        return Ok(Outcome::OK);
    }
    for event in &log {
        let whole = serde_json::to_value(&event.event)?;
        let data: String = whole["data"].to_string().chars().take(160).collect();
        print::line(format!(
            "{:>4}  {}  {:<26}  {data}",
            event.seq,
            event.at.format("%H:%M:%S%.3f"),
            whole["kind"].as_str().unwrap_or_default()
        ));
    }
    print::line(format!(
        "rebuilt: {} · {} steps · {} · {} tokens",
        state.status,
        state.steps.len(),
        state.cost_usd,
        state.tokens.total()
    ));
    Ok(Outcome::OK)
}
