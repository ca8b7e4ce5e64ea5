//! Amounts in rupees, as Indians write them.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::digits;

/// Words after a number, and how many of it they mean.
const UNITS: &[(&str, i64)] = &[
    ("thousand", 1_000),
    ("hazaar", 1_000),
    ("hazar", 1_000),
    ("हज़ार", 1_000),
    ("हजार", 1_000),
    ("lakhs", 100_000),
    ("lakh", 100_000),
    ("lacs", 100_000),
    ("lac", 100_000),
    ("लाख", 100_000),
    ("crores", 10_000_000),
    ("crore", 10_000_000),
    ("करोड़", 10_000_000),
    ("cr", 10_000_000),
    ("k", 1_000),
    ("l", 100_000),
];

/// What may stand around an amount and says only that it is rupees.
const MARKS: &[&str] = &[
    "rupees",
    "rupee",
    "rs.",
    "rs",
    "inr",
    "₹",
    "/-",
    "only",
    "रुपये",
    "रुपए",
];

/// How many a word means, in lower case: `lakh` is 100000.
pub fn unit(word: &str) -> Option<Decimal> {
    UNITS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, times)| Decimal::from(*times))
}

/// A text that is one amount and nothing else: `Rs. 1,25,000/-`, `4 lakh`, `2.5 cr`, `₹५००`. `None`
/// for ranges, sentences and whatever else.
pub fn parse(text: &str) -> Option<Decimal> {
    let mut text = digits::ascii(text).to_lowercase();
    for mark in MARKS {
        text = text.replace(mark, " ");
    }
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.' | '-')))
        .unwrap_or(text.len());
    let (number, word) = text.split_at(end);
    let number: String = number.chars().filter(|c| *c != ',').collect();
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: Decimal = number.parse().ok()?;
    match word.trim() {
        "" => Some(number),
        word => number.checked_mul(unit(word)?),
    }
}

/// `₹4,00,000` or `₹1,250.50`: the last three digits, then pairs; two places where there are any.
pub fn written(amount: Decimal) -> String {
    let text = amount.round_dp(2).normalize().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = match fraction.len() {
        0 => String::new(),
        1 => format!(".{fraction}0"),
        _ => format!(".{fraction}"),
    };
    format!("{}{fraction}", grouped(whole))
}

/// `₹4,00,000.00` or `₹3,538.82`: as [`written`], but always with both places, as on invoices. Parts of
/// a paisa are rounded half up.
pub fn exact(amount: Decimal) -> String {
    let mut amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    amount.rescale(2);
    if amount.is_zero() {
        amount.set_sign_positive(true);
    }
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    format!("{}.{fraction}", grouped(whole))
}

/// A whole number with its sign, the rupee sign and commas.
fn grouped(whole: &str) -> String {
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len() - at;
        if at > 0 && (left == 3 || (left > 3 && left % 2 == 1)) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}₹{grouped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, amount) in [
            ("25000", "25000"),
            ("Rs. 1,25,000/-", "125000"),
            ("₹ 4 lakh", "400000"),
            ("2.5 Cr", "25000000"),
            ("50k", "50000"),
            ("₹५००", "500"),
            ("INR 900.50 only", "900.50"),
            ("-20", "-20"),
            ("३ लाख", "300000"),
        ] {
            assert_eq!(parse(text), Some(amount.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "lakh",
            "10-20",
            "about 5 lakh",
            "5 apples",
            "1.2.3",
            "₹",
            "NaN",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_in_lakhs_and_crores() {
        for (amount, text) in [
            ("0", "₹0"),
            ("999", "₹999"),
            ("1250.5", "₹1,250.50"),
            ("400000", "₹4,00,000"),
            ("-30000000", "-₹3,00,00,000"),
        ] {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!(written(amount), text);
        }
    }

    #[test]
    fn invoices_have_both_places() {
        for (amount, text) in [
            ("3538.82", "₹3,538.82"),
            ("29498.820", "₹29,498.82"),
            ("0", "₹0.00"),
            ("-0.001", "₹0.00"),
            ("0.005", "₹0.01"),
            ("100", "₹100.00"),
            ("1234567.5", "₹12,34,567.50"),
            ("-0.49", "-₹0.49"),
        ] {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!(exact(amount), text);
        }
    }
}
