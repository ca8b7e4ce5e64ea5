//! A workspace with a tax profile, payments as bill leaves them, and gst-invoice on a real PostgreSQL.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bus::Verify;
use chrono::{DateTime, Utc};
use clap::Parser;
use domain::{CorrelationId, Inr, InvoiceId, PaymentId, RefundId, Seams, Tier, WorkspaceId};
use events::{Event, Message};
use gst_invoice::portal::{Account, HttpPortal};
use gst_invoice::{Config, Deps, app};
use sqlx::PgPool;
use store::DbRole;
use store::billing::invoices::{self, Invoice};
use store::billing::tax_profiles::{self, TaxProfile};
use tax::document::Document;
use testkit::gst::{FakePortal, Options, PUBLIC_KEY};
use testkit::{Database, ManualClock, manual_seams, push_body};
use tower::ServiceExt;

use crate::documents::{BUYER, SELLER};

pub fn inr(text: &str) -> Inr {
    Inr(text.parse().unwrap())
}

pub struct World {
    pub db: Database,
    pub owner: PgPool,
    pub seams: Seams,
    pub clock: Arc<ManualClock>,
    pub workspace: WorkspaceId,
    pub deps: Deps,
    pub app: Router,
    pub folder: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(arguments: &[&str]) -> Self {
        let db = Database::create().await;
        let (seams, clock) = manual_seams();
        let folder = tempfile::tempdir().unwrap();
        let place = format!("--invoices-dir={}", folder.path().display());
        let all = ["gst-invoice", &place]
            .into_iter()
            .chain(arguments.iter().copied());
        let config = Config::try_parse_from(all).unwrap();
        let store = db.store(DbRole::GstInvoice);
        let deps = Deps::new(&config, store, seams.clone()).await.unwrap();
        let (_, workspace) = db.workspace(&seams, Tier::Starter).await;
        let world = Self {
            owner: db.owner().await,
            app: app(&deps, Verify::Off),
            db,
            seams,
            clock,
            workspace,
            deps,
            folder,
        };
        world.profile("unregistered", None, "24").await;
        world
    }

    pub async fn profile(&self, kind: &str, gstin: Option<&str>, state_code: &str) {
        let store = self.db.store(DbRole::Ingress);
        let mut tx = store.tenant(self.workspace).await.unwrap();
        let profile = TaxProfile {
            kind: kind.into(),
            legal_name: "आशा हथकरघा".into(),
            trade_name: None,
            gstin: gstin.map(str::to_owned),
            address_lines: vec!["12 Ring Road".into()],
            place: "Bazaar".into(),
            pin: Some(
                if state_code == "27" {
                    "400001"
                } else {
                    "395002"
                }
                .into(),
            ),
            state_code: state_code.into(),
            country: "IN".into(),
            email: None,
            language: "hi".into(),
            verification: "unverified".into(),
            verified_name: None,
            verified_at: None,
        };
        tax_profiles::put(&mut tx, &profile, self.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// A payment whose money came and was used, as bill leaves it. Starter with 18 %.
    pub async fn paid(&self) -> PaymentId {
        self.paid_by(self.workspace).await
    }

    pub async fn paid_by(&self, workspace: WorkspaceId) -> PaymentId {
        let id = PaymentId(self.seams.uuid());
        let now = self.seams.now();
        sqlx::query(
            "INSERT INTO payments (id, workspace_id, purpose, method, status, tier, period_start, period_end, taxable_inr, tax_inr,
               amount_inr, received_inr, allocated_inr, captured_at, payment_mode, utr, created_at, updated_at)
             VALUES ($1, $2, 'start', 'checkout', 'captured', 'starter', $3, $3 + interval '30 days', 2999, 539.82, 3538.82, 3538.82,
               3538.82, $3, 'UPI_INTENT', '632512345678', $3, $3)",
        )
        .bind(id.0)
        .bind(workspace.0)
        .bind(now)
        .execute(&self.owner)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO subscription_periods (workspace_id, period_start, part, period_end, tier, payment_id, created_at)
             VALUES ($1, $2, (SELECT count(*) FROM subscription_periods WHERE workspace_id = $1), $2 + interval '30 days', 'starter', $3, $2)",
        )
        .bind(workspace.0)
        .bind(now)
        .bind(id.0)
        .execute(&self.owner)
        .await
        .unwrap();
        for (kind, from, to, amount) in [
            ("received", "customer", "held", "3538.82"),
            ("allocated", "held", "revenue", "2999"),
            ("tax", "held", "gst", "539.82"),
        ] {
            sqlx::query(
                "INSERT INTO money_entries VALUES ($1, $2, $3, $4, $5, $6::numeric, now())",
            )
            .bind(id.0)
            .bind(kind)
            .bind(workspace.0)
            .bind(from)
            .bind(to)
            .bind(amount)
            .execute(&self.owner)
            .await
            .unwrap();
        }
        id
    }

    pub async fn refunded(&self, payment: PaymentId, amount: &str) -> RefundId {
        let id = RefundId(self.seams.uuid());
        sqlx::query(
            "INSERT INTO refunds (id, workspace_id, payment_id, amount_inr, of_allocated, reason, status, completed_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4::numeric, true, 'not needed', 'completed', $5, $5, $5)",
        )
        .bind(id.0)
        .bind(self.workspace.0)
        .bind(payment.0)
        .bind(amount)
        .bind(self.seams.now())
        .execute(&self.owner)
        .await
        .unwrap();
        id
    }

    /// As an operator does.
    pub async fn take_back(&self, id: InvoiceId) {
        let operator = self.db.store(DbRole::Operator);
        let mut tx = operator.tenant(self.workspace).await.unwrap();
        let now = self.seams.now();
        let asked = invoices::request_cancel(&mut tx, id, "wrong recipient", now).await;
        assert!(asked.unwrap());
        tx.commit().await.unwrap();
    }

    pub async fn invoice(&self, id: InvoiceId) -> Invoice {
        let mut tx = self.deps.store.tenant(self.workspace).await.unwrap();
        invoices::get(&mut tx, id).await.unwrap()
    }

    pub async fn all(&self) -> Vec<Invoice> {
        let mut tx = self.deps.store.tenant(self.workspace).await.unwrap();
        invoices::list(&mut tx, None, 1000).await.unwrap()
    }

    pub async fn push<E: Event>(&self, event: &E) -> StatusCode {
        let correlation = CorrelationId::from(self.seams.uuid());
        let message = Message::new(
            event,
            "bill",
            self.workspace,
            correlation,
            None,
            &self.seams,
        );
        let path = format!("/push/{}.gst-invoice", message.topic);
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(push_body(&message, 1).to_string()))
            .unwrap();
        self.app.clone().oneshot(request).await.unwrap().status()
    }

    pub async fn file(&self, invoice: &Invoice) -> Vec<u8> {
        let name = invoice.object_name.as_ref().unwrap();
        let object = self.deps.objects.get(name).await.unwrap().unwrap();
        object.1.to_vec()
    }

    pub fn at(&self, time: &str) {
        self.clock.set(time.parse::<DateTime<Utc>>().unwrap());
    }
}

pub fn content(invoice: &Invoice) -> Document {
    serde_json::from_value(invoice.content.clone()).unwrap()
}

/// A world whose supplier must register: everything of a business passes the portal.
pub async fn with_portal() -> (World, FakePortal) {
    let mut world = World::new().await;
    let fake = FakePortal::start(Options::new(world.seams.clone())).await;
    let account = Account {
        base_url: fake.base_url(),
        client_id: "client".into(),
        client_secret: "secret".into(),
        username: "API_raptor".into(),
        password: "password1".into(),
        gstin: SELLER.into(),
        public_keys: Some(PUBLIC_KEY.into()),
        answer_within: std::time::Duration::from_secs(5),
    };
    let portal = HttpPortal::new(account, world.seams.clock.clone()).unwrap();
    world.deps.portal = Some(Arc::new(portal));
    world.profile("registered", Some(BUYER), "27").await;
    (world, fake)
}
