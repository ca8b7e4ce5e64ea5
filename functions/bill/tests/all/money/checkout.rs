use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::billing::{
    MandateStatus, PaymentMethod, PaymentPurpose, PaymentStatus, SubscriptionStatus,
};
use domain::{PaymentId, Tier};
use events::{PaymentReportedV1, PaymentRequestedV1};
use testkit::phonepe::{Call, Fault};

use super::{World, inr};

fn reported(payment_id: PaymentId) -> PaymentReportedV1 {
    PaymentReportedV1 {
        payment_id,
        event: "checkout.order.completed".into(),
    }
}

#[tokio::test]
async fn a_customer_pays_and_the_subscription_begins_once() {
    let world = World::new().await;
    world.trial(14).await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    let wish = PaymentRequestedV1 { payment_id: id };
    assert_eq!(world.push(&wish).await, StatusCode::NO_CONTENT);
    let payment = world.payment(id).await;
    assert_eq!(payment.status, PaymentStatus::Pending);
    assert!(payment.redirect_url.is_some());
    let asked = world.fake.calls(Call::Pay);
    assert_eq!(asked[0].body["amount"], 353_882, "2,999 and 18 % in paise");

    // A callback claims that it is paid; the gateway does not say so.
    assert_eq!(world.push(&reported(id)).await, StatusCode::NO_CONTENT);
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
    assert_eq!(world.status().await, SubscriptionStatus::Trialing);

    world.fake.pay(&world.order(id));
    for _ in 0..3 {
        assert_eq!(world.push(&reported(id)).await, StatusCode::NO_CONTENT);
    }
    let payment = world.payment(id).await;
    assert_eq!(payment.status, PaymentStatus::Captured);
    assert!(payment.utr.is_some());
    let subscription = world.subscription().await;
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!(subscription.period_end, payment.period_end);
    assert_eq!(
        world.tier_and_access().await,
        ("starter".into(), "full".into())
    );
    let balances = world.balances().await;
    assert_eq!(
        (
            balances.received,
            balances.revenue,
            balances.gst,
            balances.held
        ),
        (inr("3538.82"), inr("2999"), inr("539.82"), inr("0"))
    );
    assert_eq!(world.sent("payment.captured").await, 1, "one invoice");
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn an_answer_that_is_lost_never_makes_a_second_order() {
    // Nothing reached the gateway: the same id is sent again.
    let world = World::new().await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    world.fake.fail_next(Call::Pay, Fault::Server(503));
    world.advance(id).await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Created);
    world.later(TimeDelta::seconds(31)).await;
    world.poll().await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
    assert_eq!(world.fake.orders().len(), 1);

    // It reached the gateway, and the page's address was lost: nobody can pay it, and it is not asked for
    // again. Were it paid all the same, the money would count.
    let lost = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    world.fake.fail_next(Call::Pay, Fault::ServerAfter(502));
    world.advance(lost).await;
    world.later(TimeDelta::seconds(31)).await;
    world.poll().await;
    let payment = world.payment(lost).await;
    assert_eq!(payment.status, PaymentStatus::Expired);
    assert_eq!(payment.error_code.as_deref(), Some("gateway.page_lost"));
    assert_eq!(world.fake.orders().len(), 2);
    world.fake.pay(&world.order(lost));
    world.push(&reported(lost)).await;
    assert_eq!(world.payment(lost).await.status, PaymentStatus::Captured);
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn what_the_gateway_refuses_fails_and_leaves_the_workspace_as_it_was() {
    let world = World::new().await;
    world.trial(14).await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    world.advance(id).await;
    world.fake.decline(&world.order(id));
    // A wrong PIN is one attempt; the order goes on until it expires.
    world.later(TimeDelta::minutes(31)).await;
    world.advance(id).await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Failed);
    assert_eq!(world.status().await, SubscriptionStatus::Trialing);
    assert_eq!(world.sent("payment.captured").await, 0);
    let reported_again = world.push(&reported(id)).await;
    assert_eq!(reported_again, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_second_payment_for_the_same_month_goes_back() {
    let world = World::new().await;
    let first = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    let second = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    for id in [first, second] {
        world.advance(id).await;
        world.fake.pay(&world.order(id));
    }
    world.advance(second).await;
    world.advance(first).await;
    assert_eq!(world.payment(second).await.allocated, inr("3538.82"));
    let late = world.payment(first).await;
    assert_eq!((late.allocated, late.refunding), (inr("0"), inr("3538.82")));
    assert_eq!(world.balances().await.held, inr("3538.82"));
    let refund = world.refunds().await.remove(0);
    assert!(
        !refund.of_allocated,
        "no invoice was made, no credit note is due"
    );
    world.advance_refund(refund.id).await;
    world.later(TimeDelta::minutes(1)).await;
    world.poll().await;
    assert_eq!(world.balances().await.held, inr("0"));
    assert_eq!(world.fake.refunded_total(), inr("3538.82"));
    assert_eq!(world.sent("payment.captured").await, 1);
    assert_eq!(world.sent("refund.completed").await, 0);
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn an_upgrade_counts_for_the_rest_of_the_month() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::Checkout).await;
    let before = world.subscription().await;
    let id = world
        .want_tier(
            world.workspace,
            PaymentPurpose::Upgrade,
            PaymentMethod::Checkout,
            Tier::Growth,
            "3500",
            "630",
        )
        .await;
    world.advance(id).await;
    world.fake.pay(&world.order(id));
    world.advance(id).await;
    let after = world.subscription().await;
    assert_eq!(
        (after.tier, after.period_end),
        (Tier::Growth, before.period_end)
    );
    assert_eq!(world.tier_and_access().await.0, "growth");
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn two_that_ask_at_once_ask_once() {
    let world = World::new().await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    let ask = || bill::advance_payment(&world.deps, world.workspace, id);
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    a.and(b).and(c).unwrap();
    assert_eq!(world.fake.calls(Call::Pay).len(), 1);
}

#[tokio::test]
async fn a_report_about_nothing_of_ours_is_put_aside() {
    let world = World::new().await;
    let nobodys = PaymentId(world.seams.uuid());
    // Recorded and taken: a retry would not mend it.
    assert_eq!(world.push(&reported(nobodys)).await, StatusCode::NO_CONTENT);
    let owner = world.db.owner().await;
    let code: String = sqlx::query_scalar("SELECT code FROM rejected_messages")
        .fetch_one(&owner)
        .await
        .unwrap();
    assert_eq!(code, "billing.unknown");
}

#[tokio::test]
async fn a_mandate_of_a_payment_that_failed_is_ended() {
    let world = World::new().await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::MandateSetup)
        .await;
    world.advance(id).await;
    world.fake.pay(&world.order(id));
    // The mandate stands at the gateway, and its payment is not known to have come.
    let owner = world.db.owner().await;
    sqlx::query("UPDATE payments SET status = 'failed', next_check_at = NULL")
        .execute(&owner)
        .await
        .unwrap();
    let mandate = world.mandate().await.id;
    for _ in 0..3 {
        bill::advance_mandate(&world.deps, world.workspace, mandate)
            .await
            .unwrap();
        world.later(TimeDelta::minutes(2)).await;
    }
    assert_eq!(world.mandate().await.status, MandateStatus::Cancelled);
    assert_eq!(world.fake.calls(Call::Cancel).len(), 1);
}

#[tokio::test]
async fn a_mandate_that_waits_for_its_payment_stays() {
    let world = World::new().await;
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::MandateSetup)
        .await;
    world.advance(id).await;
    world.fake.pay(&world.order(id));
    // Its callback is here before that of the payment.
    let mandate = world.mandate().await.id;
    bill::advance_mandate(&world.deps, world.workspace, mandate)
        .await
        .unwrap();
    assert_eq!(world.mandate().await.status, MandateStatus::Active);
    world.advance(id).await;
    assert_eq!(world.subscription().await.mandate_id, Some(mandate));
    assert_eq!(world.mandate().await.cancel_requested_at, None);
}
