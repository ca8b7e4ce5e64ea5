//! Which records are the same. Sure is only the same phone number, e-mail address or GSTIN with names
//! that can be one person's or firm's; everything else that looks alike is for judgement.

use std::collections::BTreeMap;

use bharat::phone::{self, Phone};
use serde::Serialize;
use serde_json::{Map, Value};

use super::fields::Field;

/// Rows that are one record, from 1.
#[derive(Debug, Serialize)]
pub(super) struct Same {
    pub rows: Vec<usize>,
    pub why: String,
}

pub(super) struct Found {
    pub certain: Vec<Same>,
    /// Pairs.
    pub doubtful: Vec<Same>,
}

/// Words that firms put at the end of their names or leave out.
const ENDINGS: &[&str] = &[
    "pvt", "private", "ltd", "limited", "llp", "co", "company", "and", "the", "m/s",
];

/// What one record is recognised by.
struct Marks {
    /// Kind and value: `phone number`, `+919876543210`.
    keys: Vec<(&'static str, String)>,
    /// Words of the name in lower case.
    name: Vec<String>,
    city: Option<String>,
}

pub(super) fn find(records: &[Map<String, Value>]) -> Found {
    let marks: Vec<Marks> = records.iter().map(Marks::of).collect();
    let mut groups = Groups((0..marks.len()).collect());
    // Why a pair is the same, or only seems to be.
    let mut sure: BTreeMap<(usize, usize), Vec<&'static str>> = BTreeMap::new();
    let mut doubtful: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for (at, one) in marks.iter().enumerate() {
        for (later, other) in marks.iter().enumerate().skip(at + 1) {
            let shared = one.shares(other);
            let pair = (at, later);
            match (shared.is_empty(), one.can_be_named(other)) {
                (false, true) => {
                    groups.join(at, later);
                    sure.insert(pair, shared);
                }
                (false, false) => {
                    let why = format!("same {}, but different names", shared.join(" and "));
                    doubtful.insert(pair, why);
                }
                (true, _) => {
                    if let Some(why) = one.alike(other) {
                        doubtful.insert(pair, why);
                    }
                }
            }
        }
    }
    let mut certain: BTreeMap<usize, Same> = BTreeMap::new();
    for at in 0..marks.len() {
        let first = groups.first(at);
        if first != at {
            let same = certain.entry(first).or_insert_with(|| Same {
                rows: vec![first + 1],
                why: String::new(),
            });
            same.rows.push(at + 1);
        }
    }
    for (first, same) in &mut certain {
        let mut kinds: Vec<&str> = Vec::new();
        for ((one, _), shared) in &sure {
            if groups.first(*one) == *first {
                kinds.extend(
                    shared
                        .iter()
                        .filter(|kind| !kinds.contains(kind))
                        .collect::<Vec<_>>(),
                );
            }
        }
        same.why = format!(
            "same {}, and names that can be the same",
            kinds.join(" and ")
        );
    }
    // Rows that are one record already are no question any more.
    let doubtful = doubtful
        .into_iter()
        .filter(|((one, other), _)| groups.first(*one) != groups.first(*other))
        .map(|((one, other), why)| Same {
            rows: vec![one + 1, other + 1],
            why,
        })
        .collect();
    Found {
        certain: certain.into_values().collect(),
        doubtful,
    }
}

impl Marks {
    fn of(record: &Map<String, Value>) -> Self {
        let mut marks = Self {
            keys: Vec::new(),
            name: Vec::new(),
            city: None,
        };
        for (field, value) in record {
            let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
                continue;
            };
            let kind = Field::of(field, value);
            let key = match kind {
                Field::Phone => phone::parse(text)
                    .ok()
                    // Many callers share a firm's toll-free number.
                    .filter(|phone| !matches!(phone, Phone::TollFree(_)))
                    .map(|phone| ("phone number", phone.number().to_owned())),
                Field::Email => super::values::email(text)
                    .ok()
                    .map(|(email, _)| ("e-mail address", email)),
                Field::Gstin => bharat::gstin::parse(text)
                    .ok()
                    .map(|(number, _)| ("GSTIN", number)),
                _ => None,
            };
            marks.keys.extend(key);
            // The person's name, where there is one beside the firm's.
            if kind == Field::Person || (kind == Field::Firm && marks.name.is_empty()) {
                marks.name = name_words(text);
            } else if kind == Field::City && marks.city.is_none() {
                marks.city = Some(text.to_lowercase());
            }
        }
        marks
    }

    fn shares(&self, other: &Self) -> Vec<&'static str> {
        let mut shared: Vec<&'static str> = Vec::new();
        for key in &self.keys {
            if other.keys.contains(key) && !shared.contains(&key.0) {
                shared.push(key.0);
            }
        }
        shared
    }

    /// Whether the two names can be one's: one is missing, or each word of the shorter is in the longer,
    /// in full or as its initial.
    fn can_be_named(&self, other: &Self) -> bool {
        let (short, long) = if self.name.len() <= other.name.len() {
            (&self.name, &other.name)
        } else {
            (&other.name, &self.name)
        };
        let close = |one: &str, other: &str| {
            let initial = one.chars().count() == 1 || other.chars().count() == 1;
            one == other || (initial && one.chars().next() == other.chars().next())
        };
        let mut left: Vec<&String> = long.iter().collect();
        let found = short.iter().all(|word| {
            let at = left.iter().position(|other| close(word, other));
            at.map(|at| left.remove(at)).is_some()
        });
        // Initials alone say too little.
        let worded = short.is_empty() || short.iter().any(|word| word.chars().count() > 1);
        (found && worded) || self.name.concat() == other.name.concat()
    }

    /// Why two records that share no number may still be one.
    fn alike(&self, other: &Self) -> Option<String> {
        let city = self
            .city
            .as_ref()
            .filter(|city| other.city.as_ref() == Some(city))?;
        let (one, two) = (self.name.concat(), other.name.concat());
        if one.is_empty() || two.is_empty() {
            return None;
        }
        if one == two {
            Some(format!("same name in the same city ({city})"))
        } else if one.chars().count() >= 6 && one_letter_apart(&one, &two) {
            Some(format!("names one letter apart in the same city ({city})"))
        } else {
            None
        }
    }
}

fn name_words(text: &str) -> Vec<String> {
    let words: Vec<String> = text
        .to_lowercase()
        .split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '&' | '-' | '(' | ')'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let telling: Vec<String> = words
        .iter()
        .filter(|word| !ENDINGS.contains(&word.as_str()))
        .cloned()
        .collect();
    if telling.is_empty() { words } else { telling }
}

/// Whether one letter added, left out or changed makes two different texts equal.
fn one_letter_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if long.len() - short.len() > 1 || short == long {
        return false;
    }
    let same = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    if short.len() == long.len() {
        short[same + 1..] == long[same + 1..]
    } else {
        short[same..] == long[same + 1..]
    }
}

/// Rows joined into groups, each named by its first row.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&self, mut at: usize) -> usize {
        while self.0[at] != at {
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_is_added_left_out_or_changed() {
        for (one, other, apart) in [
            ("meeratextile", "meeratextiles", true),
            ("sharma", "sarma", true),
            ("sharma", "shirma", true),
            ("sharma", "sharma", false),
            ("sharma", "verma", false),
            ("", "a", true),
        ] {
            assert_eq!(one_letter_apart(one, other), apart, "{one} {other}");
            assert_eq!(one_letter_apart(other, one), apart, "{other} {one}");
        }
    }
}
