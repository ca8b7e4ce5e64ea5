//! What speaks for a lead, counted: deterministic, and each point has its reason.

use rust_decimal::Decimal;

use super::extract::Extract;
use super::money::rupees;

/// One reason, and the points it gave out of those it could.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signal {
    pub name: &'static str,
    pub points: u32,
    pub of: u32,
    pub text: String,
}

/// Need, budget, time, identity, place and contact; 100 points in all.
pub(super) fn signals(found: &Extract) -> Vec<Signal> {
    let signal = |name, of, text: Option<String>, missing: &str| Signal {
        name,
        of,
        points: if text.is_some() { of } else { 0 },
        text: text.unwrap_or_else(|| missing.to_owned()),
    };
    let need = found
        .quantities
        .first()
        .map(|wanted| format!("wants {} {}", wanted.count, wanted.noun));
    let need = need.or_else(|| {
        found
            .product
            .as_ref()
            .map(|product| format!("is interested in {product}"))
    });
    let budget = found.budget().or(found.amount());
    let budget_text = budget.map(|amount| match per_piece(found) {
        Some(each) => format!(
            "has a budget of {} (about {} a piece)",
            rupees(amount),
            rupees(each)
        ),
        None => format!("has a budget of {}", rupees(amount)),
    });
    let contact = found.phones.first().or(found.emails.first());
    vec![
        signal("need", 25, need, "the need is not stated"),
        signal("budget", 20, budget_text, "no budget is stated"),
        signal(
            "timeline",
            20,
            found
                .deadline
                .as_ref()
                .map(|by| format!("needs it by {by}")),
            "no date is stated",
        ),
        signal(
            "identity",
            15,
            found.names.first().map(|name| format!("is named: {name}")),
            "the buyer is not named",
        ),
        signal(
            "location",
            10,
            found.places.first().map(|place| match place.city {
                Some(city) => format!("is in {city}, {}", place.state.name),
                None => format!("is in {}", place.state.name),
            }),
            "the place is not stated",
        ),
        signal(
            "contact",
            10,
            contact.map(|_| "left contact details".to_owned()),
            "no phone number or email is given",
        ),
    ]
}

pub(super) fn score(signals: &[Signal]) -> u32 {
    signals.iter().map(|signal| signal.points).sum()
}

/// How promising a score is.
pub(super) fn grade(score: u32) -> &'static str {
    match score {
        70.. => "hot",
        40..70 => "warm",
        _ => "cold",
    }
}

/// Words lists of grades use for the same three.
pub(super) fn grade_words(grade: &str) -> &'static [&'static str] {
    match grade {
        "hot" => &[
            "hot",
            "high",
            "qualified",
            "sales_qualified",
            "sql",
            "a",
            "strong",
            "accept",
            "pursue",
            "yes",
        ],
        "warm" => &[
            "warm",
            "medium",
            "nurture",
            "marketing_qualified",
            "mql",
            "b",
            "moderate",
            "maybe",
            "review",
        ],
        _ => &[
            "cold",
            "low",
            "unqualified",
            "disqualified",
            "not_qualified",
            "c",
            "d",
            "weak",
            "reject",
            "no",
        ],
    }
}

/// Budget over quantity, in whole rupees.
pub(super) fn per_piece(found: &Extract) -> Option<Decimal> {
    let count = found
        .quantities
        .first()
        .filter(|quantity| quantity.count > 0)?
        .count;
    Some((found.budget().or(found.amount())? / Decimal::from(count)).round_dp(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_lead_is_hot_and_an_empty_one_cold() {
        let found = Extract::of(
            "Meera Textiles of Surat: lead from Meera Textiles, Surat, wants 500 sarees by December, budget 4 lakh",
        );
        let signals = signals(&found);
        assert_eq!((score(&signals), grade(score(&signals))), (90, "hot"));
        assert!(
            signals[1].text.contains("₹800 a piece"),
            "{}",
            signals[1].text
        );
        let nothing = super::signals(&Extract::default());
        assert_eq!((score(&nothing), grade(0)), (0, "cold"));
        assert_eq!(nothing.iter().map(|signal| signal.of).sum::<u32>(), 100);
    }
}
