//! route: turns a request into a plan, and moves the plan forward. It never waits for a step: it
//! answers to facts (a request was accepted, a step has ended) and releases what may come next.

mod advance;
mod ask;
mod config;
mod decide;
mod error;
mod make_plan;
mod requeue;
mod seed;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use bus::{Consumer, ScheduleHandler, Verify};
use domain::Seams;
use events::{ExecutionRequestedV1, StepFinishedV1, TestEventV1, WorkspaceCreatedV1};
use shelf::Shelf;
use store::{DbRole, Store};

pub use advance::advance;
pub use config::Config;
pub use decide::{Decision, decide};
pub use error::{Error, Result};
pub use make_plan::make_plan;
pub use requeue::{Requeued, requeue_steps};

pub const NAME: &str = "route";

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
    pub shelf: Arc<Shelf>,
    pub gateway: Arc<llm::Gateway>,
}

impl Deps {
    pub async fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        let store = service::connect(DbRole::Route, &config.common).await?;
        Self::new(config, store, seams).await
    }

    /// On a store that can already publish.
    pub async fn new(config: &Config, store: Store, seams: Seams) -> anyhow::Result<Self> {
        let shelf = Shelf::open(&config.skills, store.clone(), seams.clone()).await?;
        shelf.warm();
        let gateway = config
            .llm
            .gateway(config.common.project(), seams.clock.clone())
            .context("the model gateway can't be set up")?;
        Ok(Self {
            store,
            seams,
            shelf,
            gateway: Arc::new(gateway),
        })
    }
}

/// What route hears.
pub fn consumers(deps: &Deps) -> Vec<Consumer> {
    let (requested, finished, created) = (deps.clone(), deps.clone(), deps.clone());
    let tested = deps.clone();
    let mut consumers = Consumer::on(
        NAME,
        &["execution-requested-v1"],
        move |event: ExecutionRequestedV1, meta| {
            let deps = requested.clone();
            async move { Ok(make_plan(&deps, meta.workspace_id, event.execution_id).await?) }
        },
    );
    consumers.extend(Consumer::on(
        NAME,
        &["step-finished-v1"],
        move |event: StepFinishedV1, meta| {
            let deps = finished.clone();
            async move { Ok(advance(&deps, meta.workspace_id, event.execution_id).await?) }
        },
    ));
    consumers.extend(Consumer::on(
        NAME,
        &["workspace-created-v1"],
        move |_: WorkspaceCreatedV1, meta| {
            let deps = created.clone();
            async move { Ok(seed::council(&deps, meta.workspace_id).await?) }
        },
    ));
    consumers.extend(service::on_skills(NAME, &deps.shelf));
    consumers.extend(Consumer::on(
        NAME,
        &["test-event-v1"],
        move |event: TestEventV1, meta| {
            let deps = tested.clone();
            async move { Ok(seed::note_test(&deps, &meta, &event.note).await?) }
        },
    ));
    consumers
}

pub fn app(deps: &Deps, verify: Verify) -> Router {
    let overdue = deps.clone();
    let schedules: Vec<(&'static str, ScheduleHandler)> = vec![(
        "requeue-steps",
        bus::schedule(move || {
            let deps = overdue.clone();
            async move {
                let done = requeue_steps(&deps)
                    .await
                    .map_err(|error| error.to_string())?;
                Ok(serde_json::json!(done))
            }
        }),
    )];
    let routes = service::routes(
        NAME,
        &deps.store,
        &deps.seams,
        consumers(deps),
        schedules,
        verify,
    );
    runtime::layers(routes, NAME, &deps.seams)
}
