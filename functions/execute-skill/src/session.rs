//! Running one skill: prompt, model, tools, and an answer that fits the skill's schema, inside its cost.
//! It knows nothing of steps and leases, so that a skill can be run without a database too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Seams, Usd};
use llm::{
    Category, Control, Delta, Gateway, OfflineFacts, Request, Response, ToolResult, ToolSpec, Turn,
};
use serde_json::{Value, json};
use skills::{RenderContext, Skill};
use store::claims::CallCost;
use tokio_util::sync::CancellationToken;
use tools::{Bound, Registry, ToolContext};

use crate::error::StepError;

/// What running skills takes.
#[derive(Clone)]
pub struct Engine {
    pub gateway: Arc<Gateway>,
    pub tools: Arc<Registry>,
    pub seams: Seams,
    /// The longest a run may take.
    pub step_seconds: u32,
}

/// One run.
pub struct Job<'a> {
    pub skill: Arc<Skill>,
    pub prompt: &'a str,
    pub input: &'a Value,
    /// (skill id, output) of the steps before.
    pub prior: &'a [(String, Value)],
    /// On whose behalf tools are called.
    pub context: ToolContext,
}

/// What running a skill came to, and what it cost whatever it came to.
#[derive(Debug)]
pub struct Attempt {
    pub result: Result<Value, StepError>,
    pub calls: Vec<CallCost>,
    pub model: Option<String>,
    /// What was asked for and not sent, because the model does not take it.
    pub dropped: Vec<String>,
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
            dropped: vec![],
        }
    }
}

/// What is told while a skill runs.
#[derive(Debug)]
pub enum News<'a> {
    /// More of the answer.
    Text(String),
    Tool {
        name: &'a str,
        ok: bool,
        cost: Usd,
        duration: Duration,
    },
}

/// Who is told.
pub type Tell<'a> = &'a (dyn Fn(News<'_>) + Send + Sync);

/// A job that can be run: its input fits, its prompt is rendered.
struct Session {
    skill: Arc<Skill>,
    tools: Bound,
    context: ToolContext,
    request: Request,
    delimiter: String,
}

impl Engine {
    /// Runs a job. Ends early when `cancel` is cancelled.
    pub async fn run(&self, job: Job<'_>, cancel: &CancellationToken, tell: Tell<'_>) -> Attempt {
        let mut attempt = Attempt::default();
        attempt.result = match self.prepare(job) {
            Ok(mut session) => session.run(self, cancel, tell, &mut attempt).await,
            Err(error) => Err(error),
        };
        attempt
    }

    fn prepare(&self, job: Job<'_>) -> Result<Session, StepError> {
        let skill = job.skill;
        let input = skill.with_defaults(job.input);
        skill.validate_input(&input).map_err(|violations| {
            StepError::new(
                "input.invalid",
                format!(
                    "the input does not fit {}: {}",
                    skill.id,
                    listed(&violations)
                ),
            )
        })?;
        let delimiter = guard::delimiter(&*self.seams.ids);
        let today = self.seams.now().with_timezone(&bharat::ist()).date_naive();
        let rendered = skill
            .render(&RenderContext {
                input: &input,
                prompt: job.prompt,
                today: &today.to_string(),
                delimiter: &delimiter,
                prior: job.prior,
            })
            .map_err(|error| StepError::new("skill.template", error.to_string()))?;
        let tools = self
            .tools
            .bind(&skill.tools)
            .map_err(|error| StepError::new("skill.tool_unknown", error.to_string()))?;
        let assessed = guard::injection::assess(job.prompt);
        if assessed.is_suspicious() {
            metrics::counter!("injection_suspected_total").increment(1);
            tracing::warn!(execution.id = ?job.context.execution_id, score = assessed.score, "the prompt looks like an injection");
        }
        let request = Request {
            model: skill.model.clone(),
            fallbacks: skill.fallbacks.clone(),
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
                ("workspace".to_owned(), job.context.workspace_id.to_string()),
                ("skill".to_owned(), skill.id.replace('.', "-")),
            ]),
            facts: OfflineFacts {
                skill_id: skill.id.clone(),
                prompt: Some(job.prompt.to_owned()),
                inputs: input,
                today,
                ..OfflineFacts::default()
            },
        };
        Ok(Session {
            skill,
            tools,
            context: job.context,
            request,
            delimiter,
        })
    }
}

impl Session {
    async fn run(
        &mut self,
        engine: &Engine,
        cancel: &CancellationToken,
        tell: Tell<'_>,
        attempt: &mut Attempt,
    ) -> Result<Value, StepError> {
        let deadline =
            tokio::time::Instant::now() + Duration::from_secs(u64::from(engine.step_seconds));
        let mut rounds = self.skill.max_steps.max(1);
        let mut repaired = false;
        loop {
            if cancel.is_cancelled() {
                return Err(StepError::new("execution.cancelled", "cancelled"));
            }
            let response = self.ask(engine, cancel, deadline, tell, attempt).await?;
            if !response.tool_calls.is_empty() && !self.request.tools.is_empty() {
                self.request.turns.push(response.turn());
                self.use_tools(engine, cancel, tell, &response, attempt)
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
        engine: &Engine,
        cancel: &CancellationToken,
        deadline: tokio::time::Instant,
        tell: Tell<'_>,
        attempt: &mut Attempt,
    ) -> Result<Response, StepError> {
        let spent: Usd = attempt.calls.iter().map(|call| call.cost).sum();
        let left = self.skill.max_cost - spent;
        let mut sink = |delta: Delta| match delta {
            Delta::Text(text) => tell(News::Text(text)),
            Delta::ToolCall(_) | Delta::Restarted { .. } => {}
        };
        let control = Control::new(deadline, cancel.clone()).max_cost(left);
        let answered = engine
            .gateway
            .generate(&self.request, &control, &mut sink)
            .await;
        let attempts = match &answered {
            Ok(response) => &response.attempts,
            Err(error) => &error.spent.attempts,
        };
        let at = engine.seams.now();
        attempt.calls.extend(attempts.iter().map(|call| CallCost {
            model: call.model.clone(),
            provider: call.provider.to_string(),
            tokens_input: call.usage.tokens().input,
            tokens_cached: call.usage.cached_input,
            tokens_output: call.usage.tokens().output,
            certainty: call.usage.certainty.as_str(),
            cost: call.cost,
            at,
        }));
        let response = answered.map_err(|error| match error.category {
            Category::OverBudget => StepError::new(
                "budget.step_cap",
                format!(
                    "the next model call could pass the limit of {} for {}; {spent} is spent",
                    self.skill.max_cost, self.skill.id
                ),
            ),
            _ => error.into(),
        })?;
        attempt.model = Some(response.model.clone());
        attempt.dropped.clone_from(&response.dropped);
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
        engine: &Engine,
        cancel: &CancellationToken,
        tell: Tell<'_>,
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
                    at: engine.seams.now(),
                });
            }
            tell(News::Tool {
                name: &call.name,
                ok: outcome.result.is_ok(),
                cost: outcome.cost,
                duration: outcome.duration,
            });
            let is_error = outcome.result.is_err();
            let content = outcome
                .result
                .unwrap_or_else(|error| json!({ "error": error.message, "code": error.code }));
            results.push(ToolResult {
                call_id: call.id.clone(),
                name: call.name.clone(),
                content: self.as_data(engine, &call.name, content),
                is_error,
            });
        }
        self.request.turns.push(Turn::results(results));
        Ok(())
    }

    /// What a tool found was written by strangers: it goes to a model inside a marked block. The offline
    /// model follows no instructions and reads it as it is.
    fn as_data(&self, engine: &Engine, tool: &str, content: Value) -> Value {
        if engine.gateway.is_offline() {
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
