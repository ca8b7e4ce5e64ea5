//! execute-skill: runs one step of a plan. It leases the step, gives its skill's prompt to a model,
//! makes the tool calls the model asks for, checks the answer against the skill's schema, and gives the
//! step back with output and usage in one transaction.

mod adapters;
mod config;
mod error;
mod execute;
mod report;
mod session;
mod step;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use bus::{Consumer, Verify};
use chrono::TimeDelta;
use domain::Seams;
use events::StepReadyV1;
use shelf::Shelf;
use store::{DbRole, Store};
use tools::Registry;

pub use config::Config;
pub use error::{Error, Result, StepError};
pub use session::{Attempt, Engine, Job, News, Tell};
pub use step::run;

pub const NAME: &str = "execute-skill";

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
    pub shelf: Arc<Shelf>,
    pub engine: Engine,
    pub lease_seconds: u32,
}

impl Deps {
    pub async fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        let store = service::connect(DbRole::ExecuteSkill, &config.common).await?;
        Self::new(config, store, seams).await
    }

    /// On a store that can already publish.
    pub async fn new(config: &Config, store: Store, seams: Seams) -> anyhow::Result<Self> {
        let shelf = Shelf::open(&config.skills, store.clone(), seams.clone()).await?;
        let gateway = config
            .llm
            .gateway(config.common.project(), seams.clock.clone())
            .context("the model gateway can't be set up")?;
        let tools = registry(
            &store,
            &seams,
            &config.tools,
            tools::scrape::Policy::default(),
        )?;
        let engine = Engine {
            gateway: Arc::new(gateway),
            tools,
            seams: seams.clone(),
            step_seconds: config.step_seconds,
        };
        Ok(Self {
            store,
            seams,
            shelf,
            engine,
            lease_seconds: config.lease_seconds,
        })
    }

    /// Which models answer, for people.
    pub fn models(&self) -> String {
        if self.engine.gateway.is_offline() {
            "offline".to_owned()
        } else {
            "vertex".to_owned()
        }
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.lease_seconds))
    }
}

/// The tools of this function over its own store.
///
/// # Errors
/// Words that say which variable of the tools' settings is wrong.
pub fn registry(
    store: &Store,
    seams: &Seams,
    settings: &tools::Settings,
    scrape: tools::scrape::Policy,
) -> anyhow::Result<Arc<Registry>> {
    let records = Arc::new(adapters::StoreRecords {
        store: store.clone(),
        seams: seams.clone(),
    });
    let audit = Arc::new(adapters::StoreAudit {
        store: store.clone(),
    });
    let tools = settings
        .tools(scrape, records)
        .map_err(anyhow::Error::msg)?;
    Ok(Arc::new(Registry::new(tools, audit)))
}

/// What execute-skill hears: one topic for each priority.
pub fn consumers(deps: &Deps) -> Vec<Consumer> {
    let mut consumers = service::on_skills(NAME, &deps.shelf);
    let deps = deps.clone();
    consumers.extend(Consumer::on(
        NAME,
        &[
            "step-ready-realtime-v1",
            "step-ready-standard-v1",
            "step-ready-batch-v1",
        ],
        move |event: StepReadyV1, meta| {
            let deps = deps.clone();
            async move { Ok(run(&deps, meta.workspace_id, &event).await?) }
        },
    ));
    consumers
}

pub fn app(deps: &Deps, verify: Verify) -> Router {
    let routes = service::routes(
        NAME,
        &deps.store,
        &deps.seams,
        consumers(deps),
        vec![],
        verify,
    );
    runtime::layers(routes, NAME, &deps.seams)
}
