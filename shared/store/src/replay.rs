//! Rebuilds an execution from its events. Pure: the same fold explains a past execution to an
//! operator and proves in tests that the log leaves nothing out.

use std::collections::BTreeMap;

use domain::{ExecutionStatus, StepStatus, Tokens, Usd};
use serde::Serialize;
use serde_json::{Value, json};

use crate::events::{ExecutionEvent, Planned};

/// What the log says of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepState {
    pub skill_id: String,
    pub status: StepStatus,
    pub attempt: i32,
    pub output: Option<Value>,
    pub error_code: Option<String>,
    pub model: Option<String>,
    pub cost_usd: Usd,
    pub tokens: Tokens,
}

/// What the log says of an execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExecutionState {
    pub status: ExecutionStatus,
    pub prompt: String,
    pub steps: BTreeMap<i32, StepState>,
    pub output: Option<Value>,
    pub error_code: Option<String>,
    pub cost_usd: Usd,
    pub tokens: Tokens,
    pub cancel_requested: bool,
}

/// `None` before the first event. Events come in order of their `seq`.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a ExecutionEvent>) -> Option<ExecutionState> {
    let mut state: Option<ExecutionState> = None;
    for event in events {
        if let ExecutionEvent::Accepted { prompt, plan, .. } = event {
            let mut accepted = ExecutionState {
                status: ExecutionStatus::Pending,
                prompt: prompt.clone(),
                steps: BTreeMap::new(),
                output: None,
                error_code: None,
                cost_usd: Usd::ZERO,
                tokens: Tokens::default(),
                cancel_requested: false,
            };
            if let Some(plan) = plan {
                accepted.plan(plan);
            }
            state = Some(accepted);
        } else if let Some(state) = &mut state {
            state.apply(event);
        }
    }
    state
}

impl ExecutionState {
    fn plan(&mut self, plan: &Planned) {
        self.status = ExecutionStatus::Queued;
        self.steps = plan
            .steps
            .iter()
            .map(|step| {
                let status = if step.depends_on.is_empty() {
                    StepStatus::Ready
                } else {
                    StepStatus::Waiting
                };
                let state = StepState {
                    skill_id: step.skill_id.clone(),
                    status,
                    attempt: 0,
                    output: None,
                    error_code: None,
                    model: None,
                    cost_usd: Usd::ZERO,
                    tokens: Tokens::default(),
                };
                (step.step, state)
            })
            .collect();
    }

    fn apply(&mut self, event: &ExecutionEvent) {
        match event {
            ExecutionEvent::Accepted { .. }
            | ExecutionEvent::StepProgress { .. }
            | ExecutionEvent::ToolCalled { .. } => {}
            ExecutionEvent::PlanMade(plan) => self.plan(plan),
            ExecutionEvent::StepReady { step } => {
                if let Some(step) = self.steps.get_mut(step) {
                    step.status = StepStatus::Ready;
                }
            }
            ExecutionEvent::StepStarted { step, attempt } => {
                self.status = ExecutionStatus::Running;
                if let Some(step) = self.steps.get_mut(step) {
                    step.status = StepStatus::Running;
                    step.attempt = *attempt;
                }
            }
            ExecutionEvent::StepFinished {
                step,
                status,
                output,
                error_code,
                model,
                cost_usd,
                tokens,
                ..
            } => {
                self.cost_usd += *cost_usd;
                self.tokens = self.tokens + *tokens;
                if let Some(step) = self.steps.get_mut(step) {
                    step.status = *status;
                    step.output.clone_from(output);
                    step.error_code.clone_from(error_code);
                    step.model.clone_from(model);
                    step.cost_usd = *cost_usd;
                    step.tokens = *tokens;
                }
            }
            ExecutionEvent::CancelRequested { .. } => self.cancel_requested = true,
            ExecutionEvent::Finished {
                status, error_code, ..
            } => {
                self.status = *status;
                self.error_code.clone_from(error_code);
                let outputs = self
                    .steps
                    .values()
                    .map(|s| (s.skill_id.as_str(), s.output.as_ref()));
                self.output =
                    (*status == ExecutionStatus::Completed).then(|| final_output(outputs));
            }
        }
    }
}

/// The answer of an execution from those of its steps, in order: the output of the only step, or an
/// object from skill id to output.
pub fn final_output<'a>(steps: impl IntoIterator<Item = (&'a str, Option<&'a Value>)>) -> Value {
    let steps: Vec<_> = steps.into_iter().collect();
    if let [(_, output)] = steps[..] {
        return output.cloned().unwrap_or_default();
    }
    let mut all = serde_json::Map::new();
    for (skill, output) in steps {
        let mut key = skill.to_owned();
        let mut n = 2;
        while all.contains_key(&key) {
            key = format!("{skill} ({n})");
            n += 1;
        }
        all.insert(key, output.cloned().unwrap_or_default());
    }
    json!(all)
}
