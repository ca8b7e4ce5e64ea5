//! Money is a decimal with a currency in its type, so dollars and rupees can't be added.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize, Serializer};

macro_rules! money {
    ($(#[$doc:meta])* $name:ident, $scale:literal, $sign:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Decimal);

        impl Serialize for $name {
            /// A decimal in a string, without zeros at its end: the same amount is always the same text.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0.normalize())
            }
        }

        impl $name {
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// Digits kept after the point.
            pub const SCALE: u32 = $scale;

            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            pub fn is_negative(self) -> bool {
                self.0.is_sign_negative() && !self.0.is_zero()
            }

            /// The larger of this and zero.
            pub fn at_least_zero(self) -> Self {
                if self.is_negative() { Self::ZERO } else { self }
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
                all.fold(Self::ZERO, Add::add)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($sign, "{}"), self.0.round_dp($scale))
            }
        }
    };
}

money!(/// US dollars: what models cost. Kept to the micro-dollar.
    Usd, 6, "$");
money!(/// Indian rupees: what customers pay. Kept to the paisa.
    Inr, 2, "₹");

impl Usd {
    /// A cost rounded up to a whole micro-dollar, so that many tiny calls are never free.
    pub fn ceil_micros(self) -> Self {
        Self(
            self.0
                .round_dp_with_strategy(Self::SCALE, RoundingStrategy::ToPositiveInfinity),
        )
    }
}

impl Inr {
    /// Rounded half up to a whole paisa, as Indian tax practice has it.
    pub fn round_paise(self) -> Self {
        Self(
            self.0
                .round_dp_with_strategy(Self::SCALE, RoundingStrategy::MidpointAwayFromZero),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_never_rounded_down_to_nothing() {
        let tiny = Usd("0.0000001".parse().unwrap());
        assert_eq!(tiny.ceil_micros(), Usd("0.000001".parse().unwrap()));
        assert_eq!(
            Usd("0.25".parse().unwrap()).ceil_micros().to_string(),
            "$0.25"
        );
    }

    #[test]
    fn half_a_paisa_goes_up() {
        assert_eq!(
            Inr("1.005".parse().unwrap()).round_paise(),
            Inr("1.01".parse().unwrap())
        );
    }
}
