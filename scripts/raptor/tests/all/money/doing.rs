//! What is done about payments, invoices and workspaces.

use domain::billing::{MerchantId, MerchantKind};
use serde_json::json;
use store::DbRole;

use super::World;

#[tokio::test]
async fn a_review_is_closed_with_a_verdict_and_a_paused_workspace_goes_on_as_it_has_paid() {
    for (subscription, access) in [(None, "full"), (Some("read_only"), "read_only")] {
        let world = World::new().await;
        assert!(world.good(&["reviews", "list", "--json"]).await.is_empty());
        world
            .sql(
                r#"INSERT INTO cost_reviews (id, workspace_id, day, kind, severity, detail, created_at)
                   VALUES (uuidv7(), $1, $2::date, 'anomaly', 'pause', '{"current": "11"}', now())"#,
                "2026-11-20",
            )
            .await;
        world
            .sql("UPDATE workspaces SET access = $2 WHERE id = $1", "paused")
            .await;
        if let Some(status) = subscription {
            world
                .sql(
                    "INSERT INTO subscriptions (workspace_id, status, tier, period_start, period_end, anchor_day, created_at, updated_at)
                     VALUES ($1, $2, 'starter', now() - interval '40 days', now() - interval '10 days', 1, now(), now())",
                    status,
                )
                .await;
        }
        let open = world.good(&["reviews", "list", "--json"]).await;
        assert_eq!(
            (
                &open[0]["severity"],
                &open[0]["access"],
                &open[0]["workspace"]
            ),
            (&json!("pause"), &json!("paused"), &json!("Jaipur Looms"))
        );
        let id = open[0]["id"].as_str().unwrap();
        let close = [
            "reviews",
            "close",
            id,
            "--verdict",
            "a launch",
            "--resume",
            "--json",
        ];
        assert_eq!(world.good(&close).await[0]["access"], access);
        assert_eq!(world.access().await, access);
        let refused = world.bad(&close).await;
        assert!(refused.contains("closed already: a launch"), "{refused}");
        assert!(world.good(&["reviews", "list", "--json"]).await.is_empty());
        let all = world.good(&["reviews", "list", "--all", "--json"]).await;
        assert_eq!(all[0]["verdict"], "a launch");
        assert_eq!(
            world.noted().await,
            json!([["operator.review", "a launch"]])
        );
    }
    let world = World::new().await;
    let unknown = world.seams.uuid().to_string();
    let refused = world
        .bad(&["reviews", "close", &unknown, "--verdict", "none"])
        .await;
    assert!(refused.contains("no review"), "{refused}");
}

#[tokio::test]
async fn a_workspace_is_stopped_and_let_go_on() {
    let world = World::new().await;
    let id = world.workspace.to_string();
    let why = ["--reason", "stolen card", "--json"];
    let resume = [&["resume", id.as_str()], &why[..]].concat();
    assert!(
        world
            .bad(&resume)
            .await
            .contains("is not paused: it is full")
    );
    let paused = world
        .good(&[&["pause", id.as_str()], &why[..]].concat())
        .await;
    assert_eq!(paused[0]["access"], "paused");
    assert_eq!(world.access().await, "paused");
    assert_eq!(world.good(&resume).await[0]["access"], "full");
    assert_eq!(world.access().await, "full");
    assert_eq!(
        world.noted().await,
        json!([
            ["operator.pause", "stolen card"],
            ["operator.resume", "stolen card"]
        ])
    );
    let unknown = world.seams.uuid().to_string();
    let refused = world
        .bad(&["pause", &unknown, "--reason", "stolen card"])
        .await;
    assert!(refused.contains("no workspace"), "{refused}");
    let refused = world.bad(&["pause", &id, "--reason", "x"]).await;
    assert!(refused.contains("3 to 200"), "{refused}");
}

#[tokio::test]
async fn an_invoice_is_asked_to_be_taken_back_once() {
    let world = World::new().await;
    world.payment("000042").await;
    let number = "RF/26-27/000042";
    let cancel = [
        "cancel-invoice",
        number,
        "--reason",
        "wrong recipient",
        "--json",
    ];
    assert_eq!(world.good(&cancel).await[0]["number"], number);
    let asked = world
        .one("SELECT jsonb_build_array(cancel_reason, next_try_at IS NOT NULL, status) FROM invoices WHERE workspace_id = $1")
        .await;
    assert_eq!(asked, json!(["wrong recipient", true, "issued"]));
    let refused = world.bad(&cancel).await;
    assert!(refused.contains("already: wrong recipient"), "{refused}");
    assert_eq!(
        world.noted().await,
        json!([["operator.cancel_invoice", "wrong recipient"]])
    );
    world
        .sql(
            "UPDATE invoices SET status = $2 WHERE workspace_id = $1",
            "credited",
        )
        .await;
    let refused = world.bad(&cancel).await;
    assert!(
        refused.contains("is credited: it can't be taken back"),
        "{refused}"
    );
    let refused = world
        .bad(&[
            "cancel-invoice",
            "RF/26-27/000043",
            "--reason",
            "wrong recipient",
        ])
        .await;
    assert!(refused.contains("no invoice has the number"), "{refused}");
}

#[tokio::test]
async fn a_payment_goes_back_long_after_and_bill_takes_it_up() {
    let world = World::new().await;
    let payment = world.payment("1").await;
    let id = payment.to_string();
    let back = |amount| {
        [
            "refund",
            &id,
            "--amount",
            amount,
            "--reason",
            "double purchase",
            "--json",
        ]
        .map(str::to_owned)
    };
    for amount in ["3538.83", "0.99", "1.001", "-5"] {
        let refused = world
            .bad(&back(amount).each_ref().map(String::as_str))
            .await;
        assert!(
            refused.contains("can't go back") || refused.contains("unexpected"),
            "{amount}: {refused}"
        );
    }
    let made = world
        .good(&back("1500.50").each_ref().map(String::as_str))
        .await;
    assert_eq!(made[0]["amount"], "1500.5");
    let row = world
        .one(
            "SELECT jsonb_build_array(amount_inr, of_allocated, reason, status, requested_by) FROM refunds WHERE workspace_id = $1",
        )
        .await;
    assert_eq!(
        row,
        json!([1500.50, true, "double purchase", "requested", null])
    );
    // One at a time, as the gateway has it; nothing in the books is out of place.
    let merchant = MerchantId {
        kind: MerchantKind::Payment,
        workspace_id: world.workspace,
        id: payment,
    };
    let merchant = merchant.to_string();
    let refused = world
        .bad(&["refund", &merchant, "--reason", "again please"])
        .await;
    assert!(refused.contains("is under way"), "{refused}");
    world.good(&["audit", "--json"]).await;
    // It is due, so bill's poll asks the gateway.
    let mut tx = world.db.store(DbRole::Bill).sweep().await.unwrap();
    let due = store::billing::refunds::due(&mut tx, world.seams.now(), 10)
        .await
        .unwrap();
    assert_eq!((due.len(), due[0].0), (1, world.workspace));
    tx.rollback().await.unwrap();

    // When that one has ended, the rest can go, named as the gateway names it.
    world
        .sql(
            "UPDATE refunds SET status = $2 WHERE workspace_id = $1",
            "failed",
        )
        .await;
    world
        .sql(
            "UPDATE payments SET refunding_inr = 0, payment_mode = $2 WHERE workspace_id = $1",
            "UPI",
        )
        .await;
    let rest = world
        .good(&["refund", &merchant, "--reason", "all of it", "--json"])
        .await;
    assert_eq!(rest[0]["amount"], "3538.82");
    assert_eq!(
        world.noted().await,
        json!([
            ["operator.refund", "double purchase"],
            ["operator.refund", "all of it"]
        ])
    );
    let unknown = world.seams.uuid().to_string();
    for (wrong, said) in [
        (unknown.as_str(), "no payment"),
        ("P_nonsense", "expected a payment's id"),
    ] {
        let refused = world.bad(&["refund", wrong, "--reason", "all of it"]).await;
        assert!(refused.contains(said), "{refused}");
    }
}

#[tokio::test]
async fn a_refund_that_is_asked_for_twice_goes_back_once() {
    let world = World::new().await;
    let id = world.payment("1").await.to_string();
    let back = ["refund", &id, "--amount", "100", "--reason", "as agreed"];
    world.good(&back).await;
    world
        .sql(
            "UPDATE refunds SET status = $2, completed_at = now() WHERE workspace_id = $1",
            "completed",
        )
        .await;
    let refused = world.bad(&back).await;
    assert!(refused.contains("say --again"), "{refused}");
    let mut again = back.to_vec();
    again.push("--again");
    world.good(&again).await;
}

#[tokio::test]
async fn tax_that_can_not_be_taken_back_any_more_is_not_given_back() {
    let world = World::new().await;
    let id = world.payment("1").await.to_string();
    world
        .sql(
            "UPDATE payments SET captured_at = $2::timestamptz WHERE workspace_id = $1",
            "2024-05-01T00:00:00Z",
        )
        .await;
    let refused = world.bad(&["refund", &id, "--reason", "as agreed"]).await;
    assert!(refused.contains("2025-11-30"), "{refused}");
}

#[tokio::test]
async fn what_an_upgrade_was_built_on_goes_back_after_it() {
    let world = World::new().await;
    let (start, upgrade) = (world.payment("1").await, world.payment("2").await);
    for (part, payment) in [(0, start), (1, upgrade)] {
        sqlx::query(
            "INSERT INTO subscription_periods (workspace_id, period_start, part, period_end, tier, payment_id, created_at)
             SELECT $1, period_start, $2, period_end, 'growth', $3, now() FROM payments WHERE id = $4",
        )
        .bind(world.workspace.0)
        .bind(part)
        .bind(payment)
        .bind(start)
        .execute(&world.owner)
        .await
        .unwrap();
    }
    let (start, upgrade) = (start.to_string(), upgrade.to_string());
    let refused = world
        .bad(&["refund", &start, "--reason", "as agreed"])
        .await;
    assert!(refused.contains("a later upgrade"), "{refused}");
    world
        .good(&["refund", &upgrade, "--reason", "as agreed"])
        .await;
    // A part of it, for goodwill, ends nothing.
    let part = ["refund", &start, "--amount", "100", "--reason", "as agreed"];
    world.good(&part).await;
}
