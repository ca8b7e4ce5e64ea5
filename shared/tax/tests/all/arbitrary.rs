//! Whatever can be sold, and to whomever.

use bharat::states::State;
use domain::Inr;
use proptest::prelude::*;
use rust_decimal::Decimal;
use tax::compute::{Item, Recipient};

use crate::{KARNATAKA, MAHARASHTRA, abroad, business, consumer, paise, zone};

fn rates() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(Decimal::from(18)),
        Just(Decimal::from(5)),
        Just(Decimal::new(25, 2)),
        (0i64..=100_000).prop_map(|thousandths| Decimal::new(thousandths, 3)),
    ]
}

pub fn items() -> impl Strategy<Value = Vec<Item>> {
    let one = (1i64..100_000, 0i64..10_000_000_000, 0i64..=100, rates()).prop_map(
        |(thousandths, price, percent, rate_percent)| {
            let quantity = Decimal::new(thousandths, 3);
            let unit_price = paise(price);
            let gross = Inr(quantity * unit_price.0).round_paise();
            Item {
                description: "Things".into(),
                sac: "998314".into(),
                quantity,
                unit_price,
                discount: Inr((gross.0 * Decimal::new(percent, 2))
                    .round_dp(2)
                    .min(gross.0)),
                rate_percent,
            }
        },
    );
    proptest::collection::vec(one, 1..6)
}

pub fn recipients() -> impl Strategy<Value = Recipient<'static>> {
    prop_oneof![
        (0usize..37).prop_map(|at| Recipient {
            state: Some(&State::all()[at]),
            ..consumer("29")
        }),
        Just(business(KARNATAKA)),
        Just(business(MAHARASHTRA)),
        Just(zone(KARNATAKA)),
        Just(abroad()),
    ]
}
