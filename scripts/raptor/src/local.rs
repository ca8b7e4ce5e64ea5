//! Everything in one process: all functions behind one port, the embedded broker between them, a
//! clock that calls their schedules.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bus::{Embedded, Verify};
use clap::Parser;
use domain::{Seams, UserId};
use events::MessageLog;
use guard::{AccessTokens, IssuedToken, TokenKeys};
use store::{DbRole, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::dev::{self, Identity};
use crate::gateway::Gateway;

pub const FUNCTIONS: [&str; 7] = [
    ingress::NAME,
    route::NAME,
    execute_skill::NAME,
    bill::NAME,
    phonepe_webhook::NAME,
    gst_invoice::NAME,
    scrape::NAME,
];

/// What every way of running locally can be told.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The folder of skills.
    #[arg(long, env = "SKILLS_DIR", default_value = "skills")]
    pub skills: PathBuf,
    /// error, warn, info, debug or trace.
    #[arg(long, env = "LOG_LEVEL", default_value = "warn")]
    pub log_level: String,
    /// Make the broker deliver this share of messages twice (for tests).
    #[arg(long, default_value_t = 0.0, hide = true)]
    pub chaos_duplicate: f64,
    /// Make the broker delay deliveries by up to this many milliseconds (for tests).
    #[arg(long, default_value_t = 0, hide = true)]
    pub chaos_delay_ms: u64,
}

impl Options {
    fn broker(&self) -> bus::Options {
        let chaos = (self.chaos_duplicate > 0.0 || self.chaos_delay_ms > 0).then(|| bus::Chaos {
            duplicate: self.chaos_duplicate,
            delay: Duration::from_millis(self.chaos_delay_ms),
            seed: 7,
        });
        bus::Options {
            chaos,
            ..bus::Options::default()
        }
    }
}

/// Installs logging, as a function would.
pub fn boot(options: &Options) -> Result<Seams> {
    let common = CommonOnly::try_parse_from(["raptor", "--log-level", &options.log_level])?.common;
    Ok(runtime::boot("raptor", &common)?.seams)
}

#[derive(clap::Parser)]
struct CommonOnly {
    #[command(flatten)]
    common: runtime::Common,
}

/// A function's configuration from the environment.
fn config<C: clap::Parser>(function: &str) -> Result<C> {
    C::try_parse_from([function]).map_err(|error| anyhow::anyhow!("{function}: {error}"))
}

/// Signs development tokens as ingress checks them.
pub fn signer(key: &str) -> Result<AccessTokens> {
    let keys = TokenKeys::parse(key).context("JWT_SECRET_KEY is not kid:secret")?;
    Ok(ingress::access_tokens(keys))
}

pub fn issue(signer: &AccessTokens, user: UserId, seams: &Seams) -> IssuedToken {
    signer.issue(seams, user, None)
}

/// All functions, running.
pub struct Local {
    address: String,
    seams: Seams,
    signer: AccessTokens,
    identity: Identity,
    models: String,
    gateway: Gateway,
    operator: Store,
    broker: Arc<Embedded>,
    shutdown: CancellationToken,
    server: tokio::task::JoinHandle<Result<()>>,
}

impl Local {
    /// Migrates the database, starts everything, listens on `port` (0: a free one).
    pub async fn start(options: &Options, port: u16) -> Result<Self> {
        let seams = boot(options)?;
        let url = dev::database_url()?;
        store::migrate::migrate(&url)
            .await
            .context("the database can't be migrated")?;
        let key = dev::signing_key(&dev::home(), &seams)?;
        let signer = signer(&key)?;
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .with_context(|| format!("port {port} is taken: set PORT to another"))?;
        let address = format!("http://{}", listener.local_addr()?);
        let shutdown = runtime::shutdown_signal();

        let connect = |role, connections| Store::connect(&url, role, connections);
        let (ingress_store, route_store) =
            (connect(DbRole::Ingress, 10)?, connect(DbRole::Route, 6)?);
        let (worker_store, bill_store) = (
            connect(DbRole::ExecuteSkill, 10)?,
            connect(DbRole::Bill, 6)?,
        );

        let skills = shelf::Settings {
            skills_dir: options.skills.clone(),
            ..config::<route::Config>(route::NAME)?.skills
        };
        let mut ingress_config = ingress::Config {
            skills: skills.clone(),
            ..config(ingress::NAME)?
        };
        ingress_config.money.invoices_dir = dev::invoices();
        let ingress_deps = ingress::Deps::new(
            &ingress_config,
            ingress_store.clone(),
            signer.clone(),
            seams.clone(),
            shutdown.clone(),
        )
        .await?;
        let route_config = route::Config {
            skills: skills.clone(),
            ..config(route::NAME)?
        };
        let route_deps =
            route::Deps::new(&route_config, route_store.clone(), seams.clone()).await?;
        let worker_config = execute_skill::Config {
            skills,
            ..config(execute_skill::NAME)?
        };
        let worker_deps =
            execute_skill::Deps::new(&worker_config, worker_store.clone(), seams.clone()).await?;
        let models = worker_deps.models();
        let bill_config = bill::Config {
            billing_success_url: format!("{address}/docs"),
            ..config(bill::NAME)?
        };
        let gateway = Gateway::start(&bill_config.phonepe, &seams).await?;
        let account = gateway.account.clone();
        let bill_deps = bill::Deps::new(&bill_config, bill_store.clone(), account, seams.clone())?;
        let webhook_store = connect(DbRole::PhonepeWebhook, 4)?;
        let authenticator =
            config::<phonepe_webhook::Config>(phonepe_webhook::NAME)?.authenticator()?;
        let webhook =
            phonepe_webhook::Deps::new(webhook_store.clone(), seams.clone(), authenticator);
        let invoice_config = gst_invoice::Config {
            invoices_dir: dev::invoices(),
            ..config(gst_invoice::NAME)?
        };
        let invoice_store = connect(DbRole::GstInvoice, 4)?;
        let invoice = gst_invoice::Deps::new(&invoice_config, invoice_store, seams.clone()).await?;

        let log: Arc<dyn MessageLog> = Arc::new(connect(DbRole::Broker, 4)?);
        let broker = Embedded::builder(log, options.broker())
            .attach(ingress::consumers(&ingress_deps))
            .attach(route::consumers(&route_deps))
            .attach(execute_skill::consumers(&worker_deps))
            .attach(bill::consumers(&bill_deps))
            .attach(gst_invoice::consumers(&invoice))
            .start();
        for store in [
            &ingress_store,
            &route_store,
            &worker_store,
            &bill_store,
            &webhook_store,
        ] {
            service::attach(store, broker.clone());
        }

        let scraper = scrape::Deps {
            store: connect(DbRole::Scrape, 1)?,
            seams: seams.clone(),
        };
        let others = BTreeMap::from([
            (route::NAME, route::app(&route_deps, Verify::Off)),
            (
                execute_skill::NAME,
                execute_skill::app(&worker_deps, Verify::Off),
            ),
            (bill::NAME, bill::app(&bill_deps, Verify::Off)),
            (
                phonepe_webhook::NAME,
                phonepe_webhook::app(&webhook, Verify::Off),
            ),
            (gst_invoice::NAME, gst_invoice::app(&invoice, Verify::Off)),
            (scrape::NAME, scrape::app(&scraper)),
        ]);
        let mut app = ingress::app(&ingress_deps, Verify::Off);
        for (name, router) in others {
            app = app.nest(&format!("/functions/{name}"), router);
        }
        tokio::spawn(ingress::background(ingress_deps, shutdown.clone()));
        tokio::spawn(clock_in_process(app.clone(), shutdown.clone()));
        let server = tokio::spawn(runtime::serve_on(listener, "raptor", app, shutdown.clone()));
        gateway.call_back(&format!("{address}/functions/{}", phonepe_webhook::NAME));
        let identity = dev::identity(&ingress_store, &seams).await?;
        let operator = dev::operator_store(&url)?;
        Ok(Self {
            address,
            seams,
            signer,
            identity,
            models,
            gateway,
            operator,
            broker,
            shutdown,
            server,
        })
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    pub fn token(&self) -> Result<String> {
        Ok(issue(&self.signer, self.identity.user, &self.seams).token)
    }

    /// Which models answer, for people.
    pub fn models(&self) -> &str {
        &self.models
    }

    /// Who takes payments, for people.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Waits until an execution's hold is settled, so that nothing is left open when all stops.
    pub async fn settled(&self, id: &str) -> Result<()> {
        let id = id.parse().context("not an execution id")?;
        for _ in 0..500 {
            let mut tx = self.operator.sweep().await?;
            let settled = store::ledger::is_settled(&mut tx, id).await?;
            tx.rollback().await?;
            if settled {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tracing::warn!("the execution's hold was not settled in time; the next run settles it");
        Ok(())
    }

    /// Returns when somebody asks the process to stop.
    pub async fn stopped(&self) {
        self.shutdown.cancelled().await;
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        self.broker.stop().await;
        if let Ok(Err(error)) = self.server.await {
            tracing::error!(error = format!("{error:#}"), "the server failed");
        }
    }
}

/// Calls each schedule at its local interval, in process.
async fn clock_in_process(app: Router, stop: CancellationToken) {
    every_schedule(stop, move |function, name| {
        let prefix = if function == ingress::NAME {
            String::new()
        } else {
            format!("/functions/{function}")
        };
        let request = Request::post(format!("{prefix}/schedules/{name}")).body(Body::empty());
        let app = app.clone();
        async move {
            let Ok(request) = request else { return };
            // What went wrong is logged by the schedule.
            let _ = app.oneshot(request).await;
        }
    })
    .await;
}

/// Calls each schedule at its local interval, over HTTP.
pub async fn clock(bases: BTreeMap<&'static str, String>, stop: CancellationToken) {
    let client = reqwest::Client::new();
    every_schedule(stop, move |function, name| {
        let request = bases
            .get(function)
            .map(|base| client.post(format!("{base}/schedules/{name}")));
        async move {
            if let Some(request) = request {
                // A function that is just being started again is called at the next tick.
                let _ = request.timeout(Duration::from_secs(60)).send().await;
            }
        }
    })
    .await;
}

async fn every_schedule<F: Future<Output = ()> + Send>(
    stop: CancellationToken,
    call: impl Fn(&'static str, &'static str) -> F + Clone + Send + 'static,
) {
    let tasks = events::schedules().iter().map(|schedule| {
        let call = call.clone();
        async move {
            let mut tick =
                tokio::time::interval(Duration::from_secs(u64::from(schedule.local_seconds)));
            loop {
                tick.tick().await;
                call(schedule.function, schedule.name).await;
            }
        }
    });
    tokio::select! {
        _ = futures::future::join_all(tasks) => {}
        () = stop.cancelled() => {}
    }
}

/// The broker for functions in other processes, and the address they publish to.
pub async fn broker_with_face(
    url: &str,
    bases: &BTreeMap<&'static str, String>,
    options: &Options,
    stop: CancellationToken,
) -> Result<(Arc<Embedded>, String)> {
    let log: Arc<dyn MessageLog> = Arc::new(Store::connect(url, DbRole::Broker, 4)?);
    let mut builder = Embedded::builder(log, options.broker());
    for (function, base) in bases {
        builder = builder.attach_http(function, base);
    }
    let broker = builder.start();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(runtime::serve_on(
        listener,
        "broker",
        bus::http_face(broker.clone()),
        stop,
    ));
    Ok((broker, address))
}

/// Carries messages from the emulator to functions in other processes.
pub async fn carry_pubsub(
    project: &str,
    emulator: &str,
    bases: &BTreeMap<&'static str, String>,
    stop: CancellationToken,
) -> Result<()> {
    bus::admin::ensure_topology(project, emulator, |_| None).await?;
    bus::relay::start(project, emulator, bases, stop).await
}
