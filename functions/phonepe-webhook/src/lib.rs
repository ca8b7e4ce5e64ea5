//! phonepe-webhook: makes sure that a callback is PhonePe's, records it once, and tells bill what to ask
//! PhonePe about. It decides nothing: a body is not signed, so the state and the amount that count come
//! from bill's own status call.

mod config;
mod error;
mod gate;
mod publish;
mod record;
mod routes;

use std::sync::Arc;

use axum::Router;
use bus::Verify;
use domain::Seams;
use phonepe::callback::Authenticator;
use store::{DbRole, Store};

pub use config::Config;
pub use error::{Error, Result};
pub use publish::attach;
pub use routes::{MAX_BODY, PATH};

use gate::Gate;

pub const NAME: &str = "phonepe-webhook";

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
    gate: Arc<Gate>,
}

impl Deps {
    /// `store` is of [`DbRole::PhonepeWebhook`]; [`Config::authenticator`] makes the authenticator.
    pub fn new(store: Store, seams: Seams, authenticator: Authenticator) -> Self {
        let gate = Arc::new(Gate::new(authenticator, seams.clock.clone()));
        Self { store, seams, gate }
    }

    pub async fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        // As `service::connect`, but with a limit to waiting for the broker.
        let store = service::connect_silent(DbRole::PhonepeWebhook, &config.common)?;
        attach(&store, service::publisher(&config.common).await?);
        if config.is_simulated() {
            tracing::warn!(
                "PHONEPE_WEBHOOK_USERNAME and PHONEPE_WEBHOOK_PASSWORD are not set: callbacks are taken from the \
                 simulator, whose user name and password everybody knows"
            );
        }
        Ok(Self::new(store, seams, config.authenticator()?))
    }
}

/// It consumes nothing; its one schedule is the sweep of the outbox.
pub fn app(deps: &Deps, verify: Verify) -> Router {
    let usual = service::routes(NAME, &deps.store, &deps.seams, vec![], vec![], verify);
    routes::webhook(deps).merge(runtime::layers(usual, NAME, &deps.seams))
}
