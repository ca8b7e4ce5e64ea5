use chrono::TimeDelta;
use domain::WorkspaceId;
use domain::billing::{MerchantId, MerchantKind};
use domain::{MandateId, PaymentId, RefundId};
use events::{Event, MandateReportedV1, PaymentReportedV1, RefundReportedV1};
use serde_json::json;

use super::*;

/// Of facts about PhonePe's webhooks: the events that concern an order, a one-time one or a mandate's.
const ORDERS: [&str; 10] = [
    "checkout.order.completed",
    "checkout.order.failed",
    "checkout.transaction.attempt.failed",
    "pg.order.completed",
    "pg.order.failed",
    "subscription.setup.order.completed",
    "subscription.notification.completed",
    "subscription.notification.failed",
    "subscription.redemption.order.completed",
    "subscription.redemption.transaction.failed",
];
const REFUNDS: [&str; 3] = [
    "pg.refund.accepted",
    "pg.refund.completed",
    "pg.refund.failed",
];
const MANDATES: [&str; 4] = [
    "subscription.paused",
    "subscription.unpaused",
    "subscription.revoked",
    "subscription.cancelled",
];

/// Sends one callback; it must be recorded under its tenant and told to bill once.
async fn passes<E: Event>(world: &World, body: &Value, id: MerchantId) -> E {
    let before = world.broker.published().len();
    let body = body.to_string();
    assert_eq!(world.send(body.clone()).await, StatusCode::OK, "{body}");
    let recorded = world.recorded().await;
    let row = recorded.iter().find(|row| row.body == body.as_bytes());
    let row = row.unwrap();
    assert_eq!(row.workspace_id, Some(world.workspace.0));
    assert_eq!(row.merchant_id, Some(id.to_string()));
    assert!(row.hash_fits);
    let published = world.broker.published();
    assert_eq!(published.len(), before + 1);
    let message = published.last().unwrap();
    assert_eq!(
        (message.workspace_id, message.source.as_str()),
        (world.workspace, "phonepe-webhook")
    );
    message.decode().unwrap()
}

#[tokio::test]
async fn each_event_is_recorded_and_told_to_bill() {
    let world = World::new().await;
    for event in ORDERS {
        let id = world.id(MerchantKind::Payment);
        let told: PaymentReportedV1 = passes(&world, &order(event, &id.to_string()), id).await;
        let payment_id = PaymentId(id.id);
        assert_eq!((told.payment_id, told.event.as_str()), (payment_id, event));
    }
    for event in REFUNDS {
        let id = world.id(MerchantKind::Refund);
        let told: RefundReportedV1 = passes(&world, &refund(event, &id.to_string()), id).await;
        let refund_id = RefundId(id.id);
        assert_eq!((told.refund_id, told.event.as_str()), (refund_id, event));
    }
    for event in MANDATES {
        let id = world.id(MerchantKind::Mandate);
        let told: MandateReportedV1 = passes(&world, &mandate(event, &id.to_string()), id).await;
        let mandate_id = MandateId(id.id);
        assert_eq!((told.mandate_id, told.event.as_str()), (mandate_id, event));
    }
    world.until_nothing_waits().await;
}

#[tokio::test]
async fn the_deprecated_type_does_where_there_is_no_event() {
    let world = World::new().await;
    let id = world.id(MerchantKind::Payment);
    let mut body = order("", &id.to_string());
    body.as_object_mut().unwrap().remove("event");
    let told: PaymentReportedV1 = passes(&world, &body, id).await;
    assert_eq!(told.event, "checkout.order.completed");
}

#[tokio::test]
async fn the_same_body_is_told_once_even_after_a_year() {
    let world = World::new().await;
    let id = world.id(MerchantKind::Payment).to_string();
    let body = order("checkout.order.completed", &id).to_string();
    for wait in [0, 0, 1, 30, 365] {
        world.clock.advance(TimeDelta::days(wait));
        assert_eq!(world.send(body.clone()).await, StatusCode::OK);
    }
    assert_eq!(world.broker.published().len(), 1);
    assert_eq!(world.recorded().await.len(), 1);
    // Another body about the same order is news, whatever came first: bill asks PhonePe each time.
    let failed = order("checkout.order.failed", &id).to_string();
    assert_eq!(world.send(failed).await, StatusCode::OK);
    assert_eq!(world.broker.published().len(), 2);
    assert_eq!(world.recorded().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_body_many_times_at_once_is_told_once() {
    let world = World::new().await;
    for _ in 0..20 {
        let before = world.broker.published().len();
        let id = world.id(MerchantKind::Payment).to_string();
        let body = order("checkout.order.completed", &id).to_string();
        let calls: Vec<_> = (0..6)
            .map(|_| {
                let (app, request) = (world.app.clone(), genuine(body.clone()));
                tokio::spawn(async move { send(&app, request).await.0 })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), StatusCode::OK);
        }
        assert_eq!(world.broker.published().len(), before + 1);
    }
    assert_eq!(world.recorded().await.len(), 20);
}

#[tokio::test]
async fn what_nothing_here_knows_is_recorded_and_told_to_nobody() {
    let world = World::new().await;
    let (payment, refunded, mandated) = (
        world.id(MerchantKind::Payment).to_string(),
        world.id(MerchantKind::Refund).to_string(),
        world.id(MerchantKind::Mandate).to_string(),
    );
    let bodies = [
        // Events that are newer than this code, with an id of ours or without any.
        (order("checkout.order.disputed", &payment), None),
        (json!({ "event": "settlement.completed" }), None),
        // Ids of somebody else's.
        (
            order("checkout.order.completed", "SUB_1_starter_1700000000"),
            Some("SUB_1_starter_1700000000"),
        ),
        // Ids of ours of another kind.
        (
            order("checkout.order.completed", &refunded),
            Some(refunded.as_str()),
        ),
        (
            refund("pg.refund.completed", &mandated),
            Some(mandated.as_str()),
        ),
        (
            mandate("subscription.paused", &payment),
            Some(payment.as_str()),
        ),
    ];
    for (body, merchant_id) in &bodies {
        for _ in 0..2 {
            assert_eq!(world.send(body.to_string()).await, StatusCode::OK, "{body}");
        }
        let recorded = world.recorded().await;
        let mine: Vec<_> = recorded
            .iter()
            .filter(|row| row.body == body.to_string().as_bytes())
            .collect();
        assert_eq!(mine.len(), 1, "{body}");
        assert_eq!(mine[0].workspace_id, None, "{body}");
        assert_eq!(mine[0].merchant_id.as_deref(), *merchant_id);
        assert!(mine[0].hash_fits);
    }
    assert_eq!(world.recorded().await.len(), bodies.len());
    assert!(world.broker.published().is_empty());
    assert_eq!(world.waiting().await, 0);
}

#[tokio::test]
async fn a_tenant_sees_its_own_callbacks_and_no_function_reads_a_body() {
    let world = World::new().await;
    let id = world.id(MerchantKind::Payment).to_string();
    world
        .send(order("checkout.order.completed", &id).to_string())
        .await;
    let mut tx = world.owner.begin().await.unwrap();
    let seen = |workspace: WorkspaceId| format!("SET LOCAL app.workspace_id = '{workspace}'");
    sqlx::raw_sql("SET LOCAL ROLE raptor_phonepe_webhook")
        .execute(&mut *tx)
        .await
        .unwrap();
    for (workspace, count) in [
        (world.workspace, 1_i64),
        (WorkspaceId(world.seams.uuid()), 0),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(seen(workspace)))
            .execute(&mut *tx)
            .await
            .unwrap();
        let found: i64 = sqlx::query_scalar("SELECT count(body_hash) FROM payment_callbacks")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(found, count);
    }
    let body = sqlx::query("SELECT body FROM payment_callbacks")
        .fetch_all(&mut *tx)
        .await;
    assert!(body.unwrap_err().to_string().contains("permission denied"));
}

#[tokio::test]
async fn of_what_waits_to_be_sent_it_sees_and_takes_its_own_only() {
    let world = World::new().await;
    for sender in ["phonepe-webhook", "bill"] {
        sqlx::query(
            "INSERT INTO outbox (id, workspace_id, sender, topic, kind, version, correlation_id, data, created_at)
             VALUES ($1, $2, $3, 'payment-captured-v1', 'payment.captured', 1, 'c', '', now())",
        )
        .bind(world.seams.uuid())
        .bind(world.workspace.0)
        .bind(sender)
        .execute(&world.owner)
        .await
        .unwrap();
    }
    let mut tx = world.owner.begin().await.unwrap();
    sqlx::raw_sql("SET LOCAL ROLE raptor_phonepe_webhook; SET LOCAL app.sweep = 'on'")
        .execute(&mut *tx)
        .await
        .unwrap();
    let own: Vec<String> = sqlx::query_scalar("SELECT sender FROM outbox")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    assert_eq!(own, ["phonepe-webhook"]);
    let gone = sqlx::query("DELETE FROM outbox")
        .execute(&mut *tx)
        .await
        .unwrap();
    assert_eq!(gone.rows_affected(), 1);
    tx.commit().await.unwrap();
    assert_eq!(world.waiting().await, 1);
}
