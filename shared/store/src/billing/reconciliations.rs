//! What the daily comparisons with the gateway came to.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Reconciliation {
    /// In India.
    pub day: NaiveDate,
    /// How far a run that is not finished has come.
    pub after_id: Option<Uuid>,
    /// Orders, debits and refunds that were compared.
    pub checked: i32,
    pub differences: Value,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// The oldest comparison up to `day` that is not finished.
pub async fn unfinished(tx: &mut Tx, day: NaiveDate) -> Result<Option<Reconciliation>> {
    let row = sqlx::query_as!(
        Reconciliation,
        "SELECT day, after_id, checked, differences, started_at, finished_at FROM reconciliations
         WHERE day <= $1 AND finished_at IS NULL ORDER BY day LIMIT 1",
        day
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// The day's comparison, begun now if it was not.
pub async fn begin(tx: &mut Tx, day: NaiveDate, now: DateTime<Utc>) -> Result<Reconciliation> {
    sqlx::query!(
        "INSERT INTO reconciliations (day, started_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        day,
        now
    )
    .execute(tx.conn())
    .await?;
    let row = sqlx::query_as!(
        Reconciliation,
        "SELECT day, after_id, checked, differences, started_at, finished_at FROM reconciliations WHERE day = $1",
        day
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row)
}

/// When the last finished comparison before `day` began.
pub async fn last_finished(tx: &mut Tx, day: NaiveDate) -> Result<Option<DateTime<Utc>>> {
    let at = sqlx::query_scalar!(
        "SELECT started_at FROM reconciliations WHERE day < $1 AND finished_at IS NOT NULL ORDER BY day DESC LIMIT 1",
        day
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(at)
}

/// Writes how far a comparison has come.
pub async fn save(tx: &mut Tx, run: &Reconciliation) -> Result<()> {
    sqlx::query!(
        "UPDATE reconciliations SET after_id = $2, checked = $3, differences = $4, finished_at = $5 WHERE day = $1",
        run.day,
        run.after_id,
        run.checked,
        run.differences,
        run.finished_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The newest first.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Reconciliation>> {
    let rows = sqlx::query_as!(
        Reconciliation,
        "SELECT day, after_id, checked, differences, started_at, finished_at FROM reconciliations ORDER BY day DESC LIMIT $1",
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
