//! gst-invoice: it numbers, renders and stores GST invoices and credit notes. Only its place is here: it is deployed, answers for its health and
//! connects as its own database role, and does no work yet.

mod config;

use axum::Router;
use domain::Seams;
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
        let store = service::connect_silent(DbRole::GstInvoice, &config.common)?;
        Ok(Self { store, seams })
    }
}

pub fn app(deps: &Deps) -> Router {
    runtime::layers(service::health(NAME, &deps.store), NAME, &deps.seams)
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
