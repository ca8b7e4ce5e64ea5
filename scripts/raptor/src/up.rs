//! `raptor up`

use anyhow::Result;

use crate::local::{Local, Options};
use crate::{Outcome, print, separate};

/// Serve everything on this machine until it is stopped: all functions in one process behind one
/// port with the embedded broker, or with --separate one process and port each.
///
/// Needs DATABASE_URL; scripts/run starts a private PostgreSQL and sets it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: PORT=9000 raptor up")]
pub struct Args {
    /// The port of the API; 0 takes a free one.
    #[arg(long, env = "PORT", default_value_t = 8080)]
    port: u16,
    /// One process and port a function, as in the cloud. A process that ends is started again.
    #[arg(long)]
    separate: bool,
    /// With --separate: carry messages over Pub/Sub (PUBSUB_EMULATOR_HOST), not the embedded broker.
    #[arg(long, requires = "separate")]
    pubsub: bool,
    /// Print one JSON object with the addresses when everything is ready.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    local: Options,
}

pub async fn up(args: Args) -> Result<Outcome> {
    if args.separate {
        return separate::up(&args.local, args.port, args.pubsub, args.json).await;
    }
    let local = Local::start(&args.local, args.port).await?;
    let token = local.token()?;
    if args.json {
        print::json(
            &serde_json::json!({ "address": local.address(), "token": token, "pid": std::process::id() }),
        );
    } else {
        let gateway = local.gateway().describe();
        welcome(&local.address(), &token, local.models(), &gateway);
    }
    local.stopped().await;
    local.stop().await;
    Ok(Outcome::OK)
}

/// What a newcomer needs to make the first request.
pub fn welcome(address: &str, token: &str, models: &str, gateway: &str) {
    print::line(format!(
        "RaptorFlow is at {address}   (documentation: {address}/docs, model: {models})
{gateway}.

Try it:
  curl -sS {address}/v1/agents/execute \\
    -H 'Authorization: Bearer {token}' \\
    -H 'Content-Type: application/json' \\
    -d '{{\"prompt\": \"Plan a Diwali campaign for my handloom store in Jaipur\"}}'

Development token (30 minutes; `raptor token` prints a new one):
  {token}

Ctrl-C stops it."
    ));
}
