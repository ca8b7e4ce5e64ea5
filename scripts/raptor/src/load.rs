//! `raptor load`

mod client;
mod procs;
mod report;
mod verify;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, MissedTickBehavior};

use self::client::Client;
use self::report::{Latencies, Report};
use crate::{Outcome, dev, local, print};

/// Put load on a running RaptorFlow and measure it: submissions and executions per second, latencies,
/// commits and round trips, CPU and memory.
///
/// Needs the DATABASE_URL and the signing key of the RaptorFlow it loads: it makes its own users and
/// workspaces there, on the largest tier.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor load --executions 10000 --concurrency 64 --json")]
pub struct Args {
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// How many executions to submit.
    #[arg(long, default_value_t = 1_000)]
    executions: u64,
    /// Submissions under way at once (without --rate).
    #[arg(long, default_value_t = 32)]
    concurrency: u64,
    /// Submissions a second, at a steady pace whatever the answers take.
    #[arg(long)]
    rate: Option<f64>,
    /// Workspaces to spread them over.
    #[arg(long, default_value_t = 32)]
    workspaces: usize,
    #[arg(
        long,
        default_value = "Plan a Diwali campaign for my handloom store in Jaipur"
    )]
    prompt: String,
    /// Name the skill, in place of routing.
    #[arg(long)]
    skill: Option<String>,
    /// Watch every n-th execution to its end through the API, asking each millisecond.
    #[arg(long, default_value_t = 10)]
    sample: u64,
    /// The process to measure, with its children.
    #[arg(long)]
    server_pid: Option<u32>,
    /// The database's process to measure, with its children.
    #[arg(long)]
    postgres_pid: Option<u32>,
    /// Give up waiting for executions to finish after this many seconds.
    #[arg(long, default_value_t = 120)]
    patience: u64,
    /// Keep trying a submission until it is accepted, under one idempotency key.
    #[arg(long)]
    surely: bool,
    /// At the end, look into the database: each accepted execution finished exactly once, the ledger
    /// balances, no hold and no outbox row is left. Ends with 1 if not.
    #[arg(long)]
    verify: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn load(args: Args) -> Result<Outcome> {
    if args.workspaces == 0 || args.executions == 0 {
        bail!("--workspaces and --executions must be at least 1");
    }
    let url = dev::database_url()?;
    let operator = dev::operator_store(&url)?;
    let clients = Arc::new(clients(&args, &url).await?);
    if args.surely {
        return under_fire(&args, &clients, &operator).await;
    }
    // One request each, so that connections, caches and prepared statements are there.
    for client in clients.iter() {
        client
            .submit()
            .await
            .context("the first submission failed")?;
    }
    wait_idle(&operator, Duration::from_secs(args.patience)).await?;

    let before = procs::measure(&args.url, &url, args.server_pid, args.postgres_pid).await?;
    let bar = progress(args.executions);
    let started = Instant::now();
    let latencies = match args.rate {
        Some(rate) => steady(&args, rate, &clients, &bar).await?,
        None => flat_out(&args, &clients, &bar).await?,
    };
    let submitted_in = started.elapsed();
    wait_idle(&operator, Duration::from_secs(args.patience)).await?;
    let done_in = started.elapsed();
    bar.finish_and_clear();
    let after = procs::measure(&args.url, &url, args.server_pid, args.postgres_pid).await?;

    let report = Report::new(
        args.executions,
        submitted_in,
        done_in,
        latencies,
        &before,
        &after,
    );
    if args.json {
        print::json(&report)
    } else {
        report.print()
    }
    if args.verify {
        verify::verify(&operator, None).await
    } else {
        Ok(Outcome::OK)
    }
}

/// Submits while the system is being shot at: only what comes of it counts.
async fn under_fire(
    args: &Args,
    clients: &Arc<Vec<Client>>,
    operator: &store::Store,
) -> Result<Outcome> {
    let seams = runtime::system_seams();
    let patience = Duration::from_secs(args.patience);
    let bar = progress(args.executions);
    let permits = Arc::new(tokio::sync::Semaphore::new(usize::try_from(
        args.concurrency,
    )?));
    let tasks: Vec<_> = (0..args.executions)
        .map(|n| {
            let (clients, permits, bar) = (clients.clone(), permits.clone(), bar.clone());
            let key = seams.uuid().to_string();
            tokio::spawn(async move {
                let _permit = permits.acquire_owned().await?;
                let id = pick(&clients, n).submit_surely(&key, patience).await?;
                bar.inc(1);
                Ok::<_, anyhow::Error>(id)
            })
        })
        .collect();
    let mut accepted = std::collections::BTreeSet::new();
    for task in tasks {
        accepted.insert(task.await??);
    }
    bar.finish_and_clear();
    if u64::try_from(accepted.len())? != args.executions {
        bail!(
            "{} submissions were answered with {} executions",
            args.executions,
            accepted.len()
        );
    }
    print::note(format!(
        "{} accepted; waiting for their ends",
        accepted.len()
    ));
    wait_idle(operator, patience).await?;
    verify::verify(operator, Some(&accepted)).await
}

fn progress(length: u64) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}")
        .expect("the template is constant");
    indicatif::ProgressBar::new(length).with_style(style)
}

async fn clients(args: &Args, url: &str) -> Result<Vec<Client>> {
    let seams = runtime::system_seams();
    let store = dev::ingress_store(url)?;
    let signer = local::signer(&dev::signing_key(&dev::home(), &seams)?)?;
    let http = reqwest::Client::builder()
        .pool_max_idle_per_host(1_024)
        .tcp_nodelay(true)
        .build()?;
    let mut clients = Vec::with_capacity(args.workspaces);
    for n in 0..args.workspaces {
        let email = format!("load-{n}@raptorflow.local");
        let person = dev::person(&store, &seams, &email, "Load", domain::Tier::Enterprise).await?;
        let token = local::issue(&signer, person.user, &seams).token;
        clients.push(Client::new(
            http.clone(),
            &args.url,
            &token,
            &args.prompt,
            args.skill.as_deref(),
        ));
    }
    store.close().await;
    Ok(clients)
}

/// As many submissions as the server takes, `concurrency` at a time.
async fn flat_out(
    args: &Args,
    clients: &Arc<Vec<Client>>,
    bar: &indicatif::ProgressBar,
) -> Result<Latencies> {
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..args.concurrency)
        .map(|_| {
            let (next, clients, bar, count) =
                (next.clone(), clients.clone(), bar.clone(), args.executions);
            tokio::spawn(async move {
                let mut latencies = Latencies::default();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        return Ok::<_, anyhow::Error>(latencies);
                    }
                    let started = Instant::now();
                    pick(&clients, n).submit().await?;
                    latencies.submit.push(started.elapsed());
                    bar.inc(1);
                }
            })
        })
        .collect();
    let mut all = Latencies::default();
    for worker in workers {
        all.extend(worker.await??);
    }
    Ok(all)
}

/// A submission every 1/rate seconds; every n-th is watched to its end.
async fn steady(
    args: &Args,
    rate: f64,
    clients: &Arc<Vec<Client>>,
    bar: &indicatif::ProgressBar,
) -> Result<Latencies> {
    if !(rate > 0.0 && rate <= 100_000.0) {
        bail!("--rate must be more than 0 and at most 100000");
    }
    let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut tasks = Vec::new();
    for n in 0..args.executions {
        tick.tick().await;
        let (clients, bar, watched) = (clients.clone(), bar.clone(), n % args.sample.max(1) == 0);
        tasks.push(tokio::spawn(async move {
            let mut latencies = Latencies::default();
            let client = pick(&clients, n);
            let started = Instant::now();
            let id = client.submit().await?;
            latencies.submit.push(started.elapsed());
            if watched {
                client.finished(&id).await?;
                latencies.complete.push(started.elapsed());
            }
            bar.inc(1);
            Ok::<_, anyhow::Error>(latencies)
        }));
    }
    let mut all = Latencies::default();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}

fn pick(clients: &[Client], n: u64) -> &Client {
    &clients[usize::try_from(n).unwrap_or(0) % clients.len()]
}

/// Waits until no hold is open: an execution's hold is settled when it has finished.
async fn wait_idle(operator: &store::Store, patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        let open = async {
            let mut tx = operator.sweep().await?;
            let open = store::ledger::any_hold(&mut tx).await?;
            tx.rollback().await?;
            Ok::<_, store::StoreError>(open)
        };
        match open.await {
            Ok(false) => return Ok(()),
            Ok(true) if Instant::now() > deadline => {
                let open = verify::open_work(operator).await?;
                bail!(
                    "{} executions and {} holds are still open after {patience:?}",
                    open.executions,
                    open.holds
                );
            }
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            // The database may be restarting.
            Ok(true) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
