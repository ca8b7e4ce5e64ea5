//! raptor: RaptorFlow at the command line. Runs it on one machine, migrates its database, looks at
//! what happened, and puts load on it.

mod choose;
mod dev;
mod dlq;
mod events;
mod gateway;
mod gst;
mod load;
mod local;
mod migrate;
mod models;
mod money;
mod print;
mod run;
mod separate;
mod simulate;
mod skills;
mod token;
mod up;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// RaptorFlow at the command line.
#[derive(Debug, Parser)]
#[command(
    name = "raptor",
    version,
    after_help = "Example: raptor run \"Plan a Diwali campaign for my handloom store in Jaipur\""
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve everything on this machine.
    Up(up::Args),
    /// Run one request to its end and print the answer and its cost.
    Run(run::Args),
    /// Print what happened to an execution, and what the log rebuilds.
    Events(events::Args),
    /// Messages that ran out of retries: list, show, replay.
    Dlq(dlq::Args),
    /// Apply migrations, make partitions, grant roles to logins.
    Migrate(migrate::Args),
    /// Print a development token (making its user and workspace if needed).
    Token(token::Args),
    /// Put load on a running RaptorFlow and measure it.
    Load(load::Args),
    /// Stand-ins for outside systems.
    Simulate(simulate::Args),
    /// Choose skills for a request, without a model.
    Route(choose::Args),
    /// Work on skill files.
    Skills(Box<skills::Args>),
    /// Check GST numbers and split supplies, as JSON lines.
    Gst(gst::Args),
    /// Whether the books fit, what is earned, and what is done about payments and workspaces.
    Money(Box<money::Args>),
    /// Models: whether all is well with them, which there are, what a call costs.
    Models(Box<models::Args>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let code = std::sync::Arc::new(std::sync::atomic::AtomicU8::new(0));
    let set = code.clone();
    let ended = runtime::block_on(async move {
        let outcome = match cli.command {
            Command::Up(args) => up::up(args).await,
            Command::Run(args) => run::run(args).await,
            Command::Events(args) => events::events(args).await,
            Command::Dlq(args) => dlq::dlq(args).await,
            Command::Migrate(args) => migrate::migrate(args).await,
            Command::Token(args) => token::token(args).await,
            Command::Load(args) => load::load(args).await,
            Command::Simulate(args) => simulate::simulate(args).await,
            Command::Route(args) => choose::choose(&args),
            Command::Skills(args) => skills::skills(*args).await,
            Command::Gst(args) => gst::gst(&args),
            Command::Money(args) => money::money(*args).await,
            Command::Models(args) => models::models(*args).await,
        }?;
        set.store(outcome.0, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    });
    match code.load(std::sync::atomic::Ordering::Relaxed) {
        0 => ended,
        code => ExitCode::from(code),
    }
}

/// What the process ends with when nothing broke: 0, or another number that a script can tell from.
pub struct Outcome(pub u8);

impl Outcome {
    pub const OK: Self = Self(0);
    /// The thing asked about did not go well (an execution failed, a check found errors).
    pub const BAD: Self = Self(1);
}
