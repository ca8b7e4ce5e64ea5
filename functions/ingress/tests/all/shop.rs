//! A customer, and what `bill` and `gst-invoice` do to the rows meanwhile.

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::{
    InvoiceStatus, MandateStatus, PaymentStatus, RefundStatus, SubscriptionStatus,
};
use domain::{Inr, InvoiceId, MandateId, PaymentId, RefundId, Role, Tier, UserId, WorkspaceId};
use serde_json::{Value, json};
use store::DbRole;
use store::billing::invoices::NewInvoice;
use store::billing::payments::Payment;
use store::billing::subscriptions::Subscription;
use store::billing::{invoices, mandates, payments, periods, refunds, subscriptions};

use crate::{Answer, World};

/// Answers go out at once, without waiting for `bill`.
pub const HURRY: [&str; 2] = ["--answer-wait-seconds", "0"];

pub struct Customer {
    pub user: UserId,
    pub workspace: WorkspaceId,
    pub token: String,
}

pub fn inr(text: &str) -> Inr {
    Inr(text.parse().unwrap())
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// In Maharashtra; the development supplier is in Karnataka.
pub fn profile() -> Value {
    json!({
        "kind": "registered", "legal_name": "Jaipur Looms", "gstin": "27AAPFU0939F1ZV", "address_lines": ["1 Link Road"],
        "place": "Mumbai", "pin": "400001", "state": "27", "email": "accounts@example.in", "language": "hi",
    })
}

impl World {
    /// At noon of 21 November 2026 in India.
    pub async fn shop() -> Self {
        let world = Self::with(&HURRY).await;
        world.clock.set(at("2026-11-21T06:30:00Z"));
        world
    }

    /// An owner whose workspace is on trial and has a tax profile.
    pub async fn customer(&self) -> Customer {
        let (user, workspace, token) = self.person(Tier::Starter).await;
        let now = self.seams.now();
        let mut tx = self.deps.store.tenant(workspace).await.unwrap();
        let until = now + TimeDelta::days(14);
        subscriptions::begin_trial(&mut tx, Tier::Starter, 5, until, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let path = "/v1/tax-profile";
        self.call(Method::PUT, path, &token, profile())
            .await
            .expect(200);
        Customer {
            user,
            workspace,
            token,
        }
    }

    /// It is then; the customer has signed in again.
    pub fn wait_until(&self, customer: &mut Customer, now: DateTime<Utc>) {
        self.clock.set(now);
        customer.token = self.token(customer.user);
    }

    /// A person with this role in the customer's workspace, and a token that names it.
    pub async fn colleague(&self, customer: &Customer, role: Role) -> String {
        let (user, _, token) = self.person(Tier::Starter).await;
        let me = self.get("/v1/auth/me", &token).await.expect(200);
        let path = format!("/v1/workspaces/{}/members", customer.workspace);
        let body = json!({ "email": me.body["email"], "role": role });
        self.call(Method::PUT, &path, &customer.token, body)
            .await
            .expect(204);
        let tokens = &self.deps.tokens;
        tokens
            .issue(&self.seams, user, Some(customer.workspace))
            .token
    }

    /// A POST with a key.
    pub async fn keyed(&self, path: &str, token: &str, key: &str, body: Value) -> Answer {
        let headers = [("idempotency-key", key)];
        self.call_with(Method::POST, path, token, body, &headers)
            .await
    }

    pub async fn checkout(
        &self,
        customer: &Customer,
        key: &str,
        tier: &str,
        method: &str,
    ) -> Answer {
        let body = json!({ "tier": tier, "method": method });
        let path = "/v1/subscription/checkout";
        self.keyed(path, &customer.token, key, body).await
    }

    /// Topics of the messages that wait, with what is in them.
    pub async fn said(&self) -> Vec<(String, Value)> {
        let mut tx = self.deps.store.sweep().await.unwrap();
        let later = at("2100-01-01T00:00:00Z");
        let messages = store::outbox::stale(&mut tx, "ingress", later, 1000)
            .await
            .unwrap();
        let pair = |m: events::Message| (m.topic, serde_json::from_slice(&m.data).unwrap());
        messages.into_iter().map(pair).collect()
    }

    /// What of `topic` waits.
    pub async fn said_on(&self, topic: &str) -> Vec<Value> {
        let all = self.said().await.into_iter();
        all.filter_map(|(on, data)| (on == topic).then_some(data))
            .collect()
    }

    /// How often a person's doing of this was noted.
    pub async fn audited(&self, workspace: WorkspaceId, action: &str) -> usize {
        let owner = self.db.owner().await;
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM audit_logs WHERE workspace_id = $1 AND action = $2 AND ok AND actor_user_id IS NOT NULL",
        )
        .bind(workspace.0)
        .bind(action)
        .fetch_one(&owner)
        .await
        .unwrap();
        owner.close().await;
        usize::try_from(count).unwrap()
    }

    pub async fn open_payments(&self, workspace: WorkspaceId) -> Vec<Payment> {
        let bill = self.db.store(DbRole::Bill);
        let mut tx = bill.tenant(workspace).await.unwrap();
        payments::open(&mut tx).await.unwrap()
    }

    pub async fn payment(&self, workspace: WorkspaceId, id: PaymentId) -> Payment {
        let mut tx = self.db.store(DbRole::Bill).tenant(workspace).await.unwrap();
        payments::get(&mut tx, id).await.unwrap()
    }

    /// `bill` writes what the gateway said of a payment.
    pub async fn bill(
        &self,
        workspace: WorkspaceId,
        id: PaymentId,
        change: impl FnOnce(&mut Payment),
    ) {
        let mut tx = self.db.store(DbRole::Bill).tenant(workspace).await.unwrap();
        let mut payment = payments::lock(&mut tx, id).await.unwrap();
        change(&mut payment);
        payments::save(&mut tx, &payment, self.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// `bill` has the gateway's page for the first payment that is open, as soon as there is one.
    pub async fn bill_opens_the_page(&self, workspace: WorkspaceId) -> PaymentId {
        let id = loop {
            match self.open_payments(workspace).await.first() {
                Some(payment) => break payment.id,
                None => tokio::task::yield_now().await,
            }
        };
        let end = self.seams.now() + TimeDelta::minutes(15);
        self.bill(workspace, id, |payment| {
            payment.status = PaymentStatus::Pending;
            payment.redirect_url = Some("https://pay.example/page".into());
            payment.expires_at = Some(end);
        })
        .await;
        id
    }

    /// The money of a payment comes and is used.
    pub async fn captured(&self, workspace: WorkspaceId, id: PaymentId) {
        let now = self.seams.now();
        self.bill(workspace, id, |payment| {
            payment.status = PaymentStatus::Captured;
            payment.received = payment.amount;
            payment.allocated = payment.amount;
            payment.captured_at = Some(now);
            payment.payment_mode = Some("UPI_INTENT".into());
            payment.utr = Some("432109876543".into());
        })
        .await;
    }

    /// `bill` uses the money of a payment for what it was meant for.
    pub async fn pays_its_period(&self, workspace: WorkspaceId, id: PaymentId) {
        let paid = self.payment(workspace, id).await;
        let period = (paid.period_start, paid.period_end);
        let mut tx = self.db.store(DbRole::Bill).tenant(workspace).await.unwrap();
        periods::pay(&mut tx, id, period, paid.tier, self.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// A payment by checkout that was made.
    pub async fn paid(&self, customer: &Customer) -> PaymentId {
        let key = self.seams.uuid().to_string();
        let answer = self.checkout(customer, &key, "starter", "once").await;
        let id = answer.expect(202).body["payment"]["id"].clone();
        let id: PaymentId = serde_json::from_value(id).unwrap();
        self.captured(customer.workspace, id).await;
        id
    }

    /// `bill` writes the subscription as it shall stand.
    pub async fn subscription(
        &self,
        workspace: WorkspaceId,
        change: impl FnOnce(&mut Subscription),
    ) {
        let mut tx = self.db.store(DbRole::Bill).tenant(workspace).await.unwrap();
        let subscription = subscriptions::lock(&mut tx).await.unwrap();
        let mut subscription = subscription.expect("a subscription");
        change(&mut subscription);
        subscriptions::save(&mut tx, &subscription, self.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// An active subscription for November, from the 1st to the 30th.
    pub async fn active(&self, customer: &Customer, tier: Tier) {
        self.subscription(customer.workspace, |subscription| {
            subscription.status = SubscriptionStatus::Active;
            subscription.tier = tier;
            subscription.anchor_day = 1;
            subscription.period_start = at("2026-10-31T18:30:00Z");
            subscription.period_end = at("2026-11-30T18:30:00Z");
        })
        .await;
    }

    /// An active mandate over this much, which renewals are taken under.
    pub async fn mandate(&self, customer: &Customer, max: &str) -> MandateId {
        let id = MandateId(self.seams.uuid());
        let now = self.seams.now();
        let bill = self.db.store(DbRole::Bill);
        let mut tx = bill.tenant(customer.workspace).await.unwrap();
        mandates::insert(&mut tx, id, inr(max), now + TimeDelta::days(3650), now)
            .await
            .unwrap();
        let mut mandate = mandates::lock(&mut tx, id).await.unwrap();
        mandate.status = MandateStatus::Active;
        mandates::save(&mut tx, &mandate, now).await.unwrap();
        tx.commit().await.unwrap();
        self.subscription(customer.workspace, |s| s.mandate_id = Some(id))
            .await;
        id
    }

    /// `bill` writes how a refund ended.
    pub async fn refunded(&self, workspace: WorkspaceId, id: RefundId, status: RefundStatus) {
        let bill = self.db.store(DbRole::Bill);
        let now = self.seams.now();
        let mut tx = bill.tenant(workspace).await.unwrap();
        let mut refund = refunds::lock(&mut tx, id).await.unwrap();
        refund.status = status;
        refunds::save(&mut tx, &refund, now).await.unwrap();
        let (payment, amount) = (refund.payment_id, refund.amount);
        tx.commit().await.unwrap();
        self.bill(workspace, payment, |payment| {
            payment.refunding -= amount;
            if status == RefundStatus::Completed {
                payment.refunded += amount;
            }
        })
        .await;
    }

    /// `gst-invoice` writes the invoice of a payment.
    pub async fn invoiced(&self, customer: &Customer, payment: PaymentId) -> InvoiceId {
        let issuer = self.db.store(DbRole::GstInvoice);
        let paid = self.payment(customer.workspace, payment).await;
        let mut tx = issuer.tenant(customer.workspace).await.unwrap();
        let id = InvoiceId(self.seams.uuid());
        let sequence = invoices::next_number(&mut tx, "RF", "26-27").await.unwrap();
        let number = format!("RF/26-27/{sequence:06}");
        let new = NewInvoice {
            id,
            kind: "tax_invoice",
            status: InvoiceStatus::Issued,
            series: "RF",
            financial_year: "26-27",
            sequence,
            number: &number,
            date: "2026-11-21".parse().unwrap(),
            payment_id: payment,
            refund_id: None,
            against_id: None,
            content: &json!({ "number": number, "place_of_supply": "27" }),
            taxable: paid.taxable,
            tax: paid.tax,
            payable: paid.amount,
            language: "hi",
            needs_registration: false,
            now: self.seams.now(),
        };
        invoices::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}
