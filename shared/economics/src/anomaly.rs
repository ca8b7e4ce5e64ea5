//! Spending that is unlike a workspace's own.
//!
//! Two rules, either of which opens a review. ECO-17's: more than 3 times the mean. It has a hole: one
//! earlier outlier lifts the mean, and hides the next one. So there is a robust one beside it, over the
//! median and the median absolute deviation, which less than half of the values can't move.

use domain::Usd;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::stats;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Times the mean, and times the median, above which spending is reviewed (ECO-17).
    pub factor: Decimal,
    /// Median absolute deviations above the median. 5.19 is 3.5 / 0.6745, the cut-off of Iglewicz and
    /// Hoaglin's modified z-score ("How to Detect and Handle Outliers", 1993).
    pub deviations: Decimal,
    /// Times the median above which a workspace is paused.
    pub pause_factor: Decimal,
    /// Earlier values from which on a workspace is judged by its own.
    pub min_samples: usize,
    /// Up to this nothing is unusual: thrice nearly nothing is nearly nothing.
    pub ignore_below_usd: Usd,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            factor: Decimal::from(3),
            deviations: Decimal::new(519, 2),
            pause_factor: Decimal::TEN,
            min_samples: 7,
            ignore_below_usd: Usd(Decimal::new(50, 2)),
        }
    }
}

/// What an unusual amount calls for. Later is graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody looks at it.
    Review,
    /// The workspace takes no new work until somebody has.
    Pause,
}

/// A limit that the amount exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Times the workspace's mean.
    Mean,
    /// Times the median, and deviations above it.
    Spread,
    /// Times the mean of the tier.
    TierMean,
}

/// What the amount is compared with, with the limits that follow. Whole micro-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum Basis {
    /// The workspace's own earlier values.
    Own {
        samples: usize,
        mean: Usd,
        median: Usd,
        median_deviation: Usd,
        mean_limit: Usd,
        spread_limit: Usd,
        /// `None` when the median is zero: who mostly rests has no usual day to be ten times of.
        pause_limit: Option<Usd>,
    },
    /// Too few of its own: what workspaces of the tier spend on average. It opens reviews only: what
    /// others do is no ground for stopping somebody.
    Tier {
        samples: usize,
        mean: Usd,
        mean_limit: Usd,
    },
    /// Neither is known, so nothing is unusual. The budget's hard limit holds all the same.
    Nothing { samples: usize },
}

/// The verdict on an amount, with the figures it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub current: Usd,
    /// `None`: as usual.
    pub severity: Option<Severity>,
    /// The limits that it exceeded.
    pub rules: Vec<Rule>,
    #[serde(flatten)]
    pub basis: Basis,
}

/// Judges `current` against `earlier` values of the same kind, such as the costs of whole days (without
/// the current one), in any order. `tier_mean` is the mean of the same over workspaces of the tier.
pub fn judge(
    current: Usd,
    earlier: &[Usd],
    tier_mean: Option<Usd>,
    settings: &Settings,
) -> Verdict {
    let basis = basis(earlier, tier_mean, settings);
    let over = |limit: &Usd| current > *limit && current > settings.ignore_below_usd;
    let (limits, pauses) = match &basis {
        Basis::Own {
            mean_limit,
            spread_limit,
            pause_limit,
            ..
        } => (
            vec![(Rule::Mean, mean_limit), (Rule::Spread, spread_limit)],
            pause_limit.as_ref().is_some_and(over),
        ),
        Basis::Tier { mean_limit, .. } => (vec![(Rule::TierMean, mean_limit)], false),
        Basis::Nothing { .. } => (vec![], false),
    };
    let rules: Vec<Rule> = limits
        .into_iter()
        .filter(|(_, limit)| over(limit))
        .map(|(rule, _)| rule)
        .collect();
    let severity = match (pauses, rules.is_empty()) {
        (true, _) => Some(Severity::Pause),
        (false, false) => Some(Severity::Review),
        (false, true) => None,
    };
    Verdict {
        current,
        severity,
        rules,
        basis,
    }
}

fn basis(earlier: &[Usd], tier_mean: Option<Usd>, settings: &Settings) -> Basis {
    let samples = earlier.len();
    let values: Vec<Decimal> = earlier.iter().map(|cost| cost.0).collect();
    let own = (
        stats::mean(&values),
        stats::median(&values),
        stats::median_deviation(&values),
    );
    if let (Some(mean), Some(median), Some(deviation)) = own
        && samples >= settings.min_samples
    {
        let mean_limit = mean * settings.factor;
        // With the factor too: values all alike have no spread, and a cent more would be unusual.
        let spread_limit = (median * settings.factor).max(median + deviation * settings.deviations);
        // Only what every rule finds unusual stops a workspace.
        let pause_limit = (median * settings.pause_factor)
            .max(mean_limit)
            .max(spread_limit);
        let pause_limit = (!median.is_zero()).then_some(pause_limit);
        let micros = |value: Decimal| Usd(value).ceil_micros();
        return Basis::Own {
            samples,
            mean: micros(mean),
            median: micros(median),
            median_deviation: micros(deviation),
            mean_limit: micros(mean_limit),
            spread_limit: micros(spread_limit),
            pause_limit: pause_limit.map(micros),
        };
    }
    match tier_mean {
        Some(mean) => Basis::Tier {
            samples,
            mean,
            mean_limit: Usd(mean.0 * settings.factor).ceil_micros(),
        },
        None => Basis::Nothing { samples },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Usd {
        Usd(text.parse().unwrap())
    }

    fn days(costs: &[&str]) -> Vec<Usd> {
        costs.iter().map(|cost| usd(cost)).collect()
    }

    fn of(current: &str, earlier: &[Usd]) -> Verdict {
        judge(usd(current), earlier, Some(usd("1")), &Settings::default())
    }

    /// Mean 1, median 1, deviation 0: the limits are 3, 3 and 10.
    #[test]
    fn thrice_the_mean_is_reviewed_and_ten_times_paused() {
        let steady = vec![usd("1"); 7];
        assert_eq!(of("3", &steady).severity, None);
        let verdict = of("3.01", &steady);
        assert_eq!(verdict.severity, Some(Severity::Review));
        assert_eq!(verdict.rules, [Rule::Mean, Rule::Spread]);
        assert_eq!(of("10", &steady).severity, Some(Severity::Review));
        assert_eq!(of("10.01", &steady).severity, Some(Severity::Pause));
    }

    /// Nine days of 1 and one of 41: the mean is 5, so 3 times the mean lets 14 pass; the median is 1.
    #[test]
    fn an_earlier_outlier_does_not_hide_the_next() {
        let mut earlier = vec![usd("1"); 9];
        earlier.push(usd("41"));
        let verdict = of("14", &earlier);
        assert_eq!(verdict.severity, Some(Severity::Review));
        assert_eq!(verdict.rules, [Rule::Spread]);
        // Above 15 as well, both agree.
        assert_eq!(of("41", &earlier).severity, Some(Severity::Pause));
    }

    /// 1, 2, 3, 4, 5, 6, 7: median 4, deviations 3 2 1 0 1 2 3, whose median is 2. 4 + 5.19 x 2 = 14.38,
    /// above 3 x 4 = 12, the limit by the mean.
    #[test]
    fn a_verdict_gives_its_figures() {
        let verdict = of("13", &days(&["7", "1", "6", "2", "5", "3", "4"]));
        assert_eq!(verdict.rules, [Rule::Mean]);
        assert_eq!(
            verdict.basis,
            Basis::Own {
                samples: 7,
                mean: usd("4"),
                median: usd("4"),
                median_deviation: usd("2"),
                mean_limit: usd("12"),
                spread_limit: usd("14.38"),
                pause_limit: Some(usd("40")),
            }
        );
        let json = serde_json::to_value(&verdict).unwrap();
        assert_eq!(
            (&json["severity"], &json["basis"]),
            (&"review".into(), &"own".into())
        );
        assert_eq!(json["spread_limit"], "14.38");
    }

    #[test]
    fn a_new_workspace_is_compared_with_its_tier_and_only_reviewed() {
        let verdict = of("100", &days(&["1", "1"]));
        assert_eq!(verdict.severity, Some(Severity::Review));
        assert_eq!(verdict.rules, [Rule::TierMean]);
        assert_eq!(of("3", &[]).severity, None);
        let blind = judge(usd("100"), &[], None, &Settings::default());
        assert_eq!(
            (blind.severity, blind.basis),
            (None, Basis::Nothing { samples: 0 })
        );
    }

    #[test]
    fn small_change_is_never_unusual_and_waking_up_never_stops_anybody() {
        let idle = vec![Usd::ZERO; 30];
        assert_eq!(of("0.50", &idle).severity, None);
        assert_eq!(of("9", &idle).severity, Some(Severity::Review));
    }

    proptest! {
        #[test]
        fn more_is_never_judged_more_mildly(
            earlier in prop::collection::vec(0i64..50_000_000, 0..40),
            tier in prop::option::of(0i64..50_000_000),
            a in 0i64..500_000_000, b in 0i64..500_000_000,
        ) {
            let micros = |n| Usd(Decimal::new(n, 6));
            let earlier: Vec<Usd> = earlier.into_iter().map(micros).collect();
            let judge = |n| judge(micros(n), &earlier, tier.map(micros), &Settings::default());
            let (less, more) = (judge(a.min(b)), judge(a.max(b)));
            prop_assert!(less.severity <= more.severity);
            prop_assert!(less.rules.iter().all(|rule| more.rules.contains(rule)));
            prop_assert_eq!(less.basis, more.basis);
            // A verdict always has a ground.
            prop_assert_eq!(more.severity.is_some(), !more.rules.is_empty());
        }

        #[test]
        fn the_order_of_earlier_days_does_not_matter(
            (ordered, shuffled) in prop::collection::vec(0i64..50_000_000, 0..20)
                .prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle())),
            current in 0i64..500_000_000,
        ) {
            let micros = |n| Usd(Decimal::new(n, 6));
            let judge = |earlier: Vec<i64>| {
                let earlier: Vec<Usd> = earlier.into_iter().map(micros).collect();
                judge(micros(current), &earlier, None, &Settings::default())
            };
            prop_assert_eq!(judge(ordered), judge(shuffled));
        }
    }
}
