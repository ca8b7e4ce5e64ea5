//! What a plan will probably cost, by what its skills have cost before.

use std::collections::BTreeMap;

use domain::Usd;
use economics::prediction::{self, Basis, History, Node, Prediction, Role, Settings};
use routing::Plan;
use runtime::Problem;
use serde::Serialize;
use skills::Catalogue;
use store::skill_costs::{self, SkillCosts};
use utoipa::ToSchema;

use crate::{Deps, problem};

/// What the plan will probably cost; `estimate` is what it may cost at most, and what p50_usd and p90_usd are
/// where too little is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Predicted {
    /// formula_usd (the estimate and what retries would add to it, so it is above the estimate), p50_usd,
    /// p90_usd, and the same for each node with its basis: `history` of so many samples, or `estimate` where
    /// they are too few.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    prediction: Prediction,
    /// In words: what the figures rest on.
    note: String,
}

/// Asks how the skills of a plan have gone. 3 round trips.
pub async fn of(deps: &Deps, plan: &Plan, catalogue: &Catalogue) -> Result<Predicted, Problem> {
    let skills: Vec<String> = plan
        .steps
        .iter()
        .map(|step| step.skill_id.clone())
        .collect();
    let mut tx = deps.store.plain().await.map_err(problem)?;
    let known = skill_costs::of(&mut tx, &skills).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let nodes: Vec<Node> = skills
        .into_iter()
        .enumerate()
        .map(|(at, skill_id)| Node {
            role: if at == 0 {
                Role::Primary
            } else {
                Role::Secondary
            },
            // The bound that the skill declares holds its tools and its review too.
            llm_usd: catalogue
                .get(&skill_id)
                .map_or(Usd::ZERO, |skill| skill.max_cost),
            tools_usd: Usd::ZERO,
            skill_id,
        })
        .collect();
    Ok(predict(&nodes, known))
}

fn predict(nodes: &[Node], known: Vec<SkillCosts>) -> Predicted {
    let settings = Settings::default();
    let histories: BTreeMap<String, History> = known
        .into_iter()
        .map(|row| {
            let history = History::of(row.steps, row.attempts, row.recent_usd);
            (row.skill_id, history)
        })
        .collect();
    let prediction = prediction::predict(nodes, &histories, &settings);
    let few = prediction.nodes.iter().filter_map(|node| match node.basis {
        Basis::Estimate { .. } => Some(node.skill_id.as_str()),
        Basis::History { .. } => None,
    });
    let few: std::collections::BTreeSet<&str> = few.collect();
    let note = if few.is_empty() {
        "From what these skills have cost before.".to_owned()
    } else {
        format!(
            "Too few runs are known (fewer than {}) of {}: for these it is the skill's own estimate, which is an upper bound.",
            settings.min_samples,
            Vec::from_iter(few).join(", ")
        )
    };
    Predicted { prediction, note }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        Usd(text.parse().unwrap())
    }

    fn node(skill: &str, llm: &str) -> Node {
        Node {
            role: Role::Primary,
            skill_id: skill.into(),
            llm_usd: usd(llm),
            tools_usd: Usd::ZERO,
        }
    }

    /// Of half of whose steps each cost 0.01, of the rest 0.03.
    fn row(skill: &str, steps: i64, attempts: i64) -> SkillCosts {
        let cost = |at| usd(if at % 2 == 0 { "0.01" } else { "0.03" });
        SkillCosts {
            skill_id: skill.into(),
            steps,
            failures: 0,
            attempts,
            mean_usd: usd("0.02"),
            p50_usd: usd("0.01"),
            p90_usd: usd("0.03"),
            recent_usd: (0..steps).map(cost).collect(),
            updated_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    /// By hand, with the prior of 1 failure in 10: copy took 40 attempts for 30 steps, so 0.10 x (1 + 11/50 x
    /// 0.3) = 0.1066; seo 0.04 x (1 + 1/10 x 0.3) = 0.0412; ads 0.04 x (1 + 1/29 x 0.3) with 1/29 = 0.0345:
    /// 0.040414. The percentiles of those two are their estimates, which they may not exceed: 0.08.
    #[test]
    fn history_replaces_the_estimate_where_there_is_enough_of_it() {
        let nodes = [
            node("copy", "0.10"),
            node("seo", "0.04"),
            node("ads", "0.04"),
        ];
        let known = vec![row("ads", 19, 19), row("copy", 30, 40)];
        let Predicted { prediction, note } = predict(&nodes, known);
        let formula = usd("0.1066") + usd("0.0412") + usd("0.040414");
        assert_eq!(prediction.formula_usd, formula);
        assert_eq!(prediction.p50_usd, usd("0.09"));
        assert_eq!(prediction.p90_usd, usd("0.11"));
        let basis: Vec<Basis> = prediction.nodes.iter().map(|node| node.basis).collect();
        let expected = [
            Basis::History { samples: 30 },
            Basis::Estimate { samples: 0 },
            Basis::Estimate { samples: 19 },
        ];
        assert_eq!(basis, expected);
        assert!(
            note.contains("ads, seo") && !note.contains("copy"),
            "{note}"
        );
    }

    #[test]
    fn with_history_alone_the_note_says_so() {
        let Predicted { note, .. } = predict(&[node("copy", "0.10")], vec![row("copy", 20, 20)]);
        assert!(note.starts_with("From what"), "{note}");
    }
}
