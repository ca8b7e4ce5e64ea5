//! `raptor dlq`

use anyhow::{Context, Result};
use clap::Subcommand;
use uuid::Uuid;

use crate::{Outcome, dev, print};

/// Messages that ran out of retries.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor dlq list --json | jq -r .id | xargs -n1 raptor dlq replay")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List them, newest first.
    List {
        /// Those that were replayed, too.
        #[arg(long)]
        all: bool,
        #[arg(long, default_value_t = 100)]
        limit: i64,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show one whole.
    Show {
        id: Uuid,
        #[arg(long)]
        json: bool,
    },
    /// Send it again: to every subscription of its topic, all of which take a message twice in their stride.
    Replay {
        id: Uuid,
        #[arg(long)]
        json: bool,
    },
}

pub async fn dlq(args: Args) -> Result<Outcome> {
    let store = dev::operator_store(&dev::database_url()?)?;
    match args.command {
        Command::List { all, limit, json } => {
            let mut tx = store.sweep().await?;
            let letters = store::messages::dead_letters(&mut tx, all, limit).await?;
            if json {
                letters.iter().for_each(print::json);
            } else if letters.is_empty() {
                print::note("No dead letters.");
            } else {
                let rows: Vec<_> = letters
                    .iter()
                    .map(|letter| {
                        vec![
                            letter.id.to_string(),
                            letter.created_at.format("%Y-%m-%d %H:%M:%S").to_string(),
                            letter.subscription.clone(),
                            letter.attempts.to_string(),
                            letter.reason.chars().take(80).collect(),
                        ]
                    })
                    .collect();
                print::table(
                    &["ID", "WHEN (UTC)", "SUBSCRIPTION", "TRIES", "REASON"],
                    &rows,
                );
            }
        }
        Command::Show { id, json } => {
            let mut tx = store.sweep().await?;
            let letter = store::messages::dead_letter(&mut tx, id)
                .await
                .with_context(|| missing(id))?;
            if json {
                print::json(&letter);
            } else {
                print::line(serde_json::to_string_pretty(&letter)?);
            }
        }
        Command::Replay { id, json } => {
            let seams = runtime::system_seams();
            let message = store::messages::replay(&store, id, seams.uuid(), seams.now())
                .await
                .with_context(|| missing(id))?;
            if json {
                print::json(
                    &serde_json::json!({ "replayed": id, "message_id": message.id, "topic": message.topic }),
                );
            } else {
                print::note(format!(
                    "Sent again as {} on {}; {} sends it within a minute.",
                    message.id, message.topic, message.source
                ));
            }
        }
    }
    Ok(Outcome::OK)
}

fn missing(id: Uuid) -> String {
    format!("no dead letter {id}: `raptor dlq list --all` shows them")
}
