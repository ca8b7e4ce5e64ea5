//! States and union territories with their GST codes.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::cities::City;
use crate::digits;

/// The code that places of supply outside India have; no number begins with it.
pub const OUTSIDE_INDIA: &str = "96";
/// The code of the Centre's jurisdiction: of numbers that belong to no state, as those of suppliers from
/// abroad do.
pub const CENTRE: &str = "99";

/// Codes that are no longer given out: the code that took their place, and what they meant.
const RETIRED: [(&str, &str, &str); 2] = [
    ("25", "26", "Daman and Diu"),
    ("28", "37", "Andhra Pradesh before Telangana was made of it"),
];

/// What decides the second half of a tax within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    State,
    /// Taxes as a state does (SGST).
    UnionTerritoryWithLegislature,
    /// UTGST.
    UnionTerritory,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct State {
    /// Two digits, as in a GSTIN.
    pub code: String,
    pub name: String,
    pub kind: Kind,
    /// Two letters, as vehicles carry them.
    pub abbreviation: String,
    /// In lower case.
    aliases: Vec<String>,
}

static STATES: LazyLock<Vec<State>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/states.json"))
        .expect("the data file is checked by a test")
});

/// By all that a state is called, as [`tidy`] leaves it: names before short forms.
static NAMED: LazyLock<HashMap<String, &'static State>> = LazyLock::new(|| {
    let all = State::all().iter();
    let names = all.clone().map(|state| (&state.name, state));
    let aliases = all
        .clone()
        .flat_map(|state| state.aliases.iter().map(move |alias| (alias, state)));
    // To most who write it, UK is a country.
    let short = all
        .map(|state| (&state.abbreviation, state))
        .filter(|(short, _)| *short != "UK");
    let mut named = HashMap::new();
    for (name, state) in names.chain(aliases).chain(short) {
        named.entry(tidy(name)).or_insert(state);
    }
    named
});

/// In lower case, with ASCII digits, `and` for `&`, and one space between words.
fn tidy(text: &str) -> String {
    let lower = digits::ascii(text).to_lowercase().replace('&', " and ");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The code that a tidy text begins with, in two digits, and the name after it: of `29`, `7` and
/// `29-Karnataka`.
fn numbered(text: &str) -> Option<(String, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (code, rest) = text.split_at(count);
    let name = rest.trim_start_matches([' ', '-', '–', '—', ':', '.']);
    let apart = rest.is_empty() || name.len() < rest.len();
    ((1..=2).contains(&count) && apart).then(|| (format!("{code:0>2}"), name))
}

/// The code that a text says, alone or before a name, whether or not it is a state's.
pub fn code_in(text: &str) -> Option<String> {
    numbered(&tidy(text)).map(|(code, _)| code)
}

/// What a code meant that is no longer given out.
pub fn retired(code: &str) -> Option<&'static str> {
    let found = RETIRED.iter().find(|(old, _, _)| *old == code);
    found.map(|(_, _, name)| *name)
}

impl State {
    pub fn all() -> &'static [Self] {
        &STATES
    }

    /// By its two digits. Codes that states no longer use are read as what replaced them.
    pub fn by_code(code: &str) -> Option<&'static Self> {
        let now = RETIRED.iter().find(|(old, _, _)| *old == code);
        let code = now.map_or(code, |(_, now, _)| now);
        Self::all().iter().find(|state| state.code == code)
    }

    /// By code, name, usual short form, or one of its larger cities; in English, some in Hindi. A code may
    /// stand before the name, as in `29-Karnataka`, if both are of the same state.
    pub fn find(text: &str) -> Option<&'static Self> {
        let wanted = tidy(text);
        match numbered(&wanted) {
            Some((code, "")) => Self::by_code(&code),
            Some((code, name)) => {
                Self::named(name).filter(|named| Self::by_code(&code) == Some(*named))
            }
            None => Self::named(&wanted),
        }
    }

    fn named(wanted: &str) -> Option<&'static Self> {
        let wanted = wanted.strip_suffix(" state").unwrap_or(wanted);
        let named = NAMED.get(wanted).copied();
        named.or_else(|| City::find(wanted).map(City::state))
    }

    /// What it is called in sentences: short forms like `up` are mostly other words there.
    pub(crate) fn names_in_texts(&'static self) -> impl Iterator<Item = &'static String> {
        let long = |name: &&String| name.len() > 2;
        std::iter::once(&self.name).chain(self.aliases.iter().filter(long))
    }

    pub fn is_union_territory_without_legislature(&self) -> bool {
        self.kind == Kind::UnionTerritory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_what_people_write() {
        for (text, code) in [
            ("Rajasthan", "08"),
            ("jaipur", "08"),
            ("08", "08"),
            ("Surat", "24"),
            ("Bombay", "27"),
            ("UP", "09"),
            ("Orissa", "21"),
            ("राजस्थान", "08"),
            ("Delhi", "07"),
            ("25", "26"),
            ("Leh", "38"),
            ("MH", "27"),
            ("तमिलनाडु", "33"),
        ] {
            assert_eq!(
                State::find(text).map(|s| s.code.as_str()),
                Some(code),
                "{text}"
            );
        }
        assert_eq!(State::find("Atlantis"), None);
        assert_eq!(State::find("UK"), None);
    }

    /// The GST portal's own names and forms of them: the states of a return's place of supply are written
    /// `27-Maharashtra`; the Acts and the census write `&` for `and`.
    #[test]
    fn official_names_are_found_however_they_are_written() {
        for (text, code) in [
            ("Jammu & Kashmir", "01"),
            ("JAMMU AND KASHMIR", "01"),
            ("J&K", "01"),
            ("J & K", "01"),
            ("Andaman & Nicobar Islands", "35"),
            ("Andaman and Nicobar", "35"),
            ("Andaman & Nicobar", "35"),
            ("Daman and Diu", "26"),
            ("Daman & Diu", "26"),
            ("Dadra and Nagar Haveli", "26"),
            ("Dadra & Nagar Haveli", "26"),
            ("Dadra & Nagar Haveli and Daman & Diu", "26"),
            ("Dadra  and Nagar Haveli and\tDaman and Diu", "26"),
            ("Lakshadweep Islands", "31"),
            ("NCT of Delhi", "07"),
            ("7", "07"),
            (" 1 ", "01"),
            ("२९", "29"),
            ("29-Karnataka", "29"),
            ("29 - Karnataka", "29"),
            ("29 Karnataka", "29"),
            ("7-Delhi", "07"),
            ("01-Jammu & Kashmir", "01"),
            ("25-Daman and Diu", "26"),
            ("28-Andhra Pradesh", "37"),
            ("97-Other Territory", "97"),
        ] {
            assert_eq!(
                State::find(text).map(|s| s.code.as_str()),
                Some(code),
                "{text}"
            );
        }
        for nowhere in [
            "27-Karnataka",
            "27Karnataka",
            "027",
            "0",
            "40",
            "96",
            "99",
            "-",
            "",
        ] {
            assert_eq!(State::find(nowhere), None, "{nowhere}");
        }
        assert_eq!(code_in(" 96-Other Countries ").as_deref(), Some("96"));
        assert_eq!(code_in("Karnataka"), None);
        assert_eq!(
            (retired("25"), retired("26")),
            (Some("Daman and Diu"), None)
        );
    }

    #[test]
    fn codes_are_two_digits_and_unique() {
        let mut codes: Vec<_> = State::all().iter().map(|s| s.code.as_str()).collect();
        assert!(
            codes
                .iter()
                .all(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_digit()))
        );
        codes.dedup();
        assert_eq!(codes.len(), 37);
        let without: Vec<_> = State::all()
            .iter()
            .filter(|s| s.is_union_territory_without_legislature())
            .map(|s| s.code.as_str())
            .collect();
        assert_eq!(without, ["04", "26", "31", "35", "38", "97"]);
    }
}
