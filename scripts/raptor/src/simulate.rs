//! `raptor simulate`

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::{Outcome, print};

/// Stand-ins for outside systems, speaking their wire formats.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor simulate llm --port 9100 &  LLM_VERTEX_BASE_URL=http://127.0.0.1:9100 LLM_VERTEX_ACCESS_TOKEN=t GCP_PROJECT_ID=p scripts/run"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A fake Vertex AI: answers every request that a schema allows, calling a declared tool first.
    Llm {
        /// The port to listen on; 0 takes a free one.
        #[arg(long, default_value_t = 9100)]
        port: u16,
        /// How long each answer takes.
        #[arg(long, default_value_t = 0)]
        delay_ms: u64,
    },
}

pub async fn simulate(args: Args) -> Result<Outcome> {
    let Command::Llm { port, delay_ms } = args.command;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("can't listen on port {port}: choose another with --port"))?;
    print::line(format!("http://{}", listener.local_addr()?));
    let mut script = testkit::vertex::Script::auto();
    script.delay = std::time::Duration::from_millis(delay_ms);
    testkit::vertex::serve(listener, script, runtime::shutdown_signal()).await?;
    Ok(Outcome::OK)
}
