//! What the gateway adds to a model call: `Gateway::generate` beside a bare POST of the same bytes to
//! the same fake provider, at the same steady rate, in turns of one second. Prints one JSON line.
//!
//! `cargo run --release -p llm --example overhead -- [CALLS_PER_SECOND [SECONDS]]`

// Only some of the fake is needed here.
#[path = "../../testkit/src/models/mod.rs"]
#[expect(dead_code, unused_imports, reason = "not everything is used here")]
mod models;

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt;
use llm::{Control, Request, Settings, ToolSpec, Turn};
use models::{FakeModels, Reply, Script, Seen};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

type Failure = Box<dyn Error + Send + Sync>;

/// Prices need a day; time itself is not measured with it.
struct Noon;

impl domain::Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a valid moment")
    }
}

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let rate: u32 = args.next().as_deref().unwrap_or("1000").parse()?;
    let seconds: u32 = args.next().as_deref().unwrap_or("10").parse()?;
    let fake = fake()?;
    // The gateway has one thread, the fake another: more would fight over a small machine's cores.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(measure(&fake, rate, seconds))?;
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

/// A fake on a thread of its own, for as long as the process lives.
fn fake() -> Result<FakeModels, Failure> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> Result<(), std::io::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async move {
            let script = Script::always(Reply::Json(answer()));
            // Nobody listens when the main thread has failed already.
            let _ = tell.send(FakeModels::start(script).await);
            std::future::pending::<()>().await;
        });
        Ok(())
    });
    Ok(told.recv()?)
}

async fn measure(fake: &FakeModels, rate: u32, seconds: u32) -> Result<Value, Failure> {
    let settings = Settings {
        llm_vertex_base_url: Some(fake.base_url()),
        ..Settings::default()
    };
    let gateway = Arc::new(settings.gateway(Some("bench"), Arc::new(Noon))?);
    let request = Arc::new(request());
    let through = || {
        let (gateway, request) = (gateway.clone(), request.clone());
        async move {
            let control = Control::within(Duration::from_secs(30));
            gateway.generate(&request, &control, &mut |_| {}).await?;
            Ok(())
        }
    };
    // What the gateway sends is what is sent without it.
    through().await?;
    let sample = fake.requests().pop().ok_or("the fake saw no request")?;
    let bare = Arc::new(Bare::new(&fake.base_url(), &sample)?);
    let beside = || {
        let bare = bare.clone();
        async move { bare.post().await }
    };
    // Connections, caches and code are warm before anything counts.
    steadily(rate, beside).await?;
    steadily(rate, through).await?;
    let (mut with, mut without, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..seconds {
        let bare = steadily(rate, beside).await?;
        let gateway = steadily(rate, through).await?;
        let (low, high) = (percentiles(&bare), percentiles(&gateway));
        added.push([0, 1, 2].map(|at| high[at] - low[at]));
        without.extend(bare);
        with.extend(gateway);
    }
    Ok(json!({
        "model_calls_per_second": rate,
        "model_calls": with.len(),
        "request_bytes": bare.body.len(),
        "through_gateway_ms": told(percentiles(&with)),
        "bare_post_ms": told(percentiles(&without)),
        // The middle of all turns: one second in which the machine was busy with something else
        // decides nothing.
        "gateway_overhead_ms": told(middle(&added)),
    }))
}

/// One second of calls, each begun in time whatever the others take.
async fn steadily<F, C>(rate: u32, call: F) -> Result<Vec<Duration>, Failure>
where
    F: Fn() -> C,
    C: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    for _ in 0..rate {
        tick.tick().await;
        let call = call();
        calls.spawn(async move {
            let began = Instant::now();
            call.await.map(|()| began.elapsed())
        });
    }
    calls.join_all().await.into_iter().collect()
}

/// The same bytes to the same place, and the answer read to its end, by the HTTP client alone.
struct Bare {
    http: reqwest::Client,
    url: String,
    authorization: String,
    body: Vec<u8>,
}

impl Bare {
    fn new(base_url: &str, sample: &Seen) -> Result<Self, Failure> {
        let Seen {
            project,
            location,
            model,
            method,
            ..
        } = sample;
        let query = if method.starts_with("stream") {
            "?alt=sse"
        } else {
            ""
        };
        let url = format!(
            "{base_url}/v1/projects/{project}/locations/{location}/publishers/google/models/{model}:{method}{query}"
        );
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            url,
            authorization: sample.authorization.clone().unwrap_or_default(),
            body: serde_json::to_vec(&sample.body)?,
        })
    }

    async fn post(&self) -> Result<(), Failure> {
        let request = self.http.post(&self.url);
        let request = request.header("authorization", &self.authorization);
        let request = request.header("content-type", "application/json");
        let response = request.body(self.body.clone()).send().await?;
        let mut chunks = response.error_for_status()?.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            chunk?;
        }
        Ok(())
    }
}

/// Milliseconds at p50, p95 and p99.
fn percentiles(took: &[Duration]) -> [f64; 3] {
    let mut took = took.to_vec();
    took.sort_unstable();
    [50, 95, 99].map(|percent| {
        let at = (took.len() * percent / 100).min(took.len().saturating_sub(1));
        took.get(at).map_or(0.0, |took| took.as_secs_f64() * 1e3)
    })
}

/// The median at each percentile.
fn middle(turns: &[[f64; 3]]) -> [f64; 3] {
    [0, 1, 2].map(|at| {
        let mut values: Vec<f64> = turns.iter().map(|turn| turn[at]).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    })
}

fn told(values: [f64; 3]) -> Value {
    let [p50, p95, p99] = values.map(|value| (value * 1e3).round() / 1e3);
    json!({ "p50": p50, "p95": p95, "p99": p99 })
}

/// As large as a skill's: a page of instructions, three tools, a schema, a question.
fn request() -> Request {
    let tool = |name: &str| ToolSpec {
        name: name.to_owned(),
        description: "Looks up what the campaign needs and answers with a short list.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "query": { "type": "string", "description": "What to look for." },
                "limit": { "type": "integer", "minimum": 1, "maximum": 20 },
            },
            "required": ["query"],
            "additionalProperties": false,
        }),
    };
    let rule = "Numbers come from tools, never from memory. Write for shop owners in small towns. ";
    Request {
        model: "gemini-3.8-flash".to_owned(),
        system: rule.repeat(50),
        turns: vec![Turn::user(
            "Plan a Diwali campaign for my handloom store in Jaipur",
        )],
        tools: ["festival_calendar", "web_search", "keyword_data"]
            .map(tool)
            .to_vec(),
        output_schema: Some(json!({
            "type": "object",
            "properties": {
                "summary": { "type": "string" },
                "ideas": { "type": "array", "items": { "type": "string" } },
            },
            "required": ["summary", "ideas"],
            "additionalProperties": false,
        })),
        max_output_tokens: 2_000,
        ..Request::default()
    }
}

fn answer() -> Value {
    let idea =
        "A hamper of block-printed dupattas with sweets from the old city, sold by WhatsApp.";
    json!({ "summary": idea, "ideas": vec![idea; 10] })
}
