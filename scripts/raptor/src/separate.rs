//! `raptor up --separate`: one process and port a function, the broker and the clock in this one.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;
use crate::local::{self, FUNCTIONS, Options};
use crate::{Outcome, dev, print, up};

/// How long a function may take from its start to its first answer.
const START: Duration = Duration::from_secs(20);
/// The project that the emulator is used under.
const EMULATED_PROJECT: &str = "raptorflow-local";

#[derive(clap::Parser)]
struct PhonePeOnly {
    #[command(flatten)]
    phonepe: phonepe::Settings,
}

pub async fn up(options: &Options, port: u16, pubsub: bool, json: bool) -> Result<Outcome> {
    let seams = local::boot(options)?;
    let url = dev::database_url()?;
    store::migrate::migrate(&url).await?;
    let key = dev::signing_key(&dev::home(), &seams)?;
    let shutdown = runtime::shutdown_signal();

    let mut ports = BTreeMap::new();
    for function in FUNCTIONS {
        let wanted = if function == "ingress" { port } else { 0 };
        ports.insert(function, free_port(wanted).await?);
    }
    let bases: BTreeMap<&'static str, String> = ports
        .iter()
        .map(|(function, port)| (*function, format!("http://127.0.0.1:{port}")))
        .collect();

    let settings = PhonePeOnly::try_parse_from(["raptor"])?.phonepe;
    let gateway = Gateway::start(&settings, &seams).await?;
    let mut environment = BTreeMap::from([
        ("DATABASE_URL".to_owned(), url.clone()),
        ("JWT_SECRET_KEY".to_owned(), key.clone()),
        (
            "SKILLS_DIR".to_owned(),
            options.skills.display().to_string(),
        ),
        // A function must not outlive this process, however that ends.
        ("EXIT_WITH_PARENT".to_owned(), "1".to_owned()),
    ]);
    environment.extend(gateway.environment());
    let success = format!("{}/docs", bases[ingress::NAME]);
    environment.insert("BILLING_SUCCESS_URL".to_owned(), success);
    let invoices = dev::invoices().display().to_string();
    environment.insert("INVOICES_DIR".to_owned(), invoices);
    let broker = if pubsub {
        let emulator = std::env::var("PUBSUB_EMULATOR_HOST")
            .context("--pubsub needs PUBSUB_EMULATOR_HOST, the host:port of a Pub/Sub emulator")?;
        local::carry_pubsub(EMULATED_PROJECT, &emulator, &bases, shutdown.clone()).await?;
        environment.insert("GCP_PROJECT_ID".to_owned(), EMULATED_PROJECT.to_owned());
        None
    } else {
        let (broker, address) =
            local::broker_with_face(&url, &bases, options, shutdown.clone()).await?;
        environment.insert("BROKER_URL".to_owned(), address);
        Some(broker)
    };

    let mut keepers = Vec::new();
    for (function, port) in &ports {
        let mut environment = environment.clone();
        environment.insert("PORT".to_owned(), port.to_string());
        keepers.push(tokio::spawn(keep(
            function,
            Arc::new(environment),
            shutdown.clone(),
        )));
    }
    for base in bases.values() {
        wait_for(base).await?;
    }
    tokio::spawn(local::clock(bases.clone(), shutdown.clone()));
    gateway.call_back(&bases[phonepe_webhook::NAME]);

    let store = dev::ingress_store(&url)?;
    let identity = dev::identity(&store, &seams).await?;
    let token = local::issue(&local::signer(&key)?, identity.user, &seams).token;
    if json {
        print::json(&serde_json::json!({
            "address": bases["ingress"], "functions": bases, "token": token, "pid": std::process::id(),
        }));
    } else {
        print::table(
            &["FUNCTION", "ADDRESS"],
            &bases
                .iter()
                .map(|(name, base)| vec![(*name).to_owned(), base.clone()])
                .collect::<Vec<_>>(),
        );
        let gateway = gateway.describe();
        up::welcome(
            &bases["ingress"],
            &token,
            "see execute-skill's log",
            &gateway,
        );
    }
    shutdown.cancelled().await;
    for keeper in keepers {
        let _ = keeper.await;
    }
    if let Some(broker) = broker {
        broker.stop().await;
    }
    Ok(Outcome::OK)
}

async fn free_port(wanted: u16) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", wanted))
        .await
        .with_context(|| format!("port {wanted} is taken: choose another with --port"))?;
    Ok(listener.local_addr()?.port())
}

/// Runs a function's binary, which lies beside this one, and starts it again when it ends.
async fn keep(
    function: &'static str,
    environment: Arc<BTreeMap<String, String>>,
    shutdown: CancellationToken,
) {
    let mut pause = Duration::from_millis(100);
    while !shutdown.is_cancelled() {
        let started = tokio::time::Instant::now();
        match start(function, &environment) {
            Ok(mut child) => {
                tokio::select! {
                    ended = child.wait() => tracing::warn!(function, ?ended, "ended; starting it again"),
                    () = shutdown.cancelled() => {
                        // The terminal's Ctrl-C reaches the child too; SIGTERM to this process does not.
                        end(&mut child).await;
                        return;
                    }
                }
            }
            Err(error) => tracing::error!(function, %error, "does not start"),
        }
        if started.elapsed() > Duration::from_secs(10) {
            pause = Duration::from_millis(100);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

async fn end(child: &mut Child) {
    if let Some(pid) = child.id() {
        let pid = pid.to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status().await;
    }
    if tokio::time::timeout(Duration::from_secs(12), child.wait())
        .await
        .is_err()
    {
        let _ = child.kill().await;
    }
}

fn start(function: &str, environment: &BTreeMap<String, String>) -> Result<Child> {
    let beside = std::env::current_exe()?.with_file_name(function);
    Command::new(&beside)
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            format!(
                "can't start {}: build it with `cargo build --workspace --bins`",
                beside.display()
            )
        })
}

async fn wait_for(base: &str) -> Result<()> {
    let deadline = tokio::time::Instant::now() + START;
    while tokio::time::Instant::now() < deadline {
        if let Ok(response) = reqwest::get(format!("{base}/health")).await
            && response.status().is_success()
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("{base} did not answer within {START:?}: its error is above")
}
