//! Rupees here, whole paise there.

use domain::Inr;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer};

use crate::Error;

/// The least that PhonePe takes in one payment, refund or debit: ₹1 (both SDKs' documentation).
const LEAST_PAISE: i64 = 100;

/// An amount as the wire has it.
pub(crate) fn outgoing(what: &str, amount: Inr) -> Result<i64, Error> {
    let invalid = |why: &str| Error::Invalid(format!("{what} of ₹{}: {why}", amount.0));
    let paise = amount
        .0
        .checked_mul(Decimal::ONE_HUNDRED)
        .ok_or_else(|| invalid("too large"))?;
    if !paise.is_integer() {
        return Err(invalid("not whole paise"));
    }
    let paise = paise.to_i64().ok_or_else(|| invalid("too large"))?;
    if paise < LEAST_PAISE {
        return Err(invalid("less than ₹1"));
    }
    Ok(paise)
}

/// An amount from the wire.
pub(crate) fn incoming<'de, D: Deserializer<'de>>(from: D) -> Result<Inr, D::Error> {
    Amount::deserialize(from).map(|amount| amount.0)
}

/// One that may be missing or null.
pub(crate) fn incoming_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Inr>, D::Error> {
    Ok(Option::<Amount>::deserialize(from)?.map(|amount| amount.0))
}

struct Amount(Inr);

impl<'de> Deserialize<'de> for Amount {
    /// A whole number of paise, not negative. One page calls an amount a string: digits are taken.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let paise = Digits::deserialize(from)?.whole("an amount in paise")?;
        Ok(Self(Inr(Decimal::new(paise, 2))))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Digits {
    Number(i64),
    Text(String),
}

impl Digits {
    pub(crate) fn whole<E: serde::de::Error>(self, what: &str) -> Result<i64, E> {
        let number = match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.parse().ok(),
        };
        let number = number.filter(|number| *number >= 0);
        number.ok_or_else(|| E::custom(format_args!("expected {what}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    #[test]
    fn only_whole_paise_of_a_rupee_or_more_go_out() {
        assert_eq!(outgoing("x", inr("1")), Ok(100));
        assert_eq!(outgoing("x", inr("1499.50")), Ok(149_950));
        assert_eq!(outgoing("x", inr("1499.5000")), Ok(149_950));
        for wrong in ["0.99", "0", "-5", "10.005", "1e26"] {
            let wrong = Inr(Decimal::from_scientific(wrong)
                .or_else(|_| wrong.parse())
                .unwrap());
            assert!(matches!(outgoing("x", wrong), Err(Error::Invalid(_))));
        }
    }

    #[test]
    fn paise_come_in_as_rupees() {
        let read = |text: &str| serde_json::from_str::<Amount>(text).map(|amount| amount.0);
        assert_eq!(read("149950").unwrap(), inr("1499.5"));
        assert_eq!(read("0").unwrap(), Inr::ZERO);
        assert_eq!(read("\"200\"").unwrap(), inr("2"));
        for wrong in ["1.5", "-100", "null", "\"\"", "true", "1e30"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
