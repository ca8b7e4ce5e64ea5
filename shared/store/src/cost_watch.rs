//! Watching what workspaces cost: sums for judging them, the reviews that follow, and what skills have
//! cost lately.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Tier, Usd, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

use crate::closing::known;
use crate::{Result, Tx};

/// From a moment to another (not included).
pub type Span = (DateTime<Utc>, DateTime<Utc>);

/// The next workspaces by id, with their tiers. Needs a sweeping transaction.
pub async fn page(
    tx: &mut Tx,
    after: Option<WorkspaceId>,
    limit: i64,
) -> Result<Vec<(WorkspaceId, Tier)>> {
    let rows = sqlx::query!(
        "SELECT id, tier FROM workspaces WHERE id > $1 ORDER BY id LIMIT $2",
        after.map_or(Uuid::nil(), |id| id.0),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.id.into(), known(&row.tier)?)))
        .collect()
}

/// What these workspaces spent in a span, where it is more than `above`. Needs a sweeping transaction.
pub async fn spent(
    tx: &mut Tx,
    workspaces: &[Uuid],
    (from, to): Span,
    above: Usd,
) -> Result<Vec<(WorkspaceId, Usd)>> {
    let rows = sqlx::query!(
        r#"SELECT workspace_id, sum(cost_usd) AS "cost!" FROM cost_logs
           WHERE workspace_id = ANY ($1) AND at >= $2 AND at < $3 GROUP BY 1 HAVING sum(cost_usd) > $4"#,
        workspaces,
        from,
        to,
        above.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.workspace_id.into(), Usd(row.cost)))
        .collect())
}

/// What these workspaces spent on each day (in India) of a span on which they spent anything. Needs a
/// sweeping transaction.
pub async fn by_day(
    tx: &mut Tx,
    workspaces: &[Uuid],
    (from, to): Span,
) -> Result<Vec<(WorkspaceId, Usd)>> {
    let rows = sqlx::query!(
        r#"SELECT workspace_id, sum(cost_usd) AS "cost!" FROM cost_logs
           WHERE workspace_id = ANY ($1) AND at >= $2 AND at < $3
           GROUP BY workspace_id, (at AT TIME ZONE 'Asia/Kolkata')::date HAVING sum(cost_usd) > 0"#,
        workspaces,
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.workspace_id.into(), Usd(row.cost)))
        .collect())
}

/// What a day with any spending costs on average in a tier, by a sample of its workspaces that is the same
/// each time. `None` when none of them spent anything. Needs a sweeping transaction.
pub async fn tier_mean(
    tx: &mut Tx,
    tier: Tier,
    sample: i64,
    (from, to): Span,
) -> Result<Option<Usd>> {
    let mean = sqlx::query_scalar!(
        "SELECT round(avg(d.cost), 6) FROM
           (SELECT id FROM workspaces WHERE tier = $1 ORDER BY md5(id::text) LIMIT $2) w
         CROSS JOIN LATERAL (
           SELECT sum(c.cost_usd) AS cost FROM cost_logs c WHERE c.workspace_id = w.id AND c.at >= $3 AND c.at < $4
           GROUP BY (c.at AT TIME ZONE 'Asia/Kolkata')::date HAVING sum(c.cost_usd) > 0) d",
        tier.as_str(),
        sample,
        from,
        to,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(mean.map(Usd))
}

/// Those of these workspaces that asked for at least so much work in a span. Needs a sweeping transaction.
pub async fn busy(
    tx: &mut Tx,
    workspaces: &[Uuid],
    (from, to): Span,
    at_least: i64,
) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        "SELECT workspace_id FROM agent_executions
         WHERE workspace_id = ANY ($1) AND created_at >= $2 AND created_at < $3 GROUP BY 1 HAVING count(*) >= $4",
        workspaces,
        from,
        to,
        at_least,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids)
}

/// Requests of a workspace with the same intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub workspace_id: WorkspaceId,
    /// As the plan has it; `None` when there is none.
    pub intent: Option<String>,
    /// Refused because it is not marketing work, by the model that makes plans.
    pub out_of_scope: bool,
    pub requests: i64,
    /// Of them, those that a model's own guard refused.
    pub guarded: i64,
}

/// What these workspaces asked for in a span. Needs a sweeping transaction.
pub async fn asked(tx: &mut Tx, workspaces: &[Uuid], (from, to): Span) -> Result<Vec<Asked>> {
    let rows = sqlx::query!(
        r#"SELECT workspace_id, plan -> 'why' -> 'intent' ->> 'primary_intent' AS intent,
             error_code IS NOT DISTINCT FROM 'request.out_of_scope' AS "out_of_scope!", count(*) AS "requests!",
             count(*) FILTER (WHERE error_code = 'model.policy') AS "guarded!"
           FROM agent_executions WHERE workspace_id = ANY ($1) AND created_at >= $2 AND created_at < $3 GROUP BY 1, 2, 3"#,
        workspaces,
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Asked {
            workspace_id: row.workspace_id.into(),
            intent: row.intent,
            out_of_scope: row.out_of_scope,
            requests: row.requests,
            guarded: row.guarded,
        })
        .collect())
}

/// How many requests of the busiest hour repeat another of that hour, but for capitals, white space,
/// digits and punctuation. Needs a sweeping transaction.
pub async fn repeated(
    tx: &mut Tx,
    workspaces: &[Uuid],
    (from, to): Span,
) -> Result<Vec<(WorkspaceId, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT workspace_id, max(again) AS "again!" FROM (
             SELECT workspace_id,
               count(*) - count(DISTINCT md5(lower(regexp_replace(prompt, '[[:space:][:digit:][:punct:]]+', '', 'g')))) AS again
             FROM agent_executions WHERE workspace_id = ANY ($1) AND created_at >= $2 AND created_at < $3
             GROUP BY workspace_id, date_trunc('hour', created_at)) h
           GROUP BY 1"#,
        workspaces,
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.workspace_id.into(), row.again))
        .collect())
}

/// How often these workspaces ran each skill. Needs a sweeping transaction.
pub async fn runs(
    tx: &mut Tx,
    workspaces: &[Uuid],
    (from, to): Span,
) -> Result<Vec<(WorkspaceId, String, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT e.workspace_id, r.skill_id, count(*) AS "runs!"
           FROM agent_executions e JOIN agent_runs r ON r.execution_id = e.id
           WHERE e.workspace_id = ANY ($1) AND e.created_at >= $2 AND e.created_at < $3 AND r.attempt > 0 GROUP BY 1, 2"#,
        workspaces,
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.workspace_id.into(), row.skill_id, row.runs))
        .collect())
}

/// The last day whose costs have been judged after its end.
pub async fn last_judged(tx: &mut Tx) -> Result<Option<NaiveDate>> {
    let day = sqlx::query_scalar!("SELECT max(day) FROM cost_watches")
        .fetch_one(tx.conn())
        .await?;
    Ok(day)
}

pub async fn judged(tx: &mut Tx, day: NaiveDate, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO cost_watches (day, judged_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        day,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Use of this tenant that somebody should look at.
#[derive(Debug, Clone)]
pub struct NewReview<'a> {
    pub id: Uuid,
    /// In India.
    pub day: NaiveDate,
    /// `anomaly` or `abuse`.
    pub kind: &'a str,
    /// `review` or `pause`.
    pub severity: &'a str,
    pub detail: &'a Value,
    pub now: DateTime<Utc>,
}

/// What became of asking for a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    New,
    /// There was one for the day, and it has become graver.
    Graver,
    /// There is one for the day, or there was and an operator has closed it.
    Known,
}

/// Asks for a review, once a day and kind. An open one becomes graver, a closed one stays as it is.
pub async fn open(tx: &mut Tx, new: &NewReview<'_>) -> Result<Opened> {
    let is_new = sqlx::query_scalar!(
        r#"INSERT INTO cost_reviews AS r (id, workspace_id, day, kind, severity, detail, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (workspace_id, day, kind) DO UPDATE SET severity = excluded.severity, detail = excluded.detail
             WHERE r.severity = 'review' AND excluded.severity = 'pause' AND r.closed_at IS NULL
           RETURNING id = $1 AS "new!""#,
        new.id,
        tx.workspace().0,
        new.day,
        new.kind,
        new.severity,
        new.detail,
        new.now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(match is_new {
        Some(true) => Opened::New,
        Some(false) => Opened::Graver,
        None => Opened::Known,
    })
}

/// Whether a review of this kind was asked for since `since` in this tenant.
pub async fn was_opened(tx: &mut Tx, kind: &str, since: DateTime<Utc>) -> Result<bool> {
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM cost_reviews WHERE workspace_id = $1 AND kind = $2 AND created_at > $3) AS "known!""#,
        tx.workspace().0,
        kind,
        since
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(known)
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Review {
    pub id: Uuid,
    pub workspace_id: WorkspaceId,
    pub workspace: String,
    /// What the workspace may do now: full, `read_only`, paused.
    pub access: String,
    pub day: NaiveDate,
    pub kind: String,
    pub severity: String,
    pub detail: Value,
    pub created_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub verdict: Option<String>,
}

/// Reviews of all tenants, newest first: the open ones, or all; or the one of this id. Needs a sweeping
/// operator's transaction.
pub async fn reviews(
    tx: &mut Tx,
    id: Option<Uuid>,
    closed_too: bool,
    limit: i64,
) -> Result<Vec<Review>> {
    let rows = sqlx::query_as!(
        Review,
        "SELECT r.id, r.workspace_id, w.name AS workspace, w.access, r.day, r.kind, r.severity, r.detail, r.created_at,
           r.closed_at, r.verdict
         FROM cost_reviews r JOIN workspaces w ON w.id = r.workspace_id
         WHERE ($1::uuid IS NULL OR r.id = $1) AND ($2 OR r.closed_at IS NULL) ORDER BY r.created_at DESC, r.id LIMIT $3",
        id,
        closed_too,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Says what somebody made of a review. `false` when it is closed already. Needs an operator's transaction
/// for the tenant.
pub async fn close(tx: &mut Tx, id: Uuid, verdict: &str, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE cost_reviews SET closed_at = $2, verdict = $3 WHERE id = $1 AND closed_at IS NULL",
        id,
        now,
        verdict
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
