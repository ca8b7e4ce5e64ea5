//! Whether a workspace uses its agents for what they are not for: general coding, a chat for everybody,
//! a model resold (ECO-18). From counts alone; no text is read here.
//!
//! Some signs decide by themselves, others are ordinary on their own (an agency may well run one skill
//! all day) and count only together. What follows from a verdict is a review, not a punishment.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The intent class of requests that were refused because they are not marketing work.
pub const OUT_OF_SCOPE: &str = "out_of_scope";

/// What a workspace did in a window of time, such as a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests by intent class, refused ones included.
    pub intents: BTreeMap<String, u64>,
    /// Requests in which the guard found an injection or another attack.
    pub guard_hits: u64,
    /// Near-duplicates of an earlier prompt in the busiest hour.
    pub near_duplicates_an_hour: u64,
    /// Runs by skill.
    pub skills: BTreeMap<String, u64>,
}

/// When a count is a sign. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Refusals out of scope: at least so many, and at least this share of all requests. A user who tries
    /// what is possible makes a few.
    pub out_of_scope: u64,
    pub out_of_scope_share: Decimal,
    /// Guard hits: at least so many, and at least this share of all requests. Text pasted from the web
    /// trips the guard now and then.
    pub guard_hits: u64,
    pub guard_hits_share: Decimal,
    /// Near-duplicate prompts in an hour: more than somebody types.
    pub near_duplicates_an_hour: u64,
    /// Runs of one skill: at least this share of at least so many runs.
    pub one_skill_share: Decimal,
    pub one_skill_runs: u64,
    /// The weight of signs from which on the use is off purpose.
    pub off_purpose_weight: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            out_of_scope: 20,
            out_of_scope_share: Decimal::new(5, 1),
            guard_hits: 10,
            guard_hits_share: Decimal::new(1, 1),
            near_duplicates_an_hour: 60,
            one_skill_share: Decimal::new(95, 2),
            one_skill_runs: 200,
            off_purpose_weight: 2,
        }
    }
}

/// A sign, with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// Decides by itself.
    OutOfScope { refused: u64, requests: u64 },
    /// Decides by itself.
    GuardHits { hits: u64, requests: u64 },
    /// Counts with another.
    NearDuplicates { an_hour: u64 },
    /// Counts with another.
    OneSkill {
        skill_id: String,
        runs: u64,
        all_runs: u64,
    },
}

impl Reason {
    pub fn weight(&self) -> u32 {
        match self {
            Self::OutOfScope { .. } | Self::GuardHits { .. } => 2,
            Self::NearDuplicates { .. } | Self::OneSkill { .. } => 1,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub off_purpose: bool,
    /// Every sign that was seen, also where they don't suffice.
    pub reasons: Vec<Reason>,
}

/// Whether what a workspace did in a window is off purpose.
pub fn judge(counts: &Counts, thresholds: &Thresholds) -> Verdict {
    let requests: u64 = counts.intents.values().sum();
    let refused = counts.intents.get(OUT_OF_SCOPE).copied().unwrap_or(0);
    let hits = counts.guard_hits;
    let all_runs: u64 = counts.skills.values().sum();
    // The first by name of those that ran most, so that the answer is always the same.
    let top = counts
        .skills
        .iter()
        .max_by(|(a, x), (b, y)| x.cmp(y).then(b.cmp(a)));

    let mut reasons = vec![];
    if refused >= thresholds.out_of_scope.max(1)
        && is_share(refused, requests, thresholds.out_of_scope_share)
    {
        reasons.push(Reason::OutOfScope { refused, requests });
    }
    if hits >= thresholds.guard_hits.max(1) && is_share(hits, requests, thresholds.guard_hits_share)
    {
        reasons.push(Reason::GuardHits { hits, requests });
    }
    if counts.near_duplicates_an_hour >= thresholds.near_duplicates_an_hour.max(1) {
        let an_hour = counts.near_duplicates_an_hour;
        reasons.push(Reason::NearDuplicates { an_hour });
    }
    if let Some((skill_id, &runs)) = top
        && all_runs >= thresholds.one_skill_runs.max(1)
        && is_share(runs, all_runs, thresholds.one_skill_share)
    {
        let skill_id = skill_id.clone();
        reasons.push(Reason::OneSkill {
            skill_id,
            runs,
            all_runs,
        });
    }
    let weight: u32 = reasons.iter().map(Reason::weight).sum();
    Verdict {
        off_purpose: !reasons.is_empty() && weight >= thresholds.off_purpose_weight,
        reasons,
    }
}

fn is_share(part: u64, whole: u64, share: Decimal) -> bool {
    Decimal::from(part) >= Decimal::from(whole) * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(in_scope: u64, out_of_scope: u64) -> Counts {
        Counts {
            intents: [
                ("content".to_owned(), in_scope),
                (OUT_OF_SCOPE.to_owned(), out_of_scope),
            ]
            .into(),
            ..Counts::default()
        }
    }

    fn judge(counts: &Counts) -> Verdict {
        super::judge(counts, &Thresholds::default())
    }

    #[test]
    fn mostly_refused_work_is_off_purpose() {
        let verdict = judge(&counts(20, 20));
        assert!(verdict.off_purpose);
        assert_eq!(
            verdict.reasons,
            [Reason::OutOfScope {
                refused: 20,
                requests: 40
            }]
        );
        // Too few to tell, and a small share of much.
        assert!(!judge(&counts(0, 19)).off_purpose);
        assert!(!judge(&counts(21, 20)).off_purpose);
    }

    #[test]
    fn attacks_are_off_purpose() {
        let mut used = counts(100, 0);
        used.guard_hits = 9;
        assert!(judge(&used).reasons.is_empty());
        used.guard_hits = 10;
        assert!(judge(&used).off_purpose);
        used.intents.insert("research".to_owned(), 1);
        assert!(!judge(&used).off_purpose);
    }

    #[test]
    fn one_skill_or_repetition_alone_is_work_but_both_are_resale() {
        let mut used = counts(1000, 0);
        used.skills = [("copy".to_owned(), 950), ("seo".to_owned(), 50)].into();
        let alone = judge(&used);
        assert!(!alone.off_purpose);
        assert_eq!(
            alone.reasons,
            [Reason::OneSkill {
                skill_id: "copy".to_owned(),
                runs: 950,
                all_runs: 1000
            }]
        );
        used.near_duplicates_an_hour = 60;
        let both = judge(&used);
        assert!(both.off_purpose);
        assert_eq!(both.reasons[0], Reason::NearDuplicates { an_hour: 60 });
    }

    #[test]
    fn an_idle_workspace_does_nothing_wrong_under_any_thresholds() {
        let none = Thresholds {
            out_of_scope: 0,
            guard_hits: 0,
            near_duplicates_an_hour: 0,
            one_skill_runs: 0,
            off_purpose_weight: 0,
            ..Thresholds::default()
        };
        assert!(!super::judge(&Counts::default(), &none).off_purpose);
    }

    proptest! {
        #[test]
        fn more_of_the_same_never_clears(
            in_scope in 0u64..200, out in 0u64..200, hits in 0u64..50, duplicates in 0u64..200,
            top in 0u64..500, rest in 0u64..50,
            more in (0u64..50, 0u64..50, 0u64..50),
        ) {
            let mut used = counts(in_scope, out);
            used.guard_hits = hits;
            used.near_duplicates_an_hour = duplicates;
            used.skills = [("copy".to_owned(), top), ("seo".to_owned(), rest)].into();
            let before = judge(&used);
            // Requests in scope turn into refused ones; hits and duplicates grow.
            let turned = more.0.min(in_scope);
            used.intents = counts(in_scope - turned, out + turned).intents;
            used.guard_hits += more.1;
            used.near_duplicates_an_hour += more.2;
            let after = judge(&used);
            prop_assert!(after.off_purpose || !before.off_purpose);
            prop_assert!(after.reasons.len() >= before.reasons.len());
        }
    }
}
