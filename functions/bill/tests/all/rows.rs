//! Rows as other functions leave them, written by the database's owner: what matters here is what becomes
//! of them. Days are fixed; identifiers carry the real time, because partitions go by it.

use std::sync::Arc;

use bill::Deps;
use chrono::{DateTime, Utc};
use domain::{Seams, Tier, Usd, WorkspaceId};
use serde_json::Value;
use sqlx::PgPool;
use store::DbRole;
use testkit::{Database, ManualClock, manual_seams};
use uuid::Uuid;

pub struct Books {
    pub db: Database,
    pub seams: Seams,
    pub clock: Arc<ManualClock>,
    pub deps: Deps,
    pub owner: PgPool,
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn usd(text: &str) -> Usd {
    Usd(text.parse().unwrap())
}

impl Books {
    pub async fn at(now: &str) -> Self {
        let db = Database::create().await;
        let (seams, clock) = manual_seams();
        clock.set(at(now));
        let deps = crate::deps(db.store(DbRole::Bill), &seams);
        let owner = db.owner().await;
        Self {
            db,
            seams,
            clock,
            deps,
            owner,
        }
    }

    pub fn now(&self, now: &str) {
        self.clock.set(at(now));
    }

    pub async fn workspace(&self, tier: Tier) -> WorkspaceId {
        self.db.workspace(&self.seams, tier).await.1
    }

    /// A model call of an execution of its own.
    pub async fn call(&self, workspace: WorkspaceId, when: &str, cost: &str) {
        self.call_of(workspace, when, ("content.copy", "flash"), (100, 10), cost)
            .await;
    }

    pub async fn call_of(
        &self,
        workspace: WorkspaceId,
        when: &str,
        (skill, model): (&str, &str),
        (input, output): (i64, i64),
        cost: &str,
    ) {
        sqlx::query(
            "INSERT INTO cost_logs (execution_id, step, attempt, call, workspace_id, skill_id, model, provider, tokens_input,
               tokens_cached, tokens_output, certainty, cost_usd, at)
             VALUES ($1, 0, 1, 1, $2, $3, $4, 'vertex', $5, 0, $6, 'reported', $7::text::numeric, $8)",
        )
        .bind(self.seams.uuid())
        .bind(workspace.0)
        .bind(skill)
        .bind(model)
        .bind(input)
        .bind(output)
        .bind(cost)
        .bind(at(when))
        .execute(&self.owner)
        .await
        .unwrap();
    }

    /// An accepted request and what became of it.
    pub async fn execution(&self, workspace: WorkspaceId, when: &str, status: &str) -> Uuid {
        let id = self.seams.uuid();
        self.executions(workspace, when, status, 1, id).await;
        id
    }

    async fn executions(&self, workspace: WorkspaceId, when: &str, status: &str, n: i32, id: Uuid) {
        sqlx::query(
            "INSERT INTO agent_executions (id, workspace_id, user_id, status, priority, prompt, estimate_usd, correlation_id, created_at)
             SELECT CASE WHEN $5 = 1 THEN $4 ELSE uuidv7() END, $1, $1, $2, 'standard', 'Plan', 0, 'c', $3 FROM generate_series(1, $5)",
        )
        .bind(workspace.0)
        .bind(status)
        .bind(at(when))
        .bind(id)
        .bind(n)
        .execute(&self.owner)
        .await
        .unwrap();
    }

    /// So many requests that failed with this code, or ended well without one. Each has a prompt of its own.
    pub async fn asked(&self, workspace: WorkspaceId, when: &str, n: i32, code: Option<&str>) {
        sqlx::query(
            r#"INSERT INTO agent_executions (id, workspace_id, user_id, status, priority, prompt, plan, error_code, estimate_usd,
                 correlation_id, created_at)
               SELECT uuidv7(), $1, $1, CASE WHEN $2::text IS NULL THEN 'completed' ELSE 'failed' END, 'standard', md5(i::text || random()::text),
                 '{"steps": [], "why": {"intent": {"primary_intent": "content"}}}', $2, 0, 'c', $3 FROM generate_series(1, $4) i"#,
        )
        .bind(workspace.0)
        .bind(code)
        .bind(at(when))
        .bind(n)
        .execute(&self.owner)
        .await
        .unwrap();
    }

    /// The same request over and over, each run once by the same skill.
    pub async fn repeated(&self, workspace: WorkspaceId, when: &str, n: i32) {
        sqlx::query(
            "WITH execution AS (
               INSERT INTO agent_executions (id, workspace_id, user_id, status, priority, prompt, estimate_usd, correlation_id, created_at)
               SELECT uuidv7(), $1, $1, 'completed', 'standard', 'Write caption No. ' || i || '!', 0, 'c', $2 FROM generate_series(1, $3) i
               RETURNING id)
             INSERT INTO agent_runs (execution_id, step, workspace_id, skill_id, skill_version, skill_hash, status, input, attempt, due_at)
             SELECT id, 0, $1, 'content.copy', '1.0.0', 'h', 'completed', '{}', 1, $2 FROM execution",
        )
        .bind(workspace.0)
        .bind(at(when))
        .bind(n)
        .execute(&self.owner)
        .await
        .unwrap();
    }

    /// One step of an execution of its own, with what each call cost; the last one came late.
    pub async fn step(
        &self,
        workspace: WorkspaceId,
        skill: &str,
        status: &str,
        attempts: i32,
        costs: &[&str],
    ) {
        let now = self.seams.now();
        let id = self.seams.uuid();
        self.executions(workspace, &now.to_rfc3339(), "running", 1, id)
            .await;
        sqlx::query(
            "INSERT INTO agent_runs (execution_id, step, workspace_id, skill_id, skill_version, skill_hash, status, input, attempt, due_at)
             VALUES ($1, 0, $2, $3, '1.0.0', 'h', $4, '{}', $5, $6)",
        )
        .bind(id)
        .bind(workspace.0)
        .bind(skill)
        .bind(status)
        .bind(attempts)
        .bind(now)
        .execute(&self.owner)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO cost_logs (execution_id, step, attempt, call, workspace_id, late, skill_id, model, provider, tokens_input,
               tokens_cached, tokens_output, certainty, cost_usd, at)
             SELECT $1, 0, 1, n, $2, n > 1 AND n = cardinality($4::text[]), $3, 'flash', 'vertex', 1, 0, 1, 'reported', c.cost::numeric, $5
             FROM unnest($4::text[]) WITH ORDINALITY AS c (cost, n)",
        )
        .bind(id)
        .bind(workspace.0)
        .bind(skill)
        .bind(costs)
        .bind(now)
        .execute(&self.owner)
        .await
        .unwrap();
    }

    /// A payment that came.
    pub async fn payment(
        &self,
        workspace: WorkspaceId,
        when: Option<&str>,
        amount: &str,
        status: &str,
    ) -> Uuid {
        let id = self.seams.uuid();
        sqlx::query(
            "INSERT INTO payments (id, workspace_id, purpose, method, status, tier, period_start, period_end, taxable_inr, tax_inr,
               amount_inr, received_inr, captured_at, created_at, updated_at)
             VALUES ($1, $2, 'start', 'checkout', $3, 'starter', now(), now(), $4::text::numeric, 0, $4::text::numeric,
               CASE WHEN $5::timestamptz IS NULL THEN 0 ELSE $4::text::numeric END, $5, now(), now())",
        )
        .bind(id)
        .bind(workspace.0)
        .bind(status)
        .bind(amount)
        .bind(when.map(at))
        .execute(&self.owner)
        .await
        .unwrap();
        id
    }

    pub async fn refund(
        &self,
        workspace: WorkspaceId,
        payment: Uuid,
        when: &str,
        amount: &str,
        status: &str,
    ) -> Uuid {
        let id = self.seams.uuid();
        sqlx::query(
            "INSERT INTO refunds (id, workspace_id, payment_id, amount_inr, of_allocated, reason, status, completed_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4::text::numeric, true, 'asked', $5, CASE WHEN $5 = 'completed' THEN $6 END, $6, $6)",
        )
        .bind(id)
        .bind(workspace.0)
        .bind(payment)
        .bind(amount)
        .bind(status)
        .bind(at(when))
        .execute(&self.owner)
        .await
        .unwrap();
        id
    }

    /// An invoice of a payment; a credit note when it names a refund, against the payment's invoice.
    pub async fn invoice(
        &self,
        workspace: WorkspaceId,
        (payment, refund): (Uuid, Option<Uuid>),
        (number, sequence): (&str, i32),
        date: &str,
        (amount, status): (&str, &str),
    ) {
        sqlx::query(
            "INSERT INTO invoices (id, workspace_id, kind, status, series, financial_year, sequence, number, date, payment_id, refund_id,
               against_id, content, taxable_inr, tax_inr, payable_inr, language, needs_registration, created_at)
             VALUES ($1, $2, CASE WHEN $4::uuid IS NULL THEN 'tax_invoice' ELSE 'credit_note' END, $9, 'RF', '26-27', $6, $5,
               $7::text::date, $3, $4,
               CASE WHEN $4::uuid IS NOT NULL THEN (SELECT id FROM invoices WHERE payment_id = $3 AND kind = 'tax_invoice') END,
               '{}', $8::text::numeric, 0, $8::text::numeric, 'en', false, $7::text::timestamptz)",
        )
        .bind(self.seams.uuid())
        .bind(workspace.0)
        .bind(payment)
        .bind(refund)
        .bind(number)
        .bind(sequence)
        .bind(date)
        .bind(amount)
        .bind(status)
        .execute(&self.owner)
        .await
        .unwrap();
    }

    pub async fn do_sql(&self, sql: &'static str, workspace: WorkspaceId) {
        sqlx::query(sql)
            .bind(workspace.0)
            .execute(&self.owner)
            .await
            .unwrap();
    }

    /// The reports of a month, by workspace.
    pub async fn reports(&self, period: &str) -> Vec<(Uuid, Value)> {
        sqlx::query_as(
            "SELECT workspace_id, content FROM monthly_reports WHERE period = $1::text::date ORDER BY 1",
        )
        .bind(format!("{period}-01"))
        .fetch_all(&self.owner)
        .await
        .unwrap()
    }

    /// Of a workspace's reviews, oldest day first: day, kind, severity, detail.
    pub async fn reviews(&self, workspace: WorkspaceId) -> Vec<(String, String, String, Value)> {
        sqlx::query_as(
            "SELECT day::text, kind, severity, detail FROM cost_reviews WHERE workspace_id = $1 ORDER BY day, kind",
        )
        .bind(workspace.0)
        .fetch_all(&self.owner)
        .await
        .unwrap()
    }

    pub async fn access(&self, workspace: WorkspaceId) -> String {
        sqlx::query_scalar("SELECT access FROM workspaces WHERE id = $1")
            .bind(workspace.0)
            .fetch_one(&self.owner)
            .await
            .unwrap()
    }
}
