//! States and union territories with their GST codes.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::cities::City;

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

impl State {
    pub fn all() -> &'static [Self] {
        &STATES
    }

    /// By its two digits. Codes that states no longer use are read as what replaced them.
    pub fn by_code(code: &str) -> Option<&'static Self> {
        let code = match code {
            "25" => "26",
            "28" => "37",
            other => other,
        };
        Self::all().iter().find(|state| state.code == code)
    }

    /// By code, name, usual short form, or one of its larger cities; in English, some in Hindi.
    pub fn find(text: &str) -> Option<&'static Self> {
        let wanted = text.trim().to_lowercase();
        let wanted = wanted.strip_suffix(" state").unwrap_or(&wanted);
        let all = Self::all();
        Self::by_code(wanted)
            .or_else(|| all.iter().find(|state| state.name.to_lowercase() == wanted))
            .or_else(|| {
                all.iter()
                    .find(|state| state.aliases.iter().any(|alias| alias == wanted))
            })
            .or_else(|| {
                // To most who write it, UK is a country.
                all.iter()
                    .find(|state| state.abbreviation.eq_ignore_ascii_case(wanted) && wanted != "uk")
            })
            .or_else(|| City::find(wanted).map(City::state))
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
