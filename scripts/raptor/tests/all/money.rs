//! What operators do about money, on rows as the functions leave them.

use std::process::{Command, Output};

use domain::billing::{MerchantId, MerchantKind};
use domain::{Seams, Tier, WorkspaceId};
use serde_json::{Value, json};
use sqlx::PgPool;
use store::DbRole;
use testkit::Database;
use uuid::Uuid;

use crate::program;

struct World {
    db: Database,
    owner: PgPool,
    seams: Seams,
    workspace: WorkspaceId,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let (db, seams) = (Database::create().await, runtime::system_seams());
        let (_, workspace) = db.workspace(&seams, Tier::Starter).await;
        Self {
            owner: db.owner().await,
            folder: tempfile::tempdir().unwrap(),
            db,
            seams,
            workspace,
        }
    }

    async fn raptor(&self, arguments: &[&str]) -> Output {
        let arguments: Vec<&str> = ["money"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        program::raptor(&self.db, self.folder.path(), &arguments).await
    }

    /// What a command that ends well answers, a JSON object a line.
    async fn good(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.raptor(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        lines(&output)
    }

    /// What a command that is refused says.
    async fn bad(&self, arguments: &[&str]) -> String {
        let output = self.raptor(arguments).await;
        assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// Runs a statement as the owner; `$1` is the workspace, `$2` what is given.
    async fn sql(&self, sql: &'static str, given: &str) {
        sqlx::query(sql)
            .bind(self.workspace.0)
            .bind(given)
            .execute(&self.owner)
            .await
            .unwrap();
    }

    async fn one(&self, sql: &'static str) -> Value {
        sqlx::query_scalar(sql)
            .bind(self.workspace.0)
            .fetch_one(&self.owner)
            .await
            .unwrap()
    }

    async fn access(&self) -> Value {
        self.one("SELECT to_jsonb(access) FROM workspaces WHERE id = $1")
            .await
    }

    /// What operators did, by name, oldest first, with the reasons they gave.
    async fn noted(&self) -> Value {
        self.one(
            "SELECT coalesce(jsonb_agg(jsonb_build_array(action, input ->> 'reason') ORDER BY id), '[]')
             FROM audit_logs WHERE workspace_id = $1",
        )
        .await
    }

    /// A payment of ₹2,999 and 18 % that came, is allocated and has an invoice; all in order.
    async fn payment(&self, number: &str) -> Uuid {
        let id = self.seams.uuid();
        for statement in [
            "INSERT INTO payments (id, workspace_id, purpose, method, status, tier, period_start, period_end, taxable_inr, tax_inr,
               amount_inr, received_inr, allocated_inr, captured_at, sent_at, created_at, updated_at)
             SELECT $2, $1, 'start', 'checkout', 'captured', 'starter', t, t + interval '1 month', 2999, 539.82, 3538.82, 3538.82,
               3538.82, t, t, t, t FROM (SELECT now() - interval '100 days' + $3::text::interval * 0 AS t) x",
            "INSERT INTO money_entries (reference_id, kind, workspace_id, from_account, to_account, amount_inr, at)
             VALUES ($2, 'received', $1, 'customer', 'held', 3538.82, now()), ($2, 'allocated', $1, 'held', 'revenue', 2999, now()),
               ($2, 'tax', $1, 'held', 'gst', 539.82 + $3::text::int * 0, now())",
            "INSERT INTO invoices (id, workspace_id, kind, status, series, financial_year, sequence, number, date, payment_id, content,
               taxable_inr, tax_inr, payable_inr, language, needs_registration, created_at)
             VALUES (uuidv7(), $1, 'tax_invoice', 'issued', 'RF', '26-27', $3::text::int, 'RF/26-27/' || $3, current_date, $2, '{}', 2999,
               539.82, 3538.82, 'en', false, now())",
            "INSERT INTO invoice_counters AS c (series, financial_year, last) SELECT 'RF', '26-27', 1 WHERE $1 <> $2 AND $3 <> ''
             ON CONFLICT (series, financial_year) DO UPDATE SET last = c.last + 1",
        ] {
            sqlx::query(statement)
                .bind(self.workspace.0)
                .bind(id)
                .bind(number)
                .execute(&self.owner)
                .await
                .unwrap();
        }
        id
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {text}")))
        .collect()
}

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
    assert_eq!(found["faults"][0]["code"], "payment.received");
    assert_eq!(found["faults"][0]["reference"], payment.to_string());
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
/// 2,999 = 91.67 %, and 500,000 / 2,749.10 = 181.9.
#[tokio::test]
async fn what_tiers_earn() {
    let world = World::new().await;
    let other = world.db.workspace(&world.seams, Tier::Starter).await.1;
    let last = bill::close::last_over(world.seams.now());
    let day = last.first_day().to_string();
    for (workspace, cost) in [(world.workspace, "2"), (other, "4")] {
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
        (&json!(2), &json!(2))
    );
    let after = world
        .good(&["margins", "--json", "--fixed", "500000", "--period", &month])
        .await;
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
    let table = said(&world.raptor(&["margins"]).await);
    assert!(
        table.contains("10 to 20") && table.contains("unlimited"),
        "{table}"
    );
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
async fn what_was_spent_predicts_what_will_be() {
    let world = World::new().await;
    // By hand, nearest rank: the tenth and the eighteenth of one to twenty cents. 20 of 24 attempts completed
    // their step: (1 + 4) / (10 + 24) = 0.1471.
    world
        .sql(
            "INSERT INTO skill_costs (skill_id, steps, failures, attempts, mean_usd, p50_usd, p90_usd, recent_usd, updated_at)
             SELECT $2, 20, 0, 24, 0.105, 0.1, 0.18, array_agg(i * 0.01), now() FROM generate_series(1, 20) i WHERE $1 IS NOT NULL",
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
    let refused = world.bad(&["predict", "no.such"]).await;
    assert!(refused.contains("no skill no.such"), "{refused}");
}

#[test]
fn every_money_command_has_help_with_an_example() {
    for command in [
        &["audit"][..],
        &["reconciliations"],
        &["margins"],
        &["reviews"],
        &["reviews", "list"],
        &["reviews", "close"],
        &["pause"],
        &["resume"],
        &["close-month"],
        &["reconcile-usage"],
        &["cancel-invoice"],
        &["refund"],
        &["predict"],
        &[],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_raptor"))
            .arg("money")
            .args(command)
            .arg("--help")
            .output()
            .unwrap();
        let help = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && help.contains("Example"),
            "{command:?}: {help}"
        );
    }
}
