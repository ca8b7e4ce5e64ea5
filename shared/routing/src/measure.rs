//! How well a router chooses, on labelled requests.

use std::collections::BTreeMap;
use std::fmt;

use domain::Tier;
use serde::{Deserialize, Serialize};

use crate::{Ask, Label, Router};

/// A request and what a careful person would choose for it.
#[derive(Debug, Clone, Deserialize)]
pub struct Labelled {
    pub id: String,
    pub text: String,
    /// A skill's id, `abstain` or `multi`.
    pub label: String,
    /// The skills in the order of work; none when nobody should.
    #[serde(default)]
    pub plan: Vec<String>,
}

/// Right answers among all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub right: usize,
    pub all: usize,
}

impl Share {
    fn count(&mut self, right: bool) {
        self.right += usize::from(right);
        self.all += 1;
    }

    pub fn of(self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }
}

/// What a set of labelled requests says of a router.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Requests for one skill that were given it.
    pub top1: Share,
    /// Requests for one skill that had it among the first three candidates.
    pub top3: Share,
    /// Requests for none that were refused.
    pub abstention: Share,
    /// Requests for several that were given the same ones.
    pub several: Share,
    /// The same, in the same order.
    pub in_order: Share,
    /// Of the choices it was sure of, those that were right.
    pub confident: Share,
    /// (wanted, got) -> how often.
    #[serde(skip)]
    pub confusion: BTreeMap<(String, String), usize>,
    /// One line for each that went wrong.
    #[serde(skip)]
    pub wrong: Vec<String>,
}

/// Asks the router each request, as the highest tier.
pub fn measure(router: &Router, requests: &[Labelled]) -> Figures {
    let mut figures = Figures::default();
    for request in requests {
        let decision = router.route(&Ask {
            text: &request.text,
            tier: Tier::Enterprise,
            locale: None,
        });
        let got = decision.label.name().to_owned();
        let plan = decision.skills();
        let right = match request.label.as_str() {
            "abstain" => {
                let right = got == "abstain";
                figures.abstention.count(right);
                right
            }
            "multi" => {
                let (mut wanted, mut had) = (request.plan.clone(), plan.to_vec());
                figures.in_order.count(wanted == had);
                wanted.sort_unstable();
                had.sort_unstable();
                figures.several.count(wanted == had);
                wanted == had
            }
            wanted => {
                let among = |most: usize| {
                    let best = decision.candidates.iter().take(most);
                    best.clone().any(|candidate| candidate.skill_id == wanted)
                };
                figures.top1.count(got == wanted);
                figures.top3.count(got == wanted || among(3));
                got == wanted
            }
        };
        if decision.confident && !matches!(decision.label, Label::Abstain { .. }) {
            figures.confident.count(right);
        }
        *figures
            .confusion
            .entry((request.label.clone(), got.clone()))
            .or_default() += 1;
        if !right {
            let best: Vec<String> = decision
                .candidates
                .iter()
                .take(3)
                .map(|c| format!("{} {:.2} {:?}", c.skill_id, c.score, c.why))
                .collect();
            figures.wrong.push(format!(
                "{} wanted {} {:?}, got {got} {plan:?}: {}\n      {}",
                request.id,
                request.label,
                request.plan,
                request.text,
                best.join("; ")
            ));
        }
    }
    figures
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, share) in [
            ("top-1", self.top1),
            ("top-3", self.top3),
            ("abstention recall", self.abstention),
            ("several, as a set", self.several),
            ("several, in order", self.in_order),
            ("right when confident", self.confident),
        ] {
            writeln!(
                f,
                "{name:<22}{:>7.3}  ({} of {})",
                share.of(),
                share.right,
                share.all
            )?;
        }
        writeln!(f, "\nwanted                    got (and how often)")?;
        let mut row = "";
        for ((wanted, got), count) in &self.confusion {
            if row == wanted {
                write!(f, ", ")?;
            } else {
                if !row.is_empty() {
                    writeln!(f)?;
                }
                write!(f, "{wanted:<26}")?;
                row = wanted;
            }
            write!(f, "{got} {count}")?;
        }
        writeln!(f)
    }
}
