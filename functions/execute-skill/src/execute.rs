//! What a step does: its skill, in the very version it was planned with, run on its claim.

use std::sync::Arc;

use domain::WorkspaceId;
use skills::Skill;
use store::claims::Claim;
use store::events::ExecutionEvent;
use tokio_util::sync::CancellationToken;
use tools::ToolContext;

use crate::Deps;
use crate::error::StepError;
use crate::report::Reporter;
use crate::session::{Attempt, Job, News};

/// Runs the skill of a claim. Ends early when `cancel` is cancelled.
pub async fn execute(
    deps: &Deps,
    workspace: WorkspaceId,
    claim: &Claim,
    cancel: &CancellationToken,
    reporter: Reporter,
) -> Attempt {
    let skill = match pinned(deps, claim).await {
        Ok(skill) => skill,
        Err(error) => {
            return Attempt {
                result: Err(error),
                ..Attempt::default()
            };
        }
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
    let job = Job {
        skill,
        prompt: &claim.prompt,
        input: &claim.input,
        prior: &claim.prior,
        context,
    };
    let step = claim.step;
    let tell = |news: News<'_>| {
        reporter.tell(match news {
            News::Text(note) => ExecutionEvent::StepProgress { step, note },
            News::Tool {
                name,
                ok,
                cost,
                duration,
            } => ExecutionEvent::ToolCalled {
                step,
                tool: name.to_owned(),
                ok,
                cost_usd: cost,
                duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
            },
        });
    };
    deps.engine.run(job, cancel, &tell).await
}

async fn pinned(deps: &Deps, claim: &Claim) -> Result<Arc<Skill>, StepError> {
    let (id, version) = (&claim.skill_id, &claim.skill_version);
    let found = deps.shelf.pinned(id, &claim.skill_hash).await;
    let found = found.map_err(|error| {
        tracing::warn!(%error, skill.id = id, "the planned version can't be looked up");
        StepError {
            transient: true,
            ..StepError::new(
                "skill.unavailable",
                format!("{id} {version} can't be read now"),
            )
        }
    })?;
    found.ok_or_else(|| {
        StepError::new(
            "skill.version_gone",
            format!(
                "{id} {version}, with which this was planned, can't be had any more: ask again"
            ),
        )
    })
}
