//! Amounts in rupees, read and written the Indian way.

use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

static MONEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?P<budget>\b(?:budget|spend)\w*\s*(?:of|is|:|=|around|about|under|up\s+to)?\s*)?
      (?P<sign>₹|\brs\.?\s?|\binr\s?)?\s*(?P<number>\d[\d,]*(?:\.\d+)?)\s*
      (?P<unit>(?:lakhs?|lacs?|crores?|cr|thousand|k)\b|लाख|करोड़|हज़ार|हजार)?
      (?P<word>\s*(?:rupees|inr\b|rs\b|/-|रुपये|रुपए))?(?P<later>\s+budget)?",
    )
    .expect("a valid pattern")
});

/// An amount in rupees, as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    pub rupees: Decimal,
    pub budget: bool,
}

/// The amounts a text names. With `percentages` about, a lone large number is one too:
/// `GST on 25,000`.
pub(super) fn amounts(text: &str, percentages: bool) -> Vec<Amount> {
    let mut amounts = Vec::new();
    let mut bare = Vec::new();
    for found in MONEY.captures_iter(text) {
        let Some(number) = decimal(&found["number"]) else {
            continue;
        };
        let whole = found.get(0).expect("group 0 is the match");
        if text[whole.end()..].trim_start().starts_with('%') {
            continue;
        }
        let unit = found.name("unit").map(|unit| unit.as_str().to_lowercase());
        let times = match unit.as_deref() {
            Some(unit) if unit.starts_with("la") || unit == "लाख" => 100_000,
            Some(unit) if unit.starts_with("cr") || unit == "करोड़" => 10_000_000,
            Some(_) => 1_000,
            None => 1,
        };
        let budget = found.name("budget").is_some() || found.name("later").is_some();
        let marked = found.name("sign").is_some() || found.name("word").is_some() || budget;
        let Some(rupees) = number.checked_mul(Decimal::from(times)) else {
            continue;
        };
        if marked || times > 1_000 {
            amounts.push(Amount { rupees, budget });
        } else if rupees >= Decimal::from(100) && found["number"].len() <= 12 {
            bare.push((rupees, found["number"].contains(',')));
        }
    }
    // `GST on 25,000`: with a percentage about, a lone large number is an amount.
    if amounts.is_empty() && percentages {
        let best = bare.iter().max_by_key(|(rupees, comma)| (*comma, *rupees));
        amounts.extend(best.map(|(rupees, _)| Amount {
            rupees: *rupees,
            budget: false,
        }));
    }
    amounts
}

/// A number as Indians and others write it: commas anywhere.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str(text.replace(',', "").trim()).ok()
}
