//! Numbers of arguments: as numbers, or as texts that people and models write.

use rust_decimal::Decimal;
use serde_json::Value;

/// From a number, or a text with Indian or Western grouping and units: `"25,000.50"`, `"₹4 lakh"`,
/// `"18%"`.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let scientific = |text: &str| Decimal::from_scientific(text).ok();
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            text.parse().ok().or_else(|| scientific(&text))
        }
        Value::String(text) => {
            let text = text.trim().trim_end_matches('%');
            bharat::rupees::parse(text).or_else(|| scientific(text))
        }
        _ => None,
    }
}
