//! Accepting work. A request that one skill clearly answers is planned here and goes straight to the
//! workers; any other is accepted with a hold that covers the dearest candidate, and `route` plans it.
//!
//! Hot path: no query before the one transaction of [`store::submit`] (3 round trips, 1 durable commit).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use domain::billing::Access;
use domain::{CorrelationId, ExecutionId, ExecutionStatus, Priority, Role, Usd};
use events::{ExecutionRequestedV1, StepReadyV1};
use routing::{Ask, Candidate, Decision, Estimate, Intent, Label, Plan, PlanError};
use runtime::{Json, Problem, context};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use shelf::View;
use skills::Catalogue;
use store::events::Planned;
use store::submit::{Submission, Submitted};
use utoipa::ToSchema;

use crate::caller::Member;
use crate::prediction::{self, Predicted};
use crate::{Deps, message, problem};

/// Characters.
const LONGEST_PROMPT: usize = 8_000;
/// A request that is this likely nobody's work is refused at once; one that is less likely gets a closer
/// look.
const CLEARLY_OUTSIDE: f64 = 0.8;
/// An unfinished execution's hold is looked into after this.
const HOLD: TimeDelta = TimeDelta::hours(1);
const KEY: &str = "idempotency-key";
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What to do: a prompt, or a skill by its id, or both.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Execute {
    /// In words, at most 8,000 characters.
    #[serde(default)]
    #[schema(example = "Plan a Diwali campaign for my handloom store in Jaipur")]
    prompt: Option<String>,
    /// Runs this skill, whatever the prompt.
    #[serde(default)]
    #[schema(example = "campaign.diwali")]
    skill_id: Option<String>,
    /// What the skill's input schema asks for.
    #[serde(default = "nothing", alias = "input_data", deserialize_with = "object")]
    #[schema(value_type = Object)]
    input: Value,
    /// realtime, standard or batch; the first skill's own when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "standard")]
    priority: Option<Priority>,
}

fn nothing() -> Value {
    json!({})
}

fn object<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    Map::deserialize(from).map(Value::Object)
}

/// An execution that was accepted.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    #[schema(value_type = String, format = Uuid)]
    execution_id: ExecutionId,
    /// queued when its plan is made, pending while one is being made.
    #[schema(value_type = String)]
    status: ExecutionStatus,
    /// What it may cost at most; reserved in this month's budget until it ends.
    #[schema(value_type = String, example = "0.03")]
    estimated_cost_usd: Usd,
    /// What it may take at most, when its plan is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_seconds: Option<u32>,
    /// Skills in order, when they are known.
    skills: Vec<String>,
    /// Where its events are streamed.
    events: String,
}

/// What would be run, and why.
#[derive(Serialize, ToSchema)]
pub struct Outline {
    /// Null when nothing fits or a closer look is needed.
    #[schema(value_type = Option<Object>)]
    plan: Option<Plan>,
    /// Upper bounds: cost_usd, seconds, tokens.
    #[schema(value_type = Option<Object>)]
    estimate: Option<Estimate>,
    /// What it will probably cost, by history.
    prediction: Option<Predicted>,
    /// Whether this plan would run as it stands; otherwise a model takes a closer look first.
    confident: bool,
    /// Skills that fit, best first, with the words that speak for them.
    #[schema(value_type = Vec<Object>)]
    candidates: Vec<Candidate>,
    /// What the request is about: area, complexity 1 to 10, data it needs, urgency, market.
    #[schema(value_type = Object)]
    intent: Intent,
    /// Why there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What the router makes of a request.
enum Choice {
    /// Runs as it stands.
    Clear(Plan, Estimate, Value),
    /// Needs a closer look; holds this much meanwhile.
    Open(Usd),
}

/// Accepts work and answers at once.
#[utoipa::path(post, path = "/agents/execute", tag = "agents", request_body = Execute,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters. The same request with the same key is accepted once.")),
    responses((status = 202, body = Accepted), (status = 402, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn execute(
    State(deps): State<Deps>,
    member: Member,
    headers: HeaderMap,
    Json(body): Json<Execute>,
) -> Result<Response, Problem> {
    member.require(Role::Operator)?;
    let key = idempotency_key(&headers)?;
    let prompt = check(&body)?;
    let view = deps.shelf.view(member.workspace_id);
    let decision = decide(&view, &member, &body, prompt)?;
    let priority = body.priority.unwrap_or_else(|| {
        let first = decision.skills().first();
        let skill = first.and_then(|id| view.catalogue.get(id));
        skill.map_or(Priority::Standard, |skill| skill.priority)
    });
    let choice = choose(&view, &body, prompt, decision)?;
    deps.limits.execution(&deps, member.user_id, member.tier)?;

    let id = ExecutionId(deps.seams.uuid());
    let now = deps.seams.now();
    let correlation = context::correlation_id().unwrap_or_else(|| CorrelationId::from(id.0));
    let workspace = member.workspace_id;
    let (plan, hold, seconds, messages) = match choice {
        Choice::Clear(plan, estimate, why) => {
            let ready = plan.steps.iter().filter(|step| step.depends_on.is_empty());
            let messages = ready
                .map(|step| {
                    let event = StepReadyV1 {
                        execution_id: id,
                        step: step.step,
                        skill_id: step.skill_id.clone(),
                        priority,
                    };
                    message(&deps, workspace, &correlation, &event)
                })
                .collect();
            (
                Some(service::planned(plan, why)),
                estimate.cost_usd,
                Some(estimate.seconds),
                messages,
            )
        }
        Choice::Open(hold) => {
            let event = ExecutionRequestedV1 { execution_id: id };
            let requested = message(&deps, workspace, &correlation, &event);
            (None, hold, None, vec![requested])
        }
    };
    let skills: Vec<String> = plan
        .iter()
        .flat_map(|plan| &plan.steps)
        .map(|step| step.skill_id.clone())
        .collect();
    let status = if plan.is_some() {
        ExecutionStatus::Queued
    } else {
        ExecutionStatus::Pending
    };
    let hash = key.map(|_| fingerprint(&body));
    let submission = Submission {
        id,
        user_id: member.user_id,
        prompt,
        skill_id: body.skill_id.as_deref(),
        input: &body.input,
        priority,
        plan,
        hold,
        correlation_id: &correlation,
        idempotency: key.zip(hash.as_ref().map(|hash| &hash[..])),
        messages,
        now,
        hold_expires_at: now + HOLD,
        due_at: now + service::DUE,
    };
    let tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let submitted = store::submit::submit(tx, submission)
        .await
        .map_err(problem)?;
    let accepted = Accepted {
        execution_id: id,
        status,
        estimated_cost_usd: hold,
        estimated_seconds: seconds,
        skills,
        events: events_of(id),
    };
    match submitted {
        Submitted::Accepted => {
            metrics::counter!("executions_accepted_total", "priority" => priority.as_str())
                .increment(1);
            Ok((StatusCode::ACCEPTED, axum::Json(accepted)).into_response())
        }
        Submitted::Replayed(first) => replayed(&deps, &member, first).await,
        Submitted::KeyReused => Err(key_reused()),
        Submitted::NoAccess(access) => Err(no_access(access)),
        Submitted::OverBudget(budget) => Err(over_budget(&budget, hold)),
    }
}

/// What would be run for a request, what it may cost, and why. Nothing is run or reserved.
#[utoipa::path(post, path = "/agents/plan", tag = "agents", request_body = Execute,
    responses((status = 200, body = Outline), (status = 422, body = Problem)))]
pub async fn plan(
    State(deps): State<Deps>,
    member: Member,
    Json(body): Json<Execute>,
) -> Result<axum::Json<Outline>, Problem> {
    let prompt = check(&body)?;
    let view = deps.shelf.view(member.workspace_id);
    let decision = decide(&view, &member, &body, prompt)?;
    let (plan, reason) = match &decision.label {
        Label::Abstain { reason } | Label::Unclear { reason } => (None, Some(reason.clone())),
        _ => (
            Some(make(&view.catalogue, decision.skills(), &body.input)?),
            None,
        ),
    };
    let estimate = plan
        .as_ref()
        .map(|plan| routing::estimate(plan, &view.catalogue));
    let prediction = match &plan {
        Some(plan) => Some(prediction::of(&deps, plan, &view.catalogue).await?),
        None => None,
    };
    let intent = Intent::of(prompt, decision.skills(), &view.catalogue);
    Ok(axum::Json(Outline {
        intent,
        prediction,
        plan,
        estimate,
        confident: decision.confident,
        candidates: decision.candidates,
        reason,
    }))
}

/// The prompt, when the request makes sense on its own.
fn check(body: &Execute) -> Result<&str, Problem> {
    let prompt = body.prompt.as_deref().unwrap_or_default().trim();
    let refused = Problem::validation("The request can't be understood.");
    if prompt.is_empty() && body.skill_id.is_none() {
        return Err(refused.field("prompt", "missing", "say what to do, or name a skill_id"));
    }
    let length = prompt.chars().count();
    if length > LONGEST_PROMPT {
        let message = format!("{length} characters; at most {LONGEST_PROMPT}");
        return Err(refused.field("prompt", "too_long", message));
    }
    for (field, nul) in [
        ("prompt", prompt.contains('\0')),
        ("input", has_nul(&body.input)),
    ] {
        if nul {
            return Err(refused.field(field, "invalid", "the character U+0000 can't be stored"));
        }
    }
    Ok(prompt)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(KEY) else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if (1..=255).contains(&key.len()) {
        return Ok(Some(key));
    }
    Err(
        Problem::validation("The Idempotency-Key can't be used.").field(
            "Idempotency-Key",
            "invalid",
            "expected 1 to 255 printable ASCII characters",
        ),
    )
}

pub fn key_reused() -> Problem {
    Problem::conflict("This Idempotency-Key was used for another request: choose a new one.")
        .code("idempotency.key_reused")
}

/// Which skills: the one named, or the router's choice.
fn decide(view: &View, member: &Member, body: &Execute, prompt: &str) -> Result<Decision, Problem> {
    let ask = Ask {
        text: prompt,
        tier: member.tier,
        locale: None,
    };
    let Some(id) = &body.skill_id else {
        return Ok(view.router().route(&ask));
    };
    if let Some(skill) = view.catalogue.get(id)
        && skill.min_tier > member.tier
    {
        return Err(Problem::forbidden(format!(
            "{id} needs the {} plan or a higher one; this workspace has {}.",
            skill.min_tier, member.tier
        ))
        .code("tier.required"));
    }
    let label = Label::Skill(id.clone());
    Ok(Decision {
        candidates: vec![],
        outside: 0.0,
        label,
        confident: true,
    })
}

fn choose(
    view: &View,
    body: &Execute,
    prompt: &str,
    decision: Decision,
) -> Result<Choice, Problem> {
    if decision.confident {
        let plan = make(&view.catalogue, decision.skills(), &body.input)?;
        let estimate = routing::estimate(&plan, &view.catalogue);
        let intent = Intent::of(prompt, decision.skills(), &view.catalogue);
        let why =
            json!({ "intent": intent, "estimate": estimate, "candidates": decision.candidates });
        return Ok(Choice::Clear(plan, estimate, why));
    }
    if let Label::Abstain { reason } = &decision.label
        && decision.outside >= CLEARLY_OUTSIDE
    {
        return Err(Problem::validation(reason.clone()).code("request.out_of_scope"));
    }
    let costs = decision
        .candidates
        .iter()
        .filter_map(|candidate| Some(view.catalogue.get(&candidate.skill_id)?.max_cost));
    Ok(Choice::Open(costs.max().unwrap_or(Usd::ZERO)))
}

fn make(catalogue: &Catalogue, skills: &[String], input: &Value) -> Result<Plan, Problem> {
    routing::plan(skills, catalogue, input).map_err(|error| match error {
        PlanError::UnknownSkill { .. } => {
            let message = error.to_string();
            Problem::validation(format!("{message}; GET /v1/agents/skills lists them."))
                .code("skill.unknown")
                .field("skill_id", "unknown", message)
        }
        PlanError::SwitchedOff { .. } => Problem::validation(error.to_string())
            .code("skill.switched_off")
            .field("skill_id", "switched_off", error.to_string()),
        PlanError::Input { ref violations, .. } => violations.iter().fold(
            Problem::validation(format!("{error}.")).code("request.input_invalid"),
            |problem, violation| {
                let path = format!("input{}", violation.path.replace('/', "."));
                problem.field(path, "invalid", violation.message.clone())
            },
        ),
        PlanError::Steps(_) => Problem::validation(error.to_string()),
    })
}

/// The same request gives the same bytes, however it was written.
fn fingerprint(body: &Execute) -> [u8; 32] {
    let canonical = serde_json::to_vec(body).expect("a parsed request is plain data");
    Sha256::digest(canonical).into()
}

async fn replayed(deps: &Deps, member: &Member, id: ExecutionId) -> Result<Response, Problem> {
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let execution = store::executions::get(&mut tx, id).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let plan: Option<Planned> = execution
        .plan
        .and_then(|plan| serde_json::from_value(plan).ok());
    let steps = plan.map(|plan| plan.steps).unwrap_or_default();
    let accepted = Accepted {
        execution_id: id,
        status: execution.status,
        estimated_cost_usd: execution.estimate_usd,
        estimated_seconds: None,
        skills: steps.into_iter().map(|step| step.skill_id).collect(),
        events: events_of(id),
    };
    let headers = [(REPLAYED, HeaderValue::from_static("true"))];
    Ok((StatusCode::ACCEPTED, headers, axum::Json(accepted)).into_response())
}

fn events_of(id: ExecutionId) -> String {
    format!("/v1/executions/{id}/events")
}

/// Why a workspace may not run or pay.
pub fn no_access(access: Access) -> Problem {
    match access {
        Access::Paused => Problem::forbidden(
            "This workspace is stopped while its use is looked into: write to support.",
        )
        .code("workspace.paused"),
        Access::ReadOnly | Access::Full => Problem::new(
            StatusCode::PAYMENT_REQUIRED,
            "subscription.read_only",
            "This workspace is not paid for: everything can be read, nothing run.",
        ),
    }
}

fn over_budget(budget: &store::budgets::Budget, hold: Usd) -> Problem {
    let tokens_out = budget
        .limit_tokens
        .is_some_and(|limit| budget.spent_tokens >= limit);
    Problem::budget_exceeded(if tokens_out {
        format!(
            "This month's {} tokens are used up. The limit is renewed on the first of next month (IST), or take a higher plan.",
            budget.limit_tokens.unwrap_or_default()
        )
    } else {
        format!(
            "This may cost {hold}, and {} of this month's {} is left ({} spent, {} reserved for running work). \
             Wait for running work, or take a higher plan.",
            budget.remaining_usd(),
            budget.limit_usd,
            budget.spent_usd,
            budget.held_usd
        )
    })
}
