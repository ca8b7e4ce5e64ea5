//! Reports of closed months: one a workspace and month.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Period, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub period: Period,
    /// `economics::report::MonthlyReport`.
    pub content: Value,
    /// Of the PDF, once somebody asked for it.
    pub object_name: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A report without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub period: Period,
    pub object_name: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Writes the reports of a month for many workspaces. Those that are there stay as they are; how many are
/// new is answered. Needs a sweeping transaction of bill.
pub async fn insert(
    tx: &mut Tx,
    period: Period,
    reports: &[(WorkspaceId, Value)],
    now: DateTime<Utc>,
) -> Result<u64> {
    let workspaces: Vec<Uuid> = reports.iter().map(|(id, _)| id.0).collect();
    let contents: Vec<Value> = reports.iter().map(|(_, content)| content.clone()).collect();
    let done = sqlx::query!(
        "INSERT INTO monthly_reports (workspace_id, period, content, created_at)
         SELECT workspace_id, $2, content, $4 FROM unnest($1::uuid[], $3::jsonb[]) AS r (workspace_id, content)
         ON CONFLICT DO NOTHING",
        &workspaces,
        period.first_day(),
        &contents,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// This tenant's report of a month, if the month is closed.
pub async fn get(tx: &mut Tx, period: Period) -> Result<Option<Report>> {
    let row = sqlx::query!(
        "SELECT content, object_name, created_at FROM monthly_reports WHERE workspace_id = $1 AND period = $2",
        tx.workspace().0,
        period.first_day()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Report {
        period,
        content: row.content,
        object_name: row.object_name,
        created_at: row.created_at,
    }))
}

/// Where the PDF of a report is, if it is anywhere yet.
pub async fn object(tx: &mut Tx, period: Period) -> Result<Option<String>> {
    let name = sqlx::query_scalar!(
        "SELECT object_name FROM monthly_reports WHERE workspace_id = $1 AND period = $2",
        tx.workspace().0,
        period.first_day()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(name.flatten())
}

/// This tenant's closed months, newest first.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"SELECT period AS "period: NaiveDate", object_name, created_at FROM monthly_reports
           WHERE workspace_id = $1 ORDER BY period DESC LIMIT $2"#,
        tx.workspace().0,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Entry {
            period: row.period.into(),
            object_name: row.object_name,
            created_at: row.created_at,
        })
        .collect())
}

/// Notes where the PDF of this tenant's report is. `false` when there is no such report.
pub async fn set_object(tx: &mut Tx, period: Period, name: &str) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE monthly_reports SET object_name = $3 WHERE workspace_id = $1 AND period = $2",
        tx.workspace().0,
        period.first_day(),
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
