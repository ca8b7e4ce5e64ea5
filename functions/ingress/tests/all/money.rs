//! Plans, tax profiles, trials, instalments, and what a subscription looks like.

use axum::http::Method;
use domain::billing::{Access, SubscriptionStatus};
use domain::{PaymentId, Role, Tier};
use serde_json::{Value, json};
use store::billing::subscriptions;

use crate::World;
use crate::shop::{at, profile};

/// C-02: 3,538.82, 11,798.82 and 29,498.82 with 18 % GST.
#[tokio::test]
async fn plans_say_what_is_asked_and_how_it_is_collected() {
    let world = World::shop().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let answer = world.get("/v1/plans", &token).await.expect(200);
    assert_eq!(answer.body["for_your_tax_profile"], false);
    let plans = answer.body["plans"].as_array().unwrap();
    let of = |field: &str| -> Vec<&Value> { plans.iter().map(|plan| &plan[field]).collect() };
    assert_eq!(of("tier"), ["starter", "growth", "agency", "enterprise"]);
    assert_eq!(of("list_price"), ["2999", "9999", "24999", "99999"]);
    assert_eq!(of("tax")[..3], ["539.82", "1799.82", "4499.82"]);
    assert_eq!(of("amount")[..3], ["3538.82", "11798.82", "29498.82"]);
    let collection = ["auto_debit", "auto_debit", "authenticated", "authenticated"];
    assert_eq!(of("collection"), collection);
    assert_eq!(
        of("methods")[1..],
        [&json!(["autopay", "once"]), &json!(["once"]), &json!([])]
    );
    assert_eq!(of("contact_sales"), [false, false, false, true]);
    assert_eq!(
        plans[0]["limits"],
        json!({ "cost_usd": "10", "tokens": 100_000 })
    );
    assert_eq!(plans[3]["limits"]["tokens"], Value::Null);
    assert_eq!(plans[0]["features"], json!(["basic_research"]));
}

#[tokio::test]
async fn an_export_under_a_letter_of_undertaking_bears_no_tax() {
    let lut = ["--supplier-under-lut", "true"];
    let world = World::with(&[&lut[..], &["--exports-under-lut", "true"]].concat()).await;
    let customer = world.customer().await;
    let abroad = json!({
        "kind": "overseas", "legal_name": "Looms LLC", "address_lines": ["1 Creek Road"], "place": "Dubai", "country": "AE",
    });
    let put = world.call(Method::PUT, "/v1/tax-profile", &customer.token, abroad);
    let put = put.await.expect(200);
    assert_eq!(
        (&put.body["state"], &put.body["gstin"]),
        (&json!("96"), &Value::Null)
    );
    let plans = world.get("/v1/plans", &customer.token).await.expect(200);
    assert_eq!(plans.body["for_your_tax_profile"], true);
    assert_eq!(plans.body["plans"][0]["amount"], "2999");
    assert_eq!(plans.body["plans"][0]["tax"], "0");
}

#[tokio::test]
async fn a_tax_profile_is_kept_and_its_number_is_to_be_looked_up() {
    let world = World::shop().await;
    let (_, workspace, token) = world.person(Tier::Starter).await;
    let none = world.get("/v1/tax-profile", &token).await.expect(404);
    assert_eq!(none.code(), "tax_profile.none");
    let put = world.call(Method::PUT, "/v1/tax-profile", &token, profile());
    let put = put.await.expect(200);
    assert_eq!(put.body["verification"], "unverified");
    let got = world.get("/v1/tax-profile", &token).await.expect(200);
    assert_eq!(got.body, put.body);
    assert_eq!(
        (&got.body["state"], &got.body["language"]),
        (&json!("27"), &json!("hi"))
    );
    assert_eq!(world.said_on("tax-profile-changed-v1").await.len(), 1);
    assert_eq!(world.audited(workspace, "tax_profile.put").await, 1);
    // One without a number is not looked up.
    let mut person = profile();
    person["kind"] = json!("unregistered");
    person["gstin"] = Value::Null;
    let put = world.call(Method::PUT, "/v1/tax-profile", &token, person);
    put.await.expect(200);
    assert_eq!(world.said_on("tax-profile-changed-v1").await.len(), 1);
}

#[tokio::test]
async fn a_wrong_tax_profile_says_what_is_wrong_with_each_field() {
    let world = World::shop().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let mut wrong = profile();
    wrong["gstin"] = json!("27AAPFU0939F1ZX");
    wrong["pin"] = json!("560001");
    wrong["language"] = json!("fr");
    let put = world.call(Method::PUT, "/v1/tax-profile", &token, wrong);
    let put = put.await.expect(422);
    assert_eq!(put.fields(), ["language", "pin", "gstin"]);
    let message = put.body["errors"][2]["message"].as_str().unwrap();
    assert!(message.contains("check character"), "{message}");
    let mut kind = profile();
    kind["kind"] = json!("charity");
    let put = world.call(Method::PUT, "/v1/tax-profile", &token, kind);
    assert_eq!(put.await.expect(422).fields(), ["kind"]);
    world.get("/v1/tax-profile", &token).await.expect(404);
}

#[tokio::test]
async fn what_decides_the_tax_stays_while_a_payment_is_open() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let checkout = world
        .checkout(&customer, "k1", "starter", "once")
        .await
        .expect(202);
    let id = checkout.body["payment"]["id"].as_str().unwrap();
    let put = |body: Value| world.call(Method::PUT, "/v1/tax-profile", &customer.token, body);
    let mut moved = profile();
    moved["gstin"] = json!("29AAGCB7383J1Z4");
    moved["state"] = json!("29");
    moved["pin"] = json!("560001");
    let refused = put(moved.clone()).await.expect(409);
    assert_eq!(refused.code(), "tax_profile.in_use");
    assert!(refused.text("detail").contains(id), "{}", refused.body);
    // A name decides nothing.
    let mut renamed = profile();
    renamed["legal_name"] = json!("Jaipur Looms LLP");
    put(renamed).await.expect(200);
    let id: PaymentId = id.parse().unwrap();
    world.captured(customer.workspace, id).await;
    // Money that is held has no invoice.
    put(moved.clone()).await.expect(200);
    put(profile()).await.expect(200);
    // Money that was used gets one, by the profile as it is.
    world.pays_its_period(customer.workspace, id).await;
    let refused = put(moved.clone()).await.expect(409);
    assert_eq!(refused.code(), "tax_profile.in_use");
    assert!(
        refused.text("detail").contains("invoice"),
        "{}",
        refused.body
    );
    assert_eq!(refused.headers["retry-after"], "60");
    // One that can't be made waits for people, not the customer for it.
    let long_ago = world.seams.now() - chrono::TimeDelta::minutes(61);
    world
        .bill(customer.workspace, id, |payment| {
            payment.captured_at = Some(long_ago);
        })
        .await;
    put(moved.clone()).await.expect(200);
    put(profile()).await.expect(200);
    world.invoiced(&customer, id).await;
    put(moved).await.expect(200);
}

/// A body of the United Nations has a UIN, and is no registered person.
#[tokio::test]
async fn the_holder_of_a_uin_is_an_unregistered_customer() {
    let world = World::shop().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let mut office = profile();
    office["gstin"] = json!("0717UNO00157UNO");
    let put = |body: Value| world.call(Method::PUT, "/v1/tax-profile", &token, body);
    assert_eq!(put(office.clone()).await.expect(422).fields(), ["gstin"]);
    office["kind"] = json!("unregistered");
    let kept = put(office).await.expect(200);
    assert_eq!(kept.body["gstin"], "0717UNO00157UNO");
    let plans = world.get("/v1/plans", &token).await.expect(200);
    assert_eq!(plans.body["plans"][0]["tax"], "539.82");
}

#[tokio::test]
async fn a_new_workspace_begins_with_a_trial() {
    let world = World::with(&["--trial-days", "30"]).await;
    // 23:00 of 21 November in India: that is the first day of thirty.
    let now = at("2026-11-21T17:30:00Z");
    world.clock.set(now);
    let session = world.register("asha@example.in").await;
    let token = session.text("access_token");
    let first = world.get("/v1/subscription", &token).await.expect(200);
    assert_eq!(first.body["status"], "trialing");
    assert_eq!(first.body["tier"], "starter");
    assert_eq!(first.body["access"], "full");
    assert_eq!(first.body["period_start"], "2026-11-21T17:30:00Z");
    // Midnight of 21 December in India.
    assert_eq!(first.body["period_end"], "2026-12-20T18:30:00Z");
    assert_eq!(
        (&first.body["due"], &first.body["next"]),
        (&Value::Null, &Value::Null)
    );
    let second = world.post("/v1/workspaces", &token, json!({ "name": "Second" }));
    let second = second.await.expect(201).text("id");
    let path = format!("/v1/subscription?workspace_id={second}");
    let other = world.get(&path, &token).await.expect(200);
    assert_eq!(other.body["status"], "trialing");
    let mut tx = world
        .deps
        .store
        .tenant(second.parse().unwrap())
        .await
        .unwrap();
    let row = subscriptions::get(&mut tx).await.unwrap().unwrap();
    assert_eq!(row.anchor_day, 21);
}

#[tokio::test]
async fn a_workspace_without_a_subscription_is_not_billed() {
    let world = World::shop().await;
    let (_, _, token) = world.person(Tier::Agency).await;
    let answer = world.get("/v1/subscription", &token).await.expect(200);
    assert_eq!(answer.body["status"], "none");
    assert_eq!(answer.body["tier"], "agency");
    assert_eq!(answer.body["period_end"], Value::Null);
}

#[tokio::test]
async fn a_subscription_says_what_comes_next_and_what_is_owed() {
    let world = World::shop().await;
    let customer = world.customer().await;
    world.active(&customer, Tier::Starter).await;
    let mandate = world.mandate(&customer, "4246.59").await;
    let get = || world.get("/v1/subscription", &customer.token);
    let active = get().await.expect(200);
    assert_eq!(active.body["mandate"]["id"], json!(mandate));
    assert_eq!(active.body["mandate"]["max_amount"], "4246.59");
    let next = json!({ "tier": "starter", "taxable": "2999", "tax": "539.82", "amount": "3538.82", "on": "2026-12-01" });
    assert_eq!(active.body["next"], next);
    assert_eq!(active.body["due"], Value::Null);
    world
        .subscription(customer.workspace, |s| {
            s.status = SubscriptionStatus::PastDue
        })
        .await;
    let late = get().await.expect(200);
    assert_eq!(late.body["next"], Value::Null);
    // Six days after the period's end, which is 1 December in India.
    let due = json!({ "tier": "starter", "taxable": "2999", "tax": "539.82", "amount": "3538.82", "read_only_on": "2026-12-07" });
    assert_eq!(late.body["due"], due);
    let bill = world.db.store(store::DbRole::Bill);
    let mut tx = bill.tenant(customer.workspace).await.unwrap();
    subscriptions::set_access(&mut tx, Access::ReadOnly)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(get().await.expect(200).body["access"], "read_only");
}

/// In November 400,000 tokens, 300,000 beyond the allowance: 30 % off 2,999 is 2,099.30, with 18 % 2,477.17
/// (377.874 rounded half up). A fifth more than 3,538.82, the list's month, is 4,246.584.
#[tokio::test]
async fn a_renewal_is_quoted_as_it_will_be_debited() {
    let on = ["--dynamic-pricing", r#"{"enabled":true}"#];
    let world = World::with(&[&crate::shop::HURRY[..], &on].concat()).await;
    world.clock.set(at("2026-11-21T06:30:00Z"));
    let customer = world.customer().await;
    let owner = world.db.owner().await;
    sqlx::query(
        "INSERT INTO budgets (workspace_id, period, limit_usd, limit_tokens, spent_usd, spent_tokens)
         VALUES ($1, '2026-11-01', 10, 100000, 1, 400000), ($1, '2026-10-01', 10, 100000, 1, 900000)",
    )
    .bind(customer.workspace.0)
    .execute(&owner)
    .await
    .unwrap();
    // A first month costs what the list says.
    let first = world.checkout(&customer, "k1", "starter", "once").await;
    let first = first.expect(202).body["payment"].clone();
    assert_eq!(first["amount"], "3538.82");
    let id = first["id"].as_str().unwrap().parse().unwrap();
    world.captured(customer.workspace, id).await;
    world.active(&customer, Tier::Starter).await;
    let cheaper = ("2099.3", "377.87", "2477.17");
    let priced = |body: &Value| {
        let part = |name: &str| body[name].as_str().unwrap().to_owned();
        (part("taxable"), part("tax"), part("amount"))
    };
    let expected = (cheaper.0.into(), cheaper.1.into(), cheaper.2.into());
    let view = async || world.get("/v1/subscription", &customer.token).await;
    let next = view().await.expect(200).body["next"].clone();
    assert_eq!(priced(&next), expected);
    let late = SubscriptionStatus::PastDue;
    world
        .subscription(customer.workspace, |s| s.status = late)
        .await;
    let due = view().await.expect(200).body["due"].clone();
    assert_eq!(priced(&due), expected);
    let paid = world.checkout(&customer, "k2", "starter", "autopay").await;
    let paid = paid.expect(202).body["payment"].clone();
    assert_eq!(priced(&paid), expected);
    // Its mandate covers months that cost what the list says.
    let mandates = world.get("/v1/mandates", &customer.token).await;
    let most = mandates.expect(200).body["mandates"][0]["max_amount"].clone();
    assert_eq!(most, "4246.59");
}

#[tokio::test]
async fn an_end_is_marked_and_taken_back() {
    let world = World::shop().await;
    let customer = world.customer().await;
    world.active(&customer, Tier::Starter).await;
    let post = |verb: &str, key: &str| {
        let path = format!("/v1/subscription/{verb}");
        let (world, token, key) = (&world, &customer.token, key.to_owned());
        async move { world.keyed(&path, token, &key, Value::Null).await }
    };
    let ended = post("cancel", "a").await.expect(200);
    assert_eq!(ended.body["cancel_at_period_end"], true);
    assert_eq!(
        (&ended.body["status"], &ended.body["next"]),
        (&json!("active"), &Value::Null)
    );
    let again = post("cancel", "a").await.expect(200);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, ended.body);
    // Another wish of the same is nothing new.
    post("cancel", "b").await.expect(200);
    assert_eq!(
        world
            .audited(customer.workspace, "subscription.cancel")
            .await,
        1
    );
    assert_eq!(
        post("resume", "a").await.expect(409).code(),
        "idempotency.key_reused"
    );
    let back = post("resume", "c").await.expect(200);
    assert_eq!(back.body["cancel_at_period_end"], false);
    assert_eq!(back.body["next"]["on"], "2026-12-01");
    assert_eq!(
        world
            .audited(customer.workspace, "subscription.resume")
            .await,
        1
    );
    world
        .subscription(customer.workspace, |s| {
            s.status = SubscriptionStatus::Cancelled
        })
        .await;
    assert_eq!(
        post("cancel", "d").await.expect(409).code(),
        "subscription.not_running"
    );
    let (_, _, free) = world.person(Tier::Starter).await;
    let none = world.keyed("/v1/subscription/cancel", &free, "a", Value::Null);
    assert_eq!(none.await.expect(409).code(), "subscription.not_running");
}

/// By the annuity formula: 10,000 over 6 months at 1 % a month is 1,725.48.
#[tokio::test]
async fn instalments_are_a_calculation_and_say_so() {
    let world = World::shop().await;
    let customer = world.customer().await;
    let viewer = world.colleague(&customer, Role::Viewer).await;
    let answer = world.get("/v1/emi?amount=10000", &viewer).await.expect(200);
    assert_eq!(answer.body["eligible"], true);
    assert_eq!(answer.body["schedules"][1]["monthly"], "1725.48");
    assert_eq!(answer.body["schedules"][1]["months"], 6);
    assert_eq!(answer.body["payable_here"], false);
    assert!(
        answer.text("note").contains("no instalments"),
        "{}",
        answer.body
    );
    let little = world
        .get("/v1/emi?amount=999.99", &viewer)
        .await
        .expect(200);
    assert_eq!(
        (&little.body["eligible"], &little.body["schedules"]),
        (&json!(false), &json!([]))
    );
    for query in ["amount=ten", "amount=-5", "amount=1.005", ""] {
        let refused = world
            .get(&format!("/v1/emi?{query}"), &viewer)
            .await
            .expect(422);
        assert_eq!(refused.fields(), ["amount"], "{query}");
    }
}

#[tokio::test]
async fn a_plan_of_work_predicts_its_cost_by_history() {
    let world = World::shop().await;
    let (_, _, token) = world.person(Tier::Growth).await;
    let ask = json!({ "prompt": crate::DIWALI });
    let plan = world
        .post("/v1/agents/plan", &token, ask.clone())
        .await
        .expect(200);
    let prediction = &plan.body["prediction"];
    assert_eq!(prediction["nodes"][0]["basis"], "estimate");
    assert_eq!(prediction["nodes"][0]["samples"], 0);
    assert!(
        prediction["note"]
            .as_str()
            .unwrap()
            .contains("campaign.diwali"),
        "{prediction}"
    );
    let owner = world.db.owner().await;
    sqlx::query(
        "INSERT INTO skill_costs (skill_id, steps, failures, attempts, mean_usd, p50_usd, p90_usd, recent_usd, updated_at)
         VALUES ('campaign.diwali', 40, 2, 44, 0.02, 0.01, 0.03,
           array_fill(0.01::numeric, ARRAY[20]) || array_fill(0.03::numeric, ARRAY[20]), now())",
    )
    .execute(&owner)
    .await
    .unwrap();
    let plan = world.post("/v1/agents/plan", &token, ask).await.expect(200);
    let prediction = &plan.body["prediction"];
    assert_eq!(
        (&prediction["p50_usd"], &prediction["p90_usd"]),
        (&json!("0.01"), &json!("0.03"))
    );
    assert_eq!(prediction["nodes"][0]["basis"], "history");
    assert_eq!(prediction["nodes"][0]["samples"], 40);
    let nothing = json!({ "prompt": "What should I cook for dinner tonight?" });
    let nothing = world
        .post("/v1/agents/plan", &token, nothing)
        .await
        .expect(200);
    assert_eq!(nothing.body["prediction"], Value::Null);
}
