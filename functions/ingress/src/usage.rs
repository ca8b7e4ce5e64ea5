//! What a workspace used and has left, by days and months of Indian Standard Time.

use axum::extract::State;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use domain::{Period, Role, Tokens, Usd};
use runtime::{Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Member;
use crate::{Deps, problem};

const LONGEST_DAYS: i64 = 366;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UsageQuery {
    /// The first day (IST). Default: the first of this month.
    from: Option<NaiveDate>,
    /// The last day (IST). Default: today.
    to: Option<NaiveDate>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Serialize, ToSchema)]
pub struct Usage {
    from: NaiveDate,
    to: NaiveDate,
    #[schema(value_type = String)]
    cost_usd: Usd,
    #[schema(value_type = Object)]
    tokens: Tokens,
    /// By day, skill and model, newest day first.
    lines: Vec<Line>,
}

#[derive(Serialize, ToSchema)]
pub struct Line {
    day: NaiveDate,
    skill_id: String,
    model: String,
    calls: i64,
    #[schema(value_type = Object)]
    tokens: Tokens,
    #[schema(value_type = String)]
    cost_usd: Usd,
}

#[derive(Serialize, ToSchema)]
pub struct Budget {
    /// The month (IST): `2026-11`.
    period: String,
    #[schema(value_type = String)]
    limit_usd: Usd,
    #[schema(value_type = String)]
    spent_usd: Usd,
    /// Reserved for running work.
    #[schema(value_type = String)]
    held_usd: Usd,
    #[schema(value_type = String)]
    remaining_usd: Usd,
    /// Null is unlimited.
    limit_tokens: Option<i64>,
    spent_tokens: i64,
    executions: i32,
}

/// What was used, by day, skill and model. Analysts and above.
#[utoipa::path(get, path = "/usage", tag = "money", params(UsageQuery),
    responses((status = 200, body = Usage), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn usage(
    State(deps): State<Deps>,
    member: Member,
    Query(query): Query<UsageQuery>,
) -> Result<axum::Json<Usage>, Problem> {
    member.require(Role::Analyst)?;
    let now = deps.seams.now();
    let from = query.from.unwrap_or(Period::of(now).first_day());
    let to = query
        .to
        .unwrap_or(now.with_timezone(&bharat::ist()).date_naive());
    if to < from || (to - from).num_days() > LONGEST_DAYS {
        return Err(Problem::validation("The days can't be used.").field(
            "to",
            "invalid",
            "expected a day from `from` on, at most a year later",
        ));
    }
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let end = midnight(to + Days::new(1));
    let rows = store::usage::by_day(&mut tx, midnight(from), end)
        .await
        .map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let lines: Vec<Line> = rows
        .into_iter()
        .map(|row| Line {
            day: row.day,
            skill_id: row.skill_id,
            model: row.model,
            calls: row.calls,
            tokens: row.tokens,
            cost_usd: row.cost_usd,
        })
        .collect();
    let cost_usd = lines.iter().map(|line| line.cost_usd).sum();
    let tokens = lines
        .iter()
        .map(|line| line.tokens)
        .fold(Tokens::default(), |a, b| a + b);
    Ok(axum::Json(Usage {
        from,
        to,
        cost_usd,
        tokens,
        lines,
    }))
}

/// This month's budget. Analysts and above.
#[utoipa::path(get, path = "/budget", tag = "money", responses((status = 200, body = Budget), (status = 403, body = Problem)))]
pub async fn budget(
    State(deps): State<Deps>,
    member: Member,
) -> Result<axum::Json<Budget>, Problem> {
    member.require(Role::Analyst)?;
    let period = Period::of(deps.seams.now());
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let budget = store::budgets::current(&mut tx, period)
        .await
        .map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    Ok(axum::Json(Budget {
        period: period.to_string(),
        limit_usd: budget.limit_usd,
        spent_usd: budget.spent_usd,
        held_usd: budget.held_usd,
        remaining_usd: budget.remaining_usd(),
        limit_tokens: budget.limit_tokens,
        spent_tokens: budget.spent_tokens,
        executions: budget.executions,
    }))
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN)
        .and_local_timezone(bharat::ist())
        .single()
        .expect("a fixed offset has every time once")
        .with_timezone(&Utc)
}
