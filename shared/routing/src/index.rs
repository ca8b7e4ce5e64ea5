use std::collections::{BTreeMap, HashMap, HashSet};

use domain::Tier;
use serde::Serialize;
use skills::Catalogue;

use crate::text::{clauses, fold, spoken, within, words};

/// What is asked, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub text: &'a str,
    pub tier: Tier,
    /// A language code that the skill must speak, if one is wanted.
    pub locale: Option<&'a str>,
}

/// A skill that may fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    pub skill_id: String,
    /// Comparable within one answer only.
    pub score: f64,
    /// The words of the request that speak for it.
    pub why: Vec<String>,
    /// One of them says what the skill does.
    #[serde(skip)]
    core: bool,
}

/// The choice.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Skill(String),
    /// Several jobs, in order.
    Multi(Vec<String>),
    Abstain {
        /// For the person who asked.
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// Best first, at most five.
    pub candidates: Vec<Candidate>,
    pub label: Label,
    /// The label may be acted on at once; otherwise a closer look (a model's, say) is worth it.
    pub confident: bool,
}

impl Decision {
    /// The skills of the label, in order.
    pub fn skills(&self) -> &[String] {
        match &self.label {
            Label::Skill(skill) => std::slice::from_ref(skill),
            Label::Multi(skills) => skills,
            Label::Abstain { .. } => &[],
        }
    }
}

/// How much a word counts where it stands.
const KEYWORD: f64 = 3.0;
const TITLE: f64 = 2.5;
const EXAMPLE: f64 = 1.0;
const DESCRIPTION: f64 = 0.8;
const BODY: f64 = 0.15;
/// BM25's saturation: the tenth occurrence adds little.
const SATURATION: f64 = 1.5;
/// A score below this is noise.
const FLOOR: f64 = 1.1;
/// A score from which a skill is clearly meant, if no other is near.
const CLEAR: f64 = 2.0;
/// How much better than the next a clear choice must be.
const MARGIN: f64 = 1.35;
const CANDIDATES: usize = 5;

/// Where a word stands in a skill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Core,
    Example,
    Text,
}

struct Entry {
    id: String,
    min_tier: Tier,
    languages: Vec<String>,
    /// Weighted frequency of each word.
    words: HashMap<String, f64>,
    /// Words that stand in a strong place: keywords, title, examples.
    strong: HashSet<String>,
    /// Of those, the words that say what it does: keywords, title, id.
    core: HashSet<String>,
}

/// A word of a request.
struct Asked {
    /// As the index has it.
    word: String,
    /// As the person wrote it.
    written: String,
    /// How sure it is that it is the word meant.
    certainty: f64,
}

/// An index over a catalogue. Building it takes milliseconds, asking it tens of microseconds.
pub struct Router {
    entries: Vec<Entry>,
    /// How rare a word is among the skills.
    rarity: HashMap<String, f64>,
    /// Strong words by length, for typos.
    by_length: BTreeMap<usize, Vec<String>>,
}

impl Router {
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut entries = Vec::new();
        for skill in catalogue.iter() {
            let mut entry = Entry {
                id: skill.id.clone(),
                min_tier: skill.min_tier,
                languages: skill.languages.clone(),
                words: HashMap::new(),
                strong: HashSet::new(),
                core: HashSet::new(),
            };
            for keyword in &skill.keywords {
                entry.add(keyword, KEYWORD, Place::Core);
            }
            entry.add(&skill.title, TITLE, Place::Core);
            entry.add(&skill.id.replace('.', " "), TITLE, Place::Core);
            for example in &skill.examples {
                entry.add(example, EXAMPLE, Place::Example);
            }
            entry.add(&skill.description, DESCRIPTION, Place::Text);
            entry.add(&skill.body, BODY, Place::Text);
            entries.push(entry);
        }
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

    /// Which skills fit. Skills that the tier or the locale rules out are not considered.
    pub fn route(&self, ask: &Ask<'_>) -> Decision {
        let candidates = self.score(ask, ask.text);
        if let Some(skills) = self.several(ask) {
            return Decision {
                candidates,
                label: Label::Multi(skills),
                confident: true,
            };
        }
        let Some(best) = candidates.first().filter(|best| best.score >= FLOOR) else {
            return Decision {
                label: Label::Abstain {
                    reason: self.refusal(),
                },
                candidates,
                confident: false,
            };
        };
        let next = candidates.get(1).map_or(0.0, |next| next.score);
        let confident = best.core && best.score >= CLEAR && best.score >= next * MARGIN;
        Decision {
            label: Label::Skill(best.skill_id.clone()),
            confident,
            candidates,
        }
    }

    /// Different skills for different parts of the request, each of them clear, in order.
    fn several(&self, ask: &Ask<'_>) -> Option<Vec<String>> {
        let parts = clauses(ask.text);
        if parts.len() < 2 {
            return None;
        }
        let mut skills: Vec<String> = Vec::new();
        for part in &parts {
            let scored = self.score(ask, part);
            let next = scored.get(1).map_or(0.0, |next| next.score);
            if let Some(best) = scored.first()
                && best.core
                && best.score >= CLEAR
                && best.score >= next * MARGIN
                && !skills.contains(&best.skill_id)
            {
                skills.push(best.skill_id.clone());
            }
        }
        (skills.len() > 1).then(|| {
            skills.truncate(crate::MAX_STEPS);
            skills
        })
    }

    fn score(&self, ask: &Ask<'_>, text: &str) -> Vec<Candidate> {
        let asked = self.asked(text);
        let mut candidates: Vec<Candidate> = self
            .entries
            .iter()
            .filter(|entry| entry.min_tier <= ask.tier)
            .filter(|entry| {
                ask.locale.is_none_or(|locale| {
                    entry.languages.is_empty() || entry.languages.iter().any(|l| l == locale)
                })
            })
            .map(|entry| self.candidate(entry, &asked))
            .filter(|candidate| candidate.score > 0.0)
            .collect();
        candidates.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.skill_id.cmp(&b.skill_id))
        });
        candidates.truncate(CANDIDATES);
        candidates
    }

    /// The request's words, each once.
    fn asked(&self, text: &str) -> Vec<Asked> {
        let mut seen = HashSet::new();
        spoken(text)
            .into_iter()
            .filter_map(|(folded, written)| {
                let (word, certainty) = if self.rarity.contains_key(&folded) {
                    (folded, 1.0)
                } else {
                    (self.nearest(&folded)?, 0.7)
                };
                seen.insert(word.clone()).then_some(Asked {
                    word,
                    written,
                    certainty,
                })
            })
            .collect()
    }

    /// The strong word that this may be a misspelling of.
    fn nearest(&self, word: &str) -> Option<String> {
        let length = word.chars().count();
        let most = match length {
            0..=4 => return None,
            5..=7 => 1,
            _ => 2,
        };
        let near = self
            .by_length
            .range(length - most..=length + most)
            .flat_map(|(_, words)| words);
        near.into_iter()
            .find(|known| within(word, known, most))
            .cloned()
    }

    fn candidate(&self, entry: &Entry, asked: &[Asked]) -> Candidate {
        let mut score = 0.0;
        let (mut why, mut core) = (Vec::new(), false);
        for Asked {
            word,
            written,
            certainty,
        } in asked
        {
            let Some(weight) = entry.words.get(word) else {
                continue;
            };
            let rarity = self.rarity.get(word).copied().unwrap_or(0.0);
            score += certainty * rarity * weight * (SATURATION + 1.0) / (weight + SATURATION);
            if entry.strong.contains(word) {
                why.push(written.clone());
                core |= entry.core.contains(word);
            }
        }
        // Words in the body alone are no reason, and one word of an example (a city, "call") is an accident.
        let score = if !core && why.len() < 2 {
            0.0
        } else {
            (score * 1000.0).round() / 1000.0
        };
        Candidate {
            skill_id: entry.id.clone(),
            score,
            why,
            core,
        }
    }

    fn refusal(&self) -> String {
        let some: Vec<&str> = self
            .entries
            .iter()
            .take(6)
            .map(|entry| entry.id.as_str())
            .collect();
        format!(
            "None of the skills here fits this request. They do marketing work for Indian businesses: {}. \
             Say what to do and for which business, or name a skill_id.",
            some.join(", ")
        )
    }
}

impl Entry {
    fn add(&mut self, text: &str, weight: f64, place: Place) {
        for word in words(text) {
            let word = fold(&word);
            if place != Place::Text {
                self.strong.insert(word.clone());
            }
            if place == Place::Core {
                self.core.insert(word.clone());
            }
            *self.words.entry(word).or_default() += weight;
        }
    }
}
