//! Customary prices: just under a round number, the step growing with the price.

use rust_decimal::Decimal;

/// Below each limit, prices end one rupee under a multiple of the step: 49 and 99 under 1,000; 99 under
/// 10,000; 499 and 999 under a lakh; 999 above.
const STEPS: [(i64, i64); 4] = [(100, 10), (1_000, 50), (10_000, 100), (100_000, 500)];
const LAST_STEP: i64 = 1_000;

/// The nearest price points: the highest that is not above the price, and the lowest that is not below
/// it. None is below 9.
pub(super) fn around(price: Decimal) -> (Option<Decimal>, Decimal) {
    let step = |price: Decimal| {
        let of = STEPS
            .iter()
            .find(|(limit, _)| price < Decimal::from(*limit))
            .map_or(LAST_STEP, |(_, step)| *step);
        Decimal::from(of)
    };
    let one = Decimal::ONE;
    let up = |step: Decimal| ((price + one) / step).ceil() * step - one;
    let wide = step(price);
    let below = ((price + one) / wide).floor() * wide - one;
    // Past the end of its run, the next run's step counts: after 99 comes 149.
    let above = up(step(up(wide)));
    (
        (below > Decimal::ZERO).then_some(below),
        above.max(Decimal::from(9)),
    )
}

/// The nearer of the two; the lower when both are as near.
pub(super) fn nearest(price: Decimal) -> Decimal {
    match around(price) {
        (Some(below), above) if price - below <= above - price => below,
        (_, above) => above,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_end_in_nines() {
        for (price, below, above) in [
            ("4", None, 9),
            ("9", Some(9), 9),
            ("95", Some(89), 99),
            ("99.5", Some(99), 149),
            ("100", Some(99), 149),
            ("640", Some(599), 649),
            ("999", Some(999), 999),
            ("1000", Some(999), 1099),
            ("1250", Some(1199), 1299),
            ("12340", Some(11_999), 12_499),
            ("101000", Some(100_999), 101_999),
        ] {
            let price: Decimal = price.parse().unwrap();
            assert_eq!(
                around(price),
                (below.map(Decimal::from), Decimal::from(above)),
                "{price}"
            );
        }
        assert_eq!(nearest(Decimal::from(640)), Decimal::from(649));
        assert_eq!(nearest(Decimal::from(610)), Decimal::from(599));
        assert_eq!(
            nearest(Decimal::from(624)),
            Decimal::from(599),
            "a tie goes down"
        );
    }
}
