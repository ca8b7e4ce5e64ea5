//! What the calculators worked out, and the figures that were given.

use std::sync::LazyLock;

use bharat::rupees;
use regex::Regex;
use serde_json::{Value, json};

use super::{Shape, text};
use crate::offline::brief::Brief;
use crate::offline::sums;

/// One result of the calculator.
#[derive(Debug, Clone)]
pub(in crate::offline) struct Result {
    pub name: String,
    pub operation: String,
    pub value: String,
    pub unit: String,
    pub formula: String,
}

impl Result {
    /// `₹1,200`, `33.33%`, `125 pieces`
    pub fn written(&self) -> String {
        match self.unit.as_str() {
            "INR" => self
                .value
                .parse()
                .map_or_else(|_| self.value.clone(), rupees::written),
            "percent" => format!("{}%", self.value),
            "times" => format!("{} times", self.value),
            "units" => format!("{} pieces", self.value),
            // Sums of rupees come back without a unit.
            _ if ["price", "amount", "spent", "cost"]
                .iter()
                .any(|word| self.name.to_lowercase().contains(word)) =>
            {
                self.value
                    .parse()
                    .map_or_else(|_| self.value.clone(), rupees::written)
            }
            _ => self.value.clone(),
        }
    }

    /// The result as people say it: `Sales +12.15%`, `7.5 → 3 (-60%)`, `Margin today: 40%`.
    pub fn said(&self) -> String {
        let sign = if self.value.starts_with('-') { "" } else { "+" };
        if let Some(of) = self.name.strip_suffix(": change") {
            return format!("{of} {sign}{}%", self.value);
        }
        if let Some(ends) = self.name.strip_prefix("Change from ") {
            let grouped = |end: &str| {
                end.parse().map_or_else(
                    |_| end.to_owned(),
                    |number| rupees::written(number).replace('₹', ""),
                )
            };
            let ends: Vec<String> = ends.split(" to ").map(grouped).collect();
            return format!("{} ({sign}{}%)", ends.join(" → "), self.value);
        }
        format!("{}: {}", self.name, self.written())
    }
}

pub(in crate::offline) fn all(brief: &Brief<'_>) -> Vec<Result> {
    brief
        .replies("business_calculator")
        .filter_map(|reply| reply.get("results")?.as_array())
        .flatten()
        .map(|result| Result {
            name: text(result, "name").to_owned(),
            operation: text(result, "operation").to_owned(),
            value: text(result, "value").to_owned(),
            unit: text(result, "unit").to_owned(),
            formula: text(result, "formula").to_owned(),
        })
        .collect()
}

/// Every calculation as the tool gave it. What compares two times stands with the figures it compares.
pub(super) fn calculations(brief: &Brief<'_>) -> Vec<Value> {
    all(brief)
        .iter()
        .map(|result| {
            json!({
                "name": result.name, "step": result.name, "what": result.name,
                "operation": result.operation, "value": result.value, "unit": result.unit,
                "formula": result.formula, "basis": result.formula, "assumption": result.formula,
            })
        })
        .collect()
}

static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:₹|rs\.?\s?)\s*\d[\d,.]*(?:\s*(?:lakh|crore|k)\b)?|\d[\d,.]*\s*(?:%|percent\b|lakh\b|crore\b)|\b\d{1,2}(?::\d{2})?\s*(?:am|pm|बजे)|\b\d{1,2}(?:st|nd|rd|th)?\s+(?:january|february|march|april|may|june|july|august|september|october|november|december|दिसंबर|जनवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर)|\b\d[\d,]*(?:\.\d+)?\b")
        .expect("a valid pattern")
});

/// Figures as they were said, each with where it is from.
pub(super) fn figures_said(brief: &Brief<'_>) -> Vec<Value> {
    let record = |said: &str, from: &str| json!({ "said": said, "from": from, "figure": said, "source": from });
    let mut figures: Vec<Value> = all(brief)
        .iter()
        .map(|result| {
            record(
                &result.said(),
                &format!("business_calculator: {}", result.formula),
            )
        })
        .collect();
    for fact in brief.statements(&[]) {
        if FIGURE.is_match(fact) {
            figures.push(record(fact, "as given"));
        }
    }
    for (name, said) in [
        ("price_inr", "usual price"),
        ("discount_percent", "discount"),
    ] {
        if let Some(value) = sums::input(brief, &[name]) {
            let value = if name.ends_with("inr") {
                rupees::written(value)
            } else {
                format!("{}%", value.normalize())
            };
            figures.push(record(&format!("{said}: {value}"), "as given"));
        }
    }
    figures.extend(
        brief
            .given(&["ends_on"])
            .map(|day| record(&format!("till {day}"), "as given")),
    );
    figures
}

/// Given figures beside those of the time before, with the change that the calculator found.
pub(super) fn figures_compared(brief: &Brief<'_>) -> Vec<Value> {
    let results = all(brief);
    let unknown = brief.say("not_known", &[]);
    let rows = brief
        .lists()
        .filter(|(_, rows)| rows.iter().any(|row| row.get("value").is_some()))
        .flat_map(|(_, rows)| rows);
    let mut figures: Vec<Value> = rows
        .map(|row| {
            let name = sums::label(row).unwrap_or_default();
            let change = results.iter().find(|result| result.name == format!("{name}: change"));
            json!({
                "name": name, "unit": text(row, "unit"), "value": row.get("value"), "previous": row.get("previous"),
                "change_percent": change.map(|result| result.value.as_str()),
                "change": change.map(Result::written), "comment": unknown, "note": row.get("note"),
            })
        })
        .collect();
    // Two figures that a sentence told.
    let told = results.iter().filter(|result| {
        result.operation == "percent_change" && result.name.starts_with("Change from")
    });
    for result in told {
        let mut ends = result
            .name
            .trim_start_matches("Change from ")
            .split(" to ")
            .filter_map(|end| end.parse::<f64>().ok());
        let (from, to) = (ends.next(), ends.next());
        figures.push(json!({
            "name": brief.given(&["topic", "about"]).unwrap_or_else(|| "The figure in the request".to_owned()),
            "unit": "as given", "value": to, "previous": from, "change_percent": result.value, "comment": unknown,
        }));
    }
    figures
}

/// An offer for each thing that is to be sold, as far as the calculator priced it.
pub(super) fn offers(brief: &Brief<'_>) -> Vec<Value> {
    let results = all(brief);
    let find = |name: &str, what: &str| {
        results
            .iter()
            .find(|result| result.name.starts_with(&format!("{name}: {what}")))
    };
    let least = sums::input(brief, &["least_margin_percent"]);
    let rows: Vec<&Value> = brief
        .lists()
        .flat_map(|(_, rows)| rows)
        .filter(|row| sums::label(row).is_some())
        .collect();
    let whom = brief
        .found
        .audience
        .clone()
        .unwrap_or_else(|| brief.say("customers", &[]));
    rows.into_iter()
        .take(3)
        .map(|row| {
            let name = sums::label(row).unwrap_or_default();
            let (price, margin) = (find(name, "price after"), find(name, "margin after"));
            let kept = margin.and_then(|margin| margin.value.parse::<rust_decimal::Decimal>().ok());
            let bears = match (kept, least) {
                (Some(kept), Some(least)) => kept >= least,
                (Some(kept), None) => kept > rust_decimal::Decimal::ZERO,
                _ => true,
            };
            let why = match (margin, bears) {
                (Some(margin), true) => format!("It leaves a margin of {}% on the price.", margin.value),
                (Some(margin), false) => format!("The margin would be {}%: below what must remain, so this discount can't be given on it.", margin.value),
                (None, _) => brief.say("not_known", &[]),
            };
            let offer = match price {
                Some(price) if bears => format!("{name}: {}", price.written()),
                _ => format!("{name}: {}", brief.say("usual_price", &[])),
            };
            json!({
                "for_whom": whom, "offer": offer, "why": why, "name": name, "item": name,
                "price_before_inr": row.get("price_inr"), "price_after_inr": price.map(|price| price.value.as_str()),
                "margin_after_percent": margin.map(|margin| margin.value.as_str()),
            })
        })
        .collect()
}

/// A recommended price, where a target was given and the calculator reached it.
pub(super) fn object(brief: &Brief<'_>, shape: &Shape<'_>) -> Option<Value> {
    if !shape.has(&["price_inr", "margin_percent"]) {
        return None;
    }
    let results = all(brief);
    let of = |operation: &str| results.iter().find(|result| result.operation == operation);
    let target = of("price_for_margin");
    let told = sums::input(brief, &["target_margin_percent"]).is_some();
    // Of several readings of a percentage, none is recommended.
    let Some(target) = target.filter(|_| told) else {
        return Some(json!({
            "price_inr": null, "includes_gst": null, "margin_percent": null, "why": brief.say("not_known", &[]),
        }));
    };
    Some(json!({
        "price_inr": target.value, "includes_gst": false,
        "margin_percent": sums::input(brief, &["target_margin_percent"]).map(|margin| margin.normalize().to_string()),
        "why": target.formula,
    }))
}
