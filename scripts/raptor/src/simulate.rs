//! `raptor simulate`

mod gst;
mod phonepe;

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use testkit::models::{Fails, Reply, Script};
use testkit::search::{self, Engine};
use tokio::net::TcpListener;

use crate::{Outcome, print};

/// Stand-ins for outside systems, speaking their wire formats.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor simulate llm --port 9100 & raptor simulate search --port 9200 & raptor simulate phonepe --port 9300 & raptor simulate gst --port 9400"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Llm(LlmArgs),
    Search(SearchArgs),
    Phonepe(phonepe::Args),
    Gst(gst::Args),
}

/// Fake model providers, all on one port: Gemini on Vertex AI, Gemini by API key, Claude on Vertex AI,
/// OpenAI and local servers. They answer every request that a schema allows, calling a declared tool
/// first, and refuse what the real ones refuse.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct LlmArgs {
    /// The port to listen on; 0 takes a free one. The address is the first line printed.
    #[arg(long, default_value_t = 9100)]
    port: u16,
    /// How long each answer takes to begin.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// How long a streamed answer waits between two events.
    #[arg(long, default_value_t = 0)]
    pace_ms: u64,
    /// Answer like this: a status such as 404, or auto, 429, 500, overloaded, stall, stall-after,
    /// error-after, cut, cut-before-usage, no-usage, slow, blocked, think, malformed, unknown,
    /// reordered.
    #[arg(long, value_name = "REPLY", default_value = "auto", value_parser = str::parse::<Reply>)]
    reply: Reply,
    /// Only this share of the time, from 0 to 1; the rest is answered well. Without --reply it is 500
    /// that they fail with.
    #[arg(long, value_name = "SHARE")]
    fail: Option<f64>,
    /// Know this model as well; on the OpenAI wire it is a local server's. May be given again.
    #[arg(long = "model", value_name = "ID")]
    models: Vec<String>,
}

const EXAMPLES: &str = r#"Examples:
  All of RaptorFlow on Gemini:
    raptor simulate llm --port 9100 &
    LLM_VERTEX_BASE_URL=http://127.0.0.1:9100 LLM_VERTEX_ACCESS_TOKEN=t GCP_PROJECT_ID=p scripts/run
  The same on every provider, so that aliases fall over from one to the next:
    LLM_PROVIDERS=vertex,vertex-anthropic,gemini-api,openai GCP_PROJECT_ID=p GEMINI_API_KEY=k OPENAI_API_KEY=k \
      LLM_VERTEX_BASE_URL=http://127.0.0.1:9100 LLM_GEMINI_BASE_URL=http://127.0.0.1:9100 \
      LLM_OPENAI_BASE_URL=http://127.0.0.1:9100 scripts/run
  A provider that fails one time in five, and one that never answers:
    raptor simulate llm --fail 0.2 --reply 429
    raptor simulate llm --reply stall
  Gemini on Vertex AI:
    curl -sH 'authorization: Bearer t' -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}' \
      http://127.0.0.1:9100/v1/projects/p/locations/global/publishers/google/models/gemini-3.8-flash:generateContent
  Gemini by API key, streamed:
    curl -sH 'x-goog-api-key: k' -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}' \
      'http://127.0.0.1:9100/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse'
  Claude on Vertex AI:
    curl -sH 'authorization: Bearer t' -d '{"anthropic_version":"vertex-2023-10-16","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}' \
      http://127.0.0.1:9100/v1/projects/p/locations/global/publishers/anthropic/models/claude-haiku-5-5:rawPredict
  OpenAI, and a local server (any NAME:TAG is there, without a key):
    curl -sH 'authorization: Bearer k' -d '{"model":"gpt-6.1-terra","messages":[{"role":"user","content":"hi"}]}' \
      http://127.0.0.1:9100/v1/chat/completions
    curl -sd '{"model":"qwen3:8b","stream":true,"messages":[{"role":"user","content":"hi"}]}' \
      http://127.0.0.1:9100/v1/chat/completions"#;

/// Fake search engines.
///
/// All are on one port: the Brave Search API, Google's Custom Search, DuckDuckGo's page without scripts,
/// and SEMrush's keywords. They find invented businesses, the same for the same query.
#[derive(Debug, clap::Args)]
#[command(after_help = SEARCH_EXAMPLES)]
struct SearchArgs {
    /// The port to listen on; 0 takes a free one. The address is the first line printed.
    #[arg(long, default_value_t = 9200)]
    port: u16,
    /// Let an engine, one of brave, google, duckduckgo and semrush, always answer like this: a status
    /// from 400 to 599, stall, nothing, garbage, or anomaly (DuckDuckGo's question whether a person is
    /// there). May be given again.
    #[arg(long, value_name = "ENGINE=REPLY", value_parser = str::parse::<Failing>)]
    fail: Vec<Failing>,
}

const SEARCH_EXAMPLES: &str = r#"Examples:
  All of RaptorFlow on them (any key will do):
    raptor simulate search --port 9200 &
    SEARCH_BRAVE_API_KEY=k SEARCH_BRAVE_BASE_URL=http://127.0.0.1:9200 \
      SEARCH_GOOGLE_API_KEY=k SEARCH_GOOGLE_CX=c SEARCH_GOOGLE_BASE_URL=http://127.0.0.1:9200 \
      SEARCH_DUCKDUCKGO_BASE_URL=http://127.0.0.1:9200 \
      SEMRUSH_API_KEY=k SEMRUSH_BASE_URL=http://127.0.0.1:9200 scripts/run
  One engine that refuses and one that never answers:
    raptor simulate search --fail brave=429 --fail duckduckgo=stall
  Brave, Google, DuckDuckGo and SEMrush by hand:
    curl -sH 'x-subscription-token: k' 'http://127.0.0.1:9200/res/v1/web/search?q=sarees'
    curl -s 'http://127.0.0.1:9200/customsearch/v1?key=k&cx=c&q=sarees'
    curl -s 'http://127.0.0.1:9200/html/?q=sarees'
    curl -s 'http://127.0.0.1:9200/?type=phrase_these&key=k&phrase=sarees&database=in'"#;

/// An engine and what it answers.
#[derive(Debug, Clone)]
struct Failing {
    engine: Engine,
    reply: search::Reply,
}

impl FromStr for Failing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (engine, reply) = text
            .split_once('=')
            .ok_or("expected ENGINE=REPLY, as in brave=429")?;
        let engine = match engine {
            "brave" => Engine::Brave,
            "google" => Engine::Google,
            "duckduckgo" => Engine::DuckDuckGo,
            "semrush" => Engine::Semrush,
            other => {
                return Err(format!(
                    "{other:?} is none of brave, google, duckduckgo and semrush"
                ));
            }
        };
        let reply = match reply {
            "stall" => search::Reply::Stall,
            "nothing" => search::Reply::Nothing,
            "garbage" => search::Reply::Garbage,
            "anomaly" => search::Reply::Anomaly,
            status => match status.parse() {
                Ok(status @ 400..=599) => search::Reply::Refused(status),
                _ => {
                    return Err(format!(
                        "{status:?} is neither a status from 400 to 599 nor stall, nothing, garbage or anomaly"
                    ));
                }
            },
        };
        Ok(Self { engine, reply })
    }
}

pub async fn simulate(args: Args) -> Result<Outcome> {
    match args.command {
        Command::Llm(args) => llm(args).await,
        Command::Search(args) => search(args).await,
        Command::Phonepe(args) => phonepe::simulate(args).await,
        Command::Gst(args) => gst::simulate(args).await,
    }
}

async fn llm(args: LlmArgs) -> Result<Outcome> {
    let mut script = Script {
        delay: Duration::from_millis(args.delay_ms),
        pace: Duration::from_millis(args.pace_ms),
        models: args.models,
        ..Script::auto()
    };
    match args.fail {
        Some(share) if (0.0..=1.0).contains(&share) => {
            let with = match args.reply {
                Reply::Auto => Reply::ServerError,
                reply => reply,
            };
            script.fails = Some(Fails::new(share, with));
        }
        Some(share) => bail!("--fail {share} is no share: give a number from 0 to 1"),
        None => script.then = args.reply,
    }
    let listener = listen(args.port).await?;
    testkit::models::serve(listener, script, runtime::shutdown_signal()).await?;
    Ok(Outcome::OK)
}

async fn search(args: SearchArgs) -> Result<Outcome> {
    let failing = args.fail.into_iter();
    let script = failing.fold(search::Script::auto(), |script, failing| {
        script.always(failing.engine, failing.reply)
    });
    let listener = listen(args.port).await?;
    search::serve(listener, script, runtime::shutdown_signal()).await?;
    Ok(Outcome::OK)
}

/// Takes the port and prints the address.
async fn listen(port: u16) -> Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("can't listen on port {port}: choose another with --port"))?;
    print::line(format!("http://{}", listener.local_addr()?));
    Ok(listener)
}
