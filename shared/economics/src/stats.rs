//! Statistics over costs, in decimals.

use rust_decimal::Decimal;

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[Decimal]) -> Option<Decimal> {
    let sum: Decimal = values.iter().sum();
    (!values.is_empty()).then(|| sum / Decimal::from(values.len()))
}

/// The middle value, or the mean of the two middle ones; `None` of nothing.
pub fn median(values: &[Decimal]) -> Option<Decimal> {
    let sorted = sorted(values);
    let upper = *sorted.get(sorted.len() / 2)?;
    Some(if sorted.len().is_multiple_of(2) {
        (sorted[sorted.len() / 2 - 1] + upper) / Decimal::TWO
    } else {
        upper
    })
}

/// The median absolute deviation from the median: a spread that less than half of the values, however
/// wild, can't blow up. `None` of nothing.
pub fn median_deviation(values: &[Decimal]) -> Option<Decimal> {
    let centre = median(values)?;
    let deviations: Vec<Decimal> = values.iter().map(|v| (*v - centre).abs()).collect();
    median(&deviations)
}

/// The smallest value that at least `percent` of all values do not exceed (nearest rank), so it is
/// always one that occurred. `percent` above 100 is 100. `None` of nothing.
pub fn percentile(values: &[Decimal], percent: u32) -> Option<Decimal> {
    let sorted = sorted(values);
    let rank = (sorted.len() * percent.min(100) as usize).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

fn sorted(values: &[Decimal]) -> Vec<Decimal> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[i64]) -> Vec<Decimal> {
        values.iter().map(|v| Decimal::from(*v)).collect()
    }

    /// The example of "Median absolute deviation" in Wikipedia: 1, 1, 2, 2, 4, 6, 9 has median 2 and
    /// deviation 1. The example of "Percentile" (nearest rank): 15, 20, 35, 40, 50.
    #[test]
    fn published_examples() {
        let data = of(&[1, 1, 2, 2, 4, 6, 9]);
        assert_eq!(median(&data), Some(2.into()));
        assert_eq!(median_deviation(&data), Some(1.into()));
        let scores = of(&[50, 15, 40, 20, 35]);
        for (percent, value) in [(5, 15), (30, 20), (40, 20), (50, 35), (100, 50)] {
            assert_eq!(
                percentile(&scores, percent),
                Some(value.into()),
                "{percent}"
            );
        }
    }

    #[test]
    fn nothing_has_no_statistics() {
        assert_eq!(mean(&[]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(median_deviation(&[]), None);
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn the_middle_of_an_even_number_lies_between() {
        assert_eq!(median(&of(&[4, 1, 2, 3])), Some(Decimal::new(25, 1)));
        assert_eq!(mean(&of(&[1, 2])), Some(Decimal::new(15, 1)));
    }

    proptest! {
        #[test]
        fn all_lie_within_the_values(values in prop::collection::vec(0i64..1_000_000, 1..50), percent in 0u32..120) {
            let data = of(&values);
            let (least, most) = (data.iter().min().unwrap(), data.iter().max().unwrap());
            for figure in [mean(&data), median(&data), percentile(&data, percent)] {
                let figure = figure.unwrap();
                prop_assert!(*least <= figure && figure <= *most);
            }
        }

        #[test]
        fn one_wild_value_leaves_the_median_deviation_bounded(
            values in prop::collection::vec(0i64..100, 3..40), wild in 1_000_000i64..1_000_000_000,
        ) {
            let mut all = values;
            all.push(wild);
            prop_assert!(median_deviation(&of(&all)).unwrap() <= Decimal::from(100));
        }
    }
}
