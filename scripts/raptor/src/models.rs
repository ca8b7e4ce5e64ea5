//! `raptor models`

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use clap::Subcommand;
use llm::doctor::{self, Report};
use llm::{Gateway, Tier, Usage};

use crate::{Outcome, print};

/// How long a probe waits for one model's answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Models: whether all is well with them, which there are, what a call costs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor models doctor --probe && raptor models list")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Doctor(DoctorArgs),
    List(ListArgs),
    Price(PriceArgs),
}

/// Say whether every configured model can be named, priced and, with --probe, asked. Ends with 1 when
/// something is wrong now.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor models doctor\n  \
    LLM_PROVIDERS=gemini-api raptor models doctor --probe --json | jq '.findings[]'\n\
    Prices that end soon and the like are warnings: they change no exit code.")]
struct DoctorArgs {
    /// Ask each model one tiny question. It costs what the answers say.
    #[arg(long)]
    probe: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: llm::Settings,
}

/// List every model that is known, with today's price in US dollars per million tokens.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor models list --json | jq -r '.[] | select(.configured) | .model'"
)]
struct ListArgs {
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: llm::Settings,
}

/// Say what a call costs at every model that a name means, configured or not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor models price standard --input 12000 --cached 8000 --output 900\n  \
    raptor models price gemini-3.8-flash --input 1000000 --on 2027-01-01 --json")]
struct PriceArgs {
    /// An alias such as standard, a model's id, or provider/id.
    model: String,
    /// Tokens read, cached ones included.
    #[arg(long, value_name = "N")]
    input: u64,
    /// Those of them that the provider had in its cache.
    #[arg(long, value_name = "N", default_value_t = 0)]
    cached: u64,
    /// Tokens of the answer.
    #[arg(long, value_name = "N", default_value_t = 0)]
    output: u64,
    /// Tokens of thinking before it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    thinking: u64,
    /// The day, as in 2027-01-01 (UTC). Today when not given.
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: llm::Settings,
}

pub async fn models(args: Args) -> Result<Outcome> {
    match args.command {
        Command::Doctor(args) => examine(&args).await,
        Command::List(args) => {
            let list = doctor::list(&gateway(&args.models)?);
            show(&list, args.json);
            Ok(Outcome::OK)
        }
        Command::Price(args) => {
            let usage = Usage {
                input: args.input,
                cached_input: args.cached,
                output: args.output,
                thinking: args.thinking,
                ..Usage::default()
            };
            let gateway = gateway(&args.models)?;
            let quotes = doctor::price(&gateway, &args.model, &usage, args.on, Tier::Standard)?;
            show(&quotes, args.json);
            Ok(Outcome::OK)
        }
    }
}

async fn examine(args: &DoctorArgs) -> Result<Outcome> {
    let gateway = gateway(&args.models)?;
    let report = doctor::examine(&gateway, args.probe.then_some(PATIENCE)).await;
    if !args.json && !report.offline {
        print::line(format_args!("Providers: {}\n", providers(&report)));
    }
    show(&report, args.json);
    if args.probe {
        print::note(format_args!("The probes cost {}.", report.cost()));
    }
    Ok(if report.is_healthy() {
        Outcome::OK
    } else {
        Outcome::BAD
    })
}

/// Those that are configured. The offline one is always there.
fn providers(report: &Report) -> String {
    let all = report.models.iter().map(|model| model.provider.as_str());
    let named: BTreeSet<&str> = all.filter(|provider| *provider != "offline").collect();
    named.into_iter().collect::<Vec<_>>().join(", ")
}

fn gateway(models: &llm::Settings) -> Result<Gateway> {
    let project = std::env::var("GCP_PROJECT_ID").ok();
    models
        .gateway(project.as_deref(), runtime::system_seams().clock)
        .context("the models can't be set up")
}

fn show(answer: &(impl std::fmt::Display + serde::Serialize), json: bool) {
    if json {
        print::json(answer);
    } else {
        print::line(answer.to_string().trim_end());
    }
}
