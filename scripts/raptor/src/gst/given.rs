//! Fields of requests, in the ways that programs write them.

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A decimal given as a JSON number or as a string.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let read = match &value {
            Value::String(text) => exact(text),
            // The shortest decimal of a binary number is what was written, up to 15 digits.
            Value::Number(number) => {
                let text = number.to_string();
                text.parse()
                    .or_else(|_| Decimal::from_scientific(&text))
                    .ok()
            }
            _ => None,
        };
        read.map(Self).ok_or_else(|| {
            D::Error::custom(format!("{value} is no number, as in 2999 or \"2999.00\""))
        })
    }
}

/// Digits with at most one point among them, and a minus in front.
fn exact(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let any = digits.bytes().any(|byte| byte.is_ascii_digit());
    (plain && any)
        .then(|| Decimal::from_str_exact(text).ok())
        .flatten()
}

/// A state by its name or its GST code, which may be a JSON number.
#[derive(Debug, Clone)]
pub struct Place(pub String);

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(code) if code.is_u64() => Ok(Self(code.to_string())),
            other => Err(D::Error::custom(format!(
                "{other} is no state, as in \"Karnataka\", \"29\" or 29"
            ))),
        }
    }
}

/// What is null is left out.
pub fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
