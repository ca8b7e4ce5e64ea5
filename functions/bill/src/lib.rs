//! bill: usage, ledger and budgets, and the money that customers pay. It settles the hold of each finished
//! execution; it asks the payment gateway for payments, refunds and debits, takes what the gateway says into
//! the books, and does what the calendar asks of subscriptions.

mod books;
pub mod close;
mod collect;
mod config;
mod error;
mod expire;
mod gateway;
mod poll;
mod price;
mod reconcile;
mod settle;
mod watch;

use std::sync::Arc;

use axum::Router;
use bus::{Consumer, Failure, Verify};
use chrono::TimeDelta;
use domain::Seams;
use economics::quote::Prices;
use events::{
    ExecutionFinishedV1, MandateCancelRequestedV1, MandateReportedV1, PaymentReportedV1,
    PaymentRequestedV1, RefundReportedV1, RefundRequestedV1, UsageRecordedV1,
};
use phonepe::PhonePe;
use serde_json::{Value, json};
use service::Schedules;
use store::{DbRole, Store};

pub use close::close_month;
pub use collect::{Collected, Which, collect};
pub use config::Config;
pub use error::{Error, Result};
pub use expire::{Expired, expire_holds};
pub use gateway::{advance_mandate, advance_payment, advance_refund};
pub use poll::{Polled, poll_pending};
pub use reconcile::reconcile;
pub use settle::{charge_late, settle};
pub use watch::{Watched, sweep_anomalies};

pub const NAME: &str = "bill";

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
    pub phonepe: PhonePe,
    pub prices: Arc<Prices>,
    /// Where customers come back to from the gateway's page.
    pub success_url: String,
    /// `None` when renewals cost what the list says.
    pub renewals: Option<economics::pricing::Renewals>,
    pub anomaly: economics::anomaly::Settings,
    /// Whether a workspace may be paused before anybody has looked.
    pub anomaly_pauses: bool,
}

impl Deps {
    pub async fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        let store = service::connect(DbRole::Bill, &config.common).await?;
        let account = config.account()?;
        Self::new(config, store, account, seams)
    }

    /// On a store that can already publish, with the gateway's account.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(
        config: &Config,
        store: Store,
        account: phonepe::Account,
        seams: Seams,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            phonepe: PhonePe::new(account, seams.clock.clone())?,
            prices: Arc::new(Prices::new(&config.quote)?),
            success_url: config.billing_success_url.clone(),
            renewals: config.dynamic.renewals(),
            anomaly: config.anomaly(),
            anomaly_pauses: config.anomaly_pauses,
            store,
            seams,
        })
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
    consumers.extend(money(deps));
    consumers
}

/// News and wishes about payments, refunds and mandates. What a message says is only that the gateway is to
/// be asked: the gateway's answer is what counts, so a message that comes twice, late or out of order asks
/// once more and changes nothing.
fn money(deps: &Deps) -> Vec<Consumer> {
    macro_rules! on {
        ($topic:literal, $event:ident, $id:ident, $advance:ident) => {{
            let deps = deps.clone();
            Consumer::on(NAME, &[$topic], move |event: $event, meta| {
                let deps = deps.clone();
                async move {
                    match $advance(&deps, meta.workspace_id, event.$id).await? {
                        true => Ok(()),
                        // Who is asking may have asked before this happened.
                        false => Err(Failure::Retry {
                            reason: "it is being asked about".to_owned(),
                        }),
                    }
                }
            })
        }};
    }
    [
        on!(
            "payment-requested-v1",
            PaymentRequestedV1,
            payment_id,
            advance_payment
        ),
        on!(
            "payment-reported-v1",
            PaymentReportedV1,
            payment_id,
            advance_payment
        ),
        on!(
            "refund-requested-v1",
            RefundRequestedV1,
            refund_id,
            advance_refund
        ),
        on!(
            "refund-reported-v1",
            RefundReportedV1,
            refund_id,
            advance_refund
        ),
        on!(
            "mandate-cancel-requested-v1",
            MandateCancelRequestedV1,
            mandate_id,
            advance_mandate
        ),
        on!(
            "mandate-reported-v1",
            MandateReportedV1,
            mandate_id,
            advance_mandate
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How long each may hold its name when its process dies.
const SHORT: TimeDelta = TimeDelta::minutes(2);

fn schedules(deps: &Deps) -> Schedules {
    let mut schedules = Schedules::new(&deps.store, &deps.seams);
    let on = deps.clone();
    schedules.add("expire-holds", move || {
        let deps = on.clone();
        async move { said(expire_holds(&deps).await) }
    });
    let on = deps.clone();
    schedules.add("make-partitions", move || {
        let store = on.store.clone();
        async move {
            let made = async {
                let mut tx = store.plain().await?;
                let made = store::migrate::make_partitions(&mut tx).await?;
                tx.commit().await?;
                Ok::<_, store::StoreError>(made)
            };
            said(made.await.map(|made| json!({ "made": made })))
        }
    });
    let on = deps.clone();
    schedules.alone("poll-pending", SHORT, move || {
        let deps = on.clone();
        async move { said(poll_pending(&deps).await) }
    });
    let on = deps.clone();
    schedules.alone("debit-cycle", SHORT, move || {
        let deps = on.clone();
        async move { said(collect(&deps, Which::Debits).await) }
    });
    let on = deps.clone();
    schedules.alone("dunning", SHORT, move || {
        let deps = on.clone();
        async move { said(collect(&deps, Which::Ends).await) }
    });
    let on = deps.clone();
    schedules.alone("reconcile", SHORT, move || {
        let deps = on.clone();
        async move { said(reconcile(&deps).await) }
    });
    let on = deps.clone();
    schedules.alone("close-month", SHORT, move || {
        let deps = on.clone();
        async move { said(close_month(&deps).await) }
    });
    let on = deps.clone();
    schedules.alone("sweep-anomalies", SHORT, move || {
        let deps = on.clone();
        async move { said(sweep_anomalies(&deps).await) }
    });
    schedules
}

/// What a schedule answers.
fn said<T: serde::Serialize, E: std::fmt::Display>(
    done: std::result::Result<T, E>,
) -> std::result::Result<Value, String> {
    done.map(|done| json!(done))
        .map_err(|error| error.to_string())
}

pub fn app(deps: &Deps, verify: Verify) -> Router {
    let routes = service::routes(
        NAME,
        &deps.store,
        &deps.seams,
        consumers(deps),
        schedules(deps).into(),
        verify,
    );
    runtime::layers(routes, NAME, &deps.seams)
}
