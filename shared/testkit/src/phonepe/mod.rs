//! PhonePe Payment Gateway v2 on loopback: tokens, payments on a hosted page, refunds, AutoPay of both
//! families, and webhooks. It keeps the documented rules (ids, amounts, notice periods, off-peak hours,
//! what is left to refund), moves with the clock it is given, and fails as it is told. PhonePe's own
//! SDKs take it for the real one (scripts/sdks).
//!
//! Nothing happens by itself: time's work is done when a call comes, or at [`FakePhonePe::tick`]. A
//! process of its own ([`serve`]) does it all the time. What a test does with methods, a script does
//! with calls to `/simulator/...`.

mod codes;
mod control;
mod fake;
mod faults;
mod hooks;
mod mandates;
mod orders;
mod page;
mod refunds;
mod routes;
mod rules;
mod wire;
mod world;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Seams;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use fake::FakePhonePe;
pub use faults::{Call, Fault, RandomFaults};
pub use hooks::{Delivery, Disorder, Webhook, WebhookTarget};

use control::Shifted;
use faults::Faults;
use hooks::Hooks;
use orders::Payer;
use world::World;

/// Requests kept for assertions; older ones are forgotten.
const KEPT: usize = 10_000;

/// What payers do when nobody acts for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Auto {
    /// Nothing: tests and people act.
    #[default]
    Nothing,
    /// They pay after this time.
    Pay(TimeDelta),
    /// They decline after this time.
    Decline(TimeDelta),
}

impl Auto {
    fn payer(self) -> Option<(TimeDelta, Payer)> {
        match self {
            Self::Nothing => None,
            Self::Pay(after) => Some((after, Payer::Pays)),
            Self::Decline(after) => Some((after, Payer::Declines)),
        }
    }
}

/// What refunds do when nobody acts for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunds {
    /// Nothing: tests act.
    OnCommand,
    /// They are confirmed and completed after this time.
    ByThemselves(TimeDelta),
}

/// How a simulator is.
#[derive(Clone)]
pub struct Options {
    pub seams: Seams,
    pub client_id: String,
    pub client_secret: String,
    pub client_version: u32,
    pub merchant_id: String,
    pub token_life: TimeDelta,
    /// Where callbacks go; can be set later.
    pub webhook: Option<WebhookTarget>,
    /// How long after a callback that failed it is tried again, in real time.
    pub webhook_retries: Vec<Duration>,
    pub disorder: Disorder,
    /// How long disorder keeps a callback back at most, in real time.
    pub hold_at_most: Duration,
    pub auto: Auto,
    pub refunds: Refunds,
    /// How long a notice takes to reach the payer.
    pub notify_after: TimeDelta,
    /// How long the bank takes for a recurring debit.
    pub settle_after: TimeDelta,
    pub faults: Vec<(Call, Fault)>,
    pub random_faults: Option<RandomFaults>,
    /// How people reach the hosted page; the address listened on when not set.
    pub public_url: Option<String>,
}

impl Options {
    /// Everything goes well and at once, on this clock. Its client is `client` with `secret`.
    pub fn new(seams: Seams) -> Self {
        Self {
            seams,
            client_id: "client".to_owned(),
            client_secret: "secret".to_owned(),
            client_version: 1,
            merchant_id: "M22SIMULATOR".to_owned(),
            token_life: routes::TOKEN_LIFE,
            webhook: None,
            webhook_retries: vec![
                Duration::from_millis(20),
                Duration::from_millis(100),
                Duration::from_millis(500),
            ],
            disorder: Disorder::default(),
            hold_at_most: Duration::from_secs(3600),
            auto: Auto::Nothing,
            refunds: Refunds::ByThemselves(TimeDelta::zero()),
            notify_after: TimeDelta::zero(),
            settle_after: TimeDelta::zero(),
            faults: vec![],
            random_faults: None,
            public_url: None,
        }
    }
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub call: Call,
    pub method: String,
    pub path: String,
    pub query: String,
    /// The JSON body, null when there was none; of a token, the names of the fields alone.
    pub body: Value,
    pub authorization: Option<String>,
}

#[derive(Clone)]
struct Fake {
    world: Arc<Mutex<World>>,
    faults: Arc<Mutex<Faults>>,
    seen: Arc<Mutex<VecDeque<Seen>>>,
    tokens: Arc<Mutex<BTreeMap<String, DateTime<Utc>>>>,
    hooks: Arc<Hooks>,
    client_id: Arc<str>,
    client_secret: Arc<str>,
    client_version: u32,
    token_life: TimeDelta,
    public_url: Arc<str>,
    clock: Arc<Shifted>,
    stop: CancellationToken,
}

impl Fake {
    fn new(mut options: Options, address: SocketAddr, stop: CancellationToken) -> Self {
        let clock = Arc::new(Shifted::new(options.seams.clock.clone()));
        options.seams.clock = clock.clone();
        let world = World::new(&options);
        let public_url = options.public_url;
        let public_url = public_url.unwrap_or_else(|| format!("http://{address}"));
        Self {
            world: Arc::new(Mutex::new(world)),
            faults: Arc::new(Mutex::new(Faults::new(
                options.random_faults,
                options.faults,
            ))),
            seen: Arc::default(),
            tokens: Arc::default(),
            hooks: Hooks::start(
                options.webhook,
                options.disorder,
                options.webhook_retries,
                options.hold_at_most,
                stop.clone(),
            ),
            client_id: options.client_id.into(),
            client_secret: options.client_secret.into(),
            client_version: options.client_version,
            token_life: options.token_life,
            public_url: public_url.trim_end_matches('/').into(),
            clock,
            stop,
        }
    }

    fn note(&self, seen: Seen) {
        let mut kept = lock(&self.seen);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(seen);
    }

    /// Lets time do its work.
    fn tick(&self) {
        lock(&self.world).tick();
        self.flush();
    }

    /// Sends what there is to tell.
    fn flush(&self) {
        // Told under the lock: two callers must not change the order of events.
        let mut world = lock(&self.world);
        let events = std::mem::take(&mut world.events);
        self.hooks.tell(events);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often a process of its own looks at the clock.
const TICK: Duration = Duration::from_millis(100);

/// Serves until `shutdown`: for a simulator in a process of its own, in which time does its work by
/// itself.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let fake = Fake::new(options, listener.local_addr()?, shutdown.clone());
    let ticking = fake.clone();
    let ticks = async move {
        let mut interval = tokio::time::interval(TICK);
        loop {
            interval.tick().await;
            ticking.tick();
        }
    };
    let clock = shutdown.clone();
    tokio::spawn(async move { clock.run_until_cancelled(ticks).await });
    run(listener, fake, shutdown).await
}

async fn run(
    listener: TcpListener,
    fake: Fake,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(listener, routes::app(fake))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}
