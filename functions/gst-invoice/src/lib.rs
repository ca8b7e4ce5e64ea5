//! gst-invoice: it numbers, renders and stores GST invoices and credit notes. Only its place is here: it is deployed, answers for its health and
//! connects as its own database role, and does no work yet.

mod config;

use anyhow::Context;
use axum::Router;
use domain::Seams;
use runtime::Health;
use store::{DbRole, Store};

pub use config::Config;

pub const NAME: &str = "gst-invoice";

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
}

impl Deps {
    pub fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        let url = config
            .common
            .database_url()
            .context("DATABASE_URL is not set")?;
        let store = Store::connect(
            url,
            DbRole::GstInvoice,
            config.common.database_max_connections,
        )?;
        Ok(Self { store, seams })
    }
}

pub fn app(deps: &Deps) -> Router {
    let store = deps.store.clone();
    let health = Health::new(NAME).check("database", move || {
        let store = store.clone();
        async move { store.ping().await.map_err(|error| error.to_string()) }
    });
    runtime::layers(health.router(), NAME, &deps.seams)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt;

    #[tokio::test]
    async fn it_answers_for_its_health_and_for_nothing_else() {
        let store =
            Store::connect("postgres://nobody@127.0.0.1:1/none", DbRole::GstInvoice, 1).unwrap();
        let app = app(&Deps {
            store,
            seams: runtime::system_seams(),
        });
        let paths = [
            ("/health", StatusCode::OK),
            ("/ready", StatusCode::SERVICE_UNAVAILABLE),
            ("/webhooks/phonepe", StatusCode::NOT_FOUND),
        ];
        for (path, expected) in paths {
            let request = Request::get(path).body(Body::empty()).unwrap();
            assert_eq!(
                app.clone().oneshot(request).await.unwrap().status(),
                expected,
                "{path}"
            );
        }
    }
}
