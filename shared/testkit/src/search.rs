//! Search engines on loopback, all on one port: the Brave Search API, Google's Custom Search JSON API,
//! DuckDuckGo's page without scripts, and SEMrush's keywords. They answer by themselves with invented
//! Indian businesses, the same for the same query, or do what the real ones do on bad days.

mod corpus;
mod wires;

pub use corpus::{Page, pages};

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Requests kept for assertions; older ones are forgotten.
const KEPT: usize = 1_000;

/// What is stood in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    Brave,
    Google,
    DuckDuckGo,
    Semrush,
}

/// One answer.
#[derive(Debug, Clone, Default)]
pub enum Reply {
    /// From the invented businesses.
    #[default]
    Auto,
    /// These results; for SEMrush, nothing.
    Pages(Vec<Page>),
    /// Nothing found, as the engine says it.
    Nothing,
    RateLimited,
    ServerError,
    /// Any other refusal.
    Refused(u16),
    /// Nothing, until the client gives up.
    Stall,
    /// 200, and a page that is none of the engine's.
    Garbage,
    /// 202, and a page that asks whether a person is there.
    Anomaly,
    /// 200, and exactly this body.
    Raw(String),
}

/// What is answered: for each engine its replies in order, then its last resort for ever.
#[derive(Debug, Clone, Default)]
pub struct Script {
    replies: BTreeMap<Engine, VecDeque<Reply>>,
    then: BTreeMap<Engine, Reply>,
}

impl Script {
    /// Answers everything by itself.
    pub fn auto() -> Self {
        Self::default()
    }

    /// One more reply of this engine.
    #[must_use]
    pub fn reply(mut self, engine: Engine, reply: Reply) -> Self {
        self.replies.entry(engine).or_default().push_back(reply);
        self
    }

    /// What this engine answers after its replies.
    #[must_use]
    pub fn always(mut self, engine: Engine, reply: Reply) -> Self {
        self.then.insert(engine, reply);
        self
    }

    fn next(&mut self, engine: Engine) -> Reply {
        let reply = self.replies.get_mut(&engine).and_then(VecDeque::pop_front);
        reply.unwrap_or_else(|| self.then.get(&engine).cloned().unwrap_or_default())
    }
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub engine: Engine,
    pub query: BTreeMap<String, String>,
    /// Brave's key.
    pub token: Option<String>,
    pub user_agent: Option<String>,
}

#[derive(Clone)]
struct Fake {
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<VecDeque<Seen>>>,
}

/// A running fake; it stops when dropped.
pub struct FakeSearch {
    fake: Fake,
    address: SocketAddr,
    stop: CancellationToken,
}

impl FakeSearch {
    /// # Panics
    /// When no loopback port is free.
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free loopback port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let (fake, stop) = (Fake::new(script), CancellationToken::new());
        tokio::spawn(run(listener, fake.clone(), stop.clone()));
        Self {
            fake,
            address,
            stop,
        }
    }

    /// For every engine's `…_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The latest requests to an engine, oldest first.
    pub fn requests(&self, engine: Engine) -> Vec<Seen> {
        let seen = lock(&self.fake.seen);
        seen.iter()
            .filter(|seen| seen.engine == engine)
            .cloned()
            .collect()
    }
}

impl Drop for FakeSearch {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves until `shutdown`: for a fake in a process of its own.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    script: Script,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    run(listener, Fake::new(script), shutdown).await
}

async fn run(
    listener: TcpListener,
    fake: Fake,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let asked = |engine: Engine| {
        get(
            move |State(fake): State<Fake>,
                  Query(query): Query<BTreeMap<String, String>>,
                  headers: HeaderMap| answer(fake, engine, query, headers),
        )
    };
    let app = Router::new()
        .route("/res/v1/web/search", asked(Engine::Brave))
        .route("/customsearch/v1", asked(Engine::Google))
        .route("/html/", asked(Engine::DuckDuckGo))
        .route("/", asked(Engine::Semrush))
        .route("/health", get(|| async { "ok" }))
        .with_state(fake);
    axum::serve(listener, app)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

impl Fake {
    fn new(script: Script) -> Self {
        Self {
            script: Arc::new(Mutex::new(script)),
            seen: Arc::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(
    fake: Fake,
    engine: Engine,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
) -> Response {
    let head = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let seen = Seen {
        engine,
        query,
        token: head("x-subscription-token"),
        user_agent: head(header::USER_AGENT.as_str()),
    };
    {
        let mut kept = lock(&fake.seen);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(seen.clone());
    }
    if let Some(refusal) = wires::refusal(&seen) {
        return refusal;
    }
    let reply = lock(&fake.script).next(engine);
    match reply {
        Reply::Auto => wires::found(&seen, None),
        Reply::Pages(pages) => wires::found(&seen, Some(pages)),
        Reply::Nothing => wires::found(&seen, Some(vec![])),
        Reply::RateLimited => failed(StatusCode::TOO_MANY_REQUESTS),
        Reply::ServerError => failed(StatusCode::INTERNAL_SERVER_ERROR),
        Reply::Refused(status) => {
            failed(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST))
        }
        Reply::Stall => std::future::pending().await,
        Reply::Garbage => Html("<!doctype html><title>Welcome</title><p>It works!").into_response(),
        Reply::Anomaly => (StatusCode::ACCEPTED, Html(wires::ANOMALY)).into_response(),
        Reply::Raw(body) => wires::typed(engine, body),
    }
}

fn failed(status: StatusCode) -> Response {
    (status, status.canonical_reason().unwrap_or_default()).into_response()
}
