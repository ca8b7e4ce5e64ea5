//! What runs of skills have cost lately, over all workspaces: figures only. Belongs to no tenant.

use chrono::{DateTime, Utc};
use domain::Usd;
use rust_decimal::Decimal;

use crate::{Result, Tx};

/// Costs kept of each skill, the latest.
const KEPT: i64 = 200;

/// Works the figures out anew from the latest `most` steps of executions since `since`; a skill that has
/// none any more is forgotten. Answers of how many skills there are figures. Needs a sweeping transaction
/// of bill.
///
/// A step's cost is that of all its attempts, models and tools, what came late too. Steps that ended count,
/// well or not, those that were cancelled don't. Percentiles are by nearest rank.
pub async fn refresh(
    tx: &mut Tx,
    since: DateTime<Utc>,
    most: i64,
    now: DateTime<Utc>,
) -> Result<u64> {
    let done = sqlx::query!(
        "WITH run AS (
           SELECT execution_id, step, skill_id, status, attempt FROM agent_runs
           WHERE execution_id >= uuidv7_floor($1) AND status IN ('completed', 'failed') AND attempt > 0
           ORDER BY execution_id DESC, step DESC LIMIT $2),
         cost AS (
           SELECT run.*, row_number() OVER (PARTITION BY skill_id ORDER BY execution_id DESC, step DESC) AS n,
             coalesce((SELECT sum(c.cost_usd) FROM cost_logs c WHERE c.execution_id = run.execution_id AND c.step = run.step), 0) AS usd
           FROM run),
         fresh AS (
           SELECT skill_id, count(*) AS steps, count(*) FILTER (WHERE status = 'failed') AS failures, sum(attempt) AS attempts,
             round(avg(usd), 6) AS mean, percentile_disc(0.5) WITHIN GROUP (ORDER BY usd) AS p50,
             percentile_disc(0.9) WITHIN GROUP (ORDER BY usd) AS p90, array_agg(usd ORDER BY n) FILTER (WHERE n <= $3) AS recent
           FROM cost GROUP BY skill_id),
         gone AS (DELETE FROM skill_costs k WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.skill_id = k.skill_id))
         INSERT INTO skill_costs (skill_id, steps, failures, attempts, mean_usd, p50_usd, p90_usd, recent_usd, updated_at)
         SELECT skill_id, steps, failures, attempts, mean, p50, p90, recent, $4 FROM fresh
         ON CONFLICT (skill_id) DO UPDATE SET steps = excluded.steps, failures = excluded.failures, attempts = excluded.attempts,
           mean_usd = excluded.mean_usd, p50_usd = excluded.p50_usd, p90_usd = excluded.p90_usd, recent_usd = excluded.recent_usd,
           updated_at = excluded.updated_at",
        since,
        most,
        KEPT,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SkillCosts {
    pub skill_id: String,
    /// That ended, well or not.
    pub steps: i64,
    /// Of them, those that failed.
    pub failures: i64,
    /// That the steps took together.
    pub attempts: i64,
    pub mean_usd: Usd,
    pub p50_usd: Usd,
    pub p90_usd: Usd,
    /// Of the latest steps, newest first.
    pub recent_usd: Vec<Usd>,
    pub updated_at: DateTime<Utc>,
}

/// The figures of these skills; one that never ran has none.
pub async fn of(tx: &mut Tx, skills: &[String]) -> Result<Vec<SkillCosts>> {
    let rows = sqlx::query!(
        r#"SELECT skill_id, steps, failures, attempts, mean_usd, p50_usd, p90_usd, recent_usd AS "recent_usd: Vec<Decimal>", updated_at
           FROM skill_costs WHERE skill_id = ANY ($1) ORDER BY skill_id"#,
        skills
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SkillCosts {
            skill_id: row.skill_id,
            steps: row.steps,
            failures: row.failures,
            attempts: row.attempts,
            mean_usd: Usd(row.mean_usd),
            p50_usd: Usd(row.p50_usd),
            p90_usd: Usd(row.p90_usd),
            recent_usd: row.recent_usd.into_iter().map(Usd).collect(),
            updated_at: row.updated_at,
        })
        .collect())
}
