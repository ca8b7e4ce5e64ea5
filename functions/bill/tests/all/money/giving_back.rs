use chrono::TimeDelta;
use domain::Tier;
use domain::billing::{
    PaymentMethod, PaymentPurpose, PaymentStatus, RefundStatus, SubscriptionStatus,
};
use testkit::phonepe::{Call, Fault};

use super::{World, inr};

#[tokio::test]
async fn a_part_goes_back_and_then_the_rest() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::Checkout).await;
    let first = world.want_refund(payment, "1000").await;
    world.refund_ends(first).await;
    let paid = world.payment(payment).await;
    assert_eq!(paid.status, PaymentStatus::PartlyRefunded);
    let balances = world.balances().await;
    // 1,000 with 18 % in it: 847.46 and 152.54.
    assert_eq!(
        (balances.revenue, balances.gst),
        (inr("2151.54"), inr("387.28"))
    );
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    let rest = world.want_refund(payment, "2538.82").await;
    world.refund_ends(rest).await;
    assert_eq!(world.payment(payment).await.status, PaymentStatus::Refunded);
    let balances = world.balances().await;
    assert_eq!(
        (balances.received, balances.revenue, balances.gst),
        (inr("0"), inr("0"), inr("0"))
    );
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    assert_eq!(world.tier_and_access().await.1, "read_only");
    assert_eq!(world.sent("refund.completed").await, 2, "two credit notes");
    assert_eq!(world.fake.refunded_total(), inr("3538.82"));
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_not_made_twice() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::Checkout).await;
    for fault in [
        Fault::ServerAfter(500),
        Fault::Server(503),
        Fault::Malformed,
    ] {
        let refund = world.want_refund(payment, "100").await;
        world.fake.fail_next(Call::Refund, fault);
        for _ in 0..4 {
            world.advance_refund(refund).await;
            world.later(TimeDelta::minutes(1)).await;
            world.poll().await;
        }
        let mine = world.refunds().await.into_iter().find(|r| r.id == refund);
        assert_eq!(mine.unwrap().status, RefundStatus::Completed, "{fault:?}");
    }
    assert_eq!(world.fake.refunded_total(), inr("300"));
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn a_failed_refund_gives_its_amount_free_again() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::Checkout).await;
    world.fake.fail_next_refunds(1);
    let refund = world.want_refund(payment, "3538.82").await;
    world.refund_ends(refund).await;
    let paid = world.payment(payment).await;
    assert_eq!((paid.refunding, paid.refunded), (inr("0"), inr("0")));
    assert_eq!(paid.status, PaymentStatus::Captured);
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    // Another try is another refund.
    let again = world.want_refund(payment, "3538.82").await;
    world.refund_ends(again).await;
    assert_eq!(world.payment(payment).await.status, PaymentStatus::Refunded);
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn more_than_came_can_never_be_set_aside() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::Checkout).await;
    let set_aside = |amount: &'static str| {
        let world = &world;
        async move {
            let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
            let now = world.seams.now();
            let done = store::billing::payments::set_aside(&mut tx, payment, inr(amount), now);
            let done = done.await.unwrap();
            tx.commit().await.unwrap();
            done
        }
    };
    let (a, b) = tokio::join!(set_aside("2000"), set_aside("2000"));
    assert!(a != b, "one of the two");
    assert!(!set_aside("1538.83").await);
    assert!(set_aside("1538.82").await);
}

#[tokio::test]
async fn what_a_customer_takes_back_ends_what_it_gave() {
    let world = World::new().await;
    let payment = world.subscribed(PaymentMethod::Checkout).await;
    // All but a paisa: not a month for nothing.
    let refund = world
        .want_refund_by(Some(world.user), payment, "3538.81")
        .await;
    world.refund_ends(refund).await;
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    assert_eq!(world.tier_and_access().await.1, "read_only");
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn a_month_that_was_given_back_in_part_can_be_paid_for_again() {
    let world = World::new().await;
    let first = world.subscribed(PaymentMethod::Checkout).await;
    let part = world.want_refund_by(Some(world.user), first, "1000").await;
    world.refund_ends(part).await;
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    let again = world.subscribed(PaymentMethod::Checkout).await;
    assert_eq!(world.payment(again).await.allocated, inr("3538.82"));
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    // The rest of the first goes back too, and what was paid for anew goes on.
    let rest = world.want_refund(first, "2538.82").await;
    world.refund_ends(rest).await;
    assert_eq!(world.payment(first).await.status, PaymentStatus::Refunded);
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn an_upgrade_of_what_is_going_back_goes_back() {
    let world = World::new().await;
    let base = world.subscribed(PaymentMethod::Checkout).await;
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
    let refund = world
        .want_refund_by(Some(world.user), base, "3538.82")
        .await;
    world.fake.pay(&world.order(upgrade));
    world.advance(upgrade).await;
    assert_eq!(world.payment(upgrade).await.allocated, inr("0"));
    world.advance_refund(refund).await;
    for _ in 0..3 {
        world.later(TimeDelta::minutes(1)).await;
        world.poll().await;
    }
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    assert_eq!(
        world.fake.refunded_total(),
        inr("11798.82"),
        "3,538.82 and 8,260"
    );
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn a_refund_of_money_that_could_not_be_used_is_tried_until_it_goes_through() {
    let world = World::new().await;
    let first = world.subscribed(PaymentMethod::Checkout).await;
    let start = domain::billing::PaymentPurpose::Start;
    let second = world.want(start, PaymentMethod::Checkout).await;
    world.advance(second).await;
    world.fake.fail_next_refunds(1);
    world.fake.pay(&world.order(second));
    world.advance(second).await;
    for _ in 0..10 {
        world.later(TimeDelta::hours(1)).await;
        world.poll().await;
    }
    assert_eq!(
        world.refunds().await.len(),
        2,
        "one that failed, one that did not"
    );
    assert_eq!(world.payment(second).await.refunded, inr("3538.82"));
    assert_eq!(world.payment(first).await.refunded, inr("0"));
    assert_eq!(world.faults().await, []);
}

/// $12 of the $25 of growth are below each threshold; of what is left when the upgrade has gone back, all of
/// it is.
#[tokio::test]
async fn a_limit_that_goes_down_with_an_upgrade_is_told_of() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::Checkout).await;
    let upgrade = world
        .want_tier(
            world.workspace,
            domain::billing::PaymentPurpose::Upgrade,
            PaymentMethod::Checkout,
            domain::Tier::Growth,
            "7000",
            "1260",
        )
        .await;
    world.advance(upgrade).await;
    world.fake.pay(&world.order(upgrade));
    world.advance(upgrade).await;
    let owner = world.db.owner().await;
    sqlx::query(
        "INSERT INTO budgets (workspace_id, period, limit_usd, limit_tokens, spent_usd) VALUES ($1, $2, 25, 500000, 12)",
    )
    .bind(world.workspace.0)
    .bind(domain::Period::of(world.seams.now()).first_day())
    .execute(&owner)
    .await
    .unwrap();
    let refund = world
        .want_refund_by(Some(world.user), upgrade, "8260")
        .await;
    world.refund_ends(refund).await;
    let mut tx = world.deps.store.tenant(world.workspace).await.unwrap();
    let alerts = store::budgets::alerts(&mut tx, chrono::DateTime::UNIX_EPOCH).await;
    let mut told: Vec<_> = alerts
        .unwrap()
        .iter()
        .map(|alert| (alert.threshold_percent, alert.limit_usd))
        .collect();
    told.sort();
    assert_eq!(told, [50, 80, 100].map(|at| (at, domain::Usd(12.into()))));
}
