//! The lexical half of the router: BM25 over everything a skill says of itself, with misspellings.

use std::collections::{BTreeMap, HashMap, HashSet};

use skills::{Catalogue, Skill};

use crate::text::{distance, words};

/// How much a word counts where it stands.
const KEYWORD: f64 = 3.0;
const TITLE: f64 = 2.5;
const EXAMPLE: f64 = 1.0;
const DESCRIPTION: f64 = 0.8;
const BODY: f64 = 0.15;
/// BM25's saturation: the tenth occurrence adds little.
const SATURATION: f64 = 1.5;
/// What a word of a keyword counts alone, when the keyword has several: "phone numbers" is a job's,
/// "phone" is not.
const PART: f64 = 0.5;

/// Where a word stands in a skill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Keyword,
    Example,
    Text,
}

#[derive(Default)]
struct Entry {
    /// Weighted frequency of each word.
    words: HashMap<String, f64>,
    /// Words that stand in a strong place: keywords, title, examples.
    strong: HashSet<String>,
    /// Of those, the words of keywords, title and id.
    keys: HashSet<String>,
    /// Of those, the keywords that say alone what it does.
    core: HashSet<String>,
    /// Keywords of several words, which say it together.
    phrases: Vec<Vec<String>>,
}

/// A word of a request.
pub(crate) struct Asked {
    /// As the index has it.
    word: String,
    /// As the person wrote it.
    written: String,
    known: Known,
}

/// How the index knows a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Well,
    /// As a misspelling.
    Nearly,
    Not,
}

impl Known {
    /// How sure it is that it is the word meant.
    fn certainty(self) -> f64 {
        match self {
            Self::Well => 1.0,
            Self::Nearly => 0.7,
            Self::Not => 0.0,
        }
    }
}

/// How far a request's words are a skill's.
pub(crate) struct Match {
    /// 0 and up: a keyword counts about 3 to 8.
    pub score: f64,
    /// The words that speak for it, as they were written.
    pub why: Vec<String>,
    /// One of them, or several together, say what the skill does.
    pub core: bool,
}

/// Entries in the order of [`Catalogue::all`].
pub(crate) struct Index {
    entries: Vec<Entry>,
    /// How rare a word is among the skills.
    rarity: HashMap<String, f64>,
    /// Strong words by length, for typos.
    by_length: BTreeMap<usize, Vec<String>>,
}

impl Index {
    pub fn new(catalogue: &Catalogue) -> Self {
        let entries: Vec<Entry> = catalogue.all().map(|skill| Entry::new(skill)).collect();
        let count = entries.len() as f64;
        let mut frequency: HashMap<String, f64> = HashMap::new();
        for word in entries.iter().flat_map(|entry| &entry.strong) {
            *frequency.entry(word.clone()).or_default() += 1.0;
        }
        let rarity = entries
            .iter()
            .flat_map(|entry| entry.words.keys())
            .map(|word| {
                let df = frequency.get(word).copied().unwrap_or(1.0);
                (word.clone(), (1.0 + (count - df + 0.5) / (df + 0.5)).ln())
            })
            .collect();
        let mut by_length: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for word in frequency.into_keys() {
            by_length
                .entry(word.chars().count())
                .or_default()
                .push(word);
        }
        by_length
            .values_mut()
            .for_each(|words| words.sort_unstable());
        Self {
            entries,
            rarity,
            by_length,
        }
    }

    /// The request's words, each once, from what was spoken.
    pub fn asked(&self, folded: &[String], written: Vec<String>) -> Vec<Asked> {
        let mut seen = HashSet::new();
        folded
            .iter()
            .zip(written)
            .filter_map(|(folded, written)| {
                let (word, known) = if self.rarity.contains_key(folded) {
                    (folded.clone(), Known::Well)
                } else if let Some(near) = self.nearest(folded) {
                    (near, Known::Nearly)
                } else {
                    (folded.clone(), Known::Not)
                };
                seen.insert(word.clone()).then_some(Asked {
                    word,
                    written,
                    known,
                })
            })
            .collect()
    }

    /// The strong word that this may be a misspelling of. The first letter is seldom wrong.
    fn nearest(&self, word: &str) -> Option<String> {
        let first = word.chars().next()?;
        let length = word.chars().count();
        let most = match length {
            0..=4 => return None,
            5..=7 => 1,
            _ => 2,
        };
        let near = self
            .by_length
            .range(length - most..=length + most)
            .flat_map(|(_, words)| {
                let from = words.partition_point(|known| known.chars().next() < Some(first));
                words[from..]
                    .iter()
                    .take_while(move |known| known.starts_with(first))
            });
        near.filter_map(|known| Some((distance(word, known, most)?, known)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| known.clone())
    }

    /// How far each skill's words these are.
    pub fn matches<'a>(&'a self, asked: &'a [Asked]) -> impl Iterator<Item = Match> + 'a {
        self.entries.iter().map(move |entry| self.one(entry, asked))
    }

    fn one(&self, entry: &Entry, asked: &[Asked]) -> Match {
        let mut score = 0.0;
        let (mut why, mut key) = (Vec::new(), false);
        for Asked {
            word,
            written,
            known,
        } in asked
        {
            let Some(weight) = entry.words.get(word) else {
                continue;
            };
            let rarity = self.rarity.get(word).copied().unwrap_or(0.0);
            score +=
                known.certainty() * rarity * weight * (SATURATION + 1.0) / (weight + SATURATION);
            if entry.strong.contains(word) {
                why.push(written.clone());
                key |= entry.keys.contains(word);
            }
        }
        let said = |word: &String| {
            asked
                .iter()
                .any(|asked| asked.word == *word && asked.known != Known::Not)
        };
        Match {
            // Words in the body alone are no reason, and one word of an example (a city, "call") is an accident.
            score: if key || why.len() > 1 { score } else { 0.0 },
            why,
            core: entry.core.iter().any(said)
                || entry.phrases.iter().any(|phrase| phrase.iter().all(said)),
        }
    }
}

impl Entry {
    fn new(skill: &Skill) -> Self {
        let mut entry = Self::default();
        for keyword in &skill.keywords {
            entry.add(keyword, KEYWORD, Place::Keyword);
        }
        entry.add(&skill.title, TITLE, Place::Keyword);
        // What stands before it is the area: "payment" says little about GST.
        let name = skill.id.rsplit('.').next().unwrap_or(&skill.id);
        entry.add(name, TITLE, Place::Keyword);
        for example in &skill.examples {
            entry.add(example, EXAMPLE, Place::Example);
        }
        entry.add(&skill.description, DESCRIPTION, Place::Text);
        entry.add(&skill.body, BODY, Place::Text);
        entry
    }

    fn add(&mut self, text: &str, weight: f64, place: Place) {
        let words = words(text);
        // What stop words leave of "call first" is not a keyword.
        let whole = text.split_whitespace().count() == 1;
        let part = place == Place::Keyword && !whole;
        for word in &words {
            if place != Place::Text {
                self.strong.insert(word.clone());
            }
            if place == Place::Keyword {
                self.keys.insert(word.clone());
            }
            *self.words.entry(word.clone()).or_default() +=
                if part { weight * PART } else { weight };
        }
        match words.as_slice() {
            [word] if place == Place::Keyword && whole => {
                self.core.insert(word.clone());
            }
            [_, _, ..] if place == Place::Keyword => self.phrases.push(words),
            _ => {}
        }
    }
}
