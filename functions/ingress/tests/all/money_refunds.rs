//! Payments as they are listed, refunds, mandates.

use axum::http::Method;
use chrono::TimeDelta;
use domain::billing::{MandateStatus, RefundStatus};
use domain::{PaymentId, RefundId};
use serde_json::{Value, json};
use store::DbRole;
use store::billing::mandates;

use crate::shop::{Customer, inr};
use crate::{Answer, World};

async fn refund(
    world: &World,
    customer: &Customer,
    payment: PaymentId,
    key: &str,
    body: Value,
) -> Answer {
    let path = format!("/v1/payments/{payment}/refunds");
    world.keyed(&path, &customer.token, key, body).await
}

fn id(answer: &Answer) -> RefundId {
    answer.text("id").parse().unwrap()
}

#[tokio::test]
async fn payments_are_listed_by_pages() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let mut ids = vec![];
    for _ in 0..3 {
        ids.insert(0, json!(world.paid(&customer).await));
    }
    let get = |query: String| {
        let path = format!("/v1/payments?{query}");
        let (world, token) = (&world, &customer.token);
        async move { world.get(&path, token).await }
    };
    let page = get("limit=2".into()).await.expect(200);
    let of = |page: &Answer| -> Vec<Value> {
        let payments = page.body["payments"].as_array().unwrap();
        payments
            .iter()
            .map(|payment| payment["id"].clone())
            .collect()
    };
    assert_eq!(of(&page), ids[..2]);
    assert_eq!(page.body["payments"][0]["status"], "captured");
    assert_eq!(page.body["payments"][0]["refundable"], "3538.82");
    let rest = get(format!("limit=2&cursor={}", page.text("next_cursor")))
        .await
        .expect(200);
    assert_eq!(
        (of(&rest), &rest.body["next_cursor"]),
        (ids[2..].to_vec(), &Value::Null)
    );
    for query in ["limit=0", "limit=101", "cursor=7", "color=red"] {
        get(query.into()).await.expect(422);
    }
}

#[tokio::test]
async fn a_part_and_then_the_rest_go_back() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let payment = world.paid(&customer).await;
    let body = json!({ "amount": "1000.50", "reason": "Subscribed by mistake" });
    let first = refund(&world, &customer, payment, "k1", body.clone())
        .await
        .expect(202);
    assert_eq!(
        (&first.body["amount"], &first.body["status"]),
        (&json!("1000.5"), &json!("requested"))
    );
    assert_eq!(first.body["credited"], true);
    assert!(first.text("refund_order_id").starts_with("R_"));
    let said = world.said_on("refund-requested-v1").await;
    assert_eq!(said, [json!({ "refund_id": id(&first) })]);
    assert_eq!(
        world.audited(customer.workspace, "payments.refund").await,
        1
    );
    assert_eq!(
        world.payment(customer.workspace, payment).await.refunding,
        inr("1000.50")
    );
    // The same again is the same; something else is not.
    let again = refund(&world, &customer, payment, "k1", body)
        .await
        .expect(202);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, first.body);
    let other = json!({ "amount": "1000", "reason": "Subscribed by mistake" });
    let reused = refund(&world, &customer, payment, "k1", other)
        .await
        .expect(409);
    assert_eq!(reused.code(), "idempotency.key_reused");
    // One at a time.
    let rest = json!({ "reason": "The rest of it" });
    let waits = refund(&world, &customer, payment, "k2", rest.clone())
        .await
        .expect(409);
    assert_eq!(waits.code(), "refund.under_way");
    assert!(waits.text("detail").contains(&first.text("id")));
    world
        .refunded(customer.workspace, id(&first), RefundStatus::Completed)
        .await;
    let second = refund(&world, &customer, payment, "k2", rest.clone())
        .await
        .expect(202);
    // 3,538.82 less 1,000.50.
    assert_eq!(second.body["amount"], "2538.32");
    // One that failed is asked for again.
    world
        .refunded(customer.workspace, id(&second), RefundStatus::Failed)
        .await;
    let third = refund(&world, &customer, payment, "k3", rest.clone())
        .await
        .expect(202);
    assert_eq!(third.body["amount"], "2538.32");
    world
        .refunded(customer.workspace, id(&third), RefundStatus::Completed)
        .await;
    let nothing = refund(&world, &customer, payment, "k4", rest)
        .await
        .expect(422);
    assert_eq!(nothing.code(), "refund.too_much");
    let list = world.get("/v1/refunds", &customer.token).await.expect(200);
    let ids: Vec<&Value> = list.body["refunds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["id"])
        .collect();
    assert_eq!(
        ids,
        [&third.body["id"], &second.body["id"], &first.body["id"]]
    );
    let page = world
        .get("/v1/refunds?limit=2", &customer.token)
        .await
        .expect(200);
    assert_eq!(page.body["refunds"][1]["id"], second.body["id"]);
    let next = format!("/v1/refunds?limit=2&cursor={}", page.text("next_cursor"));
    let rest = world.get(&next, &customer.token).await.expect(200);
    assert_eq!(
        (&rest.body["refunds"][0]["id"], &rest.body["next_cursor"]),
        (&first.body["id"], &Value::Null)
    );
    let one = world
        .get(
            &format!("/v1/refunds/{}", third.text("id")),
            &customer.token,
        )
        .await
        .expect(200);
    assert_eq!(one.body["status"], "completed");
    let of = format!("/v1/refunds?payment_id={}", PaymentId(world.seams.uuid()));
    let none = world.get(&of, &customer.token).await.expect(200);
    assert_eq!(none.body["refunds"], json!([]));
    world
        .get("/v1/refunds?limit=0", &customer.token)
        .await
        .expect(422);
}

#[tokio::test]
async fn two_refunds_at_once_are_one() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let payment = world.paid(&customer).await;
    let keys: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
    let calls = keys.iter().map(|key| {
        refund(
            &world,
            &customer,
            payment,
            key,
            json!({ "reason": "Subscribed twice" }),
        )
    });
    let answers = futures::future::join_all(calls).await;
    let accepted = answers.iter().filter(|answer| answer.status == 202).count();
    let waiting = answers
        .iter()
        .filter(|answer| answer.code() == "refund.under_way")
        .count();
    assert_eq!((accepted, waiting), (1, 9));
    assert_eq!(
        world.payment(customer.workspace, payment).await.refunding,
        inr("3538.82")
    );
}

#[tokio::test]
async fn what_can_not_go_back_says_why() {
    let world = World::shop().await;
    let mut customer = world.customer().await;
    let open = world
        .checkout(&customer, "open", "starter", "once")
        .await
        .expect(202);
    let open: PaymentId = open.body["payment"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let reason = json!({ "reason": "Subscribed by mistake" });
    let early = refund(&world, &customer, open, "k1", reason.clone())
        .await
        .expect(409);
    assert_eq!(early.code(), "refund.not_captured");
    world.captured(customer.workspace, open).await;
    for (body, code, field) in [
        (
            json!({ "amount": "3538.83", "reason": "too much" }),
            "refund.too_much",
            "amount",
        ),
        (
            json!({ "amount": "0.99", "reason": "too little" }),
            "validation.failed",
            "amount",
        ),
        (
            json!({ "amount": "-1", "reason": "negative" }),
            "validation.failed",
            "amount",
        ),
        (
            json!({ "amount": 100, "reason": "a number" }),
            "validation.failed",
            "amount",
        ),
        (
            json!({ "amount": "1.005", "reason": "half a paisa" }),
            "validation.failed",
            "amount",
        ),
        (json!({ "reason": "" }), "validation.failed", "reason"),
        (
            json!({ "reason": "a\u{0}bc" }),
            "validation.failed",
            "reason",
        ),
        (
            json!({ "reason": "x".repeat(201) }),
            "validation.failed",
            "reason",
        ),
        (json!({}), "validation.failed", "reason"),
    ] {
        let refused = refund(&world, &customer, open, "k1", body.clone())
            .await
            .expect(422);
        assert_eq!(
            (refused.code(), refused.fields()),
            (code, vec![field]),
            "{body}"
        );
    }
    let last = world.seams.now() + TimeDelta::days(7);
    world.wait_until(&mut customer, last);
    refund(
        &world,
        &customer,
        open,
        "k1",
        json!({ "amount": "1", "reason": "in time" }),
    )
    .await
    .expect(202);
    world.clock.advance(TimeDelta::seconds(1));
    let late = refund(&world, &customer, open, "k2", reason)
        .await
        .expect(422);
    assert_eq!(late.code(), "refund.window_passed");
    assert!(late.text("detail").contains("support"), "{}", late.body);
}

#[tokio::test]
async fn a_mandate_is_ended_once() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let mandate = world.mandate(&customer, "4246.59").await;
    let list = world.get("/v1/mandates", &customer.token).await.expect(200);
    let one = &list.body["mandates"][0];
    assert_eq!(
        (&one["status"], &one["in_use"]),
        (&json!("active"), &json!(true))
    );
    assert!(
        one["subscription_order_id"]
            .as_str()
            .unwrap()
            .starts_with("M_")
    );
    let path = format!("/v1/mandates/{mandate}/cancel");
    let cancel = |key: &'static str| world.keyed(&path, &customer.token, key, Value::Null);
    let asked = cancel("k1").await.expect(202);
    assert_eq!(asked.body["cancel_requested_at"], json!(world.seams.now()));
    let again = cancel("k1").await.expect(202);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, asked.body);
    cancel("k2").await.expect(202);
    let said = world.said_on("mandate-cancel-requested-v1").await;
    assert_eq!(said, [json!({ "mandate_id": mandate })]);
    assert_eq!(
        world.audited(customer.workspace, "mandates.cancel").await,
        1
    );
    let other = world.mandate(&customer, "100").await;
    let path_of_other = format!("/v1/mandates/{other}/cancel");
    let reused = world.keyed(&path_of_other, &customer.token, "k1", Value::Null);
    assert_eq!(reused.await.expect(409).code(), "idempotency.key_reused");
    let mut tx = world
        .db
        .store(DbRole::Bill)
        .tenant(customer.workspace)
        .await
        .unwrap();
    let mut row = mandates::lock(&mut tx, mandate).await.unwrap();
    row.status = MandateStatus::Revoked;
    mandates::save(&mut tx, &row, world.seams.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let ended = cancel("k3").await.expect(409);
    assert_eq!(ended.code(), "mandate.ended");
    assert!(ended.text("detail").contains("revoked"));
    let none = world
        .call(Method::POST, &path, &customer.token, Value::Null)
        .await;
    assert_eq!(none.expect(422).code(), "idempotency.key_required");
}
