use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::{Tokens, Usd};
use serde::{Deserialize, Serialize};

use super::{Difference, Kind};

/// What usage is booked under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UsageKey {
    pub provider: String,
    pub model: String,
    /// As the provider counts days: most count in UTC, so ours must be cut the same way.
    pub day: NaiveDate,
    /// What the call was labelled with: a workspace or an execution.
    pub label: String,
}

/// Usage of one key; several rows of a key are summed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    #[serde(flatten)]
    pub key: UsageKey,
    #[serde(flatten)]
    pub measured: Measured,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Measured {
    pub tokens_in: u64,
    pub tokens_out: u64,
    pub cost_usd: Usd,
}

impl Measured {
    pub fn tokens(&self) -> Tokens {
        Tokens {
            input: self.tokens_in,
            output: self.tokens_out,
        }
    }
}

impl std::ops::AddAssign for Measured {
    fn add_assign(&mut self, other: Self) {
        self.tokens_in += other.tokens_in;
        self.tokens_out += other.tokens_out;
        self.cost_usd += other.cost_usd;
    }
}

/// Where our ledger and a provider's differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageReport {
    /// By key, then kind.
    pub differences: Vec<Difference<UsageKey, Measured>>,
    /// The sum of all our rows, and of all theirs.
    pub here: Measured,
    pub there: Measured,
    /// Theirs less ours: positive when the provider will charge more than we booked.
    pub excess_there_usd: Usd,
}

/// Compares our usage with a provider's. Tokens must be equal; costs may differ by `tolerance` a key,
/// since providers round where we do not. Rows of nothing at all (no tokens, no cost) are as good as
/// absent.
pub fn usage(
    here: impl IntoIterator<Item = UsageRow>,
    there: impl IntoIterator<Item = UsageRow>,
    tolerance: Usd,
) -> UsageReport {
    let (ours, here) = summed(here);
    let (theirs, there) = summed(there);
    let keys: BTreeSet<&UsageKey> = ours.keys().chain(theirs.keys()).collect();
    let mut differences = vec![];
    for key in keys {
        let (a, b) = (ours.get(key), theirs.get(key));
        let kinds: Vec<Kind> = match (a, b) {
            (Some(a), Some(b)) => [
                (differs(a, b, tolerance), Kind::AmountDiffers),
                (a.tokens() != b.tokens(), Kind::TokensDiffer),
            ]
            .into_iter()
            .filter_map(|(is, kind)| is.then_some(kind))
            .collect(),
            (Some(_), None) => vec![Kind::MissingThere],
            (None, _) => vec![Kind::MissingHere],
        };
        differences.extend(kinds.into_iter().map(|kind| Difference {
            key: key.clone(),
            kind,
            here: a.copied().into_iter().collect(),
            there: b.copied().into_iter().collect(),
        }));
    }
    UsageReport {
        differences,
        excess_there_usd: there.cost_usd - here.cost_usd,
        here,
        there,
    }
}

fn differs(a: &Measured, b: &Measured, tolerance: Usd) -> bool {
    (a.cost_usd - b.cost_usd).0.abs() > tolerance.0
}

fn summed(rows: impl IntoIterator<Item = UsageRow>) -> (BTreeMap<UsageKey, Measured>, Measured) {
    let mut by_key = BTreeMap::<UsageKey, Measured>::new();
    let mut all = Measured::default();
    for row in rows {
        all += row.measured;
        *by_key.entry(row.key).or_default() += row.measured;
    }
    by_key.retain(|_, measured| *measured != Measured::default());
    (by_key, all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn row(model: &str, label: &str, tokens_in: u64, micros: i64) -> UsageRow {
        UsageRow {
            key: UsageKey {
                provider: "vertex".to_owned(),
                model: model.to_owned(),
                day: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
                label: label.to_owned(),
            },
            measured: Measured {
                tokens_in,
                tokens_out: 1,
                cost_usd: Usd(Decimal::new(micros, 6)),
            },
        }
    }

    #[test]
    fn what_is_missing_and_what_differs() {
        let ours = [
            row("flash", "a", 100, 10),
            row("flash", "b", 100, 10),
            row("flash", "d", 50, 5),
            row("flash", "d", 50, 5),
        ];
        let theirs = [
            row("flash", "c", 7, 2),
            row("flash", "a", 101, 13),
            // One row of what we booked in two, but for the output tokens.
            UsageRow {
                measured: Measured {
                    tokens_in: 100,
                    tokens_out: 2,
                    cost_usd: Usd(Decimal::new(11, 6)),
                },
                ..row("flash", "d", 0, 0)
            },
        ];
        let report = usage(ours, theirs, Usd(Decimal::new(1, 6)));
        let found: Vec<(&str, Kind)> = report
            .differences
            .iter()
            .map(|d| (d.key.label.as_str(), d.kind))
            .collect();
        assert_eq!(
            found,
            [
                ("a", Kind::AmountDiffers),
                ("a", Kind::TokensDiffer),
                ("b", Kind::MissingThere),
                ("c", Kind::MissingHere),
            ]
        );
        // 13 + 2 + 11 less 10 + 10 + 5 + 5.
        assert_eq!(report.excess_there_usd, Usd(Decimal::new(-4, 6)));
        assert_eq!((report.here.tokens_in, report.there.tokens_in), (300, 208));
        assert_eq!(report.differences[3].here, []);
    }

    #[test]
    fn rows_of_nothing_are_as_good_as_absent() {
        let nothing = UsageRow {
            measured: Measured::default(),
            ..row("flash", "a", 0, 0)
        };
        assert_eq!(usage([nothing], [], Usd::ZERO).differences, []);
    }

    fn rows() -> impl Strategy<Value = Vec<UsageRow>> {
        let one = (0u8..2, 0u8..4, 0u64..3, 0i64..4).prop_map(|(model, label, tokens, cost)| {
            row(&model.to_string(), &label.to_string(), tokens, cost)
        });
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn the_other_side_sees_the_same_mirrored(ours in rows(), theirs in rows(), tolerance in 0i64..3) {
            let tolerance = Usd(Decimal::new(tolerance, 6));
            let report = usage(ours.clone(), theirs.clone(), tolerance);
            let mut mirrored = usage(theirs, ours, tolerance);
            for difference in &mut mirrored.differences {
                difference.kind = difference.kind.mirrored();
                std::mem::swap(&mut difference.here, &mut difference.there);
            }
            prop_assert_eq!(&report.differences, &mirrored.differences);
            prop_assert_eq!(report.excess_there_usd, -mirrored.excess_there_usd);
            prop_assert!(report.differences.is_sorted());
        }

        #[test]
        fn the_differences_explain_the_totals(ours in rows(), theirs in rows()) {
            let report = usage(ours, theirs, Usd::ZERO);
            let sum = |accounts: &[Measured]| accounts.iter().map(|m| m.cost_usd).sum::<Usd>();
            let explained: Usd = report.differences.iter()
                .filter(|d| d.kind != Kind::TokensDiffer)
                .map(|d| sum(&d.there) - sum(&d.here))
                .sum();
            prop_assert_eq!(explained, report.excess_there_usd);
        }

        #[test]
        fn an_account_agrees_with_itself_in_any_order(
            (ours, theirs) in rows().prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle())),
        ) {
            prop_assert_eq!(usage(ours, theirs, Usd::ZERO).differences, []);
        }
    }
}
