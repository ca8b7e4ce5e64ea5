//! Whether the books fit, and what is earned.

use domain::{Tier, WorkspaceId};
use serde_json::{Value, json};

use super::{World, lines, said};

#[tokio::test]
async fn books_that_do_not_fit_are_named_and_end_with_1() {
    let world = World::new().await;
    let payment = world.payment("1").await;
    let good = world.good(&["audit", "--json"]).await;
    assert_eq!(good, [json!({ "faults": [], "imbalances": [] })]);
    world
        .sql(
            "UPDATE payments SET received_inr = 3539.82 WHERE workspace_id = $1 AND id = $2::uuid",
            &payment.to_string(),
        )
        .await;
    world
        .sql(
            "INSERT INTO budgets (workspace_id, period, limit_usd, spent_usd) VALUES ($1, $2::date, 10, 1)",
            "2026-10-01",
        )
        .await;
    let output = world.raptor(&["audit", "--json"]).await;
    assert_eq!(output.status.code(), Some(1));
    let found = &lines(&output)[0];
    let faults = found["faults"].as_array().unwrap();
    let codes: Vec<_> = faults.iter().map(|fault| &fault["code"]).collect();
    assert_eq!(codes, ["payment.idle", "payment.received"]);
    assert_eq!(faults[1]["reference"], payment.to_string());
    assert_eq!(
        found["imbalances"][0]["workspace_id"],
        json!(world.workspace)
    );
    let table = world.bad(&["audit"]).await;
    for part in [
        "payment.received",
        "2026-10",
        "by the budget, $0 by the ledger",
    ] {
        assert!(table.contains(part), "{table}");
    }
}

#[tokio::test]
async fn comparisons_with_the_gateway_are_listed() {
    let world = World::new().await;
    assert!(world.good(&["reconciliations", "--json"]).await.is_empty());
    world
        .sql(
            r#"INSERT INTO reconciliations (day, checked, differences, started_at) SELECT $2::date, 7,
                 '[{"kind": "payment", "id": "P_x", "ours": "open", "theirs": "completed", "put_right": true}]', now() WHERE $1 IS NOT NULL"#,
            "2026-11-20",
        )
        .await;
    let days = world.good(&["reconciliations", "--json"]).await;
    assert_eq!(
        (&days[0]["day"], &days[0]["checked"]),
        (&json!("2026-11-20"), &json!(7))
    );
    let table = said(&world.raptor(&["reconciliations"]).await);
    assert!(
        table.contains("payment P_x: open here, completed there; put right"),
        "{table}"
    );
}

/// The plan's own table (ECO-24): ₹2,999 and $10 are 72 %; ₹5,00,000 / (2,999 - 833) = 231 customers; 100,000
/// tokens are 10 to 20 tasks (C-04). Of the month: two customers cost $2 and $4, $3 each, ₹249.90: 2,749.10 /
/// 2,999 = 91.67 %, and 500,000 / 2,749.10 = 181.9. A trial and one whose money went back cost $8, ₹666.40, and
/// pay nothing.
#[tokio::test]
async fn what_tiers_earn() {
    let world = World::new().await;
    let mut others = vec![];
    for _ in 0..3 {
        others.push(world.db.workspace(&world.seams, Tier::Starter).await.1);
    }
    let (other, trial, refunded) = (others[0], others[1], others[2]);
    let last = bill::close::last_over(world.seams.now());
    let day = last.first_day().to_string();
    for (workspace, cost) in [
        (world.workspace, "2"),
        (other, "4"),
        (trial, "7"),
        (refunded, "1"),
    ] {
        sqlx::query(
            "INSERT INTO cost_logs (execution_id, step, attempt, call, workspace_id, skill_id, model, provider, tokens_input, tokens_cached,
               tokens_output, certainty, cost_usd, at)
             VALUES (uuidv7(), 0, 1, 1, $1, 's', 'm', 'vertex', 1, 0, 1, 'reported', $2::text::numeric, $3::text::date + interval '2 days')",
        )
        .bind(workspace.0)
        .bind(cost)
        .bind(&day)
        .execute(&world.owner)
        .await
        .unwrap();
    }
    let before = world
        .good(&["margins", "--json", "--fixed", "500000"])
        .await;
    let starter = &before[0];
    assert_eq!(starter["tier"], "starter");
    assert_eq!(starter["at_limit"]["contribution"], "2166");
    assert_eq!(
        (
            &starter["at_limit"]["percent"],
            &starter["at_limit"]["break_even"]
        ),
        (&json!("72.22"), &json!(231))
    );
    assert_eq!(starter["tasks_a_month"], json!([10, 20]));
    assert_eq!(
        (&starter["real"], &starter["customers"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(
        before[3]["tasks_a_month"],
        Value::Null,
        "enterprise is unlimited"
    );

    let month = last.to_string();
    let refused = world.bad(&["margins", "--period", &month]).await;
    assert!(refused.contains("is not closed"), "{refused}");
    let closed = world.good(&["close-month", "--json"]).await;
    assert_eq!(
        (
            &closed[0]["months"][0]["looked_at"],
            &closed[0]["months"][0]["reports"]
        ),
        (&json!(4), &json!(4))
    );
    let margins = ["margins", "--json", "--fixed", "500000", "--period", &month];
    let unpaid = world.good(&margins).await;
    assert_eq!(
        (
            &unpaid[0]["real"],
            &unpaid[0]["customers"],
            &unpaid[0]["free"]
        ),
        (&Value::Null, &json!(0), &json!(4))
    );
    for (workspace, allocated) in [
        (world.workspace, "3538.82"),
        (other, "3538.82"),
        (refunded, "0"),
    ] {
        paid_for(&world, workspace, &day, allocated).await;
    }
    let after = world.good(&margins).await;
    assert_eq!(
        (
            &after[0]["customers"],
            &after[0]["free"],
            &after[0]["free_cost_usd"],
            &after[0]["free_cost"]
        ),
        (&json!(2), &json!(2), &json!("8"), &json!("666.4"))
    );
    let real = &after[0]["real"];
    assert_eq!(
        (
            &real["cost_usd"],
            &real["cost"],
            &real["percent"],
            &real["break_even"]
        ),
        (&json!("3"), &json!("249.9"), &json!("91.67"), &json!(182))
    );
    // With 18 % in it ₹2,999 is 2,541.53 (C-02): less 249.90 that is 2,291.63, 90.17 % of it.
    let inclusive = [&margins[..], &["--prices-include-tax", "true"]].concat();
    let inclusive = world.good(&inclusive).await;
    assert_eq!(
        (&inclusive[0]["price"], &inclusive[0]["real"]["percent"]),
        (&json!("2541.53"), &json!("90.17"))
    );
    let table = said(&world.raptor(&["margins"]).await);
    for part in ["10 to 20", "unlimited", "₹666.4 ($8)"] {
        assert!(table.contains(part), "{part}: {table}");
    }
}

/// A period of the starter plan from ten days before a day to twenty after it, and what is left of its payment.
async fn paid_for(world: &World, workspace: WorkspaceId, day: &str, allocated: &str) {
    sqlx::query(
        "WITH period AS (SELECT $2::text::timestamptz - interval '10 days' AS begins, $2::text::timestamptz + interval '20 days' AS ends),
         payment AS (
           INSERT INTO payments (id, workspace_id, purpose, method, status, tier, period_start, period_end, taxable_inr, tax_inr, amount_inr,
             received_inr, allocated_inr, captured_at, created_at, updated_at)
           SELECT uuidv7(), $1, 'start', 'checkout', 'captured', 'starter', begins, ends, 2999, 539.82, 3538.82, 3538.82, $3::text::numeric,
             begins, begins, begins FROM period RETURNING id)
         INSERT INTO subscription_periods (workspace_id, period_start, period_end, tier, payment_id, created_at)
         SELECT $1, begins, ends, 'starter', id, begins FROM period, payment",
    )
    .bind(workspace.0)
    .bind(day)
    .bind(allocated)
    .execute(&world.owner)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_month_is_closed_once_and_not_before_its_end() {
    let world = World::new().await;
    let now = world.seams.now();
    let running = domain::Period::of(now + chrono::TimeDelta::days(1)).to_string();
    let refused = world.bad(&["close-month", "--period", &running]).await;
    assert!(refused.contains("can't be closed yet"), "{refused}");
    let refused = world.bad(&["close-month", "--period", "2026-10-05"]).await;
    assert!(refused.contains("as in 2026-10"), "{refused}");
    let last = bill::close::last_over(now).first_day().to_string();
    let closed = world.good(&["close-month", "--json", "--page", "1"]).await;
    assert_eq!(closed[0]["months"][0]["period"], last);
    assert_eq!(closed[0]["months"][0]["looked_at"], 1);
    assert_eq!(
        world.good(&["close-month", "--json"]).await,
        [json!({ "months": [] })]
    );
    let table = world.raptor(&["close-month"]).await;
    assert!(said(&table).contains("All months are closed"));
}

#[tokio::test]
async fn our_calls_are_held_against_the_providers_bill() {
    let world = World::new().await;
    // The 31st in UTC; in India it is November.
    for (provider, cost) in [("vertex", "0.02"), ("vertex", "0.01"), ("tool", "0.5")] {
        sqlx::query(
            "INSERT INTO cost_logs (execution_id, step, attempt, call, workspace_id, skill_id, model, provider, tokens_input, tokens_cached,
               tokens_output, certainty, cost_usd, at)
             VALUES (uuidv7(), 0, 1, 1, $1, 'content.copy', 'flash', $2, 100, 0, 10, 'reported', $3::text::numeric, '2026-10-31T23:00:00Z')",
        )
        .bind(world.workspace.0)
        .bind(provider)
        .bind(cost)
        .execute(&world.owner)
        .await
        .unwrap();
    }
    let file = |name: &str, text: &str| {
        let path = world.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let header = "provider,model,day,label,tokens_in,tokens_out,cost_usd";
    let same = format!(
        "{header}\nvertex,flash,2026-10-31,{},200,20,0.030000\nvertex,flash,2026-11-01,x,1,1,1\n",
        world.workspace
    );
    let (same, skills) = (
        file("same.csv", &same),
        file(
            "skills.jsonl",
            r#"{"provider":"vertex","model":"flash","day":"2026-10-31","label":"content-copy","tokens_in":200,"tokens_out":19,"cost_usd":"0.05"}"#,
        ),
    );
    let of = |file| {
        [
            "reconcile-usage",
            "--file",
            file,
            "--period",
            "2026-10",
            "--json",
        ]
    };
    let equal = world.good(&of(&same)).await;
    assert_eq!(equal[0]["differences"], json!([]));
    assert_eq!(
        equal[0]["here"],
        json!({ "tokens_in": 200, "tokens_out": 20, "cost_usd": "0.03" })
    );

    let by_skill = [&of(&skills)[..], &["--label", "skill"]].concat();
    let output = world.raptor(&by_skill).await;
    assert_eq!(output.status.code(), Some(1));
    let report = &lines(&output)[0];
    let kinds: Vec<&Value> = report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["kind"])
        .collect();
    assert_eq!(kinds, ["amount_differs", "tokens_differ"]);
    assert_eq!(report["excess_there_usd"], "0.02");
    let without_json = &by_skill[..5];
    let table = world
        .bad(&[without_json, &["--label", "skill"]].concat())
        .await;
    assert!(
        table.contains("200 in, 20 out, $0.03") && table.contains("2 differences"),
        "{table}"
    );
    // A provider that bills nothing is named.
    let output = world
        .raptor(&[&of(&same)[..], &["--provider", "tool"]].concat())
        .await;
    assert_eq!(lines(&output)[0]["differences"][0]["kind"], "missing_there");
    let empty = file("empty.jsonl", "");
    assert!(
        world
            .bad(&of(&empty))
            .await
            .contains("has no rows of 2026-10")
    );
}

#[tokio::test]
async fn what_was_spent_predicts_what_will_be() {
    let world = World::new().await;
    // By hand, nearest rank: the tenth and the eighteenth of one to twenty cents. 20 of 24 attempts were the
    // last of their step, well or not: (1 + 4) / (10 + 24) = 0.1471.
    world
        .sql(
            "INSERT INTO skill_costs (skill_id, steps, failures, attempts, mean_usd, p50_usd, p90_usd, recent_usd, updated_at)
             SELECT $2, 20, 2, 24, 0.105, 0.1, 0.18, array_agg(i * 0.01), now() FROM generate_series(1, 20) i WHERE $1 IS NOT NULL",
            "campaign.diwali",
        )
        .await;
    let plan = ["predict", "campaign.diwali", "lead.qualification", "--json"];
    let found = &world.good(&plan).await[0];
    let [first, second] = [&found["nodes"][0], &found["nodes"][1]];
    assert_eq!(
        (
            &first["p50_usd"],
            &first["p90_usd"],
            &first["retry_probability"]
        ),
        (&json!("0.1"), &json!("0.18"), &json!("0.1471"))
    );
    assert_eq!(
        (&first["basis"], &first["samples"]),
        (&json!("history"), &json!(20))
    );
    assert_eq!(
        (&second["basis"], &second["role"]),
        (&json!("estimate"), &json!("secondary"))
    );
    // Without history: what the skill may cost at most (it declares $0.03), and no more.
    let bound = world
        .good(&["predict", "lead.qualification", "--json"])
        .await;
    let [p50, p90] = [&bound[0]["p50_usd"], &bound[0]["p90_usd"]];
    assert_eq!((p50, p90), (&json!("0.03"), &json!("0.03")));
    // What help shows works.
    let example = super::example("predict");
    let example: Vec<&str> = example.iter().map(String::as_str).collect();
    let shown = world.raptor(&example).await;
    assert!(shown.status.success(), "{}", said(&shown));
    let refused = world.bad(&["predict", "no.such"]).await;
    assert!(refused.contains("no skill no.such"), "{refused}");
}
