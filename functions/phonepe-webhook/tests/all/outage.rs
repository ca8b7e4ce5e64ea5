use std::time::Duration;

use chrono::TimeDelta;
use domain::billing::MerchantKind;
use events::PaymentReportedV1;
use tokio::time::Instant;

use super::*;

/// Far below what the database alone would be waited for (5 s for a connection, 30 s for a statement),
/// far above the limit: a busy machine does not fail the test.
const SOON: Duration = Duration::from_secs(3);

#[tokio::test]
async fn without_its_database_it_says_so_soon_and_the_same_body_succeeds_later() {
    let world = World::new().await;
    let down = webhook(nowhere(), &world.seams);
    let id = world.id(MerchantKind::Payment).to_string();
    let body = order("checkout.order.completed", &id).to_string();
    let began = Instant::now();
    let response = down.clone().oneshot(genuine(body.clone())).await.unwrap();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");
    for (path, status) in [
        ("/health", StatusCode::OK),
        ("/ready", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(send(&down, request).await.0, status, "{path}");
    }
    assert_eq!(world.send(body).await, StatusCode::OK);
    assert_eq!(world.broker.published().len(), 1);
}

#[tokio::test]
async fn a_database_that_hangs_is_waited_for_250_ms() {
    let world = World::new().await;
    let id = world.id(MerchantKind::Payment).to_string();
    let known = order("checkout.order.completed", &id).to_string();
    let strange = json!({ "event": "settlement.completed" }).to_string();
    let mut lock = world.owner.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE payment_callbacks IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    for body in [&known, &strange] {
        let began = Instant::now();
        assert_eq!(
            world.send(body.clone()).await,
            StatusCode::SERVICE_UNAVAILABLE
        );
        let took = began.elapsed();
        assert!(
            (Duration::from_millis(250)..SOON).contains(&took),
            "{took:?}"
        );
    }
    lock.rollback().await.unwrap();
    assert!(
        world.recorded().await.is_empty(),
        "what was cut off was undone"
    );
    for body in [&known, &strange] {
        assert_eq!(world.send(body.clone()).await, StatusCode::OK);
    }
    assert_eq!(world.recorded().await.len(), 2);
    assert_eq!(world.broker.published().len(), 1);
}

#[tokio::test]
async fn what_a_crash_between_commit_and_publish_left_is_swept_up() {
    let world = World::new().await;
    // Nothing is attached that could send: as if the process had ended after its commit.
    let crashed = webhook(world.db.store(DbRole::PhonepeWebhook), &world.seams);
    let id = world.id(MerchantKind::Payment);
    let body = order("checkout.order.completed", &id.to_string()).to_string();
    assert_eq!(
        send(&crashed, genuine(body.clone())).await.0,
        StatusCode::OK
    );
    assert_eq!(world.waiting().await, 1);
    // PhonePe did not hear the answer and sends it again.
    assert_eq!(world.send(body).await, StatusCode::OK);
    assert!(world.broker.published().is_empty(), "the outbox has it");
    world.clock.advance(TimeDelta::seconds(30));
    let sweep = Request::post("/schedules/sweep-outbox").body(Body::empty());
    let (status, done) = send(&world.app, sweep.unwrap()).await;
    assert_eq!((status, done), (StatusCode::OK, json!({ "sent": 1 })));
    let published = world.broker.published();
    let told: PaymentReportedV1 = published[0].decode().unwrap();
    assert_eq!((told.payment_id.0, published.len()), (id.id, 1));
    world.until_nothing_waits().await;
}

#[tokio::test]
async fn without_a_broker_callbacks_are_taken_and_swept_up_later() {
    let world = World::new().await;
    for mood in [FAILING, SILENT] {
        world.broker.be(mood);
        let id = world.id(MerchantKind::Payment).to_string();
        let began = Instant::now();
        let body = order("checkout.order.completed", &id).to_string();
        assert_eq!(world.send(body).await, StatusCode::OK, "{mood}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
    assert_eq!(world.waiting().await, 2);
    assert!(world.broker.published().is_empty());
    world.broker.be(WORKING);
    world.clock.advance(TimeDelta::seconds(30));
    let sweep = || Request::post("/schedules/sweep-outbox").body(Body::empty());
    let (_, done) = send(&world.app, sweep().unwrap()).await;
    assert_eq!(done, json!({ "sent": 2 }));
    world.until_nothing_waits().await;
    let (_, done) = send(&world.app, sweep().unwrap()).await;
    assert_eq!(done, json!({ "sent": 0 }));
    assert_eq!(world.broker.published().len(), 2);
}

#[tokio::test]
async fn connections_that_the_database_cut_are_replaced() {
    let world = World::new().await;
    let callback = || {
        let id = world.id(MerchantKind::Payment).to_string();
        order("checkout.order.completed", &id).to_string()
    };
    assert_eq!(world.send(callback()).await, StatusCode::OK);
    world.until_nothing_waits().await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'phonepe-webhook'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    assert_eq!(world.send(callback()).await, StatusCode::OK);
    assert_eq!(world.recorded().await.len(), 2);
}

#[tokio::test]
async fn every_declared_schedule_and_subscription_is_here() {
    let world = World::new().await;
    let subscribed = events::topics()
        .iter()
        .any(|topic| topic.subscribers.contains(&phonepe_webhook::NAME));
    assert!(!subscribed, "it has no consumers");
    for schedule in events::schedules() {
        if schedule.function == phonepe_webhook::NAME {
            let request = Request::post(format!("/schedules/{}", schedule.name));
            let (status, _) = send(&world.app, request.body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::OK, "{}", schedule.name);
        }
    }
    world.store.close().await;
}
