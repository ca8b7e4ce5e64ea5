//! Mandates: customers' standing permissions to debit.

use chrono::{DateTime, Utc};
use domain::billing::{MandateStatus, MerchantId, MerchantKind};
use domain::{Inr, MandateId, WorkspaceId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::parse;
use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Mandate {
    pub id: MandateId,
    pub workspace_id: WorkspaceId,
    pub status: MandateStatus,
    /// The most that one debit may take.
    pub max_amount: Inr,
    pub expires_at: DateTime<Utc>,
    pub gateway_id: Option<String>,
    /// By us.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// When the gateway was asked for what stands here.
    pub observed_at: DateTime<Utc>,
    pub next_check_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl Mandate {
    /// What the gateway knows it by.
    pub fn merchant_id(&self) -> MerchantId {
        MerchantId {
            kind: MerchantKind::Mandate,
            workspace_id: self.workspace_id,
            id: self.id.0,
        }
    }
}

struct Row {
    id: Uuid,
    workspace_id: Uuid,
    status: String,
    max_amount_inr: Decimal,
    expires_at: DateTime<Utc>,
    gateway_id: Option<String>,
    cancel_requested_at: Option<DateTime<Utc>>,
    observed_at: DateTime<Utc>,
    next_check_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Mandate> {
        Ok(Mandate {
            id: self.id.into(),
            workspace_id: self.workspace_id.into(),
            status: parse(&self.status)?,
            max_amount: Inr(self.max_amount_inr),
            expires_at: self.expires_at,
            gateway_id: self.gateway_id,
            cancel_requested_at: self.cancel_requested_at,
            observed_at: self.observed_at,
            next_check_at: self.next_check_at,
            created_at: self.created_at,
        })
    }
}

macro_rules! select {
    ($($rest:literal),+; $($value:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT id, workspace_id, status, max_amount_inr, expires_at, gateway_id, cancel_requested_at,
               CASE WHEN observed_at = '-infinity' THEN to_timestamp(0) ELSE observed_at END AS \"observed_at!\", next_check_at, created_at
             FROM mandates " $(+ $rest)+,
            $($value),*
        )
    };
}

pub async fn insert(
    tx: &mut Tx,
    id: MandateId,
    max_amount: Inr,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO mandates (id, workspace_id, max_amount_inr, expires_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
        id.0,
        tx.workspace().0,
        max_amount.0,
        expires_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, id: MandateId) -> Result<Mandate> {
    let row = select!("WHERE id = $1"; id.0).fetch_one(tx.conn()).await?;
    row.read()
}

/// The mandate, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: MandateId) -> Result<Mandate> {
    let row = select!("WHERE id = $1 FOR UPDATE"; id.0)
        .fetch_one(tx.conn())
        .await?;
    row.read()
}

/// Of this tenant, newest first, before an id.
pub async fn list(tx: &mut Tx, before: Option<MandateId>, limit: i64) -> Result<Vec<Mandate>> {
    let rows = select!(
        "WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3";
        tx.workspace().0, before.map(|id| id.0), limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Writes what may change of a mandate.
pub async fn save(tx: &mut Tx, mandate: &Mandate, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE mandates SET status = $2, gateway_id = $3, cancel_requested_at = $4, observed_at = $5, next_check_at = $6, updated_at = $7
         WHERE id = $1",
        mandate.id.0,
        mandate.status.as_str(),
        mandate.gateway_id,
        mandate.cancel_requested_at,
        mandate.observed_at,
        mandate.next_check_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Somebody who may wants it ended: the gateway is to be asked. `false` when it was wanted before.
pub async fn request_cancel(tx: &mut Tx, id: MandateId, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE mandates SET cancel_requested_at = $2, next_check_at = $2, updated_at = $2
         WHERE id = $1 AND cancel_requested_at IS NULL",
        id.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The gateway is to be asked about it then.
pub async fn check_at(tx: &mut Tx, id: MandateId, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE mandates SET next_check_at = $2 WHERE id = $1",
        id.0,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Mandates of all tenants that are due to be asked about. Needs a sweeping transaction.
pub async fn due(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(WorkspaceId, MandateId)>> {
    let rows = sqlx::query!(
        "SELECT workspace_id, id FROM mandates WHERE next_check_at <= $1 ORDER BY next_check_at LIMIT $2",
        now,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.workspace_id.into(), row.id.into()))
        .collect())
}
