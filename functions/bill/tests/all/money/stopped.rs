//! Workspaces that are stopped while their use is looked into.

use chrono::TimeDelta;
use domain::billing::{PaymentMethod, SubscriptionStatus};
use testkit::phonepe::Call;

use super::World;

#[tokio::test]
async fn who_is_stopped_is_not_charged() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    let access = async |access: &str| {
        sqlx::query("UPDATE workspaces SET access = $1")
            .bind(access)
            .execute(&world.db.owner().await)
            .await
            .unwrap();
    };
    // Announced before, and not taken.
    world.live_until(end - TimeDelta::hours(30)).await;
    assert_eq!(world.fake.calls(Call::Notify).len(), 1);
    access("paused").await;
    world.live_until(end + TimeDelta::hours(20)).await;
    assert_eq!(world.fake.calls(Call::Redeem).len(), 0);
    // Nothing new is announced either, until they go on.
    world.live_until(end + TimeDelta::days(2)).await;
    assert_eq!(world.fake.calls(Call::Notify).len(), 1);
    access("full").await;
    world.live_until(end + TimeDelta::days(4)).await;
    assert_eq!(world.fake.calls(Call::Redeem).len(), 1);
    assert_eq!(world.status().await, SubscriptionStatus::Active);
}

#[tokio::test]
async fn nothing_is_lost_while_stopped() {
    let world = World::new().await;
    world.subscribed(PaymentMethod::MandateSetup).await;
    let end = world.subscription().await.period_end;
    let owner = world.db.owner().await;
    sqlx::query("UPDATE workspaces SET access = 'paused'")
        .execute(&owner)
        .await
        .unwrap();
    world.live_until(end + TimeDelta::days(9)).await;
    assert_eq!(world.status().await, SubscriptionStatus::Active);
    // What was due meanwhile comes then: the days of grace are over, and the next month begins when it is paid.
    sqlx::query("UPDATE workspaces SET access = 'full'")
        .execute(&owner)
        .await
        .unwrap();
    world.live_until(end + TimeDelta::days(10)).await;
    assert_eq!(world.status().await, SubscriptionStatus::ReadOnly);
    assert_eq!(world.fake.calls(Call::Redeem).len(), 0);
    world.subscribed(PaymentMethod::Checkout).await;
    assert_eq!(world.tier_and_access().await.1, "full");
}
