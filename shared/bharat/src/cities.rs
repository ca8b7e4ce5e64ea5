//! The larger cities, under their names of today and those people still write, and the places that
//! a sentence names.

use std::cmp::Reverse;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::states::State;

/// A city or large town.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct City {
    /// In its usual English spelling of today: `Mumbai`.
    pub name: String,
    /// The code of its state, two digits.
    state: String,
    /// `Bombay`, and names in Indian scripts.
    #[serde(default)]
    aliases: Vec<String>,
    /// Written small it is usually something else: Hindi `gaya` is "went".
    #[serde(default)]
    also_a_word: bool,
}

static CITIES: LazyLock<Vec<City>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/cities.json"))
        .expect("the data file is checked by a test")
});

impl City {
    pub fn all() -> &'static [Self] {
        &CITIES
    }

    /// By any of its names, whatever the case.
    pub fn find(text: &str) -> Option<&'static Self> {
        let wanted = text.trim().to_lowercase();
        Self::all()
            .iter()
            .find(|city| city.names().any(|name| name.to_lowercase() == wanted))
    }

    /// Where it lies.
    pub fn state(&self) -> &'static State {
        State::all()
            .iter()
            .find(|state| state.code == self.state)
            .expect("the data file is checked by a test")
    }

    fn names(&'static self) -> impl Iterator<Item = &'static String> {
        std::iter::once(&self.name).chain(&self.aliases)
    }
}

/// A place named in a text.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Byte position in the text in lower case.
    pub at: usize,
    /// By its name of today; `None` where only the state is named.
    pub city: Option<&'static str>,
    pub state: &'static State,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.city == other.city && self.state.code == other.state.code
    }
}

/// The places a text names, in its order, each once. Of names one within the other the longer counts,
/// and a city that is called like its state is a city.
pub fn named_in(text: &str) -> Vec<Place> {
    let lower = text.to_lowercase();
    let mut found: Vec<(Place, usize)> = Vec::new();
    let mut note = |names: &mut dyn Iterator<Item = &'static String>, city, state| {
        let first = names
            .filter_map(|name| {
                let name = name.to_lowercase();
                Some((word_at(&lower, &name)?, Reverse(name.len())))
            })
            .min();
        if let Some((at, Reverse(length))) = first {
            found.push((Place { at, city, state }, length));
        }
    };
    for city in City::all() {
        let written = !city.also_a_word || word_at(text, &city.name).is_some();
        if written {
            note(&mut city.names(), Some(city.name.as_str()), city.state());
        }
    }
    for state in State::all() {
        note(&mut state.names_in_texts(), None, state);
    }
    let all = found.clone();
    found.retain(|(place, length)| {
        !all.iter().any(|(other, other_length)| {
            let within = other.at <= place.at && place.at + length <= other.at + other_length;
            let more = other_length > length || place.city.is_none() && other.city.is_some();
            within && more && (other.city, &other.state.code) != (place.city, &place.state.code)
        })
    });
    found.sort_by_key(|(place, _)| place.at);
    found.into_iter().map(|(place, _)| place).collect()
}

/// Where `word` stands in `text` as a word of its own, by its byte position. The case is compared too.
pub fn word_at(text: &str, word: &str) -> Option<usize> {
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

    fn names(text: &str) -> Vec<(Option<&'static str>, &'static str)> {
        named_in(text)
            .iter()
            .map(|place| (place.city, place.state.code.as_str()))
            .collect()
    }

    #[test]
    fn cities_are_found_by_old_and_new_names() {
        for (text, name, code) in [
            ("Bombay", "Mumbai", "27"),
            ("bangalore", "Bengaluru", "29"),
            (" CALCUTTA ", "Kolkata", "19"),
            ("Mohali", "Mohali", "03"),
            ("जयपुर", "Jaipur", "08"),
            ("gaya", "Gaya", "10"),
        ] {
            let city = City::find(text).unwrap();
            assert_eq!(
                (city.name.as_str(), city.state().code.as_str()),
                (name, code),
                "{text}"
            );
        }
        assert_eq!(City::find("Atlantis"), None);
    }

    #[test]
    fn the_table_names_each_city_once_and_in_a_known_state() {
        let mut all: Vec<String> = Vec::new();
        for city in City::all() {
            assert!(!city.state().name.is_empty(), "{}", city.name);
            for name in city.names() {
                let name = name.to_lowercase();
                assert!(!all.contains(&name), "{name} stands twice");
                all.push(name);
            }
        }
    }

    #[test]
    fn places_are_found_in_order() {
        assert_eq!(
            names("Sold from Surat to pune, Maharashtra; not to Kotas"),
            [(Some("Surat"), "24"), (Some("Pune"), "27"), (None, "27")]
        );
        assert_eq!(names("जयपुर में दुकान"), [(Some("Jaipur"), "08")]);
        assert_eq!(names("a shop in New Delhi"), [(Some("New Delhi"), "07")]);
        assert_eq!(names("Delhi to Goa"), [(Some("Delhi"), "07"), (None, "30")]);
        assert_eq!(names("all of Jammu and Kashmir"), [(None, "01")]);
    }

    #[test]
    fn a_small_word_that_is_also_a_city_is_a_word() {
        assert_eq!(names("order ho gaya, anand hai"), []);
        assert_eq!(names("a shop in Gaya"), [(Some("Gaya"), "10")]);
    }
}
