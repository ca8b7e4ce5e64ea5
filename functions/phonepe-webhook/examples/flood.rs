//! How long a callback takes at a steady rate, and what a flood of forged ones costs. Prints one JSON line;
//! `scripts/bench webhook` runs it.
//!
//! `DATABASE_URL=… cargo run --release -p phonepe-webhook --example flood -- [CALLBACKS_PER_SECOND [SECONDS]]`
//!
//! The function runs in a process of its own, as it is deployed but for a broker that takes each message at
//! once, on a database of its own that it makes on the server of `DATABASE_URL`. Callbacks are sent in
//! time whatever the ones before took, and their latency counts from the moment they were meant to be sent.

use std::io::Write;
use std::process::{ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use domain::billing::{MerchantId, MerchantKind};
use domain::{Seams, WorkspaceId};
use events::{Custody, Message, PublishError, Publisher};
use phonepe::WebhookSettings;
use phonepe::callback::Authenticator;
use serde_json::{Value, json};
use store::{DbRole, Store};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// sha256 of the simulator's user name and password.
const HEADER: &str = "faeb5b5b34607464230a4614a869d0207924c146d3207ad6543f116db1506575";
const FORGED: &str = "faeb5b5b34607464230a4614a869d0207924c146d3207ad6543f116db1506576";
/// Connections that a flood comes over.
const FLOOD: usize = 16;
/// Forged calls a second while latencies are taken beside them.
const BESIDE: u32 = 2_000;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let first = args.next();
    if first.as_deref() == Some("serve") {
        return runtime::block_on(serve());
    }
    runtime::block_on(async {
        let rate: u32 = first.as_deref().unwrap_or("500").parse()?;
        let seconds: u32 = args.next().as_deref().unwrap_or("10").parse()?;
        let report = measure(rate, seconds).await?;
        writeln!(std::io::stdout(), "{report}")?;
        Ok(())
    })
}

/// The function, until its parent is gone. Says its address on standard output.
async fn serve() -> Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let connections = std::env::var("DATABASE_MAX_CONNECTIONS");
    let connections = connections.as_deref().unwrap_or("10").parse()?;
    let store = Store::connect(&url, DbRole::PhonepeWebhook, connections)?;
    phonepe_webhook::attach(&store, Arc::new(Taker));
    let (username, password) = WebhookSettings::SIMULATED;
    let authenticator = Authenticator::new(username, password);
    let deps = phonepe_webhook::Deps::new(store, runtime::system_seams(), authenticator);
    let app = phonepe_webhook::app(&deps, bus::Verify::Off);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    runtime::serve_on(
        listener,
        phonepe_webhook::NAME,
        app,
        runtime::shutdown_signal(),
    )
    .await
}

struct Taker;

#[async_trait]
impl Publisher for Taker {
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        messages.iter().map(|_| Ok(Custody::Released)).collect()
    }
}

/// The function's process, and what it has used so far.
struct Server {
    process: Child,
    address: String,
    database: String,
}

/// Counters at one moment; the difference of two is what lay between.
struct Used {
    cpu: f64,
    round_trips: f64,
    commits: i64,
}

impl Server {
    async fn start() -> Result<Self> {
        let database = testkit::Database::create().await.url().to_owned();
        let mut process = Command::new(std::env::current_exe()?)
            .arg("serve")
            .env("DATABASE_URL", &database)
            .env("EXIT_WITH_PARENT", "1")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut address = String::new();
        let output = process.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut address).await?;
        let address = address.trim().to_owned();
        ensure!(!address.is_empty(), "the function did not start");
        Ok(Self {
            process,
            address,
            database,
        })
    }

    async fn used(&self) -> Result<Used> {
        // A connection's commits are counted when it has been idle for a moment.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let metrics = reqwest::get(format!("http://{}/metrics", self.address)).await?;
        let metrics = metrics.text().await?;
        let round_trips = metrics.lines().find_map(|line| {
            let value = line.strip_prefix("store_round_trips_total ")?;
            value.parse().ok()
        });
        Ok(Used {
            cpu: cpu_seconds(self.process.id().context("the function has ended")?)?,
            round_trips: round_trips.unwrap_or(0.0),
            commits: store::migrate::commits(&self.database).await?,
        })
    }
}

/// Of a process, all threads.
fn cpu_seconds(pid: u32) -> Result<f64> {
    // The kernel's user-visible clock tick is 1/100 s on Linux.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The command is in parentheses and may hold anything: count fields after it.
    let (_, rest) = stat.rsplit_once(')').context("a strange /proc")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<f64>().ok())
    };
    // utime and stime (proc(5), fields 14 and 15).
    let ticks = number(11).zip(number(12)).context("a strange /proc")?;
    Ok((ticks.0 + ticks.1) / TICKS_PER_SECOND)
}

async fn measure(rate: u32, seconds: u32) -> Result<Value> {
    let server = Server::start().await?;
    let address: Arc<str> = server.address.as_str().into();
    let seams = runtime::system_seams();
    let steadily = |rate, seconds, header, status| {
        let callbacks = callbacks(&seams, &address, header, rate * seconds);
        steadily(address.clone(), rate, callbacks, status)
    };
    // Connections, caches and code are warm before anything counts.
    steadily(rate, 2, HEADER, 200).await?;

    let before = server.used().await?;
    let took = steadily(rate, seconds, HEADER, 200).await?;
    let after = server.used().await?;
    let calls = took.len() as f64;
    let steady = json!({
        "per_second": rate,
        "callbacks": took.len(),
        "ms": percentiles(took),
        "cpu_seconds_per_1000": round((after.cpu - before.cpu) / calls * 1e3),
        "round_trips_each": round((after.round_trips - before.round_trips) / calls),
        "commits_each": round((after.commits - before.commits) as f64 / calls),
    });

    let before = after;
    let calls = flood(&address, &seams, Duration::from_secs(seconds.into())).await?;
    let after = server.used().await?;
    let forged = json!({
        "calls": calls,
        "per_second": calls / u64::from(seconds),
        "cpu_seconds_per_1000": round((after.cpu - before.cpu) / calls as f64 * 1e3),
        "round_trips": after.round_trips - before.round_trips,
    });

    let beside = steadily(BESIDE, seconds, FORGED, 401);
    let (took, forged_took) = tokio::join!(steadily(rate, seconds, HEADER, 200), beside);
    Ok(json!({
        "genuine": steady,
        "forged_flat_out": forged,
        "genuine_during_a_flood": {
            "forged_per_second": BESIDE,
            "forged_ms": percentiles(forged_took?),
            "ms": percentiles(took?),
        },
    }))
}

/// Distinct callbacks about distinct payments, as they go over the wire.
fn callbacks(seams: &Seams, address: &str, header: &str, count: u32) -> Vec<Vec<u8>> {
    let workspace_id = WorkspaceId(seams.uuid());
    let callback = |_| {
        let id = MerchantId {
            kind: MerchantKind::Payment,
            workspace_id,
            id: seams.uuid(),
        };
        let body = json!({
            "event": "checkout.order.completed",
            "payload": {
                "merchantId": "RAPTORFLOW",
                "merchantOrderId": id.to_string(),
                "orderId": "OMO2611211200000000000001W",
                "state": "COMPLETED",
                "amount": 353_882,
                "currency": "INR",
                "expireAt": 1_795_260_000_000_i64,
                "metaInfo": { "udf1": "starter" },
                "paymentDetails": [{
                    "transactionId": "OM2611211200000000000002W",
                    "paymentMode": "UPI_INTENT",
                    "timestamp": 1_795_256_500_000_i64,
                    "amount": 353_882,
                    "state": "COMPLETED",
                    "rail": { "type": "UPI", "utr": "632512345678", "vpa": "asha@ybl" },
                    "instrument": { "type": "ACCOUNT", "accountType": "SAVINGS" },
                }],
            },
        })
        .to_string();
        format!(
            "POST {} HTTP/1.1\r\nhost: {address}\r\nauthorization: {header}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            phonepe_webhook::PATH,
            body.len(),
        )
        .into_bytes()
    };
    (0..count).map(callback).collect()
}

/// Sends each in its time, over as many connections as are busy at once.
async fn steadily(
    address: Arc<str>,
    rate: u32,
    callbacks: Vec<Vec<u8>>,
    status: u16,
) -> Result<Vec<Duration>> {
    let idle: Arc<Mutex<Vec<Wire>>> = Arc::default();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    for callback in callbacks {
        // When it was meant to be, also if this task comes late.
        let meant = tick.tick().await;
        let (idle, address) = (idle.clone(), address.clone());
        calls.spawn(async move {
            let wire = idle.lock().ok().and_then(|mut idle| idle.pop());
            let mut wire = match wire {
                Some(wire) => wire,
                None => Wire::connect(&address).await?,
            };
            let answered = wire.call(&callback).await?;
            ensure!(answered == status, "answered {answered}, expected {status}");
            let took = Instant::now() - meant;
            if let Ok(mut idle) = idle.lock() {
                idle.push(wire);
            }
            anyhow::Ok(took)
        });
    }
    calls.join_all().await.into_iter().collect()
}

/// Forged calls one after another on each of a few connections. Returns how many.
async fn flood(address: &Arc<str>, seams: &Seams, time: Duration) -> Result<u64> {
    let until = Instant::now() + time;
    let mut callers = JoinSet::new();
    for _ in 0..FLOOD {
        let address = address.clone();
        let call = callbacks(seams, &address, FORGED, 1).remove(0);
        callers.spawn(async move {
            let mut wire = Wire::connect(&address).await?;
            let mut calls = 0;
            while Instant::now() < until {
                let status = wire.call(&call).await?;
                ensure!(status == 401, "a forged call was answered {status}");
                calls += 1;
            }
            anyhow::Ok(calls)
        });
    }
    callers.join_all().await.into_iter().sum()
}

/// A connection that is kept. As little of HTTP as will do: a client of its own weight would take the
/// processor from the server that is measured.
struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    async fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// The status, when the whole answer is here.
    async fn call(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed");
            }
            let Some(end) = self.buffer.windows(4).position(|at| at == b"\r\n\r\n") else {
                continue;
            };
            let head = std::str::from_utf8(&self.buffer[..end])?;
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let named = name.eq_ignore_ascii_case("content-length");
                named.then(|| value.trim().parse::<usize>().ok())?
            });
            if self.buffer.len() >= end + 4 + length.unwrap_or(0) {
                let status = head.get(9..12).context("no status")?;
                return Ok(status.parse()?);
            }
        }
    }
}

/// Milliseconds.
fn percentiles(mut took: Vec<Duration>) -> Value {
    took.sort_unstable();
    let at = |percent: usize| {
        let at = (took.len() * percent / 100).min(took.len().saturating_sub(1));
        round(took.get(at).map_or(0.0, |took| took.as_secs_f64() * 1e3))
    };
    json!({ "p50": at(50), "p95": at(95), "p99": at(99), "max": at(100) })
}

fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
