use bill::reconcile;
use chrono::TimeDelta;
use domain::Tier;
use domain::billing::{
    PaymentMethod, PaymentPurpose, PaymentStatus, RefundStatus, SubscriptionStatus,
};
use serde_json::json;
use store::billing::reconciliations;
use testkit::phonepe::{Call, Fault};

use super::{World, inr};

#[tokio::test]
async fn a_day_without_differences_says_so_and_is_compared_once() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::MandateSetup).await;
    let refund = world.want_refund(payment, "100").await;
    world.refund_ends(refund).await;
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

#[tokio::test]
async fn a_day_that_was_not_finished_is_finished_before_the_next() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::Checkout).await;
    // A process that died after it had begun.
    let yesterday = economics::cycle::day_of(world.seams.now());
    let mut tx = world.deps.store.sweep().await.unwrap();
    reconciliations::begin(&mut tx, yesterday, world.seams.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.later(TimeDelta::days(1)).await;
    let run = reconcile(&world.deps).await.unwrap();
    let mut tx = world.deps.store.sweep().await.unwrap();
    let days = reconciliations::list(&mut tx, 10).await.unwrap();
    assert_eq!((days.len(), days[0].day), (2, run.day));
    assert_eq!(days[1].day, yesterday);
    for day in days {
        assert!(day.finished_at.is_some() && day.checked == 1, "{day:?}");
    }
}

#[tokio::test]
async fn a_refund_that_failed_and_went_all_the_same_is_booked() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::Checkout).await;
    world.fake.fail_next_refunds(1);
    let refund = world.want_refund(payment, "100").await;
    world.refund_ends(refund).await;
    assert_eq!(world.refunds().await[0].status, RefundStatus::Failed);
    let theirs = world.refunds().await[0].merchant_id().to_string();
    world.fake.complete_failed_refund(&theirs);
    world.later(TimeDelta::hours(20)).await;
    let run = reconcile(&world.deps).await.unwrap();
    let found = &run.differences[0];
    assert_eq!(
        (&found["ours"], &found["theirs"], &found["put_right"]),
        (&json!("failed"), &json!("completed"), &json!(true))
    );
    let paid = world.payment(payment).await;
    assert_eq!((paid.refunding, paid.refunded), (inr("0"), inr("100")));
    assert_eq!(world.sent("refund.completed").await, 1, "a credit note");
    assert_eq!(world.balances().await.received, inr("3438.82"));
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn money_that_went_twice_is_reported_and_left_to_people() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::Checkout).await;
    world.fake.fail_next_refunds(1);
    let first = world.want_refund(payment, "3538.82").await;
    world.refund_ends(first).await;
    let theirs = world.refunds().await[0].merchant_id().to_string();
    let second = world.want_refund(payment, "3538.82").await;
    world.refund_ends(second).await;
    assert_eq!(world.payment(payment).await.status, PaymentStatus::Refunded);
    world.fake.complete_failed_refund(&theirs);
    let run = reconcile(&world.deps).await.unwrap();
    let found = &run.differences[0];
    assert_eq!(
        (&found["theirs"], &found["put_right"]),
        (&json!("completed"), &json!(false))
    );
    assert_eq!(world.payment(payment).await.refunded, inr("3538.82"));
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn an_upgrade_whose_base_went_after_all_is_named_by_the_audit() {
    let world = World::new().await;
    let base = world.subscribed(PaymentMethod::Checkout).await;
    world.fake.fail_next_refunds(1);
    let refund = world
        .want_refund_by(Some(world.user), base, "3538.82")
        .await;
    world.refund_ends(refund).await;
    let upgrade = world
        .want_tier(
            world.workspace,
            PaymentPurpose::Upgrade,
            PaymentMethod::Checkout,
            Tier::Growth,
            "7000",
            "1260",
        )
        .await;
    world.advance(upgrade).await;
    world.fake.pay(&world.order(upgrade));
    world.advance(upgrade).await;
    let theirs = world.refunds().await[0].merchant_id().to_string();
    world.fake.complete_failed_refund(&theirs);
    world.later(TimeDelta::hours(1)).await;
    reconcile(&world.deps).await.unwrap();
    assert_eq!(world.payment(base).await.status, PaymentStatus::Refunded);
    // The customer keeps what they have until somebody has looked.
    assert_eq!(
        world.tier_and_access().await,
        ("growth".into(), "full".into())
    );
    let faults = world.faults().await;
    let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
    assert_eq!(codes, ["upgrade.baseless"]);
    // When the upgrade goes back too, nothing is left.
    let rest = world
        .want_refund_by(Some(world.user), upgrade, "8260")
        .await;
    world.refund_ends(rest).await;
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    assert_eq!(world.faults().await, []);
}
