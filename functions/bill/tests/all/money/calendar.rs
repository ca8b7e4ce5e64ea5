use bill::{Config, Which, collect};
use chrono::TimeDelta;
use clap::Parser;
use domain::Tier;
use domain::billing::{
    MandateStatus, PaymentMethod, PaymentPurpose, PaymentStatus, SubscriptionStatus,
};
use events::MandateReportedV1;
use serde_json::json;
use testkit::phonepe::{Call, Fault};

use super::{World, inr};

#[tokio::test]
async fn each_month_is_announced_a_day_ahead_and_taken_once() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    assert_eq!(world.mandate().await.status, MandateStatus::Active);
    let mut end = world.subscription().await.period_end;
    for month in 1..=3 {
        world.live_until(end + TimeDelta::hours(3)).await;
        let subscription = world.subscription().await;
        assert_eq!(
            subscription.status,
            SubscriptionStatus::Active,
            "month {month}"
        );
        assert!(subscription.period_end > end + TimeDelta::days(27));
        end = subscription.period_end;
    }
    let notices = world.fake.calls(Call::Notify);
    let debits = world.fake.calls(Call::Redeem);
    assert_eq!((notices.len(), debits.len()), (3, 3));
    assert_eq!(notices[0].body["amount"], 353_882);
    assert_eq!(
        world.fake.captured_total(),
        inr("14155.28"),
        "four times 3,538.82"
    );
    assert_eq!(world.balances().await.received, inr("14155.28"));
    assert_eq!(world.sent("payment.captured").await, 4);
    assert_eq!(world.faults().await, []);
    for payment in world.payments().await {
        if payment.method == PaymentMethod::MandateDebit {
            let captured = payment.captured_at.unwrap();
            assert!(captured >= payment.not_before.unwrap());
            assert!(captured - payment.created_at >= TimeDelta::hours(24));
            assert!(phonepe::window::permitted(captured));
        }
    }
}

#[tokio::test]
async fn a_debit_that_fails_is_tried_on_days_1_3_and_5_and_then_only_reading_is_left() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    world.fake.fail_next_redemptions(100);
    world.live_until(end + TimeDelta::hours(2)).await;
    assert_eq!(world.status().await, SubscriptionStatus::PastDue);
    assert_eq!(world.tier_and_access().await.1, "full", "days of grace");
    world
        .live_until(end + TimeDelta::days(5) + TimeDelta::hours(20))
        .await;
    assert_eq!(world.status().await, SubscriptionStatus::PastDue);
    world.live_until(end + TimeDelta::days(8)).await;
    assert_eq!(world.status().await, SubscriptionStatus::ReadOnly);
    assert_eq!(world.tier_and_access().await.1, "read_only");
    let mut debits = world.payments().await;
    debits.retain(|payment| payment.method == PaymentMethod::MandateDebit);
    debits.reverse();
    let days: Vec<_> = debits
        .iter()
        .map(|debit| (debit.attempt, (debit.not_before.unwrap() - end).num_days()))
        .collect();
    assert_eq!(
        days.iter().map(|day| day.0).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert!(
        days.iter()
            .zip([0, 1, 3, 5])
            .all(|((_, day), wanted)| *day >= wanted),
        "{days:?}"
    );
    assert!(
        debits
            .iter()
            .all(|debit| debit.status == PaymentStatus::Failed)
    );

    // Paying by hand brings it back.
    world.fake.fail_next_redemptions(0);
    let id = world
        .want(PaymentPurpose::Start, PaymentMethod::Checkout)
        .await;
    world.advance(id).await;
    world.fake.pay(&world.order(id));
    world.advance(id).await;
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    assert_eq!(world.tier_and_access().await.1, "full");
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn what_the_payer_does_in_their_app_arrives() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    let mandate = world.mandate().await;
    let theirs = mandate.merchant_id().to_string();
    let told = |event: &str| MandateReportedV1 {
        mandate_id: mandate.id,
        event: event.into(),
    };
    world.fake.pause(&theirs, end + TimeDelta::days(60));
    world.push(&told("subscription.paused")).await;
    assert_eq!(world.mandate().await.status, MandateStatus::Paused);
    world.live_until(end - TimeDelta::hours(30)).await;
    assert_eq!(
        world.fake.calls(Call::Notify).len(),
        0,
        "nothing under a paused mandate"
    );
    world.fake.resume(&theirs);
    // The callback is lost: the daily look finds it.
    world.live_until(end + TimeDelta::days(2)).await;
    assert_eq!(world.mandate().await.status, MandateStatus::Active);
    assert_eq!(world.fake.calls(Call::Notify).len(), 1);
    world.live_until(end + TimeDelta::days(4)).await;
    assert_eq!(
        world.status().await,
        SubscriptionStatus::Active,
        "a day of dunning took it"
    );

    world.fake.revoke(&theirs);
    world.push(&told("subscription.revoked")).await;
    assert_eq!(world.mandate().await.status, MandateStatus::Revoked);
    let subscription = world.subscription().await;
    assert_eq!(subscription.mandate_id, None);
    world
        .live_until(subscription.period_end + TimeDelta::hours(1))
        .await;
    assert_eq!(
        world.status().await,
        SubscriptionStatus::PastDue,
        "to be paid by hand"
    );
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn a_payer_who_pauses_between_notice_and_debit_is_not_debited() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    let theirs = world.mandate().await.merchant_id().to_string();
    world.live_until(end - TimeDelta::hours(10)).await;
    assert_eq!(world.fake.calls(Call::Notify).len(), 1);
    world.fake.pause(&theirs, end + TimeDelta::days(60));
    world.live_until(end + TimeDelta::hours(3)).await;
    assert_eq!(world.fake.calls(Call::Redeem).len(), 0);
    assert_eq!(
        world.payments().await[0].error_code.as_deref(),
        Some("debit.not_wanted")
    );
    assert_eq!(world.status().await, SubscriptionStatus::PastDue);
}

#[tokio::test]
async fn cancelling_ends_with_the_period_and_takes_the_mandate_along() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    let mut subscription = store::billing::subscriptions::lock(&mut tx)
        .await
        .unwrap()
        .unwrap();
    subscription.cancel_at_period_end = true;
    let now = world.seams.now();
    store::billing::subscriptions::save(&mut tx, &subscription, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world
        .live_until(subscription.period_end - TimeDelta::hours(1))
        .await;
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    world
        .live_until(subscription.period_end + TimeDelta::hours(2))
        .await;
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    assert_eq!(world.tier_and_access().await.1, "read_only");
    assert_eq!(world.mandate().await.status, MandateStatus::Cancelled);
    assert_eq!(world.fake.calls(Call::Notify).len(), 0);
}

#[tokio::test]
async fn a_downgrade_counts_from_the_next_month_and_a_dear_plan_is_never_debited_silently() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let wish = async |tier: Tier| {
        let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
        let mut subscription = store::billing::subscriptions::lock(&mut tx)
            .await
            .unwrap()
            .unwrap();
        subscription.next_tier = Some(tier);
        let now = world.seams.now();
        store::billing::subscriptions::save(&mut tx, &subscription, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        subscription.period_end
    };
    let end = wish(Tier::Growth).await;
    world.live_until(end + TimeDelta::hours(3)).await;
    assert_eq!(world.subscription().await.tier, Tier::Growth);
    assert_eq!(world.fake.calls(Call::Notify)[0].body["amount"], 1_179_882);
    // 29,498.82 is above 15,000: it is not debited without the customer.
    let end = wish(Tier::Agency).await;
    world.live_until(end + TimeDelta::hours(3)).await;
    assert_eq!(world.fake.calls(Call::Notify).len(), 1);
    assert_eq!(world.status().await, SubscriptionStatus::PastDue);
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn a_trial_ends_by_itself() {
    let world = World::new().await;
    world.trial(14).await;
    world
        .live_until(world.subscription().await.period_end - TimeDelta::hours(2))
        .await;
    assert_eq!(world.status().await, SubscriptionStatus::Trialing);
    world
        .live_until(world.subscription().await.period_end + TimeDelta::hours(2))
        .await;
    assert_eq!(world.status().await, SubscriptionStatus::ReadOnly);
    assert_eq!(world.tier_and_access().await.1, "read_only");
}

#[tokio::test]
async fn a_schedule_may_run_twice_at_once_late_or_not_at_all() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    world.clock.set(end - TimeDelta::hours(30));
    let run = || collect(&world.deps, Which::Debits);
    let (a, b, c, d) = tokio::join!(run(), run(), run(), run());
    let made = [a, b, c, d].map(|done| done.unwrap().debits);
    assert_eq!(made.iter().sum::<usize>(), 1, "{made:?}");
    assert_eq!(world.sent("payment.requested").await, 1);

    // Nothing ran for four days: the latest day of dunning that has come counts, not each one missed.
    world.clock.set(end + TimeDelta::days(4));
    world.poll().await;
    collect(&world.deps, Which::Ends).await.unwrap();
    assert_eq!(world.status().await, SubscriptionStatus::PastDue);
    world.live_until(end + TimeDelta::days(7)).await;
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    assert_eq!(
        world.balances().await.received,
        inr("7077.64"),
        "taken once"
    );
    assert_eq!(world.faults().await, []);

    // A month without a run: the grace is long over, and nothing is taken any more.
    let end = world.subscription().await.period_end;
    world.clock.set(end + TimeDelta::days(30));
    collect(&world.deps, Which::Debits).await.unwrap();
    collect(&world.deps, Which::Ends).await.unwrap();
    assert_eq!(world.status().await, SubscriptionStatus::ReadOnly);
    assert_eq!(world.fake.calls(Call::Redeem).len(), 1);
}

#[tokio::test]
async fn a_schedule_that_is_at_work_is_left_alone() {
    let world = World::new().await;
    let now = world.seams.now();
    let mut tx = world.deps.store.plain().await.unwrap();
    let (other, until) = (
        world.seams.uuid(),
        world.seams.now() + TimeDelta::minutes(2),
    );
    assert!(
        store::leases::take(&mut tx, "bill/debit-cycle", other, now, until)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert_eq!(
        world.schedule("debit-cycle").await,
        json!({ "running": true })
    );
    // Its process died: the name is free when its time is over.
    world.later(TimeDelta::minutes(3)).await;
    assert_eq!(world.schedule("debit-cycle").await["looked_at"], 0);
    assert_eq!(world.schedule("dunning").await["looked_at"], 0);
    assert_eq!(world.schedule("poll-pending").await["payments"], 0);
}

#[tokio::test]
async fn dynamic_pricing_makes_a_renewal_cheaper_where_it_is_switched_on() {
    let mut world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    // In the month in which the period began 400,000 tokens, 300,000 above the allowance of 100,000: 30
    // percent off 2,999 is 2,099.30. What was used in the month before counted for another renewal.
    let begun = domain::Period::of(world.subscription().await.period_start);
    let before = begun.first_day() - chrono::Months::new(1);
    let owner = world.db.owner().await;
    for (period, tokens) in [(before, 900_000_i64), (begun.first_day(), 400_000)] {
        sqlx::query(
            "INSERT INTO budgets (workspace_id, period, limit_usd, limit_tokens, spent_usd, spent_tokens)
             VALUES ($1, $2, 10, 100000, 1, $3)",
        )
        .bind(world.workspace.0)
        .bind(period)
        .bind(tokens)
        .execute(&owner)
        .await
        .unwrap();
    }
    let on = ["bill", "--dynamic-pricing", r#"{"enabled":true}"#];
    world.deps.renewals = Config::try_parse_from(on).unwrap().dynamic.renewals();
    world.live_until(end + TimeDelta::hours(3)).await;
    // 2,099.30 and 18 %: 2,477.17 (377.874 rounded half up).
    assert_eq!(world.fake.calls(Call::Notify)[0].body["amount"], 247_717);
    assert_eq!(world.faults().await, []);
}

/// A customer with a mandate whose next debit was announced.
async fn announced() -> (World, chrono::DateTime<chrono::Utc>) {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    world.live_until(end - TimeDelta::hours(10)).await;
    assert_eq!(world.fake.calls(Call::Notify).len(), 1);
    (world, end)
}

#[tokio::test]
async fn a_lost_answer_to_a_debit_is_no_second_debit() {
    for fault in [
        Fault::ServerAfter(502),
        Fault::Malformed,
        Fault::Server(503),
    ] {
        let (world, end) = announced().await;
        world.fake.fail_next(Call::Redeem, fault);
        world.live_until(end + TimeDelta::days(6)).await;
        assert_eq!(
            world.fake.captured_total(),
            inr("7077.64"),
            "{fault:?}: two months, once each"
        );
        assert_eq!(world.status().await, SubscriptionStatus::Active);
        assert_eq!(world.faults().await, []);
    }
}

#[tokio::test]
async fn a_debit_that_is_not_wanted_any_more_is_not_taken() {
    // Cancelled after the announcement.
    let (world, end) = announced().await;
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    let mut subscription = store::billing::subscriptions::lock(&mut tx)
        .await
        .unwrap()
        .unwrap();
    subscription.cancel_at_period_end = true;
    let now = world.seams.now();
    store::billing::subscriptions::save(&mut tx, &subscription, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.live_until(end + TimeDelta::days(2)).await;
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    assert_eq!(world.fake.captured_total(), inr("3538.82"));

    // Another plan was asked for after it.
    let (world, end) = announced().await;
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    let mut subscription = store::billing::subscriptions::lock(&mut tx)
        .await
        .unwrap()
        .unwrap();
    subscription.next_tier = Some(Tier::Growth);
    let now = world.seams.now();
    store::billing::subscriptions::save(&mut tx, &subscription, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.live_until(end + TimeDelta::days(3)).await;
    assert_eq!(
        world.subscription().await.tier,
        Tier::Growth,
        "the next debit had the new price"
    );
    assert_eq!(
        world.fake.captured_total(),
        inr("15337.64"),
        "3,538.82 and 11,798.82"
    );
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn a_debit_that_the_gateway_never_closes_does_not_give_service_for_ever() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    world.live_until(end - TimeDelta::hours(30)).await;
    // From the notice on it speaks of a state that nobody knows.
    world
        .fake
        .fail_always(Call::OrderStatus, Some(Fault::NewState));
    world.live_until(end + TimeDelta::days(9)).await;
    assert_eq!(world.status().await, SubscriptionStatus::ReadOnly);
    assert!(world.payments().await.iter().all(|p| !p.status.is_open()));
    assert_eq!(world.faults().await, []);
}

#[tokio::test]
async fn who_begins_again_on_the_last_day_gets_whole_months() {
    let world = World::new().await;
    // Noon of 31 January 2027 in India, so that months end on their last days.
    world.clock.advance(
        "2027-01-31T06:30:00Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
            - world.seams.now(),
    );
    world.subscribed(PaymentMethod::MandateSetup).await;
    let mut subscription = world.subscription().await;
    assert_eq!(subscription.anchor_day, 31);
    // 28 February.
    let end = subscription.period_end;
    subscription.cancel_at_period_end = true;
    let now = world.seams.now();
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    store::billing::subscriptions::save(&mut tx, &subscription, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.live_until(end + TimeDelta::hours(10)).await;
    assert_eq!(world.status().await, SubscriptionStatus::Cancelled);
    world.subscribed(PaymentMethod::MandateSetup).await;
    let again = world.subscription().await;
    assert_eq!((again.anchor_day, again.period_start), (28, end));
    // To 28 March, and from there to 28 April.
    let second = again.period_end;
    assert_eq!(second - end, TimeDelta::days(28));
    world.live_until(second + TimeDelta::hours(12)).await;
    assert_eq!(
        world.subscription().await.period_end - second,
        TimeDelta::days(31)
    );
}
