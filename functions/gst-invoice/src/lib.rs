//! gst-invoice: numbers, registers, renders and stores GST invoices and credit notes. A number is given in
//! the transaction that writes its document; everything after that is done again until it is done.

mod config;
mod document;
mod error;
mod file;
mod finish;
pub mod gstins;
mod issue;
mod outside;
pub mod portal;
pub mod render;
mod report;
mod sample;
mod sweep;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use bus::{Consumer, Verify};
use chrono::TimeDelta;
use domain::{Seams, WorkspaceId};
use economics::quote::Prices;
use events::{PaymentCapturedV1, RefundCompletedV1, ReportRequestedV1, TaxProfileChangedV1};
use objects::Objects;
use serde_json::json;
use service::Schedules;
use store::{DbRole, Store};
use tax::document::Party;
use tax::number::Series;

pub use config::Config;
pub use error::{Error, Result};
pub use finish::finish;
pub use issue::{issue_credit_note, issue_invoice};
pub use sweep::{Swept, finish_invoices, verify};

pub const NAME: &str = "gst-invoice";

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub seams: Seams,
    pub supplier: Party,
    pub prices: Arc<Prices>,
    pub invoice_series: Series,
    pub credit_note_series: Series,
    /// `None` where the turnover asks for no e-invoices.
    pub portal: Option<Arc<dyn portal::Portal>>,
    pub gstins: Arc<dyn gstins::Register>,
    pub objects: Arc<dyn Objects>,
    pub renderer: Arc<render::Renderer>,
    pub logo: Option<Arc<render::Logo>>,
}

impl Deps {
    pub async fn connect(config: &Config, seams: Seams) -> anyhow::Result<Self> {
        let store = service::connect_silent(DbRole::GstInvoice, &config.common)?;
        Self::new(config, store, seams).await
    }

    /// # Errors
    /// What is wrong with the configuration.
    pub async fn new(config: &Config, store: Store, seams: Seams) -> anyhow::Result<Self> {
        let options = objects::Options {
            endpoint: config.objects_endpoint.clone(),
            ..objects::Options::default()
        };
        let logo = config.supplier_logo.as_ref().map(|path| {
            let bytes = std::fs::read(path)
                .with_context(|| format!("SUPPLIER_LOGO: {} can't be read", path.display()))?;
            anyhow::Ok(Arc::new(
                render::Logo::read(bytes).context("SUPPLIER_LOGO")?,
            ))
        });
        Ok(Self {
            objects: objects::open(&config.place(), options, seams.clock.clone()).await?,
            supplier: config.supplier()?,
            prices: Arc::new(Prices::new(&config.quote)?),
            invoice_series: config.invoice_series.clone(),
            credit_note_series: config.credit_note_series.clone(),
            portal: config.portal.open(&config.quote.supplier_gstin, &seams)?,
            gstins: config.gstins.open(&seams)?,
            renderer: Arc::new(render::Renderer::new()?),
            logo: logo.transpose()?,
            store,
            seams,
        })
    }
}

/// What gst-invoice hears.
pub fn consumers(deps: &Deps) -> Vec<Consumer> {
    let (paid, back, changed, wanted) = (deps.clone(), deps.clone(), deps.clone(), deps.clone());
    [
        Consumer::on(
            NAME,
            &["payment-captured-v1"],
            move |event: PaymentCapturedV1, meta| {
                let deps = paid.clone();
                async move {
                    let id = issue_invoice(&deps, meta.workspace_id, event.payment_id).await?;
                    finish_soon(&deps, meta.workspace_id, id).await;
                    Ok(())
                }
            },
        ),
        Consumer::on(
            NAME,
            &["refund-completed-v1"],
            move |event: RefundCompletedV1, meta| {
                let deps = back.clone();
                async move {
                    let id = issue_credit_note(&deps, meta.workspace_id, event.refund_id).await?;
                    finish_soon(&deps, meta.workspace_id, id).await;
                    Ok(())
                }
            },
        ),
        Consumer::on(
            NAME,
            &["tax-profile-changed-v1"],
            move |_: TaxProfileChangedV1, meta| {
                let deps = changed.clone();
                async move { Ok(verify(&deps, meta.workspace_id).await?) }
            },
        ),
        Consumer::on(
            NAME,
            &["report-requested-v1"],
            move |event: ReportRequestedV1, meta| {
                let deps = wanted.clone();
                async move { Ok(report::make(&deps, meta.workspace_id, event.period).await?) }
            },
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The document is issued whatever comes of this; the schedule does what is left.
async fn finish_soon(deps: &Deps, workspace: WorkspaceId, id: domain::InvoiceId) {
    if let Err(error) = finish(deps, workspace, id).await {
        tracing::warn!(%error, "the schedule finishes the invoice");
    }
}

pub fn app(deps: &Deps, verify: Verify) -> Router {
    let mut schedules = Schedules::new(&deps.store, &deps.seams);
    let on = deps.clone();
    schedules.alone("finish-invoices", TimeDelta::minutes(2), move || {
        let deps = on.clone();
        async move {
            let done = finish_invoices(&deps).await;
            done.map(|done| json!(done))
                .map_err(|error| error.to_string())
        }
    });
    let routes = service::routes(
        NAME,
        &deps.store,
        &deps.seams,
        consumers(deps),
        schedules.into(),
        verify,
    );
    runtime::layers(routes, NAME, &deps.seams)
}
