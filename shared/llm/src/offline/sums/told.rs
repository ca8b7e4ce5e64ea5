//! Calculations that sentences call for: the change between two figures, and what a rule gives back.

use std::sync::LazyLock;

use bharat::rupees;
use regex::Regex;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Sum, cell};
use crate::offline::brief::Brief;

static POLICY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(\d+(?:\.\d+)?)\s*(?:%|percent)[^.;]{0,40}\b(?:back|refund|returned)")
        .expect("a valid pattern")
});
static WHICH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:no\.?|number|item|piece)\s*(\d)\b").expect("a valid pattern")
});

/// What a rule of the shop gives back for the item a customer speaks of, where both are said.
pub(super) fn of_policy(brief: &Brief<'_>, sums: &mut Vec<Sum>) {
    let rule = brief
        .statements(&["policies"])
        .find_map(|rule| POLICY.captures(rule));
    let message = brief
        .inputs
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let order = brief.inputs.get("order");
    let items = order
        .and_then(|order| order.get("items"))
        .and_then(Value::as_array);
    let item = match (items, WHICH.captures(message)) {
        (Some(items), Some(which)) => {
            let at: usize = which[1].parse().unwrap_or(0);
            at.checked_sub(1).and_then(|at| items.get(at))
        }
        (Some(items), None) if items.len() == 1 => items.first(),
        (None, _) => order,
        _ => None,
    };
    let paid = item.and_then(|item| cell(item, &["paid", "price", "amount"]));
    if let (Some(rule), Some(paid)) = (rule, paid)
        && let Ok(percent) = rule[1].parse::<Decimal>()
    {
        sums.push(Sum::of(
            "Amount to give back by the rule",
            "percent_of",
            &[("percent", percent), ("of", paid)],
        ));
    }
}

const AMOUNT: &str =
    r"₹?\s*(\d[\d,]*(?:\.\d+)?)\s*(lakhs?|lacs?|crores?|cr|thousand|k|लाख|करोड़)?\s*([a-z%]+)?";
static CHANGES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        format!(r"(?i)\bfrom\s+{AMOUNT}[^.\d]{{0,20}}\bto\s+{AMOUNT}"),
        format!(r"(?i){AMOUNT}\s+se\s+{AMOUNT}"),
        format!(r"(?i)\bwas\s+{AMOUNT}[^.\d]{{0,20}}\b(?:and|to|now|then)\s+{AMOUNT}"),
    ]
    .iter()
    .map(|pattern| Regex::new(pattern).expect("a valid pattern"))
    .collect()
});
static OLD_NEW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)\bnew\b[^.\d]{{0,30}}{AMOUNT}[^.]{{0,30}}\bold\b[^.\d]{{0,20}}{AMOUNT}"
    ))
    .expect("a valid pattern")
});

/// The change between two figures of one thing that a sentence tells.
pub(super) fn change_told(text: &str) -> Option<Sum> {
    let amount = |number: &str, unit: Option<&str>| -> Option<Decimal> {
        let number: Decimal = number.replace(',', "").parse().ok()?;
        match unit {
            Some(unit) => number.checked_mul(rupees::unit(&unit.to_lowercase())?),
            None => Some(number),
        }
    };
    let part = |found: &regex::Captures<'_>, at: usize| {
        amount(
            found.get(at)?.as_str(),
            found.get(at + 1).map(|unit| unit.as_str()),
        )
    };
    let told = CHANGES
        .iter()
        .find_map(|pattern| pattern.captures(text))
        .and_then(|found| {
            let (mut from, to) = (part(&found, 1)?, part(&found, 4)?);
            // `from 39 to 42 lakh`: the unit stands once.
            if found.get(2).is_none()
                && let Some(unit) = found.get(5)
            {
                from = from.checked_mul(rupees::unit(&unit.as_str().to_lowercase())?)?;
            }
            Some((from, to))
        })
        .or_else(|| {
            let found = OLD_NEW.captures(text)?;
            Some((part(&found, 4)?, part(&found, 1)?))
        });
    let (from, to) = told.filter(|(from, to)| !from.is_zero() && from != to)?;
    // Years and days are no figures of the business.
    let dates = |value: Decimal| value > Decimal::from(1_990) && value < Decimal::from(2_100);
    let name = format!("Change from {} to {}", from.normalize(), to.normalize());
    (!(dates(from) && dates(to)))
        .then(|| Sum::of(name, "percent_change", &[("from", from), ("to", to)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<(String, String)> {
        let sum = change_told(text)?;
        let value = |name: &str| sum.values[name].as_str().unwrap().to_owned();
        Some((value("from"), value("to")))
    }

    #[test]
    fn a_change_is_read_from_a_sentence() {
        for (text, from, to) in [
            (
                "Rejection was 7.5 percent in April and 3 percent in October",
                "7.5",
                "3",
            ),
            (
                "sale 42 lakh se 39.5 lakh ho gayi hai",
                "4200000",
                "3950000",
            ),
            ("Sales went from 39 to 42 lakh", "3900000", "4200000"),
            (
                "The new line packs 9 tonnes a day, the old one packed 6",
                "6",
                "9",
            ),
        ] {
            assert_eq!(told(text), Some((from.into(), to.into())), "{text}");
        }
        for text in [
            "from 2024 to 2026",
            "open from 10 in the morning",
            "500 sarees by December",
            "10 to 6",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
