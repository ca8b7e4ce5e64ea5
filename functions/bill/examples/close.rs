//! How long the closing of a month takes, and how little memory, for more and more workspaces. Prints one
//! JSON line; `scripts/bench close` runs it.
//!
//! `DATABASE_URL=… cargo run --release -p bill --example close -- [WORKSPACES …]`
//!
//! Each size has a database of its own, filled on the server of `DATABASE_URL`, and is closed by a process
//! of its own, whose peak memory the kernel tells. Without arguments: 1,000, 10,000 and 100,000.

use std::io::Write;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bill::close::{Limits, close, due, last_over};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::{DbRole, Store};
use tokio::process::Command;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|first| first == "run").is_some() {
        return runtime::block_on(run());
    }
    runtime::block_on(async {
        let mut sizes: Vec<u32> = args.map(|size| Ok(size.parse()?)).collect::<Result<_>>()?;
        if sizes.is_empty() {
            sizes = vec![1_000, 10_000, 100_000];
        }
        let mut runs = vec![];
        for size in sizes {
            runs.push(measure(size).await?);
        }
        writeln!(std::io::stdout(), "{}", json!({ "close_month": runs }))?;
        Ok(())
    })
}

/// Fills a database and has its last month closed.
async fn measure(size: u32) -> Result<Value> {
    let database = testkit::Database::create().await;
    let first = last_over(runtime::system_seams().now()).first_day();
    let sql = include_str!("fill.sql")
        .replace(":size", &size.to_string())
        .replace(":first", &first.to_string());
    let mut owner = PgConnection::connect(database.url()).await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut owner)
        .await?;
    owner.close().await?;
    let output = Command::new(std::env::current_exe()?)
        .arg("run")
        .env("DATABASE_URL", database.url())
        .stderr(Stdio::inherit())
        .output()
        .await?;
    ensure!(output.status.success(), "the month was not closed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Closes the last month, as bill does but without its pauses.
async fn run() -> Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let store = Store::connect(&url, DbRole::Bill, 2)?;
    let seams = runtime::system_seams();
    store.ping().await?;
    let idle_mb = peak_mb()?;
    let limits = Limits {
        longest: None,
        ..Limits::default()
    };
    let began = Instant::now();
    let mut pages = 0;
    let months = due(&store, &seams).await?;
    let closed = close(&store, &seams, months, limits, |_| pages += 1).await?;
    let seconds = began.elapsed().as_secs_f64();
    let month = closed.months.first().context("nothing was closed")?;
    ensure!(month.finished_at.is_some(), "the month is not finished");
    let report = json!({
        "workspaces": month.looked_at,
        "reports": month.reports,
        "pages": pages,
        "seconds": rounded(seconds),
        "cpu_seconds": rounded(cpu_seconds()?),
        "idle_mb": rounded(idle_mb),
        "peak_mb": rounded(peak_mb()?),
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The most memory that this process has had.
fn peak_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|rest| rest.split_whitespace().next());
    Ok(kilobytes.context("a strange /proc")?.parse::<f64>()? / 1024.0)
}

/// Of this process, all threads.
fn cpu_seconds() -> Result<f64> {
    // The kernel's user-visible clock tick is 1/100 s on Linux.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The command is in parentheses and may hold anything: count fields after it.
    let (_, rest) = stat.rsplit_once(')').context("a strange /proc")?;
    // utime and stime (proc(5), fields 14 and 15).
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS_PER_SECOND)
}
