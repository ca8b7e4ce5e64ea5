//! bill: usage, ledger and budgets. It settles the hold of each finished execution, charges usage
//! that came late, looks into holds nobody settled, and makes the coming months' partitions.

mod alerts;
mod config;
mod error;
mod expire;
mod settle;

use axum::Router;
use bus::{Consumer, ScheduleHandler, Verify};
use domain::Seams;
use events::{ExecutionFinishedV1, UsageRecordedV1};
use store::{DbRole, Store};

pub use config::Config;
pub use error::{Error, Result};
pub use expire::{Expired, expire_holds};
pub use settle::{charge_late, settle};

pub const NAME: &str = "bill";

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
}

impl Deps {
    pub async fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        let store = service::connect(DbRole::Bill, &config.common).await?;
        Ok(Self { store, seams })
    }
}

/// What bill hears.
pub fn consumers(deps: &Deps) -> Vec<Consumer> {
    let (finished, late) = (deps.clone(), deps.clone());
    let mut consumers = Consumer::on(
        NAME,
        &["execution-finished-v1"],
        move |event: ExecutionFinishedV1, meta| {
            let deps = finished.clone();
            async move { Ok(settle(&deps, meta.workspace_id, event.execution_id).await?) }
        },
    );
    consumers.extend(Consumer::on(
        NAME,
        &["usage-recorded-v1"],
        move |event: UsageRecordedV1, meta| {
            let deps = late.clone();
            let UsageRecordedV1 { execution_id, step, attempt } = event;
            async move { Ok(charge_late(&deps, meta.workspace_id, execution_id, step, attempt).await?) }
        },
    ));
    consumers
}

fn schedules(deps: &Deps) -> Vec<(&'static str, ScheduleHandler)> {
    let (holds, partitions) = (deps.clone(), deps.clone());
    vec![
        (
            "expire-holds",
            bus::schedule(move || {
                let deps = holds.clone();
                async move {
                    let done = expire_holds(&deps)
                        .await
                        .map_err(|error| error.to_string())?;
                    Ok(serde_json::json!(done))
                }
            }),
        ),
        (
            "make-partitions",
            bus::schedule(move || {
                let store = partitions.store.clone();
                async move {
                    let made = async {
                        let mut tx = store.plain().await?;
                        let made = store::migrate::make_partitions(&mut tx).await?;
                        tx.commit().await?;
                        Ok::<_, store::StoreError>(made)
                    };
                    let made = made.await.map_err(|error| error.to_string())?;
                    Ok(serde_json::json!({ "made": made }))
                }
            }),
        ),
    ]
}

pub fn app(deps: &Deps, verify: Verify) -> Router {
    let routes = service::routes(
        NAME,
        &deps.store,
        &deps.seams,
        consumers(deps),
        schedules(deps),
        verify,
    );
    runtime::layers(routes, NAME, &deps.seams)
}
