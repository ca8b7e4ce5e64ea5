//! What everyone who is connected should know: maintenance, an outage.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Result, Tx};

#[derive(Debug, Clone, serde::Serialize)]
pub struct SystemAlert {
    pub id: Uuid,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    pub text: String,
    pub created_at: DateTime<Utc>,
}

pub async fn insert(
    tx: &mut Tx,
    id: Uuid,
    severity: &str,
    text: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO system_alerts (id, severity, text, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        id,
        severity,
        text,
        now,
        expires_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Alerts in force that were made after `after`.
pub async fn since(
    tx: &mut Tx,
    after: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<SystemAlert>> {
    let alerts = sqlx::query_as!(
        SystemAlert,
        "SELECT id, severity, text, created_at FROM system_alerts
         WHERE created_at > $1 AND expires_at > $2 ORDER BY created_at",
        after,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(alerts)
}
