//! Who may do what with a workspace's money. That strangers are refused is in `surface`.

use axum::http::Method;
use domain::{Role, Tier};
use serde_json::{Value, json};
use store::DbRole;
use store::billing::reports;

use crate::World;
use crate::shop::{Customer, profile};

/// What there is: method, address, the least role, a body, and the status when it is well.
async fn all(world: &World, customer: &Customer) -> Vec<(Method, String, Role, Value, u16)> {
    let (get, post) = (Method::GET, Method::POST);
    let payment = world.paid(customer).await;
    let invoice = world.invoiced(customer, payment).await;
    let mandate = world.mandate(customer, "4246.59").await;
    let path = format!("/v1/payments/{payment}/refunds");
    let reason = json!({ "amount": "1", "reason": "Subscribed by mistake" });
    let refund = world
        .keyed(&path, &customer.token, "setup", reason.clone())
        .await;
    let refund = refund.expect(202).text("id");
    let bill = world.db.store(DbRole::Bill);
    let mut tx = bill.sweep().await.unwrap();
    let rows = [(customer.workspace, json!({}))];
    let month = "2026-10".parse().unwrap();
    reports::insert(&mut tx, month, &rows, world.seams.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let none = Value::Null;
    let of = |path: &str| format!("/v1/{path}");
    vec![
        (get.clone(), of("plans"), Role::Viewer, none.clone(), 200),
        (
            get.clone(),
            of("subscription"),
            Role::Viewer,
            none.clone(),
            200,
        ),
        (
            get.clone(),
            of("emi?amount=5000"),
            Role::Viewer,
            none.clone(),
            200,
        ),
        (get.clone(), of("reports"), Role::Analyst, none.clone(), 200),
        (
            get.clone(),
            of("reports/2026-10"),
            Role::Analyst,
            none.clone(),
            200,
        ),
        (
            get.clone(),
            of("tax-profile"),
            Role::Admin,
            none.clone(),
            200,
        ),
        (get.clone(), of("payments"), Role::Admin, none.clone(), 200),
        (
            get.clone(),
            of(&format!("payments/{payment}")),
            Role::Admin,
            none.clone(),
            200,
        ),
        (get.clone(), of("refunds"), Role::Admin, none.clone(), 200),
        (
            get.clone(),
            of(&format!("refunds/{refund}")),
            Role::Admin,
            none.clone(),
            200,
        ),
        (get.clone(), of("mandates"), Role::Admin, none.clone(), 200),
        (get.clone(), of("invoices"), Role::Admin, none.clone(), 200),
        (
            get.clone(),
            of(&format!("invoices/{invoice}")),
            Role::Admin,
            none.clone(),
            200,
        ),
        (
            get,
            of(&format!("invoices/{invoice}/pdf")),
            Role::Admin,
            none.clone(),
            409,
        ),
        (Method::PUT, of("tax-profile"), Role::Admin, profile(), 200),
        (
            post.clone(),
            of(&format!("payments/{payment}/refunds")),
            Role::Admin,
            reason,
            409,
        ),
        (
            post.clone(),
            of(&format!("mandates/{mandate}/cancel")),
            Role::Admin,
            none.clone(),
            202,
        ),
        (
            post.clone(),
            of("subscription/cancel"),
            Role::Admin,
            none.clone(),
            200,
        ),
        (
            post.clone(),
            of("subscription/resume"),
            Role::Admin,
            none,
            200,
        ),
        (
            post.clone(),
            of("subscription/change"),
            Role::Admin,
            json!({ "tier": "growth" }),
            409,
        ),
        (
            post.clone(),
            of("subscription/checkout"),
            Role::Admin,
            json!({ "tier": "starter", "method": "once" }),
            202,
        ),
        (
            post,
            of("payments/phonepe/subscribe"),
            Role::Admin,
            json!({ "tier": "starter" }),
            202,
        ),
    ]
}

#[tokio::test]
async fn each_address_has_a_least_role_and_a_key_where_money_moves() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let all = all(&world, &customer).await;
    let mut tokens = vec![];
    for role in [Role::Viewer, Role::Analyst, Role::Operator, Role::Admin] {
        tokens.push((role, world.colleague(&customer, role).await));
    }
    for (method, path, least, body, well) in all {
        for (role, token) in &tokens {
            let key = format!("{path} {role}");
            let headers = [("idempotency-key", key.as_str())];
            let answer = world
                .call_with(method.clone(), &path, token, body.clone(), &headers)
                .await;
            let expected = if *role >= least { well } else { 403 };
            assert_eq!(
                answer.status.as_u16(),
                expected,
                "{role} {method} {path}: {}",
                answer.body
            );
        }
        if method == Method::POST {
            let without = world.post(&path, &customer.token, body).await.expect(422);
            assert_eq!(without.code(), "idempotency.key_required", "{path}");
        }
    }
}

#[tokio::test]
async fn another_workspaces_money_is_not_there() {
    let world = World::shop().await;
    let asha = world.customer().await;
    let ravi = world.customer().await;
    for (method, path, _, body, _) in all(&world, &asha).await {
        let shared = ["reports/2026-10"].iter().any(|end| path.ends_with(end));
        let named = path.split(['/', '?']).any(|part| part.len() == 36);
        if !named && !shared {
            continue;
        }
        let headers = [("idempotency-key", path.as_str())];
        let answer = world
            .call_with(method, &path, &ravi.token, body.clone(), &headers)
            .await;
        assert_eq!(answer.expect(404).code(), "not_found", "{path}");
    }
    for (path, field) in [
        ("payments", "payments"),
        ("refunds", "refunds"),
        ("mandates", "mandates"),
        ("invoices", "invoices"),
        ("reports", "reports"),
    ] {
        let list = world
            .get(&format!("/v1/{path}"), &ravi.token)
            .await
            .expect(200);
        assert_eq!(list.body[field], json!([]), "{path}");
    }
    // Their keys are their own.
    let first = world
        .checkout(&asha, "k", "starter", "once")
        .await
        .expect(202);
    let other = world
        .checkout(&ravi, "k", "starter", "once")
        .await
        .expect(202);
    assert_ne!(first.body["payment"]["id"], other.body["payment"]["id"]);
    assert!(!other.headers.contains_key("idempotency-replayed"));
}

#[tokio::test]
async fn mandates_are_listed_by_pages() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let mut made = vec![];
    for _ in 0..3 {
        made.push(json!(world.mandate(&customer, "4246.59").await));
    }
    made.reverse();
    let page = async |query: &str| {
        let path = format!("/v1/mandates?{query}");
        let page = world.get(&path, &customer.token).await.expect(200);
        let ids: Vec<Value> = page.body["mandates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mandate| mandate["id"].clone())
            .collect();
        (ids, page.body["next_cursor"].clone())
    };
    let (ids, next) = page("limit=2").await;
    assert_eq!((&ids[..], &next), (&made[..2], &made[1]));
    let rest = format!("limit=2&cursor={}", next.as_str().unwrap());
    assert_eq!(page(&rest).await, (made[2..].to_vec(), Value::Null));
    assert_eq!(page("").await, (made, Value::Null));
    for wrong in ["limit=0", "limit=101", "cursor=7", "page=2"] {
        let path = format!("/v1/mandates?{wrong}");
        world.get(&path, &customer.token).await.expect(422);
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let world = World::shop().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    for path in ["payments/7", "refunds/7", "invoices/7", "invoices/7/pdf"] {
        world.get(&format!("/v1/{path}"), &token).await.expect(422);
    }
    for path in ["payments/7/refunds", "mandates/7/cancel"] {
        let body = json!({ "reason": "Subscribed by mistake" });
        world
            .keyed(&format!("/v1/{path}"), &token, "k", body)
            .await
            .expect(422);
    }
}
