//! Another plan within a period that is paid for.

use chrono::TimeDelta;
use domain::Tier;
use domain::billing::SubscriptionStatus;
use serde_json::{Value, json};
use store::DbRole;
use store::billing::mandates;

use crate::shop::{Customer, at, inr};
use crate::{Answer, World};

const PATH: &str = "/v1/subscription/change";

async fn change(world: &World, customer: &Customer, key: &str, tier: &str) -> Answer {
    let body = json!({ "tier": tier });
    world.keyed(PATH, &customer.token, key, body).await
}

/// From 2,999 to 9,999 on 21 November, with 10 of 30 days left: 7,000 x 10/30 = 2,333.33; 18 % of that is
/// 419.9994, so 420.00 of IGST.
#[tokio::test]
async fn a_dearer_plan_is_charged_by_days_and_gets_a_mandate_that_covers_it() {
    let world = World::shop().await;
    let customer = world.customer().await;
    world.active(&customer, Tier::Starter).await;
    world.mandate(&customer, "4246.59").await;
    let made = change(&world, &customer, "k1", "growth").await.expect(202);
    let payment = &made.body["payment"];
    assert_eq!(
        (&payment["purpose"], &payment["method"]),
        (&json!("upgrade"), &json!("mandate_setup"))
    );
    assert_eq!(
        (&payment["taxable"], &payment["tax"], &payment["amount"]),
        (&json!("2333.33"), &json!("420"), &json!("2753.33"))
    );
    assert_eq!(payment["period_start"], "2026-10-31T18:30:00Z");
    assert_eq!(payment["period_end"], "2026-11-30T18:30:00Z");
    let id = payment["id"].as_str().unwrap().parse().unwrap();
    let row = world.payment(customer.workspace, id).await;
    let mut tx = world
        .db
        .store(DbRole::Bill)
        .tenant(customer.workspace)
        .await
        .unwrap();
    let mandate = mandates::get(&mut tx, row.mandate_id.unwrap())
        .await
        .unwrap();
    // A month of growth is 11,798.82; a fifth more is 14,158.584.
    assert_eq!(mandate.max_amount, inr("14158.59"));
    assert_eq!(
        world.said_on("payment-requested-v1").await,
        [json!({ "payment_id": id })]
    );
    assert_eq!(
        world
            .audited(customer.workspace, "subscription.change")
            .await,
        1
    );
    // The tier is `bill`'s to change, when the money is there.
    let view = world
        .get("/v1/subscription", &customer.token)
        .await
        .expect(200);
    assert_eq!(view.body["tier"], "starter");
    let again = change(&world, &customer, "k1", "growth").await.expect(202);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, made.body);
    let reused = change(&world, &customer, "k1", "agency").await.expect(409);
    assert_eq!(reused.code(), "idempotency.key_reused");
    // With another key: the open one, or what is in the way.
    let open = change(&world, &customer, "k2", "growth").await.expect(202);
    assert_eq!(open.body["payment"]["id"], json!(id));
    let other = change(&world, &customer, "k3", "agency").await.expect(409);
    assert_eq!(other.code(), "payment.under_way");
    // When it is done, the first key still tells of its payment.
    world.captured(customer.workspace, id).await;
    world.active(&customer, Tier::Growth).await;
    let late = change(&world, &customer, "k1", "growth").await.expect(201);
    assert_eq!(late.body["payment"]["status"], "captured");
}

#[tokio::test]
async fn the_page_is_waited_for() {
    let world = World::new().await;
    world.clock.set(at("2026-11-21T06:30:00Z"));
    let customer = world.customer().await;
    world.active(&customer, Tier::Starter).await;
    let (answer, id) = tokio::join!(
        change(&world, &customer, "k1", "growth"),
        world.bill_opens_the_page(customer.workspace),
    );
    let answer = answer.expect(201);
    assert_eq!(answer.body["redirect_url"], "https://pay.example/page");
    assert_eq!(answer.body["payment"]["id"], json!(id));
}

/// From 9,999 to 24,999 with 10 of 30 days left is 5,000; a month would be 29,498.82 with tax, above what a
/// mandate may debit.
#[tokio::test]
async fn no_mandate_is_set_up_where_none_is_there_or_would_help() {
    let world = World::shop().await;
    let customer = world.customer().await;
    world.active(&customer, Tier::Growth).await;
    world.mandate(&customer, "14158.59").await;
    let made = change(&world, &customer, "k1", "agency").await.expect(202);
    assert_eq!(made.body["payment"]["method"], "checkout");
    assert_eq!(made.body["payment"]["taxable"], "5000");
    let without = world.customer().await;
    world.active(&without, Tier::Starter).await;
    let made = change(&world, &without, "k1", "growth").await.expect(202);
    assert_eq!(made.body["payment"]["method"], "checkout");
    let wide = world.customer().await;
    world.active(&wide, Tier::Starter).await;
    world.mandate(&wide, "14158.59").await;
    let made = change(&world, &wide, "k1", "growth").await.expect(202);
    assert_eq!(made.body["payment"]["method"], "checkout");
}

#[tokio::test]
async fn a_cheaper_plan_waits_for_the_periods_end_and_can_be_taken_back() {
    let world = World::shop().await;
    let customer = world.customer().await;
    world.active(&customer, Tier::Growth).await;
    let down = change(&world, &customer, "k1", "starter").await.expect(200);
    let expected =
        json!({ "tier": "growth", "next_tier": "starter", "effective_on": "2026-12-01" });
    assert_eq!(down.body, expected);
    let again = change(&world, &customer, "k1", "starter").await.expect(200);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, expected);
    let view = world
        .get("/v1/subscription", &customer.token)
        .await
        .expect(200);
    assert_eq!(view.body["next_tier"], "starter");
    assert_eq!(view.body["next"]["amount"], "3538.82");
    let stay = change(&world, &customer, "k2", "growth").await.expect(200);
    assert_eq!(
        stay.body,
        json!({ "tier": "growth", "next_tier": null, "effective_on": null })
    );
    let view = world
        .get("/v1/subscription", &customer.token)
        .await
        .expect(200);
    assert_eq!(view.body["next"]["amount"], "11798.82");
    assert_eq!(
        world
            .audited(customer.workspace, "subscription.change")
            .await,
        2
    );
    assert!(world.said_on("payment-requested-v1").await.is_empty());
    let reused = change(&world, &customer, "k1", "agency").await.expect(409);
    assert_eq!(reused.code(), "idempotency.key_reused");
}

#[tokio::test]
async fn a_subscription_that_ends_has_no_next_plan() {
    let world = World::shop().await;
    let customer = world.customer().await;
    world.active(&customer, Tier::Growth).await;
    let post = async |verb: &str| {
        let path = format!("/v1/subscription/{verb}");
        let post = world.keyed(&path, &customer.token, verb, Value::Null);
        post.await.expect(200)
    };
    post("cancel").await;
    for tier in ["starter", "growth"] {
        let refused = change(&world, &customer, "k1", tier).await.expect(409);
        assert_eq!(refused.code(), "subscription.ending");
        let detail = refused.text("detail");
        assert!(detail.contains("POST /v1/subscription/resume"), "{detail}");
    }
    // A dearer plan begins at once, for the rest of the period that is paid for.
    let dearer = change(&world, &customer, "k2", "agency").await.expect(202);
    assert_eq!(dearer.body["payment"]["purpose"], "upgrade");
    // As it says: once the end is taken back, the same request is made.
    assert_eq!(post("resume").await.body["next_tier"], Value::Null);
    let down = change(&world, &customer, "k1", "starter").await.expect(200);
    assert_eq!(down.body["effective_on"], "2026-12-01");
}

#[tokio::test]
async fn what_a_change_needs_is_said() {
    let world = World::shop().await;
    let mut customer = world.customer().await;
    let trial = change(&world, &customer, "k1", "growth").await.expect(409);
    assert_eq!(trial.code(), "subscription.not_active");
    assert!(trial.text("detail").contains("/v1/subscription/checkout"));
    world.active(&customer, Tier::Starter).await;
    let sales = change(&world, &customer, "k1", "enterprise")
        .await
        .expect(422);
    assert_eq!(sales.code(), "plan.contact_sales");
    let unknown = change(&world, &customer, "k1", "gold").await.expect(422);
    assert_eq!(unknown.fields(), ["tier"]);
    // The period is over, and its end not settled yet.
    world.wait_until(&mut customer, at("2026-12-01T00:00:00Z"));
    let over = change(&world, &customer, "k1", "growth").await.expect(409);
    assert_eq!(over.code(), "subscription.period_ending");
    let late = world.subscription(customer.workspace, |s| {
        s.status = SubscriptionStatus::PastDue
    });
    late.await;
    let late = change(&world, &customer, "k1", "growth").await.expect(409);
    assert_eq!(late.code(), "subscription.not_active");
    let (_, _, free) = world.person(Tier::Starter).await;
    let none = world.keyed(PATH, &free, "k1", json!({ "tier": "growth" }));
    assert_eq!(none.await.expect(409).code(), "subscription.not_active");
    assert!(world.said_on("payment-requested-v1").await.is_empty());
}

#[tokio::test]
async fn an_upgrade_that_was_not_paid_in_time_is_asked_for_anew() {
    let world = World::shop().await;
    let mut customer = world.customer().await;
    world.active(&customer, Tier::Starter).await;
    let first = change(&world, &customer, "k1", "growth").await.expect(202);
    world.bill_opens_the_page(customer.workspace).await;
    let same = change(&world, &customer, "k2", "growth").await.expect(200);
    assert_eq!(same.body["payment"]["id"], first.body["payment"]["id"]);
    assert_ne!(same.body["redirect_url"], Value::Null);
    // A day later a day less is charged: 7,000 x 9/30.
    let tomorrow = world.seams.now() + TimeDelta::days(1);
    world.wait_until(&mut customer, tomorrow);
    let new = change(&world, &customer, "k3", "growth").await.expect(202);
    assert_eq!(new.body["payment"]["taxable"], "2100");
}
