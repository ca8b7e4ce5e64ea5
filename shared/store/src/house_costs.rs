//! Model calls that no customer pays for.

use domain::ExecutionId;

use crate::claims::{CallCost, CostRows};
use crate::{Result, Tx};

/// Writes down what was spent for an execution, besides its steps. `purpose` is what the calls are labelled
/// with in place of a skill.
pub async fn insert(
    tx: &mut Tx,
    execution: ExecutionId,
    purpose: &str,
    calls: &[CallCost],
) -> Result<()> {
    let costs = CostRows::new(calls);
    sqlx::query!(
        "INSERT INTO house_costs (execution_id, workspace_id, purpose, model, provider, tokens_input, tokens_cached, tokens_output,
           certainty, cost_usd, at)
         SELECT $1, $2, $3, * FROM unnest($4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::numeric[],
           $11::timestamptz[])",
        execution.0,
        tx.workspace().0,
        purpose,
        &costs.models,
        &costs.providers,
        &costs.input,
        &costs.cached,
        &costs.output,
        &costs.certainty,
        &costs.cost,
        &costs.at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
