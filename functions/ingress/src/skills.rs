//! The skills a workspace can use.

use axum::extract::State;
use domain::{Tier, Usd};
use runtime::{Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::Deps;
use crate::caller::Member;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SkillsQuery {
    /// Skills of this category only.
    category: Option<String>,
    /// Skills made for India only (true), or the others (false).
    indian_specific: Option<bool>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Serialize, ToSchema)]
pub struct SkillList {
    /// Those the workspace's tier includes.
    skills: Vec<SkillCard>,
    total: usize,
    /// Skill files that have a mistake now: what each last said is served, if it ever was good.
    faults: Vec<SkillFault>,
}

#[derive(Serialize, ToSchema)]
pub struct SkillFault {
    /// `campaign/diwali/SKILL.md`
    file: String,
    line: usize,
    column: usize,
    /// Stable, `unknown-key`.
    code: String,
    message: String,
    last_good_served: bool,
}

#[derive(Serialize, ToSchema)]
pub struct SkillCard {
    id: String,
    version: String,
    /// SHA-256 of its content: an execution keeps the one it was planned with.
    hash: String,
    title: String,
    description: String,
    category: String,
    indian_specific: bool,
    languages: Vec<String>,
    #[schema(value_type = String)]
    min_tier: Tier,
    /// What one run may cost at most.
    #[schema(value_type = String)]
    max_cost_usd: Usd,
    examples: Vec<String>,
    /// JSON Schema of `input`.
    #[schema(value_type = Object)]
    input_schema: Value,
    /// JSON Schema of the answer.
    #[schema(value_type = Object)]
    output_schema: Value,
}

/// The skills that the workspace's tier includes.
#[utoipa::path(get, path = "/agents/skills", tag = "agents", params(SkillsQuery), responses((status = 200, body = SkillList)))]
pub async fn list(
    State(deps): State<Deps>,
    member: Member,
    Query(query): Query<SkillsQuery>,
) -> Result<axum::Json<SkillList>, Problem> {
    let view = deps.shelf.view(member.workspace_id);
    let skills: Vec<SkillCard> = view
        .catalogue
        .iter()
        .filter(|skill| skill.min_tier <= member.tier)
        .filter(|skill| {
            query
                .category
                .as_ref()
                .is_none_or(|wanted| *wanted == skill.category)
        })
        .filter(|skill| {
            query
                .indian_specific
                .is_none_or(|wanted| wanted == skill.indian_focus)
        })
        .map(|skill| SkillCard {
            id: skill.id.clone(),
            version: skill.version.clone(),
            hash: skill.hash.clone(),
            title: skill.title.clone(),
            description: skill.description.clone(),
            category: skill.category.clone(),
            indian_specific: skill.indian_focus,
            languages: skill.languages.clone(),
            min_tier: skill.min_tier,
            max_cost_usd: skill.max_cost,
            examples: skill.examples.clone(),
            input_schema: skill.input_schema.clone(),
            output_schema: skill.output_schema.clone(),
        })
        .collect();
    let faults = deps.shelf.faults().into_iter();
    let faults = faults.map(|fault| SkillFault {
        file: fault.error.file,
        line: fault.error.line,
        column: fault.error.column,
        code: fault.error.code.to_owned(),
        message: fault.error.message,
        last_good_served: fault.last_good_served,
    });
    Ok(axum::Json(SkillList {
        total: skills.len(),
        skills,
        faults: faults.collect(),
    }))
}
