//! What operators do about money, on rows as the functions leave them.

mod books;
mod doing;

use std::process::{Command, Output};

use domain::{Seams, Tier, WorkspaceId};
use serde_json::Value;
use sqlx::PgPool;
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

/// What a command's help gives as an example, after the program's name and `money`.
fn example(command: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_raptor"))
        .args(["money", command, "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    let example = help
        .lines()
        .find_map(|line| line.strip_prefix("Example: raptor money "));
    let words = example.unwrap_or_else(|| panic!("{help}")).split(' ');
    words.map(str::to_owned).collect()
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
