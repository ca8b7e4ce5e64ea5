//! What a step does: prompt, model, tools, and an answer that fits the skill's schema, inside its cost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Usd, WorkspaceId};
use llm::{Control, Delta, OfflineFacts, Request, Response, ToolResult, ToolSpec, Turn};
use serde_json::{Value, json};
use skills::{RenderContext, Skill};
use store::claims::{CallCost, Claim};
use store::events::ExecutionEvent;
use tokio_util::sync::CancellationToken;
use tools::{Bound, ToolContext};

use crate::Deps;
use crate::error::StepError;
use crate::report::Reporter;

/// What running a step came to, and what it cost whatever it came to.
#[derive(Debug)]
pub struct Attempt {
    pub result: Result<Value, StepError>,
    pub calls: Vec<CallCost>,
    pub model: Option<String>,
}

impl Default for Attempt {
    fn default() -> Self {
        let result = Err(StepError::new(
            "step.interrupted",
            "the step was interrupted",
        ));
        Self {
            result,
            calls: vec![],
            model: None,
        }
    }
}

/// Runs the skill of a claim. Ends early when `cancel` is cancelled.
pub async fn execute(
    deps: &Deps,
    workspace: WorkspaceId,
    claim: &Claim,
    cancel: &CancellationToken,
    reporter: Reporter,
) -> Attempt {
    let mut attempt = Attempt::default();
    attempt.result = match prepare(deps, workspace, claim) {
        Ok(mut session) => {
            session
                .run(deps, claim, cancel, &reporter, &mut attempt)
                .await
        }
        Err(error) => Err(error),
    };
    attempt
}

/// A step that can be run: its skill is here, its input fits, its prompt is rendered.
struct Session {
    skill: Arc<Skill>,
    tools: Bound,
    context: ToolContext,
    request: Request,
    delimiter: String,
}

fn prepare(deps: &Deps, workspace: WorkspaceId, claim: &Claim) -> Result<Session, StepError> {
    let skill = deps
        .catalogue
        .get(&claim.skill_id)
        .filter(|skill| skill.hash == claim.skill_hash);
    let skill = skill.cloned().ok_or_else(|| {
        let (id, version) = (&claim.skill_id, &claim.skill_version);
        StepError::new(
            "skill.version_gone",
            format!("{id} {version} changed after this was planned: ask again"),
        )
    })?;
    skill.validate_input(&claim.input).map_err(|violations| {
        StepError::new(
            "input.invalid",
            format!(
                "the input does not fit {}: {}",
                skill.id,
                listed(&violations)
            ),
        )
    })?;
    let delimiter = guard::delimiter(&*deps.seams.ids);
    let today = deps.seams.now().with_timezone(&bharat::ist()).date_naive();
    let rendered = skill
        .render(&RenderContext {
            input: &claim.input,
            prompt: &claim.prompt,
            today: &today.to_string(),
            delimiter: &delimiter,
            prior: &claim.prior,
        })
        .map_err(|error| StepError::new("skill.template", error.to_string()))?;
    let tools = deps
        .tools
        .bind(&skill.tools)
        .map_err(|error| StepError::new("skill.tool_unknown", error.to_string()))?;
    let assessed = guard::injection::assess(&claim.prompt);
    if assessed.is_suspicious() {
        metrics::counter!("injection_suspected_total").increment(1);
        tracing::warn!(execution.id = %claim.execution_id, score = assessed.score, "the prompt looks like an injection");
    }
    let request = Request {
        model: skill.model.clone(),
        system: rendered.system,
        turns: vec![Turn::user(rendered.user)],
        tools: tools
            .specs()
            .map(|spec| ToolSpec {
                name: spec.name.to_owned(),
                description: spec.description.to_owned(),
                parameters: spec.parameters.clone(),
            })
            .collect(),
        output_schema: Some(skill.output_schema.clone()),
        max_output_tokens: skill.max_output_tokens,
        temperature: skill.temperature,
        effort: skill
            .effort
            .as_deref()
            .and_then(|effort| effort.parse().ok()),
        labels: BTreeMap::from([
            ("workspace".to_owned(), workspace.to_string()),
            ("skill".to_owned(), skill.id.replace('.', "-")),
        ]),
        facts: OfflineFacts {
            skill_id: skill.id.clone(),
            prompt: Some(claim.prompt.clone()),
            inputs: claim.input.clone(),
            today,
            ..OfflineFacts::default()
        },
    };
    let context = ToolContext {
        workspace_id: workspace,
        actor_user_id: Some(claim.user_id),
        agent_id: Some(skill.id.clone()),
        execution_id: Some(claim.execution_id),
        step: Some(claim.step),
        correlation_id: Some(claim.correlation_id.clone()),
        seams: deps.seams.clone(),
    };
    Ok(Session {
        skill,
        tools,
        context,
        request,
        delimiter,
    })
}

impl Session {
    async fn run(
        &mut self,
        deps: &Deps,
        claim: &Claim,
        cancel: &CancellationToken,
        reporter: &Reporter,
        attempt: &mut Attempt,
    ) -> Result<Value, StepError> {
        let deadline =
            tokio::time::Instant::now() + Duration::from_secs(u64::from(deps.step_seconds));
        let mut rounds = self.skill.max_steps.max(1);
        let mut repaired = false;
        loop {
            if cancel.is_cancelled() {
                return Err(StepError::new("execution.cancelled", "cancelled"));
            }
            let response = self
                .ask(deps, claim, cancel, deadline, reporter, attempt)
                .await?;
            if !response.tool_calls.is_empty() && !self.request.tools.is_empty() {
                self.request.turns.push(response.turn());
                self.use_tools(deps, claim, cancel, reporter, &response, attempt)
                    .await?;
                rounds -= 1;
                if rounds == 0 {
                    // It has looked enough: now it must answer.
                    self.request.tools.clear();
                }
                continue;
            }
            let problems = match self.read(&response) {
                Ok(output) => return Ok(output),
                Err(problems) => problems,
            };
            if repaired {
                return Err(StepError::new(
                    "output.invalid",
                    format!("the answer does not fit the skill: {problems}"),
                ));
            }
            repaired = true;
            self.request.turns.push(response.turn());
            self.request.turns.push(Turn::user(format!(
                "That answer could not be used: {problems}. Answer again with one JSON object that fits the schema, and nothing else."
            )));
        }
    }

    /// One model call, inside what is left of the step's cost.
    async fn ask(
        &self,
        deps: &Deps,
        claim: &Claim,
        cancel: &CancellationToken,
        deadline: tokio::time::Instant,
        reporter: &Reporter,
        attempt: &mut Attempt,
    ) -> Result<Response, StepError> {
        let spent: Usd = attempt.calls.iter().map(|call| call.cost).sum();
        let left = self.skill.max_cost - spent;
        if left.is_negative() || deps.gateway.upper_bound(&self.request)? > left {
            return Err(StepError::new(
                "budget.step_cap",
                format!(
                    "the next model call could pass the limit of {} for {}; {spent} is spent",
                    self.skill.max_cost, self.skill.id
                ),
            ));
        }
        let step = claim.step;
        let mut sink = |delta: Delta| match delta {
            Delta::Text(note) => reporter.tell(ExecutionEvent::StepProgress { step, note }),
            Delta::ToolCall(_) | Delta::Restarted { .. } => {}
        };
        let control = Control::new(deadline, cancel.clone()).max_cost(left);
        let answered = deps
            .gateway
            .generate(&self.request, &control, &mut sink)
            .await;
        let attempts = match &answered {
            Ok(response) => &response.attempts,
            Err(error) => &error.spent.attempts,
        };
        let at = deps.seams.now();
        attempt.calls.extend(attempts.iter().map(|call| CallCost {
            model: call.model.clone(),
            provider: call.provider.to_string(),
            tokens_input: call.usage.tokens().input,
            tokens_cached: call.usage.cached_input,
            tokens_output: call.usage.tokens().output,
            certainty: match call.usage.certainty {
                llm::Certainty::Reported => "reported",
                llm::Certainty::Estimated => "estimated",
                llm::Certainty::Missing => "missing",
            },
            cost: call.cost,
            at,
        }));
        let response = answered?;
        attempt.model = Some(response.model.clone());
        match &response.finish {
            llm::Finish::Policy(reason) => {
                tracing::warn!(reason, "the answer was stopped by policy");
                Err(StepError::new(
                    "model.policy",
                    "the model's provider stopped the answer by its content policy",
                ))
            }
            llm::Finish::Truncated
                if response.tool_calls.is_empty() && self.read(&response).is_err() =>
            {
                Err(StepError::new(
                    "output.truncated",
                    "the answer was longer than the skill allows",
                ))
            }
            _ => Ok(response),
        }
    }

    /// Makes the calls that the model asked for, and hands it the results as data.
    async fn use_tools(
        &mut self,
        deps: &Deps,
        claim: &Claim,
        cancel: &CancellationToken,
        reporter: &Reporter,
        response: &Response,
        attempt: &mut Attempt,
    ) -> Result<(), StepError> {
        let mut results = Vec::with_capacity(response.tool_calls.len());
        for call in &response.tool_calls {
            let outcome = tokio::select! {
                outcome = self.tools.call(&self.context, &call.name, call.args.clone()) => outcome,
                () = cancel.cancelled() => return Err(StepError::new("execution.cancelled", "cancelled")),
            };
            if !outcome.cost.is_zero() {
                attempt.calls.push(CallCost {
                    model: call.name.clone(),
                    provider: "tool".to_owned(),
                    tokens_input: 0,
                    tokens_cached: 0,
                    tokens_output: 0,
                    certainty: "reported",
                    cost: outcome.cost,
                    at: deps.seams.now(),
                });
            }
            reporter.tell(ExecutionEvent::ToolCalled {
                step: claim.step,
                tool: call.name.clone(),
                ok: outcome.result.is_ok(),
                cost_usd: outcome.cost,
                duration_ms: i64::try_from(outcome.duration.as_millis()).unwrap_or(i64::MAX),
            });
            let is_error = outcome.result.is_err();
            let content = outcome
                .result
                .unwrap_or_else(|error| json!({ "error": error.message, "code": error.code }));
            results.push(ToolResult {
                call_id: call.id.clone(),
                name: call.name.clone(),
                content: self.as_data(deps, &call.name, content),
                is_error,
            });
        }
        self.request.turns.push(Turn::results(results));
        Ok(())
    }

    /// What a tool found was written by strangers: it goes to a model inside a marked block. The offline
    /// model follows no instructions and reads it as it is.
    fn as_data(&self, deps: &Deps, tool: &str, content: Value) -> Value {
        if deps.gateway.is_offline() {
            return content;
        }
        json!({ "output": skills::data_block(tool, &content.to_string(), &self.delimiter) })
    }

    /// The answer as the skill's output, or what is wrong with it.
    fn read(&self, response: &Response) -> Result<Value, String> {
        let text = response.text.trim();
        let text = text
            .strip_prefix("```json")
            .or_else(|| text.strip_prefix("```"))
            .unwrap_or(text);
        let text = text.strip_suffix("```").unwrap_or(text).trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        let output: Value =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        self.skill
            .validate_output(&output)
            .map_err(|violations| listed(&violations))?;
        Ok(output)
    }
}

fn listed(violations: &[skills::Violation]) -> String {
    let lines: Vec<String> = violations
        .iter()
        .take(5)
        .map(|v| format!("{}: {}", v.path, v.message))
        .collect();
    lines.join("; ")
}
