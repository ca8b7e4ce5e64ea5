//! What a user got for the money (ANA-03), by a model that is spelt out: hours saved and leads won, at
//! values that the customer states. Nothing is valued that nobody put a value on.

use domain::Inr;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::margin::percent;

/// What an hour and a lead are worth to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// Rupees for an hour of the person who would do the work.
    pub hour: Inr,
    /// Rupees for a lead won, on average.
    pub lead: Inr,
}

/// What a user had from it in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gains {
    pub hours_saved: Decimal,
    pub leads_won: u64,
}

/// `net = time + leads - price`, with what went into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roi {
    pub values: Values,
    pub gains: Gains,
    /// What the user's share of the subscription cost, without GST.
    pub price: Inr,
    /// Hours saved at their value.
    pub time: Inr,
    /// Leads won at theirs.
    pub leads: Inr,
    pub net: Inr,
    /// The net in percent of the price, to 2 places; `None` when nothing was paid.
    pub percent: Option<Decimal>,
}

/// A figure that a customer stated is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hours, leads and what they are worth are from 0 to {MOST} each")]
pub struct OutOfRange;

/// Hours, leads or rupees: beyond any business, and far from where decimals end.
const MOST: u32 = 1_000_000_000;

/// The return over a period. Negative where the gains are below the price.
///
/// # Errors
/// When a value or a gain is negative or beyond a thousand million: they come from customers.
pub fn roi(values: Values, gains: Gains, price: Inr) -> Result<Roi, OutOfRange> {
    let range = Decimal::ZERO..=Decimal::from(MOST);
    let stated = [
        values.hour.0,
        values.lead.0,
        gains.hours_saved,
        gains.leads_won.into(),
    ];
    if !stated.iter().all(|figure| range.contains(figure)) {
        return Err(OutOfRange);
    }
    let time = Inr(values.hour.0 * gains.hours_saved).round_paise();
    let leads = Inr(values.lead.0 * Decimal::from(gains.leads_won)).round_paise();
    let net = time + leads - price;
    Ok(Roi {
        values,
        gains,
        price,
        time,
        leads,
        net,
        percent: percent(net.0, price.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inr(amount: i64) -> Inr {
        Inr(amount.into())
    }

    fn gains(hours: &str, leads_won: u64) -> Gains {
        Gains {
            hours_saved: hours.parse().unwrap(),
            leads_won,
        }
    }

    /// By hand: 12.5 h x 400 + 3 x 1,500 = 9,500; less 2,999 is 6,501, which is 216.77 % of 2,999.
    #[test]
    fn hours_and_leads_against_the_price() {
        let values = Values {
            hour: inr(400),
            lead: inr(1_500),
        };
        let result = roi(values, gains("12.5", 3), inr(2_999)).unwrap();
        assert_eq!(
            (result.time, result.leads, result.net),
            (inr(5_000), inr(4_500), inr(6_501))
        );
        assert_eq!(result.percent, Some("216.77".parse().unwrap()));
    }

    #[test]
    fn nothing_gained_is_all_lost() {
        let values = Values {
            hour: inr(400),
            lead: inr(1_500),
        };
        let result = roi(values, gains("0", 0), inr(2_999)).unwrap();
        assert_eq!(
            (result.net, result.percent),
            (inr(-2_999), Some((-100).into()))
        );
        assert_eq!(roi(values, gains("1", 0), Inr::ZERO).unwrap().percent, None);
    }

    #[test]
    fn figures_nobody_can_have_are_refused() {
        let values = Values {
            hour: inr(400),
            lead: inr(1_500),
        };
        let priceless = Values {
            hour: Inr(Decimal::MAX),
            ..values
        };
        assert_eq!(
            roi(priceless, gains("2", 0), inr(1)).unwrap_err(),
            OutOfRange
        );
        assert!(roi(values, gains("-1", 0), inr(1)).is_err());
        assert!(roi(values, gains("1", u64::MAX), inr(1)).is_err());
    }

    proptest! {
        #[test]
        fn more_gained_is_never_worth_less(
            hour in 0i64..10_000, lead in 0i64..100_000, minutes in 0i64..60_000, leads in 0u64..1000,
            price in 0i64..100_000, more in (0i64..600, 0u64..10),
        ) {
            let values = Values { hour: inr(hour), lead: inr(lead) };
            let of = |minutes, leads_won| {
                roi(values, Gains { hours_saved: Decimal::from(minutes) / Decimal::from(60), leads_won }, inr(price)).unwrap()
            };
            let (less, rather) = (of(minutes, leads), of(minutes + more.0, leads + more.1));
            prop_assert!(less.net <= rather.net);
            prop_assert_eq!(less.net, less.time + less.leads - less.price);
        }
    }
}
