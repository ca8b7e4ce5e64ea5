//! Who did what: people through the API, agents through tools. Append only; inputs and outputs are
//! masked before they come here.

use chrono::{DateTime, Utc};
use domain::{CorrelationId, ExecutionId, Usd, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Tx};

#[derive(Debug, Clone, Default)]
pub struct AuditRow<'a> {
    /// UUIDv7.
    pub id: Uuid,
    pub actor: Option<UserId>,
    pub agent: Option<&'a str>,
    /// `tool.call`, `member.add`
    pub action: &'a str,
    pub resource: &'a str,
    pub execution: Option<(ExecutionId, i32)>,
    pub input: Option<Value>,
    pub output: Option<Value>,
    pub ok: bool,
    pub error_code: Option<&'a str>,
    pub cost: Usd,
    pub duration_ms: Option<i32>,
    pub ip_address: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    pub correlation_id: Option<&'a CorrelationId>,
    pub at: DateTime<Utc>,
}

pub async fn insert(tx: &mut Tx, row: &AuditRow<'_>) -> Result<()> {
    let (execution, step) = row.execution.unzip();
    sqlx::query!(
        "INSERT INTO audit_logs (id, workspace_id, actor_user_id, agent, action, resource, execution_id, step, input, output,
           ok, error_code, cost_usd, duration_ms, ip_address, user_agent, correlation_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        row.id,
        tx.workspace().0,
        row.actor.map(|a| a.0),
        row.agent,
        row.action,
        row.resource,
        execution.map(|e| e.0),
        step,
        row.input,
        row.output,
        row.ok,
        row.error_code,
        row.cost.0,
        row.duration_ms,
        row.ip_address,
        row.user_agent,
        row.correlation_id.map(CorrelationId::as_str),
        row.at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
