//! What the offline model says in its own words, by language: `data/phrases.json`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::language::Language;

type Book = HashMap<String, HashMap<String, String>>;

static BOOK: LazyLock<Book> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/phrases.json"))
        .expect("the data file is checked by a test")
});

/// A phrase with its slots filled. Where a language lacks it, it is English.
pub(super) fn say(language: Language, phrase: &str, slots: &[(&str, &str)]) -> String {
    let of = |key: &str| BOOK.get(key).and_then(|phrases| phrases.get(phrase));
    let mut text = of(language.key())
        .or_else(|| of("en"))
        .cloned()
        .unwrap_or_default();
    for (slot, value) in slots {
        text = text.replace(&format!("{{{slot}}}"), value);
    }
    text
}

/// Whether a language has phrases of its own.
pub(super) fn speaks(language: Language) -> bool {
    language.key() != "en" || language == Language::English
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_only_phrases_and_slots_that_english_has() {
        let english = &BOOK["en"];
        let slots = |text: &str| -> Vec<String> {
            let mut found: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
                .collect();
            found.sort();
            found
        };
        for (language, phrases) in BOOK.iter() {
            for (name, text) in phrases {
                let original = english
                    .get(name)
                    .unwrap_or_else(|| panic!("{language}: {name}"));
                assert_eq!(slots(text), slots(original), "{language}: {name}");
            }
        }
        assert_eq!(BOOK["hi"].len(), english.len());
        assert_eq!(BOOK["hinglish"].len(), english.len());
    }

    #[test]
    fn a_missing_phrase_is_english() {
        assert!(say(Language::Hindi, "from", &[("business", "शाह")]).contains("शाह"));
        assert_eq!(
            say(Language::Tamil, "need_cost", &[]),
            say(Language::English, "need_cost", &[])
        );
        assert!(!speaks(Language::Other("Punjabi")) && speaks(Language::Telugu));
    }
}
