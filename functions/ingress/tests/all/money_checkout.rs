//! Beginning to pay.

use chrono::TimeDelta;
use domain::billing::{PaymentMethod, PaymentPurpose, PaymentStatus, SubscriptionStatus};
use domain::{PaymentId, Tier};
use serde_json::{Value, json};
use store::DbRole;
use store::billing::payments::NewPayment;
use store::billing::{mandates, payments};

use crate::World;
use crate::shop::{Customer, at, inr};

const PATH: &str = "/v1/subscription/checkout";
const ALIAS: &str = "/v1/payments/phonepe/subscribe";

#[tokio::test]
async fn a_checkout_waits_for_the_gateways_page() {
    let world = World::new().await;
    let customer = world.customer().await;
    let (answer, id) = tokio::join!(
        world.checkout(&customer, "k1", "growth", "autopay"),
        world.bill_opens_the_page(customer.workspace),
    );
    let answer = answer.expect(201);
    assert_eq!(answer.body["redirect_url"], "https://pay.example/page");
    assert_eq!(answer.body["payment"]["id"], json!(id));
    assert_eq!(answer.body["payment"]["status"], "pending");
    assert_eq!(
        answer.headers["location"],
        format!("/v1/payments/{id}").as_str()
    );
}

/// 11,798.82 x 1.2 = 14,158.584: a mandate over 14,158.59.
#[tokio::test]
async fn a_first_payment_is_written_with_its_mandate_and_told() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let answer = world
        .checkout(&customer, "k1", "growth", "autopay")
        .await
        .expect(202);
    assert_eq!(answer.body["redirect_url"], Value::Null);
    let payment = &answer.body["payment"];
    assert_eq!(
        (&payment["purpose"], &payment["method"]),
        (&json!("start"), &json!("mandate_setup"))
    );
    assert_eq!(
        (&payment["taxable"], &payment["tax"], &payment["amount"]),
        (&json!("9999"), &json!("1799.82"), &json!("11798.82"))
    );
    // 21 November to 21 December in India.
    assert_eq!(payment["period_start"], "2026-11-20T18:30:00Z");
    assert_eq!(payment["period_end"], "2026-12-20T18:30:00Z");
    assert_eq!(payment["requested_by"], json!(customer.user));
    assert!(payment["order_id"].as_str().unwrap().starts_with("P_"));
    let id: PaymentId = serde_json::from_value(payment["id"].clone()).unwrap();
    assert_eq!(
        answer.headers["location"],
        format!("/v1/payments/{id}").as_str()
    );
    assert_eq!(
        world.said_on("payment-requested-v1").await,
        [json!({ "payment_id": id })]
    );
    assert_eq!(
        world
            .audited(customer.workspace, "subscription.checkout")
            .await,
        1
    );
    let row = world.payment(customer.workspace, id).await;
    assert_eq!(
        row.next_check_at,
        Some(world.seams.now() + TimeDelta::seconds(60))
    );
    let mut tx = world
        .db
        .store(DbRole::Bill)
        .tenant(customer.workspace)
        .await
        .unwrap();
    let mandate = mandates::get(&mut tx, row.mandate_id.unwrap())
        .await
        .unwrap();
    assert_eq!(mandate.max_amount, inr("14158.59"));
    assert_eq!(mandate.expires_at, at("2036-11-21T06:30:00Z"));
    // Asking again where it says so.
    let asked = world
        .get(&format!("/v1/payments/{id}"), &customer.token)
        .await
        .expect(200);
    assert_eq!(asked.body, *payment);
}

#[tokio::test]
async fn the_same_key_pays_once_and_another_request_with_it_is_refused() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let first = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(202);
    let again = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(202);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, first.body);
    let other = world
        .checkout(&customer, "k1", "growth", "once")
        .await
        .expect(409);
    assert_eq!(other.code(), "idempotency.key_reused");
    let alias = world
        .keyed(ALIAS, &customer.token, "k1", json!({ "tier": "starter" }))
        .await;
    assert_eq!(alias.expect(409).code(), "idempotency.key_reused");
    // After it is paid too: the same answer, without a page to pay on.
    let id = first.body["payment"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    world.captured(customer.workspace, id).await;
    world.active(&customer, Tier::Starter).await;
    let late = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(201);
    assert_eq!(
        (&late.body["payment"]["status"], &late.body["redirect_url"]),
        (&json!("captured"), &Value::Null)
    );
    assert_eq!(world.said_on("payment-requested-v1").await.len(), 1);
    assert_eq!(
        world
            .audited(customer.workspace, "subscription.checkout")
            .await,
        1
    );
}

#[tokio::test]
async fn twenty_checkouts_at_once_are_one_order() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let keys: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
    let calls = keys
        .iter()
        .map(|key| world.checkout(&customer, key, "starter", "once"));
    let answers = futures::future::join_all(calls).await;
    let ids: std::collections::BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(202).body["payment"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.said_on("payment-requested-v1").await.len(), 1);
}

#[tokio::test]
async fn an_open_order_is_given_again_and_another_one_refused_until_it_ends() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let first = world
        .checkout(&customer, "k1", "starter", "autopay")
        .await
        .expect(202);
    let id = world.bill_opens_the_page(customer.workspace).await;
    assert_eq!(first.body["payment"]["id"], json!(id));
    let same = world
        .checkout(&customer, "k2", "starter", "autopay")
        .await
        .expect(200);
    assert_eq!(same.body["payment"]["id"], json!(id));
    assert_eq!(same.body["redirect_url"], "https://pay.example/page");
    // The second key stands for it now.
    let again = world.checkout(&customer, "k2", "starter", "autopay").await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    for (tier, method) in [("starter", "once"), ("growth", "autopay")] {
        let other = world
            .checkout(&customer, "k3", tier, method)
            .await
            .expect(409);
        assert_eq!(other.code(), "payment.under_way");
        assert!(
            other.text("detail").contains(&id.to_string()),
            "{}",
            other.body
        );
    }
    // Nobody can pay it any more, whether `bill` has noticed or not.
    world.clock.advance(TimeDelta::minutes(16));
    let new = world
        .checkout(&customer, "k3", "growth", "autopay")
        .await
        .expect(202);
    assert_ne!(new.body["payment"]["id"], json!(id));
}

#[tokio::test]
async fn what_the_gateway_does_not_take_is_an_answer_too() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let made = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(202);
    let id = made.body["payment"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    world
        .bill(customer.workspace, id, |payment| {
            payment.status = PaymentStatus::Failed;
            payment.error_code = Some("BAD_REQUEST".into());
        })
        .await;
    let refused = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(502);
    assert_eq!(refused.code(), "payment.refused");
    world
        .checkout(&customer, "k2", "starter", "once")
        .await
        .expect(202);
}

#[tokio::test]
async fn what_a_checkout_needs_is_said() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let post = |body: Value| world.keyed(PATH, &customer.token, "k1", body);
    let sales = post(json!({ "tier": "enterprise", "method": "once" }))
        .await
        .expect(422);
    assert_eq!(sales.code(), "plan.contact_sales");
    let over = post(json!({ "tier": "agency", "method": "autopay" }))
        .await
        .expect(422);
    assert_eq!(
        (over.code(), over.fields()),
        ("mandate.over_limit", vec!["method"])
    );
    assert!(over.text("detail").contains("₹15000"), "{}", over.body);
    for (body, field) in [
        (json!({ "tier": "gold", "method": "once" }), "tier"),
        (json!({ "tier": "starter", "method": "cash" }), "method"),
        (json!({ "tier": "starter" }), "method"),
        (
            json!({ "tier": "starter", "method": "once", "amount": "1" }),
            "amount",
        ),
    ] {
        assert_eq!(post(body).await.expect(422).fields(), [field]);
    }
    for key in ["", &"k".repeat(256)] {
        let bad = world
            .checkout(&customer, key, "starter", "once")
            .await
            .expect(422);
        assert_eq!(bad.fields(), ["Idempotency-Key"]);
    }
    let (_, _, unknown) = world.person(Tier::Starter).await;
    let profile = world.keyed(
        PATH,
        &unknown,
        "k1",
        json!({ "tier": "starter", "method": "once" }),
    );
    let profile = profile.await.expect(422);
    assert_eq!(profile.code(), "tax_profile.required");
    assert!(profile.text("detail").contains("PUT /v1/tax-profile"));
    // Nothing of all that was kept: the key is free.
    assert_eq!(
        world.get("/v1/subscription", &unknown).await.body["status"],
        "none"
    );
    assert!(world.open_payments(customer.workspace).await.is_empty());
    world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(202);
}

#[tokio::test]
async fn the_alias_takes_autopay_where_it_may() {
    let world = World::shop().await;
    for (tier, method) in [("growth", "mandate_setup"), ("agency", "checkout")] {
        let customer = world.customer().await;
        let post =
            |key: &'static str| world.keyed(ALIAS, &customer.token, key, json!({ "tier": tier }));
        let made = post("k1").await.expect(202);
        assert_eq!(made.body["payment"]["method"], method);
        let open = post("k2").await.expect(202);
        assert_eq!(open.body["payment"]["id"], made.body["payment"]["id"]);
        assert_eq!(post("k1").await.headers["idempotency-replayed"], "true");
        assert_eq!(
            world
                .audited(customer.workspace, "payments.subscribe")
                .await,
            1
        );
    }
    let customer = world.customer().await;
    let sales = world.keyed(ALIAS, &customer.token, "k", json!({ "tier": "enterprise" }));
    assert_eq!(sales.await.expect(422).code(), "plan.contact_sales");
}

async fn ended(world: &World, status: SubscriptionStatus) -> Customer {
    let mut customer = world.customer().await;
    world.active(&customer, Tier::Starter).await;
    world
        .subscription(customer.workspace, |subscription| {
            subscription.status = status;
            subscription.anchor_day = 31;
        })
        .await;
    // Noon of 3 December in India.
    world.wait_until(&mut customer, at("2026-12-03T06:30:00Z"));
    customer
}

#[tokio::test]
async fn who_is_late_pays_what_is_owed_and_who_ended_begins_today() {
    let world = World::shop().await;
    let periods = [
        // 1 to 31 December, its anchor.
        (
            SubscriptionStatus::PastDue,
            "2026-11-30T18:30:00Z",
            "2026-12-30T18:30:00Z",
        ),
        (
            SubscriptionStatus::ReadOnly,
            "2026-12-02T18:30:00Z",
            "2027-01-02T18:30:00Z",
        ),
        (
            SubscriptionStatus::Cancelled,
            "2026-12-02T18:30:00Z",
            "2027-01-02T18:30:00Z",
        ),
    ];
    for (status, start, end) in periods {
        world.clock.set(at("2026-11-21T06:30:00Z"));
        let customer = ended(&world, status).await;
        let made = world
            .checkout(&customer, "k1", "growth", "once")
            .await
            .expect(202);
        let payment = &made.body["payment"];
        assert_eq!(
            (&payment["period_start"], &payment["period_end"]),
            (&json!(start), &json!(end)),
            "{status}"
        );
    }
    let active = ended(&world, SubscriptionStatus::Active).await;
    let refused = world
        .checkout(&active, "k1", "growth", "once")
        .await
        .expect(409);
    assert_eq!(refused.code(), "subscription.active");
    assert!(refused.text("detail").contains("/v1/subscription/change"));
}

#[tokio::test]
async fn nothing_is_paid_beside_a_debit_or_twice() {
    let world = World::shop().await;
    let customer = ended(&world, SubscriptionStatus::PastDue).await;
    let mandate = world.mandate(&customer, "4246.59").await;
    let now = world.seams.now();
    let debit = NewPayment {
        id: PaymentId(world.seams.uuid()),
        purpose: PaymentPurpose::Renewal,
        method: PaymentMethod::MandateDebit,
        tier: Tier::Starter,
        period_start: at("2026-11-30T18:30:00Z"),
        period_end: at("2026-12-30T18:30:00Z"),
        attempt: 1,
        taxable: inr("2999"),
        tax: inr("539.82"),
        tax_heads: 1,
        mandate_id: Some(mandate),
        requested_by: None,
        not_before: None,
        next_check_at: now,
        now,
    };
    let bill = world.db.store(DbRole::Bill);
    let mut tx = bill.tenant(customer.workspace).await.unwrap();
    payments::insert(&mut tx, &debit).await.unwrap();
    tx.commit().await.unwrap();
    world
        .bill(customer.workspace, debit.id, |debit| {
            debit.status = PaymentStatus::Pending
        })
        .await;
    let refused = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(409);
    assert_eq!(refused.code(), "payment.under_way");
    assert!(refused.text("detail").contains(&debit.id.to_string()));
    // It is taken; nobody has looked at the subscription yet.
    world.captured(customer.workspace, debit.id).await;
    let mut tx = bill.tenant(customer.workspace).await.unwrap();
    let period = (debit.period_start, debit.period_end);
    let paid = store::billing::periods::pay(&mut tx, debit.id, period, Tier::Starter, now);
    assert!(paid.await.unwrap());
    tx.commit().await.unwrap();
    let refused = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(409);
    assert_eq!(refused.code(), "subscription.paid");
}

#[tokio::test]
async fn a_workspace_that_was_not_billed_begins_its_trial_with_its_first_checkout() {
    let world = World::shop().await;
    let (user, workspace, token) = world.person(Tier::Growth).await;
    let put = world.call(
        axum::http::Method::PUT,
        "/v1/tax-profile",
        &token,
        crate::shop::profile(),
    );
    put.await.expect(200);
    let customer = Customer {
        user,
        workspace,
        token,
    };
    let keys: Vec<String> = (0..8).map(|n| format!("k{n}")).collect();
    let calls = keys
        .iter()
        .map(|key| world.checkout(&customer, key, "growth", "once"));
    for answer in futures::future::join_all(calls).await {
        answer.expect(202);
    }
    assert_eq!(world.open_payments(workspace).await.len(), 1);
    let view = world
        .get("/v1/subscription", &customer.token)
        .await
        .expect(200);
    assert_eq!(
        (&view.body["status"], &view.body["tier"]),
        (&json!("trialing"), &json!("growth"))
    );
}
