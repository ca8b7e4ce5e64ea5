//! What may not be paid for, or given back, at the time.

use domain::billing::Access;
use domain::{PaymentId, Tier};
use serde_json::json;
use store::DbRole;
use store::billing::{periods, subscriptions};

use crate::World;
use crate::shop::{Customer, at};

const CHANGE: &str = "/v1/subscription/change";

/// The starter's November, paid by this payment.
async fn november(world: &World, customer: &Customer) -> PaymentId {
    let payment = world.paid(customer).await;
    world.active(customer, Tier::Starter).await;
    let store = world.db.store(DbRole::Bill);
    let mut tx = store.tenant(customer.workspace).await.unwrap();
    let period = (at("2026-10-31T18:30:00Z"), at("2026-11-30T18:30:00Z"));
    let now = world.seams.now();
    periods::pay(&mut tx, payment, period, Tier::Starter, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    payment
}

#[tokio::test]
async fn who_is_stopped_pays_nothing() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let paused = async |access| {
        let store = world.db.store(DbRole::Bill);
        let mut tx = store.tenant(customer.workspace).await.unwrap();
        subscriptions::set_access(&mut tx, access).await.unwrap();
        tx.commit().await.unwrap();
    };
    paused(Access::Paused).await;
    let refused = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(403);
    assert_eq!(refused.code(), "workspace.paused");
    world.active(&customer, Tier::Starter).await;
    let growth = json!({ "tier": "growth" });
    let refused = world
        .keyed(CHANGE, &customer.token, "k2", growth.clone())
        .await
        .expect(403);
    assert_eq!(refused.code(), "workspace.paused");
    assert!(world.open_payments(customer.workspace).await.is_empty());
    paused(Access::Full).await;
    world
        .keyed(CHANGE, &customer.token, "k2", growth)
        .await
        .expect(202);
}

#[tokio::test]
async fn an_upgrade_waits_for_a_refund_of_what_it_would_be_built_on() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let payment = november(&world, &customer).await;
    world
        .keyed(
            &format!("/v1/payments/{payment}/refunds"),
            &customer.token,
            "k0",
            json!({ "amount": "100", "reason": "Subscribed by mistake" }),
        )
        .await
        .expect(202);
    let refused = world
        .keyed(CHANGE, &customer.token, "k1", json!({ "tier": "growth" }))
        .await
        .expect(409);
    assert_eq!(refused.code(), "refund.under_way");
}

#[tokio::test]
async fn a_refund_waits_for_an_upgrade_that_is_being_paid_for() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let payment = november(&world, &customer).await;
    world
        .keyed(CHANGE, &customer.token, "k1", json!({ "tier": "growth" }))
        .await
        .expect(202);
    let refused = world
        .keyed(
            &format!("/v1/payments/{payment}/refunds"),
            &customer.token,
            "k2",
            json!({ "reason": "Subscribed by mistake" }),
        )
        .await
        .expect(409);
    assert_eq!(refused.code(), "payment.under_way");
}
