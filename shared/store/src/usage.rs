//! What a workspace used: read models over the cost log.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Tokens, Usd};

use crate::executions::tokens;
use crate::{Result, Tx};

#[derive(Debug, Clone, serde::Serialize)]
pub struct UsageLine {
    /// The day in IST.
    pub day: NaiveDate,
    pub skill_id: String,
    pub model: String,
    pub calls: i64,
    pub tokens: Tokens,
    pub cost_usd: Usd,
}

/// Usage of this tenant by day, skill and model, newest day first.
pub async fn by_day(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<UsageLine>> {
    let rows = sqlx::query!(
        r#"SELECT (at AT TIME ZONE 'Asia/Kolkata')::date AS "day!", skill_id, model, count(*) AS "calls!",
             sum(tokens_input)::bigint AS "input!", sum(tokens_output)::bigint AS "output!", sum(cost_usd) AS "cost!"
           FROM cost_logs WHERE workspace_id = $1 AND at >= $2 AND at < $3
           GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3"#,
        tx.workspace().0,
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| UsageLine {
            day: row.day,
            skill_id: row.skill_id,
            model: row.model,
            calls: row.calls,
            tokens: tokens(row.input, row.output),
            cost_usd: Usd(row.cost),
        })
        .collect())
}
