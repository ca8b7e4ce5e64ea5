use bill::reconcile;
use chrono::TimeDelta;
use domain::billing::{PaymentMethod, PaymentPurpose, PaymentStatus};
use serde_json::json;
use testkit::phonepe::{Call, Fault};

use super::{World, inr};

#[tokio::test]
async fn a_day_without_differences_says_so_and_is_compared_once() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::MandateSetup).await;
    let refund = world.want_refund(payment, "100").await;
    world.advance_refund(refund).await;
    world.later(TimeDelta::minutes(1)).await;
    world.poll().await;
    let run = reconcile(&world.deps).await.unwrap();
    assert_eq!((run.checked, &run.differences), (2, &json!([])));
    assert!(run.finished_at.is_some());
    let asked = world.fake.calls(Call::OrderStatus).len();
    assert_eq!(reconcile(&world.deps).await.unwrap(), run);
    assert_eq!(
        world.fake.calls(Call::OrderStatus).len(),
        asked,
        "nothing is asked again"
    );
}

#[tokio::test]
async fn money_that_nobody_heard_of_is_found_reported_and_booked() {
    let world = World::new().await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    world.advance(id).await;
    // We gave it up; it was paid all the same, and every callback was lost.
    let owner = world.db.owner().await;
    sqlx::query("UPDATE payments SET status = 'expired', next_check_at = NULL")
        .execute(&owner)
        .await
        .unwrap();
    world.fake.pay(&world.order(id));
    world.later(TimeDelta::hours(20)).await;
    let run = reconcile(&world.deps).await.unwrap();
    let found = &run.differences[0];
    assert_eq!(
        (&found["ours"], &found["theirs"], &found["put_right"]),
        (&json!("failed"), &json!("completed"), &json!(true))
    );
    assert_eq!(world.payment(id).await.status, PaymentStatus::Captured);
    assert_eq!(world.balances().await.received, inr("3538.82"));
    assert_eq!(world.faults().await, []);
    // The next day all is well. A day that was missed is covered by the next.
    world.later(TimeDelta::days(2)).await;
    assert_eq!(reconcile(&world.deps).await.unwrap().differences, json!([]));
}

#[tokio::test]
async fn another_amount_is_held_and_reported_and_never_used() {
    let world = World::new().await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    world.advance(id).await;
    let owner = world.db.owner().await;
    // Our row says less than the order at the gateway: a fault of ours, or worse.
    sqlx::query("UPDATE payments SET taxable_inr = 1999, amount_inr = 2538.82")
        .execute(&owner)
        .await
        .unwrap();
    world.fake.pay(&world.order(id));
    world.advance(id).await;
    let payment = world.payment(id).await;
    assert_eq!(payment.status, PaymentStatus::Captured);
    assert_eq!(payment.error_code.as_deref(), Some("amount.differs"));
    assert_eq!(
        (payment.received, payment.allocated),
        (inr("3538.82"), inr("0"))
    );
    assert_eq!(world.balances().await.held, inr("3538.82"));
    assert_eq!(world.sent("payment.captured").await, 0);
    let run = reconcile(&world.deps).await.unwrap();
    assert_eq!(run.differences[0]["put_right"], json!(false));
}

#[tokio::test]
async fn a_gateway_that_is_away_is_said_and_not_passed_over() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::Checkout).await;
    world
        .fake
        .fail_always(Call::OrderStatus, Some(Fault::Server(503)));
    let run = reconcile(&world.deps).await.unwrap();
    assert_eq!(run.differences[0]["theirs"], "unknown");
}
