//! ingress: the public API. It signs people in, accepts work in one transaction and shows it live. It runs
//! no skill and charges nothing.

mod audit;
mod auth;
mod caller;
mod config;
mod docs;
mod executions;
mod limits;
mod live;
mod money;
mod prediction;
mod skills;
mod socket;
mod stream;
mod submit;
mod usage;
mod workspaces;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::routing::get;
use bus::{Consumer, Verify};
use bytes::Bytes;
use domain::{CorrelationId, Seams, WorkspaceId};
use events::{Event, Message};
use guard::{AccessTokens, Passwords, TokenKeys};
use runtime::{Problem, context};
use shelf::Shelf;
use store::{DbRole, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use config::Config;
pub use money::Settings as MoneySettings;

pub const NAME: &str = "ingress";

/// Who makes access tokens and for whom (`iss` and `aud`).
const ISSUER: &str = "raptorflow";
const AUDIENCE: &str = "raptorflow-api";
const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
/// Each takes 19 MiB while it runs.
const PASSWORDS_AT_ONCE: usize = 2;

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
    /// Shared: each handler is given a copy of these.
    pub tokens: Arc<AccessTokens>,
    pub shelf: Arc<Shelf>,
    /// Cancelled when the process stops: streams end then.
    pub shutdown: CancellationToken,
    passwords: Passwords,
    limits: Arc<limits::Limits>,
    memberships: Arc<caller::Memberships>,
    hub: Arc<live::Hub>,
    money: Arc<money::Money>,
    origins: Arc<[HeaderValue]>,
    trusted_proxies: usize,
}

impl Deps {
    pub async fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        let keys = config.keys()?.context("JWT_SECRET_KEY is not set")?;
        let store = service::connect(DbRole::Ingress, &config.common).await?;
        let shutdown = runtime::shutdown_signal();
        Self::new(config, store, access_tokens(keys), seams, shutdown).await
    }

    /// On a store that can already publish.
    pub async fn new(
        config: &Config,
        store: Store,
        tokens: AccessTokens,
        seams: Seams,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let shelf = Shelf::open(&config.skills, store.clone(), seams.clone()).await?;
        shelf.warm();
        let origins = config
            .cors_allowed_origins
            .iter()
            .map(|origin| HeaderValue::from_str(origin));
        Ok(Self {
            store,
            tokens: Arc::new(tokens),
            shelf,
            shutdown,
            passwords: Passwords::new(seams.ids.clone(), PASSWORDS_AT_ONCE),
            limits: Arc::new(limits::Limits::new(config)),
            memberships: Arc::default(),
            hub: Arc::default(),
            money: Arc::new(money::Money::open(config, &seams).await?),
            origins: origins
                .collect::<Result<_, _>>()
                .context("CORS_ALLOWED_ORIGINS")?,
            trusted_proxies: config.trusted_proxies(),
            seams,
        })
    }
}

/// Access tokens as this API takes them.
pub fn access_tokens(keys: TokenKeys) -> AccessTokens {
    AccessTokens::new(keys, ISSUER, AUDIENCE)
}

/// What runs beside the server until `stop`: live updates and the sharing of rate limits.
pub async fn background(deps: Deps, stop: CancellationToken) {
    tokio::join!(
        live::read_log(deps.clone(), stop.clone()),
        limits::keep_in_step(deps, stop),
    );
}

/// What ingress hears.
pub fn consumers(deps: &Deps) -> Vec<Consumer> {
    service::on_skills(NAME, &deps.shelf)
}

fn api() -> OpenApiRouter<Deps> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(auth::register))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me))
        .routes(routes!(workspaces::create, workspaces::list))
        .routes(routes!(workspaces::get))
        .routes(routes!(workspaces::members, workspaces::put_member))
        .routes(routes!(workspaces::remove_member))
        .routes(routes!(submit::execute))
        .routes(routes!(submit::plan))
        .routes(routes!(skills::list))
        .routes(routes!(executions::status))
        .routes(routes!(executions::list))
        .routes(routes!(executions::get))
        .routes(routes!(stream::events))
        .routes(routes!(executions::cancel))
        .routes(routes!(usage::usage))
        .routes(routes!(usage::budget))
        .routes(routes!(socket::socket))
        .merge(money::routes());
    let mut api = OpenApiRouter::with_openapi(docs::Api::openapi()).nest("/v1", v1);
    docs::name_operations(api.get_openapi_mut());
    api
}

/// The API's description.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

pub fn app(deps: &Deps, verify: Verify) -> Router {
    let (api, description) = api().split_for_parts();
    // It never changes: written out once.
    let description = Bytes::from(description.to_json().expect("a description is plain data"));
    let public = api
        .route(
            "/openapi.json",
            get(move || async move { (JSON, description) }),
        )
        .route("/docs", get(docs::page))
        .layer(cors(&deps.origins))
        .with_state(deps.clone());
    let own = service::routes(
        NAME,
        &deps.store,
        &deps.seams,
        consumers(deps),
        vec![],
        verify,
    );
    runtime::layers(public.merge(own), NAME, &deps.seams)
}

fn cors(origins: &[HeaderValue]) -> CorsLayer {
    let workspace = HeaderName::from_static("x-workspace-id");
    let key = HeaderName::from_static("idempotency-key");
    let last = HeaderName::from_static("last-event-id");
    let correlation = runtime::CORRELATION_HEADER;
    let replayed = HeaderName::from_static("idempotency-replayed");
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            // Whoever has a PDF asks whether it is still the same.
            header::IF_NONE_MATCH,
            workspace,
            key,
            last,
            correlation.clone(),
        ])
        .expose_headers([
            correlation,
            header::RETRY_AFTER,
            header::LOCATION,
            header::CONTENT_DISPOSITION,
            header::ETAG,
            replayed,
        ])
        .max_age(std::time::Duration::from_secs(3600))
}

/// A fact to tell the others, on behalf of the request in hand.
fn message<E: Event>(
    deps: &Deps,
    workspace: WorkspaceId,
    correlation: &CorrelationId,
    event: &E,
) -> Message {
    let trace = context::traceparent();
    Message::new(
        event,
        NAME,
        workspace,
        correlation.clone(),
        trace,
        &deps.seams,
    )
}

/// What a database error means for a client.
fn problem(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound => Problem::not_found("There is nothing here."),
        StoreError::Conflict { constraint } => {
            tracing::info!(constraint, "conflict");
            Problem::conflict("This does not fit what is there already: read it again and retry.")
        }
        StoreError::Unavailable(reason) => {
            tracing::warn!(reason, "the database is unavailable");
            Problem::unavailable("This is not available now. Try again.").retry_after(1)
        }
        other => Problem::internal(other),
    }
}
