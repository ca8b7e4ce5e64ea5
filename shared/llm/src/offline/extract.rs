//! What a sentence and its inputs say outright: amounts, places, dates, names. Nothing is guessed
//! that the words don't carry.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::money::{self, Amount, decimal};
use super::vocabulary::{CHANNELS, FESTIVALS, NO_GOODS, NO_NAMES, STOP};
use bharat::cities::{self, Place, word_at};
use bharat::states::State;

/// `500 sarees`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    pub count: u64,
    pub noun: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Extract {
    pub amounts: Vec<Amount>,
    pub percentages: Vec<Decimal>,
    pub quantities: Vec<Quantity>,
    pub places: Vec<Place>,
    pub from: Option<&'static State>,
    pub to: Option<&'static State>,
    pub festival: Option<&'static str>,
    pub urls: Vec<String>,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub names: Vec<String>,
    /// `handloom store`
    pub business: Option<String>,
    /// `handloom`, `sarees`
    pub product: Option<String>,
    /// `women aged 25 to 40`
    pub audience: Option<String>,
    /// `December`, `15 December 2026`, `2026-12-15`
    pub deadline: Option<String>,
    pub channels: Vec<&'static str>,
}

macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("a valid pattern"));
    };
}

pattern!(PERCENT, r"(?i)(\d+(?:\.\d+)?)\s*(?:%|per\s?cent|प्रतिशत)");
pattern!(QUANTITY, r"(?i)\b(\d[\d,]*)\s+((?:[a-z]+\s)?[a-z]{3,})\b");
pattern!(URL, r#"(?i)\bhttps?://[^\s<>"'\])}]+"#);
pattern!(
    DOMAIN,
    r"(?i)\b(?:www\.)?[a-z0-9][a-z0-9-]*\.(?:com|in|co\.in|org|net|store|shop|io)\b(?:/[^\s,;]*)?"
);
pattern!(EMAIL, r"(?i)\b[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}\b");
pattern!(PHONE, r"(?:\+91[\s-]?|\b0)?\b[6-9]\d{4}[\s-]?\d{5}\b");
pattern!(
    BUSINESS,
    r"(?i)\b(?:my|our|a|an|the|for|new|mer[ie]|hamar[ie]|apn[ie])\s+((?:[a-z'-]+\s+){1,3}?(?:duka+n|store|shop|business|brand|boutique|company|restaurant|cafe|café|bakery|salon|clinic|startup|studio|hotel|factory|firm|agency|gym|school|showroom|outlet|mart|workshop|farm|label|collective|institute|pharmacy|hospital))\b"
);
pattern!(
    BUSINESS_HINDI,
    r"(?:मेरी|मेरे|हमारी|हमारे|अपनी|अपने)\s+((?:\S+\s+){1,2}?(?:दुकान|स्टोर|बुटीक|व्यवसाय|कंपनी|ब्रांड))"
);
pattern!(
    PRODUCT_FOR,
    r"(?i)\b(?:campaign|ads?|posts?|marketing|launch|promotion|plan|strategy)\s+(?:for|of|about)\s+(?:my|our|the|a|an|some)?\s*([a-z][a-z' -]{2,40}?)\s*(?:\b(?:in|at|from|to|by|with|on|for|this|before|during|under|targeting)\b|[.,;:!?]|$)"
);
pattern!(
    AUDIENCE,
    r"(?i)\b(?:targeting|aimed\s+at|audience\s*(?:is|:)?|target\s+(?:audience|customers?)\s*(?:is|are|:)?)\s+([^.,;!?\n]{3,60})"
);
pattern!(
    DEADLINE,
    r"(?i)\b(?:by|before|until|till|within)\s+((?:the\s+)?(?:(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b(?:\s+\d{1,2}(?:st|nd|rd|th)?)?(?:,?\s+\d{4})?|end\s+of\s+\w+|next\s+\w+|this\s+\w+|tomorrow|\d+\s+(?:days?|weeks?|months?)|\d{4}-\d{2}-\d{2}|\d{1,2}[/-]\d{1,2}[/-]\d{2,4}))"
);
pattern!(ISO_DATE, r"\b\d{4}-\d{2}-\d{2}\b");
pattern!(
    NAME,
    r"\b\p{Lu}[\p{L}&'’]*(?:\s+(?:\p{Lu}[\p{L}&'’]*|&|and\s+\p{Lu}\p{L}+))*"
);

impl Extract {
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let mut found = Self {
            percentages: numbers(&PERCENT, text),
            urls: urls(text),
            emails: all(&EMAIL, text),
            phones: all(&PHONE, text),
            places: cities::named_in(text),
            audience: capture(&AUDIENCE, text),
            deadline: capture(&DEADLINE, text).or_else(|| all(&ISO_DATE, text).into_iter().next()),
            business: capture(&BUSINESS, text)
                .or_else(|| capture(&BUSINESS_HINDI, text))
                .map(|business| without_articles(&business)),
            ..Self::default()
        };
        found.festival = FESTIVALS
            .iter()
            .filter_map(|(name, words)| {
                let at = words
                    .iter()
                    .filter_map(|word| word_at(&lower, word))
                    .min()?;
                Some((at, *name))
            })
            .min()
            .map(|(_, name)| name);
        for (word, name) in CHANNELS {
            if word_at(&lower, word).is_some() && !found.channels.contains(name) {
                found.channels.push(name);
            }
        }
        found.amounts = money::amounts(text, !found.percentages.is_empty());
        found.take_quantities(text);
        found.take_direction(&lower);
        found.take_names(text);
        found.product = found.guess_product(text);
        found
    }

    pub fn budget(&self) -> Option<Decimal> {
        self.amounts
            .iter()
            .find(|amount| amount.budget)
            .map(|amount| amount.rupees)
    }

    /// The amount a calculation is about: the first that is no budget, else the first.
    pub fn amount(&self) -> Option<Decimal> {
        let plain = self.amounts.iter().find(|amount| !amount.budget);
        plain.or(self.amounts.first()).map(|amount| amount.rupees)
    }

    pub fn city(&self) -> Option<&'static str> {
        self.places.iter().find_map(|place| place.city)
    }

    pub fn state(&self) -> Option<&'static State> {
        self.places.first().map(|place| place.state)
    }

    /// What is the same wherever it is written: addresses, places, contacts. Amounts, names and goods are
    /// about what they stand beside.
    pub fn take_plain(&mut self, other: &Self) {
        self.urls.clone_from(&other.urls);
        self.emails.clone_from(&other.emails);
        self.phones.clone_from(&other.phones);
        self.places.clone_from(&other.places);
        self.festival = self.festival.or(other.festival);
        self.channels.clone_from(&other.channels);
        self.from = self.from.or(other.from);
        self.to = self.to.or(other.to);
        if self.percentages.is_empty() {
            self.percentages.clone_from(&other.percentages);
        }
    }

    fn take_quantities(&mut self, text: &str) {
        for found in QUANTITY.captures_iter(text) {
            let words: Vec<String> = found[2].split_whitespace().map(str::to_lowercase).collect();
            if NO_GOODS.contains(&words[0].as_str()) {
                continue;
            }
            let known: Vec<_> = words
                .into_iter()
                .take_while(|word| {
                    !STOP.contains(&word.as_str()) && !NO_GOODS.contains(&word.as_str())
                })
                .collect();
            let count = found[1].replace(',', "").parse().ok();
            if let (Some(count), false) = (count, known.is_empty()) {
                self.quantities.push(Quantity {
                    count,
                    noun: known.join(" "),
                });
            }
        }
    }

    /// `from Rajasthan to Maharashtra`; in Hindi the place comes first.
    fn take_direction(&mut self, lower: &str) {
        for place in &self.places {
            let before = lower[..place.at.min(lower.len())].trim_end();
            if before.ends_with(" from") || before.ends_with("seller in") || before == "from" {
                self.from.get_or_insert(place.state);
            } else if before.ends_with(" to")
                || before.ends_with("buyer in")
                || before.ends_with("customer in")
            {
                self.to.get_or_insert(place.state);
            }
        }
        let mut states: Vec<&'static State> = Vec::new();
        for place in &self.places {
            if !states.iter().any(|state| state.code == place.state.code) {
                states.push(place.state);
            }
        }
        if self.from.is_none() && self.to.is_none() {
            self.from = states.first().copied();
            self.to = states.get(1).copied();
        }
        let within = ["within ", "intra", "same state", "inside "]
            .iter()
            .any(|word| lower.contains(word));
        if within && states.len() == 1 {
            self.to = self.from.or(self.to);
            self.from = self.to;
        }
    }

    fn take_names(&mut self, text: &str) {
        for found in NAME.find_iter(text) {
            let before = text[..found.start()].trim_end();
            let starts = before.is_empty() || before.ends_with(['.', '!', '?', '\n']);
            let words: Vec<&str> = found.as_str().split_whitespace().collect();
            // The capital that opens a sentence says nothing.
            let words = if starts { &words[1..] } else { &words[..] };
            let name = words.join(" ");
            let lower = name.to_lowercase();
            let is_place = self.places.iter().any(|place| {
                place.city.is_some_and(|city| city.to_lowercase() == lower)
                    || place.state.name.to_lowercase() == lower
            });
            let is_festival = FESTIVALS
                .iter()
                .any(|(_, words)| words.contains(&lower.as_str()));
            let is_channel = CHANNELS.iter().any(|(word, _)| *word == lower);
            let fits = name.chars().count() > 1
                && !words
                    .iter()
                    .all(|word| NO_NAMES.contains(&word.to_lowercase().as_str()))
                && !(is_place || is_festival || is_channel || self.names.contains(&name));
            if fits {
                self.names.push(name);
            }
        }
    }

    fn guess_product(&self, text: &str) -> Option<String> {
        let generic = [
            "small", "online", "local", "new", "own", "retail", "little", "family",
        ];
        let from_business = self.business.as_ref().and_then(|business| {
            let mut words: Vec<&str> = business.split_whitespace().collect();
            words.pop();
            words.retain(|word| !generic.contains(&word.to_lowercase().as_str()));
            while words
                .last()
                .is_some_and(|word| ["की", "का", "के"].contains(word))
            {
                words.pop();
            }
            let told = ["for", "our", "my", "about", "of", "on", "post", "plan"];
            let runs_on = words
                .iter()
                .any(|word| told.contains(&word.to_lowercase().as_str()));
            (!words.is_empty() && !runs_on).then(|| words.join(" ").to_lowercase())
        });
        from_business
            .or_else(|| {
                self.quantities
                    .first()
                    .map(|quantity| quantity.noun.clone())
            })
            .or_else(|| {
                capture(&PRODUCT_FOR, text).filter(|product| {
                    self.festival
                        .is_none_or(|festival| !product.eq_ignore_ascii_case(festival))
                })
            })
    }
}

fn numbers(pattern: &Regex, text: &str) -> Vec<Decimal> {
    pattern
        .captures_iter(text)
        .filter_map(|found| decimal(&found[1]))
        .collect()
}

fn all(pattern: &Regex, text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for one in pattern.find_iter(text) {
        if !found.iter().any(|known| known == one.as_str()) {
            found.push(one.as_str().to_owned());
        }
    }
    found
}

fn urls(text: &str) -> Vec<String> {
    let mut found: Vec<String> = all(&URL, text)
        .into_iter()
        .map(|url| url.trim_end_matches(['.', ',', ';', '!', '?']).to_owned())
        .collect();
    for domain in DOMAIN.find_iter(text) {
        let in_email = text[..domain.start()].ends_with('@');
        let inside = found.iter().any(|url| url.contains(domain.as_str()));
        if !in_email && !inside {
            found.push(format!("https://{}", domain.as_str().trim_end_matches('.')));
        }
    }
    found
}

/// `my handloom store` without the `my`.
fn without_articles(text: &str) -> String {
    let articles = ["my", "our", "a", "an", "the", "new", "for"];
    let words = text
        .split_whitespace()
        .skip_while(|word| articles.contains(&word.to_lowercase().as_str()));
    words.collect::<Vec<_>>().join(" ")
}

fn capture(pattern: &Regex, text: &str) -> Option<String> {
    let found = pattern.captures(text)?.get(1)?.as_str().trim();
    (!found.is_empty()).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use bharat::rupees::written as rupees;

    use super::*;

    fn amounts(text: &str) -> Vec<String> {
        Extract::of(text)
            .amounts
            .iter()
            .map(|amount| rupees(amount.rupees))
            .collect()
    }

    #[test]
    fn a_campaign_sentence() {
        let found = Extract::of("Plan a Diwali campaign for my handloom store in Jaipur");
        assert_eq!(found.festival, Some("Diwali"));
        assert_eq!(found.business.as_deref(), Some("handloom store"));
        assert_eq!(found.product.as_deref(), Some("handloom"));
        assert_eq!(
            (found.city(), found.state().unwrap().code.as_str()),
            (Some("Jaipur"), "08")
        );
        assert!(found.names.is_empty(), "{:?}", found.names);
    }

    #[test]
    fn a_tax_sentence() {
        let found = Extract::of("Split 18% GST on ₹25,000 from Rajasthan to Maharashtra");
        assert_eq!(found.amount(), Some(Decimal::from(25_000)));
        assert_eq!(found.percentages, [Decimal::from(18)]);
        assert_eq!(
            (
                found.from.unwrap().code.as_str(),
                found.to.unwrap().code.as_str()
            ),
            ("08", "27")
        );
        let within = Extract::of("GST at 5 percent on 12,500 within Gujarat");
        assert_eq!(within.amount(), Some(Decimal::from(12_500)));
        assert_eq!(
            (
                within.from.unwrap().code.as_str(),
                within.to.unwrap().code.as_str()
            ),
            ("24", "24")
        );
    }

    #[test]
    fn a_lead_sentence() {
        let found = Extract::of(
            "Score this lead: Meera Textiles, Surat, wants 500 sarees by December, budget 4 lakh",
        );
        assert_eq!(found.names, ["Meera Textiles"]);
        assert_eq!(
            found.quantities,
            [Quantity {
                count: 500,
                noun: "sarees".into()
            }]
        );
        assert_eq!(found.budget(), Some(Decimal::from(400_000)));
        assert_eq!(found.deadline.as_deref(), Some("December"));
        assert_eq!(found.city(), Some("Surat"));
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!(
            amounts("Rs. 1,25,000 and 2.5 lakh, ₹50k, INR 900, 3 crore"),
            ["₹1,25,000", "₹2,50,000", "₹50,000", "₹900", "₹3,00,00,000"]
        );
        assert_eq!(amounts("बजट ₹५०"), Vec::<String>::new());
        assert_eq!(
            amounts("call 9876543210 or 500 sarees"),
            Vec::<String>::new()
        );
        assert_eq!(rupees("1250.5".parse().unwrap()), "₹1,250.50");
    }

    #[test]
    fn addresses_and_contacts() {
        let found = Extract::of(
            "Compare with https://www.fabindia.com/shop, and jaypore.com; write to a.b@meera.in or +91 98765 43210.",
        );
        assert_eq!(
            found.urls,
            ["https://www.fabindia.com/shop", "https://jaypore.com"]
        );
        assert_eq!((found.emails.len(), found.phones.len()), (1, 1));
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        let found = Extract::of("");
        assert!(found.amounts.is_empty() && found.names.is_empty() && found.product.is_none());
    }
}
