//! What a plan will cost, before it runs.
//!
//! The formula is ECO-16's, per model call that the plan entails: `llm + tools + llm x retry probability x
//! 0.3`. It is summed over every node that will run, the cascading ones included (secondary skills, the
//! critic, the overseer): a plan's cost is more than its first call. Where a skill has been run often
//! enough, what its runs cost before says more than an estimate, and is used instead.

use std::collections::BTreeMap;

use domain::Usd;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::stats;

/// Why a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What was asked for.
    Primary,
    /// A further skill of the plan.
    Secondary,
    /// Reviews an output.
    Critic,
    /// Watches over the whole.
    Overseer,
}

/// One run of a skill that a plan entails, with its plan's estimate: the most that it may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub role: Role,
    pub skill_id: String,
    /// Model calls.
    pub llm_usd: Usd,
    /// Tools.
    pub tools_usd: Usd,
}

/// How runs of one skill went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub attempts: u64,
    /// Attempts that had to be repeated. At most as many.
    pub failures: u64,
    /// What each finished run cost: all its attempts, models and tools together. In any order.
    pub costs: Vec<Usd>,
}

impl History {
    /// Of `steps` that ended and took so many attempts together. The last attempt of each was not repeated,
    /// whether it went well or not.
    pub fn of(steps: i64, attempts: i64, costs: Vec<Usd>) -> Self {
        Self {
            attempts: attempts.max(0).unsigned_abs(),
            failures: (attempts - steps).max(0).unsigned_abs(),
            costs,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The part of a call's cost that a retry is expected to repeat: 0.3 (most of a prompt is cached).
    pub retry_factor: Decimal,
    /// Failures and attempts that every skill is taken to have had before its first: they matter while
    /// there are few samples, and no longer when there are many.
    pub prior_failures: Decimal,
    pub prior_attempts: Decimal,
    /// Finished runs from which on history replaces the estimate.
    pub min_samples: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry_factor: Decimal::new(3, 1),
            prior_failures: Decimal::ONE,
            prior_attempts: Decimal::TEN,
            min_samples: 20,
        }
    }
}

/// Where the percentiles of a node come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum Basis {
    /// From what this many runs cost.
    History { samples: usize },
    /// The plan's estimate, the most that the node may cost: only this many runs are known.
    Estimate { samples: usize },
}

/// What a plan will cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prediction {
    /// ECO-16's formula over all nodes, from the plan's estimates. It adds to them what retries may, so it is
    /// above them.
    pub formula_usd: Usd,
    /// The sums over the nodes. The 90th percentiles of parts sum to no less than that of the whole when
    /// the parts go up and down together, which is the careful assumption.
    pub p50_usd: Usd,
    pub p90_usd: Usd,
    pub nodes: Vec<NodePrediction>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodePrediction {
    pub role: Role,
    pub skill_id: String,
    /// From 0 to 1, to 4 places.
    pub retry_probability: Decimal,
    pub formula_usd: Usd,
    pub p50_usd: Usd,
    pub p90_usd: Usd,
    #[serde(flatten)]
    pub basis: Basis,
}

/// The chance that an attempt fails and is repeated, from 0 to 1: failures by attempts, both counted on
/// from the prior.
pub fn retry_probability(history: &History, settings: &Settings) -> Decimal {
    let attempts = settings.prior_attempts + Decimal::from(history.attempts);
    if attempts <= Decimal::ZERO {
        return Decimal::ZERO;
    }
    let failures = settings.prior_failures + Decimal::from(history.failures);
    (failures / attempts)
        .clamp(Decimal::ZERO, Decimal::ONE)
        .round_dp(4)
        .normalize()
}

/// ECO-16: one run's models and tools, and what retries add. Up to the micro-dollar.
pub fn formula(node: &Node, retry_probability: Decimal, settings: &Settings) -> Usd {
    let retries = node.llm_usd.0 * retry_probability * settings.retry_factor;
    Usd(node.llm_usd.0 + node.tools_usd.0 + retries).ceil_micros()
}

/// What a plan of these nodes will cost, given how their skills went before.
pub fn predict(
    nodes: &[Node],
    history: &BTreeMap<String, History>,
    settings: &Settings,
) -> Prediction {
    let unknown = History::default();
    let nodes: Vec<NodePrediction> = nodes
        .iter()
        .map(|node| {
            let history = history.get(&node.skill_id).unwrap_or(&unknown);
            predict_node(node, history, settings)
        })
        .collect();
    Prediction {
        formula_usd: nodes.iter().map(|n| n.formula_usd).sum(),
        p50_usd: nodes.iter().map(|n| n.p50_usd).sum(),
        p90_usd: nodes.iter().map(|n| n.p90_usd).sum(),
        nodes,
    }
}

fn predict_node(node: &Node, history: &History, settings: &Settings) -> NodePrediction {
    let retry_probability = retry_probability(history, settings);
    let formula_usd = formula(node, retry_probability, settings);
    let samples = history.costs.len();
    let costs: Vec<Decimal> = history.costs.iter().map(|cost| cost.0).collect();
    let enough = samples >= settings.min_samples;
    // Retries come out of the same bound: it is not exceeded.
    let most = (node.llm_usd + node.tools_usd).ceil_micros();
    let percentile = |percent| {
        stats::percentile(&costs, percent)
            .filter(|_| enough)
            .map_or(most, Usd)
    };
    NodePrediction {
        role: node.role,
        skill_id: node.skill_id.clone(),
        retry_probability,
        formula_usd,
        p50_usd: percentile(50),
        p90_usd: percentile(90),
        basis: if enough && samples > 0 {
            Basis::History { samples }
        } else {
            Basis::Estimate { samples }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Usd {
        Usd(text.parse().unwrap())
    }

    fn node(role: Role, skill: &str, llm: &str, tools: &str) -> Node {
        Node {
            role,
            skill_id: skill.to_owned(),
            llm_usd: usd(llm),
            tools_usd: usd(tools),
        }
    }

    /// By hand: 0.02 + 0.01 + 0.02 x 0.25 x 0.3 = 0.0315.
    #[test]
    fn the_formula() {
        let node = node(Role::Primary, "copy", "0.02", "0.01");
        let cost = formula(&node, "0.25".parse().unwrap(), &Settings::default());
        assert_eq!(cost, usd("0.0315"));
    }

    /// The prior is 1 failure in 10 attempts: 1/10; after 2 of 10 more 3/20; after 300 of 1000 301/1010.
    #[test]
    fn a_few_samples_move_the_probability_a_little() {
        let of = |failures, attempts| {
            let history = History {
                attempts,
                failures,
                costs: vec![],
            };
            retry_probability(&history, &Settings::default()).to_string()
        };
        assert_eq!(of(0, 0), "0.1");
        assert_eq!(of(2, 10), "0.15");
        assert_eq!(of(300, 1000), "0.298");
    }

    #[test]
    fn cascading_nodes_are_counted_and_each_says_what_it_rests_on() {
        let plan = [
            node(Role::Primary, "copy", "0.10", "0.02"),
            node(Role::Critic, "critic", "0.04", "0"),
        ];
        let costs = (1..=20).map(|cents| Usd(Decimal::new(cents, 2))).collect();
        let known = History {
            attempts: 20,
            failures: 2,
            costs,
        };
        let prediction = predict(
            &plan,
            &[("copy".to_owned(), known)].into(),
            &Settings::default(),
        );
        // copy: 3/30 = 0.1: 0.10 + 0.02 + 0.003; critic: 1/10: 0.04 + 0.0012.
        assert_eq!(prediction.formula_usd, usd("0.1642"));
        // Of 0.01 .. 0.20 the tenth and the eighteenth; the critic by its estimate, and no more.
        assert_eq!(prediction.p50_usd, usd("0.14"));
        assert_eq!(prediction.p90_usd, usd("0.22"));
        assert_eq!(prediction.nodes[0].basis, Basis::History { samples: 20 });
        assert_eq!(prediction.nodes[1].basis, Basis::Estimate { samples: 0 });
        let json = serde_json::to_value(&prediction.nodes[1]).unwrap();
        assert_eq!(
            (&json["basis"], &json["role"]),
            (&"estimate".into(), &"critic".into())
        );
    }

    #[test]
    fn too_few_runs_are_not_history() {
        let history = History {
            attempts: 19,
            failures: 0,
            costs: vec![usd("9"); 19],
        };
        let plan = [node(Role::Primary, "copy", "0.10", "0")];
        let prediction = predict(
            &plan,
            &[("copy".to_owned(), history)].into(),
            &Settings::default(),
        );
        assert_eq!(prediction.nodes[0].basis, Basis::Estimate { samples: 19 });
        // 0.10 at most; the formula adds 0.10 x 1/29 x 0.3, where 1/29 is 0.0345.
        assert_eq!(prediction.p90_usd, usd("0.10"));
        assert_eq!(prediction.formula_usd, usd("0.101035"));
    }

    /// 20 steps in 24 attempts: 4 were repeated, also when 2 of the steps failed in the end.
    #[test]
    fn the_last_attempt_of_a_step_is_not_repeated() {
        let history = History::of(20, 24, vec![]);
        assert_eq!((history.attempts, history.failures), (24, 4));
        // (1 + 4) / (10 + 24)
        let probability = retry_probability(&history, &Settings::default());
        assert_eq!(probability.to_string(), "0.1471");
    }

    proptest! {
        #[test]
        fn a_prediction_is_ordered_and_never_below_its_parts(
            llm in 0i64..10_000_000, tools in 0i64..10_000_000,
            attempts in 0u64..1000, failed in 0u64..=100,
            costs in prop::collection::vec(0i64..10_000_000, 0..60),
        ) {
            let micros = |n| Usd(Decimal::new(n, 6));
            let node = Node { role: Role::Primary, skill_id: "s".to_owned(), llm_usd: micros(llm), tools_usd: micros(tools) };
            let failures = attempts * failed / 100;
            let costs = costs.into_iter().map(micros).collect();
            let settings = Settings::default();
            let history = [("s".to_owned(), History { attempts, failures, costs })].into();
            let prediction = predict(std::slice::from_ref(&node), &history, &settings);
            prop_assert!(prediction.p50_usd <= prediction.p90_usd);
            if let Basis::Estimate { .. } = prediction.nodes[0].basis {
                prop_assert!(prediction.p90_usd <= node.llm_usd + node.tools_usd);
            }
            prop_assert!(prediction.formula_usd >= node.llm_usd + node.tools_usd);
            let most = node.llm_usd.0 * Decimal::new(13, 1) + node.tools_usd.0;
            prop_assert!(prediction.formula_usd <= Usd(most).ceil_micros());
            // A plan with the node twice costs twice as much.
            let twice = predict(&[node.clone(), node], &history, &settings);
            prop_assert_eq!(twice.p90_usd, prediction.p90_usd + prediction.p90_usd);
        }
    }
}
