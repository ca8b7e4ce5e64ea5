//! Money on a real PostgreSQL, with a simulator of the gateway and a clock moved by hand.

mod calendar;
mod checkout;
mod comparing;
mod disorder;
mod giving_back;
mod stopped;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bill::{Config, Deps, Which, app, collect, poll_pending};
use bus::Verify;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use domain::billing::{PaymentMethod, PaymentPurpose, PaymentStatus, SubscriptionStatus};
use domain::{
    CorrelationId, Inr, MandateId, PaymentId, RefundId, Seams, Tier, UserId, WorkspaceId,
};
use events::{Event, Message};
use phonepe::Account;
use serde_json::Value;
use store::billing::mandates::{self, Mandate};
use store::billing::money::{Balances, Fault, balances, faults};
use store::billing::payments::{self, NewPayment, Payment};
use store::billing::refunds::{self, NewRefund, Refund};
use store::billing::subscriptions::{self, Subscription};
use store::billing::tax_profiles::{self, TaxProfile};
use store::{DbRole, Store};
use testkit::phonepe::{FakePhonePe, Options};
use testkit::{Database, ManualClock, manual_seams, push_body};
use tower::ServiceExt;

pub fn inr(text: &str) -> Inr {
    Inr(text.parse().unwrap())
}

pub struct World {
    pub db: Database,
    pub seams: Seams,
    pub clock: Arc<ManualClock>,
    pub fake: FakePhonePe,
    pub deps: Deps,
    pub app: Router,
    pub ingress: Store,
    pub user: UserId,
    pub workspace: WorkspaceId,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let db = Database::create().await;
        let (seams, clock) = manual_seams();
        let mut options = Options::new(seams.clone());
        change(&mut options);
        let fake = FakePhonePe::start(options).await;
        let account = Account::at(&fake.base_url(), "client", "secret");
        let config = Config::try_parse_from(["bill"]).unwrap();
        let deps = Deps::new(&config, db.store(DbRole::Bill), account, seams.clone()).unwrap();
        let app = app(&deps, Verify::Off);
        let ingress = db.store(DbRole::Ingress);
        let (user, workspace) = db.workspace(&seams, Tier::Starter).await;
        let world = Self {
            db,
            seams,
            clock,
            fake,
            deps,
            app,
            ingress,
            user,
            workspace,
        };
        world.profile(workspace, "24").await;
        world
    }

    /// A person in this state, without a GSTIN.
    pub async fn profile(&self, workspace: WorkspaceId, state_code: &str) {
        let mut tx = self.ingress.tenant(workspace).await.unwrap();
        let profile = TaxProfile {
            kind: "unregistered".into(),
            legal_name: "Asha Looms".into(),
            trade_name: None,
            gstin: None,
            address_lines: vec!["12 Ring Road".into()],
            place: "Surat".into(),
            pin: Some("395002".into()),
            state_code: state_code.into(),
            country: "IN".into(),
            email: None,
            language: "en".into(),
            verification: "unverified".into(),
            verified_name: None,
            verified_at: None,
        };
        tax_profiles::put(&mut tx, &profile, self.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn trial(&self, days: i64) {
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        let now = self.seams.now();
        let until = now + TimeDelta::days(days);
        subscriptions::begin_trial(&mut tx, Tier::Starter, 1, until, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Writes a payment down, as ingress does. Starter: ₹2,999 and 18 %.
    pub async fn want(&self, purpose: PaymentPurpose, method: PaymentMethod) -> PaymentId {
        self.want_tier(
            self.workspace,
            purpose,
            method,
            Tier::Starter,
            "2999",
            "539.82",
        )
        .await
    }

    pub async fn want_tier(
        &self,
        workspace: WorkspaceId,
        purpose: PaymentPurpose,
        method: PaymentMethod,
        tier: Tier,
        taxable: &str,
        tax: &str,
    ) -> PaymentId {
        let now = self.seams.now();
        let mut tx = self.ingress.tenant(workspace).await.unwrap();
        let running = subscriptions::get(&mut tx).await.unwrap();
        let id = PaymentId(self.seams.uuid());
        let mandate_id =
            (method == PaymentMethod::MandateSetup).then(|| MandateId(self.seams.uuid()));
        if let Some(mandate) = mandate_id {
            let most = inr("14158.58");
            let until = now + TimeDelta::days(3650);
            mandates::insert(&mut tx, mandate, most, until, now)
                .await
                .unwrap();
        }
        let day = economics::cycle::day_of(now);
        let cycle = economics::cycle::Anchor::on(day).cycle(day);
        let (from, to) = match running {
            Some(s) if purpose == PaymentPurpose::Upgrade => (s.period_start, s.period_end),
            _ => (cycle.begins(), cycle.ends()),
        };
        let new = NewPayment {
            id,
            purpose,
            method,
            tier,
            period_start: from,
            period_end: to,
            attempt: 0,
            taxable: inr(taxable),
            tax: inr(tax),
            tax_heads: 1,
            mandate_id,
            requested_by: Some(self.user),
            not_before: None,
            next_check_at: now + TimeDelta::seconds(60),
            now,
        };
        assert!(payments::insert(&mut tx, &new).await.unwrap());
        tx.commit().await.unwrap();
        id
    }

    /// A customer who has paid for this month, with a mandate or without.
    pub async fn subscribed(&self, method: PaymentMethod) -> PaymentId {
        let id = self.want(PaymentPurpose::Start, method).await;
        self.advance(id).await;
        self.fake.pay(&self.order(id));
        self.advance(id).await;
        self.poll().await;
        assert_eq!(self.payment(id).await.status, PaymentStatus::Captured);
        id
    }

    pub fn order_in(&self, workspace: WorkspaceId, id: PaymentId) -> String {
        domain::billing::MerchantId {
            kind: domain::billing::MerchantKind::Payment,
            workspace_id: workspace,
            id: id.0,
        }
        .to_string()
    }

    pub fn order(&self, id: PaymentId) -> String {
        self.order_in(self.workspace, id)
    }

    pub async fn advance(&self, id: PaymentId) {
        bill::advance_payment(&self.deps, self.workspace, id)
            .await
            .unwrap();
    }

    pub async fn advance_refund(&self, id: RefundId) {
        bill::advance_refund(&self.deps, self.workspace, id)
            .await
            .unwrap();
    }

    /// It is asked for, and the gateway says a minute later how it ended.
    pub async fn refund_ends(&self, id: RefundId) {
        self.advance_refund(id).await;
        self.later(TimeDelta::minutes(1)).await;
        self.poll().await;
    }

    /// What is due now.
    pub async fn poll(&self) {
        self.fake.tick();
        assert_eq!(poll_pending(&self.deps).await.unwrap().failed, 0);
    }

    pub async fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.fake.tick();
    }

    /// Everything the calendar and the polls do, each hour until then.
    pub async fn live_until(&self, until: DateTime<Utc>) {
        while self.seams.now() < until {
            self.later(TimeDelta::minutes(60)).await;
            collect(&self.deps, Which::Debits).await.unwrap();
            collect(&self.deps, Which::Ends).await.unwrap();
            self.poll().await;
        }
    }

    pub async fn payment(&self, id: PaymentId) -> Payment {
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        payments::get(&mut tx, id).await.unwrap()
    }

    /// The newest first.
    pub async fn payments(&self) -> Vec<Payment> {
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        payments::list(&mut tx, None, 100).await.unwrap()
    }

    pub async fn refunds(&self) -> Vec<Refund> {
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        refunds::list(&mut tx, None, None, 100).await.unwrap()
    }

    /// Gives money back, as an operator does.
    pub async fn want_refund(&self, payment: PaymentId, amount: &str) -> RefundId {
        self.want_refund_by(None, payment, amount).await
    }

    /// Asks for money back, as ingress does for a customer.
    pub async fn want_refund_by(
        &self,
        requested_by: Option<UserId>,
        payment: PaymentId,
        amount: &str,
    ) -> RefundId {
        let now = self.seams.now();
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        assert!(
            payments::set_aside(&mut tx, payment, inr(amount), now)
                .await
                .unwrap()
        );
        let id = RefundId(self.seams.uuid());
        let new = NewRefund {
            id,
            payment_id: payment,
            amount: inr(amount),
            of_allocated: true,
            reason: "not needed",
            requested_by,
            next_check_at: now + TimeDelta::seconds(60),
            now,
        };
        refunds::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn subscription(&self) -> Subscription {
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        subscriptions::get(&mut tx).await.unwrap().unwrap()
    }

    pub async fn status(&self) -> SubscriptionStatus {
        self.subscription().await.status
    }

    pub async fn mandate(&self) -> Mandate {
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        mandates::list(&mut tx, None, 100).await.unwrap().remove(0)
    }

    pub async fn balances(&self) -> Balances {
        let mut tx = self.ingress.tenant(self.workspace).await.unwrap();
        balances(&mut tx).await.unwrap()
    }

    pub async fn tier_and_access(&self) -> (String, String) {
        let owner = self.db.owner().await;
        sqlx::query_as("SELECT tier, access FROM workspaces WHERE id = $1")
            .bind(self.workspace.0)
            .fetch_one(&owner)
            .await
            .unwrap()
    }

    /// The books of everybody, as an auditor looks at them; invoices are made elsewhere.
    pub async fn faults(&self) -> Vec<Fault> {
        let operator = self.db.store(DbRole::Operator);
        let mut tx = operator.sweep().await.unwrap();
        faults(&mut tx).await.unwrap()
    }

    /// Messages in the outbox of a kind: nobody takes them out in these tests.
    pub async fn sent(&self, kind: &str) -> i64 {
        let owner = self.db.owner().await;
        sqlx::query_scalar("SELECT count(*) FROM outbox WHERE kind = $1")
            .bind(kind)
            .fetch_one(&owner)
            .await
            .unwrap()
    }

    /// A message as it comes by push.
    pub async fn push<E: Event>(&self, event: &E) -> StatusCode {
        let correlation = CorrelationId::from(self.seams.uuid());
        let message = Message::new(
            event,
            "phonepe-webhook",
            self.workspace,
            correlation,
            None,
            &self.seams,
        );
        let path = format!("/push/{}.bill", message.topic);
        self.post(&path, push_body(&message, 1)).await.0
    }

    pub async fn schedule(&self, name: &str) -> Value {
        let (status, body) = self.post(&format!("/schedules/{name}"), Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{name}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }
}
