//! The e-invoice portal, and the register of GSTINs that a GSP gives access to, on loopback.
//!
//! Both as a GSP shows them: plain JSON, the portal's own encryption done by the GSP. Forms, reference
//! numbers and check characters are computed here anew, without the crates that they are compared with.
//! What no published page of the portal's says is marked UNVERIFIED: nothing may depend on it.
//!
//! Sources: einv-apisandbox.nic.in (names of fields, reference numbers, signed codes, time limits), the
//! portal's list of error codes, and answers of its sandbox in public test data of India Compliance.

mod error;
mod fake;
mod faults;
mod form;
mod gsp;
mod portal;
mod sign;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use domain::Seams;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use error::Style;
pub use fake::{FakeGsp, FakePortal};
pub use faults::{Call, Fault, Twist};
pub use gsp::Taxpayer;
pub use portal::Entry;
pub use sign::{CERTIFICATE, PUBLIC_KEY};

use faults::Faults;
use portal::World;

/// Requests kept for assertions; older ones are forgotten.
const KEPT: usize = 1_000;

/// How a simulator is.
#[derive(Clone)]
pub struct Options {
    pub seams: Seams,
    pub client_id: String,
    pub client_secret: String,
    pub username: String,
    pub password: String,
    /// The GSTINs that may log in with them; every one when empty.
    pub suppliers: Vec<String>,
    /// Six hours in production, one in the portal's sandbox.
    pub token_life: TimeDelta,
    pub style: Style,
    /// Of the GSP that looks up GSTINs.
    pub api_key: String,
    /// Whom it knows.
    pub taxpayers: Vec<Taxpayer>,
    /// Calls that always end badly.
    pub faults: Vec<(Call, Fault)>,
}

impl Options {
    /// Everything goes well, on this clock.
    pub fn new(seams: Seams) -> Self {
        Self {
            seams,
            client_id: "client".to_owned(),
            client_secret: "secret".to_owned(),
            username: "API_raptor".to_owned(),
            password: "password1".to_owned(),
            suppliers: vec![],
            token_life: TimeDelta::hours(6),
            style: Style::Objects,
            api_key: "key".to_owned(),
            taxpayers: Taxpayer::examples(),
            faults: vec![],
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
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The JSON body, null when there was none.
    pub body: Value,
}

#[derive(Clone)]
struct Fake {
    options: Arc<Options>,
    world: Arc<Mutex<World>>,
    taxpayers: Arc<Mutex<Vec<Taxpayer>>>,
    faults: Arc<Mutex<Faults>>,
    seen: Arc<Mutex<VecDeque<Seen>>>,
    stop: CancellationToken,
}

impl Fake {
    fn new(options: Options, stop: CancellationToken) -> Self {
        Self {
            world: Arc::default(),
            taxpayers: Arc::new(Mutex::new(options.taxpayers.clone())),
            faults: Arc::new(Mutex::new(Faults::new(options.faults.clone()))),
            seen: Arc::default(),
            options: Arc::new(options),
            stop,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.options.seams.now()
    }

    fn note(&self, seen: Seen) {
        let mut kept = lock(&self.seen);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(seen);
    }

    fn requests(&self, call: Call) -> Vec<Seen> {
        let seen = lock(&self.seen);
        seen.iter()
            .filter(|seen| seen.call == call)
            .cloned()
            .collect()
    }

    /// Until the client gives up, or the simulator.
    async fn never(&self) -> Response {
        self.stop.cancelled().await;
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// India's clocks: the portal's times have no offset.
fn india() -> FixedOffset {
    FixedOffset::east_opt(5 * 3600 + 1800).expect("five and a half hours are an offset")
}

/// `2026-11-21 10:15:00`, in India.
fn stamp(at: DateTime<Utc>) -> String {
    at.with_timezone(&india())
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// What a call is asked.
struct Asked {
    call: Call,
    /// From the path.
    id: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The first of that name, decoded.
    fn parameter(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://query/?{}", self.query)).ok()?;
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(key, _)| key == name)?;
        Some(found.1.into_owned())
    }
}

/// Does a call, and gives its status and body; a [`Twist`] makes the answer a wrong one.
type Act = fn(&Fake, &Asked, Option<Twist>) -> (u16, Value);

fn portal_routes() -> Router<Fake> {
    Router::new()
        .route("/eivital/v1.04/auth", on(Call::Login, portal::answer))
        .route("/eicore/v1.03/Invoice", on(Call::Register, portal::answer))
        .route(
            "/eicore/v1.03/Invoice/Cancel",
            on(Call::Cancel, portal::answer),
        )
        .route(
            "/eicore/v1.03/Invoice/irn/{irn}",
            on(Call::ByIrn, portal::answer),
        )
}

fn gsp_routes() -> Router<Fake> {
    Router::new().route("/commonapi/v1.1/search", on(Call::Search, gsp::answer))
}

fn on(call: Call, act: Act) -> MethodRouter<Fake> {
    let handler = move |State(fake): State<Fake>,
                        method: Method,
                        uri: Uri,
                        id: Option<Path<String>>,
                        RawQuery(query): RawQuery,
                        headers: HeaderMap,
                        body: Bytes| async move {
        let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
        let asked = Asked {
            call,
            id: id.map(|Path(id)| id).unwrap_or_default(),
            query: query.unwrap_or_default(),
            headers: headers.collect(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        };
        fake.note(Seen {
            call,
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: asked.query.clone(),
            headers: asked.headers.clone(),
            body: asked.body.clone(),
        });
        through(&fake, &asked, act).await
    };
    match call {
        Call::ByIrn | Call::Search => get(handler),
        Call::Login | Call::Register | Call::Cancel => post(handler),
    }
}

/// Does it, or fails as told, before or after.
async fn through(fake: &Fake, asked: &Asked, act: Act) -> Response {
    let fault = lock(&fake.faults).draw(asked.call);
    let mut twist = None;
    match fault {
        Some(Fault::Timeout) => return fake.never().await,
        Some(Fault::Status(status)) => return page(status),
        Some(Fault::Refused(code)) => return refused(fake, asked.call, 200, code),
        Some(Fault::RefusedWith(status, code)) => return refused(fake, asked.call, status, code),
        Some(Fault::Slow(by)) => tokio::time::sleep(by).await,
        Some(Fault::Twisted(how)) => twist = Some(how),
        _ => {}
    }
    let answer = act(fake, asked, twist);
    match fault {
        Some(Fault::TimeoutAfter) => fake.never().await,
        Some(Fault::StatusAfter(status)) => page(status),
        Some(Fault::Malformed) => page(200),
        _ => answered(answer),
    }
}

fn refused(fake: &Fake, call: Call, status: u16, code: String) -> Response {
    let message = "as told";
    let said = match call {
        Call::Search => gsp::refusal(&code, message),
        _ => error::said(
            fake.options.style,
            &[(code, message.to_owned())],
            Value::Null,
        ),
    };
    answered((status, said))
}

fn answered((status, body): (u16, Value)) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

/// A page for people, as proxies send it.
fn page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        axum::response::Html("<html>The site is under maintenance</html>"),
    )
        .into_response()
}

/// Serves the portal and the GSP on one port until `shutdown`: for simulators in a process of their own.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let fake = Fake::new(options, shutdown.clone());
    let routes = portal_routes().merge(gsp_routes()).merge(control());
    run(listener, routes, fake).await
}

async fn run(listener: TcpListener, routes: Router<Fake>, fake: Fake) -> std::io::Result<()> {
    let stop = fake.stop.clone();
    let app = routes
        .route("/health", get(|| async { "ok" }))
        .with_state(fake);
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// What a test does with methods, a script does with calls.
fn control() -> Router<Fake> {
    Router::new()
        .route("/simulator/fail", post(fail))
        .route("/simulator/invoices", get(invoices))
        .route("/simulator/key", get(|| async { PUBLIC_KEY }))
}

/// The next call of a kind.
#[derive(serde::Deserialize)]
struct Failing {
    call: String,
    fault: String,
}

async fn fail(State(fake): State<Fake>, Json(failing): Json<Failing>) -> Response {
    match (failing.call.parse(), failing.fault.parse()) {
        (Ok(call), Ok(fault)) => {
            lock(&fake.faults).push(call, fault);
            StatusCode::NO_CONTENT.into_response()
        }
        (Err(wrong), _) | (_, Err(wrong)) => (StatusCode::BAD_REQUEST, wrong).into_response(),
    }
}

/// All that is registered.
async fn invoices(State(fake): State<Fake>) -> Json<Value> {
    let world = lock(&fake.world);
    let entries = world.entries.values().map(|entry| {
        json!({
            "irn": entry.irn,
            "number": entry.invoice["DocDtls"]["No"],
            "ack_number": entry.ack_number,
            "registered_at": entry.registered_at,
            "cancelled_at": entry.cancelled_at,
        })
    });
    Json(entries.collect())
}

/// How long `slow` takes when a script asks for it.
const SLOW: Duration = Duration::from_secs(2);
