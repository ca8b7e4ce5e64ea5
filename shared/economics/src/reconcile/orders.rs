use std::collections::{BTreeMap, BTreeSet};

use domain::Inr;
use serde::{Deserialize, Serialize};

use super::{Difference, Kind};

/// An order (or refund, or debit) as one side has it. `State` is in our words on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Order<State> {
    pub id: String,
    pub state: State,
    pub amount: Inr,
}

/// How many orders, and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Orders {
    pub count: u64,
    pub amount: Inr,
}

/// Where our orders and the gateway's differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderReport<State: Ord> {
    /// By id, then kind.
    pub differences: Vec<Difference<String, Order<State>>>,
    /// Each side's orders by state; rows that repeat one word for word count once.
    pub here: BTreeMap<State, Orders>,
    pub there: BTreeMap<State, Orders>,
}

/// Compares our orders with the gateway's. A row that comes twice, as pages of a list that overlap bring
/// it, is one. Different rows under one id are ambiguous: which of them counts is for a person to say, and
/// they are not compared further.
pub fn orders<State: Ord + Clone>(
    here: impl IntoIterator<Item = Order<State>>,
    there: impl IntoIterator<Item = Order<State>>,
) -> OrderReport<State> {
    let (ours, here) = by_id(here);
    let (theirs, there) = by_id(there);
    let ids: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let mut differences = vec![];
    for id in ids {
        let rows = |side: &BTreeMap<String, Vec<Order<State>>>| side.get(id).cloned();
        let (a, b) = (
            rows(&ours).unwrap_or_default(),
            rows(&theirs).unwrap_or_default(),
        );
        for kind in kinds(&a, &b) {
            differences.push(Difference {
                key: id.clone(),
                kind,
                here: a.clone(),
                there: b.clone(),
            });
        }
    }
    OrderReport {
        differences,
        here,
        there,
    }
}

/// In the order of [`Kind`].
fn kinds<State: Ord>(here: &[Order<State>], there: &[Order<State>]) -> Vec<Kind> {
    let compared = if let ([a], [b]) = (here, there) {
        (a.state != b.state, a.amount != b.amount)
    } else {
        (false, false)
    };
    [
        (here.is_empty(), Kind::MissingHere),
        (there.is_empty(), Kind::MissingThere),
        (here.len() > 1, Kind::AmbiguousHere),
        (there.len() > 1, Kind::AmbiguousThere),
        (compared.0, Kind::StateDiffers),
        (compared.1, Kind::AmountDiffers),
    ]
    .into_iter()
    .filter_map(|(is, kind)| is.then_some(kind))
    .collect()
}

type Sorted<State> = (BTreeMap<String, Vec<Order<State>>>, BTreeMap<State, Orders>);

fn by_id<State: Ord + Clone>(orders: impl IntoIterator<Item = Order<State>>) -> Sorted<State> {
    let distinct: BTreeSet<Order<State>> = orders.into_iter().collect();
    let mut ids = BTreeMap::<String, Vec<Order<State>>>::new();
    let mut states = BTreeMap::<State, Orders>::new();
    for order in distinct {
        let sum = states.entry(order.state.clone()).or_default();
        sum.count += 1;
        sum.amount += order.amount;
        ids.entry(order.id.clone()).or_default().push(order);
    }
    (ids, states)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn order(id: &str, state: &'static str, paise: i64) -> Order<&'static str> {
        Order {
            id: id.to_owned(),
            state,
            amount: Inr(Decimal::new(paise, 2)),
        }
    }

    #[test]
    fn what_is_missing_ambiguous_or_differs() {
        let ours = [
            order("e", "pending", 100),
            order("a", "captured", 353_882),
            order("b", "pending", 353_882),
            order("c", "captured", 100),
            order("f", "captured", 5),
        ];
        let theirs = [
            order("b", "captured", 353_800),
            order("a", "captured", 353_882),
            // The same row on two pages.
            order("a", "captured", 353_882),
            order("d", "captured", 7),
            order("e", "failed", 100),
            order("f", "captured", 5),
            order("f", "captured", 6),
        ];
        let report = orders(ours, theirs);
        let found: Vec<(&str, Kind)> = report
            .differences
            .iter()
            .map(|d| (d.key.as_str(), d.kind))
            .collect();
        assert_eq!(
            found,
            [
                ("b", Kind::StateDiffers),
                ("b", Kind::AmountDiffers),
                ("c", Kind::MissingThere),
                ("d", Kind::MissingHere),
                ("e", Kind::StateDiffers),
                ("f", Kind::AmbiguousThere),
            ]
        );
        let captured = |count, paise| Orders {
            count,
            amount: Inr(Decimal::new(paise, 2)),
        };
        // 3,538.82 + 1.00 + 0.05; and 3,538.82 + 3,538.00 + 0.07 + 0.05 + 0.06.
        assert_eq!(report.here["captured"], captured(3, 353_987));
        assert_eq!(report.there["captured"], captured(5, 707_700));
    }

    #[test]
    fn a_report_is_json() {
        let report = orders([order("a", "captured", 100)], []);
        assert_eq!(
            serde_json::to_value(report).unwrap(),
            serde_json::json!({
                "differences": [{
                    "key": "a",
                    "kind": "missing_there",
                    "here": [{"id": "a", "state": "captured", "amount": "1"}],
                    "there": [],
                }],
                "here": {"captured": {"count": 1, "amount": "1"}},
                "there": {},
            })
        );
    }

    fn some_orders() -> impl Strategy<Value = Vec<Order<&'static str>>> {
        let one = (
            0u8..6,
            prop::sample::select(vec!["pending", "captured", "failed"]),
            1i64..3,
        )
            .prop_map(|(id, state, paise)| order(&id.to_string(), state, paise));
        prop::collection::vec(one, 0..10)
    }

    proptest! {
        #[test]
        fn the_other_side_sees_the_same_mirrored(ours in some_orders(), theirs in some_orders()) {
            let report = orders(ours.clone(), theirs.clone());
            prop_assert!(report.differences.is_sorted());
            let mut mirrored = orders(theirs, ours);
            for difference in &mut mirrored.differences {
                difference.kind = difference.kind.mirrored();
                std::mem::swap(&mut difference.here, &mut difference.there);
            }
            // Mirroring may swap the kinds of one id.
            mirrored.differences.sort();
            prop_assert_eq!(&report.differences, &mirrored.differences);
            prop_assert_eq!(report.here, mirrored.there);
        }

        #[test]
        fn without_differences_the_sides_are_the_same(ours in some_orders(), theirs in some_orders()) {
            let report = orders(ours.clone(), theirs.clone());
            let set = |orders: Vec<_>| orders.into_iter().collect::<BTreeSet<_>>();
            let unambiguous = report.differences.iter()
                .all(|d| !matches!(d.kind, Kind::AmbiguousHere | Kind::AmbiguousThere));
            if unambiguous {
                prop_assert_eq!(report.differences.is_empty(), set(ours) == set(theirs));
            }
        }

        #[test]
        fn the_order_of_rows_does_not_matter(
            (ours, shuffled) in some_orders().prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle())),
            theirs in some_orders(),
        ) {
            prop_assert_eq!(orders(ours, theirs.clone()), orders(shuffled, theirs));
        }
    }
}
