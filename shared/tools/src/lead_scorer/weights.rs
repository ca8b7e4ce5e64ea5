//! Every number of the score, in one place.

use serde_json::{Value, json};

/// Whole points; the factors add up to 100.
pub(super) const NEED: u32 = 20;
pub(super) const BUDGET: u32 = 20;
pub(super) const TIMELINE: u32 = 15;
pub(super) const AUTHORITY: u32 = 10;
pub(super) const QUANTITY: u32 = 10;
pub(super) const CONTACT: u32 = 6;
pub(super) const CONSENT: u32 = 4;
pub(super) const FIT: u32 = 10;
pub(super) const SOURCE: u32 = 5;

/// From this many of 100 on.
pub(super) const HOT: u32 = 75;
pub(super) const WARM: u32 = 40;

/// How many words of the need say something (articles and words like "price" don't), and what that
/// gives. The first line that is reached counts.
pub(super) const NEED_WORDS: [(usize, u32); 3] = [(3, NEED), (1, 14), (0, 6)];

/// The budget in percent of the minimum, and what that gives.
pub(super) const BUDGET_SHARE: [(u32, u32); 5] =
    [(150, BUDGET), (100, 17), (75, 10), (50, 6), (0, 2)];
/// A budget with no minimum to measure it by.
pub(super) const BUDGET_STATED: u32 = 14;

/// Days until it is wanted, at most, and what that gives.
pub(super) const TIMELINE_DAYS: [(u64, u32); 5] =
    [(15, TIMELINE), (30, 13), (60, 10), (90, 8), (180, 5)];
pub(super) const TIMELINE_LATER: u32 = 2;

pub(super) const AUTHORITIES: [(&str, u32); 3] =
    [("owner", AUTHORITY), ("manager", 7), ("staff", 3)];

pub(super) const FITS: [(&str, u32); 3] = [("strong", FIT), ("partial", 5), ("none", 0)];

/// Words in the name of a source, its kind, and what that gives. The first that is found counts.
pub(super) const SOURCES: [(&[&str], &str, u32); 6] = [
    (
        &[
            "referral",
            "referred",
            "reference",
            "repeat",
            "existing",
            "old customer",
        ],
        "comes from a customer",
        SOURCE,
    ),
    (
        &["bought", "purchased", "list", "database", "cold", "scraped"],
        "was taken from a list and did not ask",
        0,
    ),
    (
        &["fair", "exhibition", "expo", "event", "mela"],
        "met us at an event",
        3,
    ),
    (
        &[
            "indiamart",
            "justdial",
            "tradeindia",
            "marketplace",
            "amazon",
            "flipkart",
            "sulekha",
        ],
        "asked on a marketplace, where others are asked too",
        3,
    ),
    (
        &[
            "ad",
            "ads",
            "social",
            "instagram",
            "facebook",
            "google",
            "youtube",
            "linkedin",
            "campaign",
        ],
        "answered an advertisement or a post",
        2,
    ),
    (
        &[
            "walk", "call", "phone", "whatsapp", "website", "email", "enquiry", "inquiry",
        ],
        "asked us directly",
        4,
    ),
];
/// A source of no known kind.
pub(super) const SOURCE_OTHER: u32 = 1;

/// Words of a need that say nothing about what is wanted.
pub(super) const VAGUE: &[&str] = &[
    "a",
    "an",
    "the",
    "some",
    "any",
    "of",
    "for",
    "in",
    "to",
    "and",
    "with",
    "is",
    "are",
    "me",
    "my",
    "i",
    "we",
    "our",
    "us",
    "you",
    "your",
    "please",
    "pls",
    "price",
    "prices",
    "rate",
    "rates",
    "info",
    "information",
    "detail",
    "details",
    "catalogue",
    "catalog",
    "enquiry",
    "inquiry",
    "product",
    "products",
    "item",
    "items",
    "something",
    "want",
    "wants",
    "wanted",
    "need",
    "needs",
    "needed",
    "interested",
    "looking",
    "require",
    "required",
    "requirement",
    "send",
    "know",
    "more",
    "about",
    "ka",
    "ki",
    "ke",
    "chahiye",
    "batao",
    "kya",
    "hai",
    "rs",
    "का",
    "की",
    "के",
    "चाहिए",
    "कीमत",
    "दाम",
    "रेट",
    "है",
];

/// What a reader of a score needs to follow it.
pub(super) fn table() -> Value {
    json!({
        "need": NEED, "budget": BUDGET, "timeline": TIMELINE, "authority": AUTHORITY,
        "quantity": QUANTITY, "contactable": CONTACT, "consent": CONSENT, "fit": FIT,
        "source": SOURCE,
        "grades": { "hot": format!("{HOT} and more"), "warm": format!("{WARM} to {}", HOT - 1), "cold": format!("below {WARM}") },
        "rules": [
            "A lead whose need does not fit what is sold is cold whatever its points.",
            "What is not known gives no points; could_reach is the score with all of it at its best.",
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factors_add_up_to_a_hundred() {
        let all = [
            NEED, BUDGET, TIMELINE, AUTHORITY, QUANTITY, CONTACT, CONSENT, FIT, SOURCE,
        ];
        assert_eq!(all.iter().sum::<u32>(), 100);
    }

    #[test]
    fn better_answers_never_give_less() {
        assert!(NEED_WORDS.is_sorted_by(|one, next| one.0 > next.0 && one.1 > next.1));
        assert!(BUDGET_SHARE.is_sorted_by(|one, next| one.0 > next.0 && one.1 > next.1));
        assert!(TIMELINE_DAYS.is_sorted_by(|one, next| one.0 < next.0 && one.1 > next.1));
        let last = TIMELINE_DAYS.last().map(|(_, points)| *points);
        assert!(last > Some(TIMELINE_LATER));
    }
}
