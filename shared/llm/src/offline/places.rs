//! States and cities that can be recognised in a sentence: `data/places.json`. State codes are the
//! two digits of a GSTIN.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct State {
    pub name: String,
    pub code: String,
    pub abbreviation: String,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct City {
    name: String,
    state: String,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Places {
    states: Vec<State>,
    cities: Vec<City>,
}

static PLACES: LazyLock<Places> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/places.json")).expect("the place file is valid")
});

/// A place named in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Byte position in the text.
    pub at: usize,
    pub city: Option<&'static str>,
    pub state: &'static State,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.city == other.city && self.state.code == other.state.code
    }
}

/// The places a text names, in its order, each once.
pub(super) fn find(text: &str) -> Vec<Place> {
    let lower = text.to_lowercase();
    let mut found: Vec<Place> = Vec::new();
    let mut note = |names: &mut dyn Iterator<Item = &'static String>, city, state| {
        let first = names
            .filter_map(|name| word_at(&lower, &name.to_lowercase()))
            .min();
        if let Some(at) = first {
            found.push(Place { at, city, state });
        }
    };
    for state in &PLACES.states {
        note(
            &mut std::iter::once(&state.name).chain(&state.aliases),
            None,
            state,
        );
    }
    for city in &PLACES.cities {
        if let Some(state) = PLACES.states.iter().find(|state| state.name == city.state) {
            note(
                &mut std::iter::once(&city.name).chain(&city.aliases),
                Some(city.name.as_str()),
                state,
            );
        }
    }
    found.sort_by_key(|place| place.at);
    found
}

/// Where `word` stands in `text` as a word of its own. Both in lower case.
pub(super) fn word_at(text: &str, word: &str) -> Option<usize> {
    let letter = |c: char| c.is_alphanumeric();
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(letter) && !after.is_some_and(letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_and_states_are_found_in_order() {
        let found = find("Sold from Surat to pune, Maharashtra; not to Kotas");
        let names: Vec<_> = found
            .iter()
            .map(|place| (place.city, place.state.code.as_str()))
            .collect();
        assert_eq!(
            names,
            [(Some("Surat"), "24"), (Some("Pune"), "27"), (None, "27")]
        );
        assert_eq!(find("जयपुर में दुकान")[0].city, Some("Jaipur"));
    }
}
