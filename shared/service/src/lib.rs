//! How a function is put together: its store, its way to publish, its push routes, its schedules and
//! its health. The same in every function, so that it is written once.

mod schedules;

use std::sync::Arc;
use std::time::Duration;

pub use schedules::Schedules;

use anyhow::{Context, Result, bail};
use axum::Router;
use bus::{Consumer, Failure, ScheduleHandler, Verify};
use chrono::TimeDelta;
use domain::Seams;
use events::{Publisher, SkillPublishedV1};
use routing::Plan;
use runtime::{Common, Health};
use serde_json::Value;
use shelf::Shelf;
use store::events::{Planned, PlannedStep};
use store::outbox::Relay;
use store::{DbRole, Store, StoreError};

/// A step or plan that nobody took up by then is asked for again.
pub const DUE: TimeDelta = TimeDelta::seconds(60);

/// A message that was committed longer ago than this and is still in the outbox was left by a crash.
const SWEEP_AGE: Duration = Duration::from_secs(10);

/// The store of a function that publishes, connected as `common` says. Call it inside the runtime:
/// it starts the task that clears sent messages.
pub async fn connect(role: DbRole, common: &Common) -> Result<Store> {
    let store = connect_silent(role, common)?;
    attach(&store, publisher(common).await?);
    Ok(store)
}

/// The store of a function that has nothing to say yet.
pub fn connect_silent(role: DbRole, common: &Common) -> Result<Store> {
    let url = common.database_url().context(
        "DATABASE_URL is not set: give the PostgreSQL address, as in postgres://user:password@127.0.0.1:5432/raptorflow",
    )?;
    Ok(Store::connect(url, role, common.database_max_connections)?)
}

/// Lets committed messages out through `publisher`.
pub fn attach(store: &Store, publisher: Arc<dyn Publisher>) {
    store.attach_relay(Relay::start(store.clone(), publisher));
}

/// Pub/Sub in the cloud (or its emulator), the embedded broker's address when functions run as
/// separate processes on one machine.
pub async fn publisher(common: &Common) -> Result<Arc<dyn Publisher>> {
    if let Some(url) = &common.broker_url {
        return Ok(Arc::new(bus::HttpPublisher::new(url)));
    }
    let Some(project) = common.project() else {
        bail!(
            "no way to publish: set GCP_PROJECT_ID for Pub/Sub (with PUBSUB_EMULATOR_HOST for an emulator), \
             or BROKER_URL for the broker of `raptor up --separate`"
        );
    };
    let pubsub = bus::PubSub::connect(project, common.pubsub_emulator_host.as_deref()).await?;
    Ok(Arc::new(pubsub))
}

/// Who may push to this function: the service account of `PUSH_SERVICE_ACCOUNT`, with a token for
/// `PUSH_AUDIENCE`. Without them anyone may, which configuration allows only outside production.
pub fn verify(common: &Common) -> Verify {
    match (&common.push_audience, &common.push_service_account) {
        (Some(audience), Some(account)) => Verify::oidc(audience, account),
        _ => Verify::Off,
    }
}

/// The routes every function has: `/push/…`, `/dead-letters/…`, `/schedules/…` (with `sweep-outbox`),
/// `/health`, `/ready`, `/metrics`.
pub fn routes(
    function: &'static str,
    store: &Store,
    seams: &Seams,
    consumers: Vec<Consumer>,
    mut schedules: Vec<(&'static str, ScheduleHandler)>,
    verify: Verify,
) -> Router {
    schedules.push(("sweep-outbox", sweep_outbox(store.clone(), seams.clone())));
    health(function, store)
        .merge(bus::push_router(
            consumers,
            Arc::new(store.clone()),
            verify.clone(),
        ))
        .merge(bus::schedule_router(schedules, verify))
}

/// `/health`, `/ready` (asks the database), `/metrics`.
pub fn health(function: &'static str, store: &Store) -> Router {
    let store = store.clone();
    Health::new(function)
        .check("database", move || {
            let store = store.clone();
            async move { store.ping().await.map_err(|error| error.to_string()) }
        })
        .router()
}

/// A plan as the store keeps it, with why it is what it is.
pub fn planned(plan: Plan, why: Value) -> Planned {
    let steps = plan.steps.into_iter().map(|step| PlannedStep {
        step: step.step,
        skill_id: step.skill_id,
        version: step.version,
        hash: step.hash,
        depends_on: step.depends_on,
        input: step.input,
    });
    Planned {
        steps: steps.collect(),
        why: Some(why),
    }
}

fn sweep_outbox(store: Store, seams: Seams) -> ScheduleHandler {
    bus::schedule(move || {
        let (store, seams) = (store.clone(), seams.clone());
        async move {
            let Some(relay) = store.relay() else {
                return Err("this process has no way to publish".to_owned());
            };
            let sent = relay
                .sweep(seams.now(), SWEEP_AGE)
                .await
                .map_err(|error| error.to_string())?;
            Ok(serde_json::json!({ "sent": sent }))
        }
    })
}

/// A file of the skills bucket changed: this instance looks at once, the others when their time comes.
pub fn on_skills(function: &'static str, shelf: &Arc<Shelf>) -> Vec<Consumer> {
    let shelf = shelf.clone();
    Consumer::on(
        function,
        &["skill-published-v1"],
        move |event: SkillPublishedV1, _| {
            let shelf = shelf.clone();
            async move {
                let changed = shelf.refresh().await;
                tracing::info!(event.object, event.generation, changed, "looked at skills");
                Ok(())
            }
        },
    )
}

/// What a database error means for the message in hand: it comes again. Even one that looks like a
/// fault of ours ends as a dead letter, where it can be looked at and replayed.
pub fn retry(error: StoreError) -> Failure {
    Failure::Retry {
        reason: error.to_string(),
    }
}
