use std::sync::Arc;

use domain::Usd;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use skills::{Catalogue, Skill, Violation};

/// Steps that a plan may have.
pub const MAX_STEPS: usize = 5;
/// Seconds that a step usually takes at most; for the estimate a client sees.
const SECONDS_PER_STEP: u32 = 30;

/// What will be run, in what order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub steps: Vec<PlanStep>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanStep {
    pub step: i32,
    pub skill_id: String,
    pub version: String,
    /// SHA-256 of the skill's content: the execution stays with it.
    pub hash: String,
    /// Steps whose outputs this one is given.
    pub depends_on: Vec<i32>,
    pub input: Value,
}

/// An upper bound on what a plan takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub cost_usd: Usd,
    pub seconds: u32,
    pub tokens: u64,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("there is no skill {id:?}{}", nearest(.suggestion))]
    UnknownSkill {
        id: String,
        suggestion: Option<String>,
    },
    #[error("{id} is switched off here: it is used only where its terms of use were agreed to")]
    SwitchedOff { id: String },
    #[error("a plan has 1 to {MAX_STEPS} steps, not {0}")]
    Steps(usize),
    #[error("the input does not fit {skill_id}")]
    Input {
        skill_id: String,
        violations: Vec<Violation>,
    },
}

fn nearest(suggestion: &Option<String>) -> String {
    suggestion
        .as_ref()
        .map_or_else(String::new, |id| format!("; did you mean {id}?"))
}

/// A plan of these skills in this order, each step given the outputs of the one before it. Of `input`,
/// which must be an object, each step gets the properties its skill knows; a property that none of
/// them knows is a violation.
pub fn plan(skills: &[String], catalogue: &Catalogue, input: &Value) -> Result<Plan, PlanError> {
    if skills.is_empty() || skills.len() > MAX_STEPS {
        return Err(PlanError::Steps(skills.len()));
    }
    let skills: Vec<Arc<Skill>> = skills
        .iter()
        .map(|id| find(id, catalogue))
        .collect::<Result<_, _>>()?;
    let empty = Map::new();
    let given = input.as_object().unwrap_or(&empty);
    let unknown: Vec<Violation> = given
        .keys()
        .filter(|key| skills.iter().all(|skill| !knows(skill, key)))
        .map(|key| Violation {
            path: format!("/{key}"),
            message: unknown_property(key, &skills[0]),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(PlanError::Input {
            skill_id: skills[0].id.clone(),
            violations: unknown,
        });
    }
    let steps = skills
        .iter()
        .enumerate()
        .map(|(n, skill)| {
            let own: Map<String, Value> = given
                .iter()
                .filter(|(key, _)| knows(skill, key))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            let input = skill.with_defaults(&json!(own));
            skill
                .validate_input(&input)
                .map_err(|violations| PlanError::Input {
                    skill_id: skill.id.clone(),
                    violations,
                })?;
            let step = i32::try_from(n).expect("a plan is short");
            Ok(PlanStep {
                step,
                skill_id: skill.id.clone(),
                version: skill.version.clone(),
                hash: skill.hash.clone(),
                depends_on: if step == 0 { vec![] } else { vec![step - 1] },
                input,
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Plan { steps })
}

fn find(id: &str, catalogue: &Catalogue) -> Result<Arc<Skill>, PlanError> {
    if catalogue.any(id).is_some_and(|skill| !skill.enabled) {
        return Err(PlanError::SwitchedOff { id: id.to_owned() });
    }
    catalogue.get(id).cloned().ok_or_else(|| {
        let suggestion = catalogue
            .iter()
            .map(|skill| &skill.id)
            .find(|known| crate::text::within(id, known, 3))
            .cloned();
        PlanError::UnknownSkill {
            id: id.to_owned(),
            suggestion,
        }
    })
}

fn knows(skill: &Skill, property: &str) -> bool {
    skill.input_schema["properties"].get(property).is_some()
}

fn unknown_property(key: &str, skill: &Skill) -> String {
    let known: Vec<&String> = skill.input_schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .collect();
    let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
    format!(
        "{key} is not an input of {}; it takes {}",
        skill.id,
        known.join(", ")
    )
}

/// The sum of what the steps may cost at most.
pub fn estimate(plan: &Plan, catalogue: &Catalogue) -> Estimate {
    let skills: Vec<&Arc<Skill>> = plan
        .steps
        .iter()
        .filter_map(|step| catalogue.get(&step.skill_id))
        .collect();
    Estimate {
        cost_usd: skills.iter().map(|skill| skill.max_cost).sum(),
        seconds: SECONDS_PER_STEP * u32::try_from(skills.len()).unwrap_or(u32::MAX),
        tokens: skills
            .iter()
            .map(|skill| u64::from(skill.max_output_tokens) * u64::from(skill.max_steps.max(1)))
            .sum(),
    }
}
