//! Looking at executions and stopping them.

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::{
    CorrelationId, ExecutionId, ExecutionStatus, Priority, Role, StepStatus, Tokens, Usd, UserId,
};
use events::ExecutionRequestedV1;
use runtime::{Path, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::StoreError;
use store::executions::{self, Execution, Filter, Run};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Member;
use crate::{Deps, message, problem};

const PAGE: i64 = 20;
const LONGEST_PAGE: i64 = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// pending, queued, running, awaiting_approval, completed, failed or cancelled.
    #[param(value_type = Option<String>)]
    status: Option<ExecutionStatus>,
    /// Executions that used this skill.
    skill_id: Option<String>,
    /// Executions this person asked for.
    #[param(value_type = Option<String>)]
    user_id: Option<UserId>,
    /// 1 to 100, default 20.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Serialize, ToSchema)]
pub struct Page {
    /// Newest first.
    executions: Vec<Summary>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Summary {
    #[schema(value_type = String, format = Uuid)]
    id: ExecutionId,
    #[schema(value_type = String)]
    status: ExecutionStatus,
    #[schema(value_type = String)]
    priority: Priority,
    prompt: String,
    skill_id: Option<String>,
    #[schema(value_type = String)]
    cost_usd: Usd,
    error_code: Option<String>,
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    created_at: DateTime<Utc>,
    completed_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
pub struct Detail {
    #[schema(value_type = String, format = Uuid)]
    id: ExecutionId,
    /// pending, queued, running, awaiting_approval, completed, failed or cancelled.
    #[schema(value_type = String)]
    status: ExecutionStatus,
    #[schema(value_type = String)]
    priority: Priority,
    prompt: String,
    skill_id: Option<String>,
    #[schema(value_type = Object)]
    input: Value,
    /// Its steps as planned; null while the plan is being made.
    #[schema(value_type = Option<Object>)]
    plan: Option<Value>,
    /// The answer, once completed: the last step's, or all of them by skill.
    #[schema(value_type = Option<Object>)]
    output: Option<Value>,
    error_code: Option<String>,
    error_detail: Option<String>,
    model: Option<String>,
    #[schema(value_type = Object)]
    tokens: Tokens,
    #[schema(value_type = String)]
    cost_usd: Usd,
    /// What was reserved for it.
    #[schema(value_type = String)]
    estimated_cost_usd: Usd,
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    cancel_requested_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    #[schema(value_type = String)]
    correlation_id: CorrelationId,
    steps: Vec<StepDetail>,
}

#[derive(Serialize, ToSchema)]
pub struct StepDetail {
    step: i32,
    skill_id: String,
    skill_version: String,
    #[schema(value_type = String)]
    status: StepStatus,
    depends_on: Vec<i32>,
    #[schema(value_type = Option<Object>)]
    output: Option<Value>,
    error_code: Option<String>,
    error_detail: Option<String>,
    model: Option<String>,
    #[schema(value_type = Object)]
    tokens: Tokens,
    #[schema(value_type = String)]
    cost_usd: Usd,
    /// How often it was started.
    attempt: i32,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub struct ById {
    pub execution_id: ExecutionId,
}

#[derive(Serialize, ToSchema)]
pub struct Cancelling {
    #[schema(value_type = String, format = Uuid)]
    execution_id: ExecutionId,
    /// As it stands now; it is cancelled when its status says so.
    #[schema(value_type = String)]
    status: ExecutionStatus,
}

impl From<Execution> for Summary {
    fn from(e: Execution) -> Self {
        Self {
            id: e.id,
            status: e.status,
            priority: e.priority,
            prompt: e.prompt,
            skill_id: e.skill_id,
            cost_usd: e.cost_usd,
            error_code: e.error_code,
            user_id: e.user_id,
            created_at: e.created_at,
            completed_at: e.completed_at,
        }
    }
}

impl From<Run> for StepDetail {
    fn from(r: Run) -> Self {
        Self {
            step: r.step,
            skill_id: r.skill_id,
            skill_version: r.skill_version,
            status: r.status,
            depends_on: r.depends_on,
            output: r.output,
            error_code: r.error_code,
            error_detail: r.error_detail,
            model: r.model,
            tokens: r.tokens,
            cost_usd: r.cost_usd,
            attempt: r.attempt,
            started_at: r.started_at,
            completed_at: r.completed_at,
        }
    }
}

/// Executions of the workspace, newest first.
#[utoipa::path(get, path = "/executions", tag = "executions", params(ListQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
pub async fn list(
    State(deps): State<Deps>,
    member: Member,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Page>, Problem> {
    let refused = |field: &str, message: &str| {
        Problem::validation("The list can't be made like this.").field(field, "invalid", message)
    };
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=LONGEST_PAGE).contains(&limit) {
        return Err(refused("limit", "expected 1 to 100"));
    }
    let before = match &query.cursor {
        None => None,
        Some(text) => Some(
            read_cursor(text)
                .ok_or_else(|| refused("cursor", "expected the next_cursor of a page before"))?,
        ),
    };
    let filter = Filter {
        status: query.status,
        user_id: query.user_id,
        skill_id: query.skill_id,
        before,
        // One more than asked shows whether there is a next page.
        limit: limit + 1,
    };
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let mut rows = executions::list(&mut tx, &filter).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|last| write_cursor(last.created_at, last.id));
    let executions = rows.into_iter().map(Summary::from).collect();
    Ok(axum::Json(Page {
        executions,
        next_cursor,
    }))
}

fn write_cursor(at: DateTime<Utc>, id: ExecutionId) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{id}", at.timestamp_micros()))
}

fn read_cursor(text: &str) -> Option<(DateTime<Utc>, ExecutionId)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (micros, id) = text.split_once(':')?;
    Some((
        DateTime::from_timestamp_micros(micros.parse().ok()?)?,
        id.parse().ok()?,
    ))
}

/// One execution with its steps.
#[utoipa::path(get, path = "/executions/{execution_id}", tag = "executions", params(("execution_id" = uuid::Uuid, Path)),
    responses((status = 200, body = Detail), (status = 404, body = Problem)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ById>,
) -> Result<axum::Json<Detail>, Problem> {
    detail(&deps, &member, path.execution_id).await
}

/// The same as `/executions/{execution_id}`.
#[utoipa::path(get, path = "/agents/status/{execution_id}", tag = "agents", params(("execution_id" = uuid::Uuid, Path)),
    responses((status = 200, body = Detail), (status = 404, body = Problem)))]
pub async fn status(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ById>,
) -> Result<axum::Json<Detail>, Problem> {
    detail(&deps, &member, path.execution_id).await
}

async fn detail(
    deps: &Deps,
    member: &Member,
    id: ExecutionId,
) -> Result<axum::Json<Detail>, Problem> {
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let e = executions::get(&mut tx, id).await.map_err(missing)?;
    let runs = executions::runs(&mut tx, id).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    Ok(axum::Json(Detail {
        id: e.id,
        status: e.status,
        priority: e.priority,
        prompt: e.prompt,
        skill_id: e.skill_id,
        input: e.input,
        plan: e.plan,
        output: e.output,
        error_code: e.error_code,
        error_detail: e.error_detail,
        model: e.model,
        tokens: e.tokens,
        cost_usd: e.cost_usd,
        estimated_cost_usd: e.estimate_usd,
        user_id: e.user_id,
        cancel_requested_at: e.cancel_requested_at,
        created_at: e.created_at,
        started_at: e.started_at,
        completed_at: e.completed_at,
        correlation_id: e.correlation_id,
        steps: runs.into_iter().map(StepDetail::from).collect(),
    }))
}

/// Asks an execution to stop. What runs is stopped within seconds, what waits is not started. An execution
/// that has ended stays as it is.
#[utoipa::path(post, path = "/executions/{execution_id}/cancel", tag = "executions", params(("execution_id" = uuid::Uuid, Path)),
    responses((status = 202, body = Cancelling), (status = 404, body = Problem)))]
pub async fn cancel(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ById>,
) -> Result<(StatusCode, axum::Json<Cancelling>), Problem> {
    member.require(Role::Operator)?;
    let id = path.execution_id;
    let now = deps.seams.now();
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let execution = executions::lock(&mut tx, id).await.map_err(missing)?;
    if executions::request_cancel(&mut tx, id, member.user_id, now)
        .await
        .map_err(problem)?
    {
        // `route` ends what is not running; a worker looks at the mark itself.
        let event = ExecutionRequestedV1 { execution_id: id };
        let correlation = &execution.correlation_id;
        tx.emit(message(&deps, member.workspace_id, correlation, &event));
        tx.commit().await.map_err(problem)?;
    }
    let answer = Cancelling {
        execution_id: id,
        status: execution.status,
    };
    Ok((StatusCode::ACCEPTED, axum::Json(answer)))
}

/// 404 in words of this kind; another workspace's looks the same.
pub fn missing(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound => Problem::not_found("There is no such execution in this workspace."),
        other => problem(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_and_junk_does_not() {
        let at = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap();
        let id = ExecutionId(uuid::Uuid::from_u128(7));
        assert_eq!(read_cursor(&write_cursor(at, id)), Some((at, id)));
        for junk in ["", "?", "abc", &URL_SAFE_NO_PAD.encode("1:2")] {
            assert_eq!(read_cursor(junk), None, "{junk:?}");
        }
    }
}
