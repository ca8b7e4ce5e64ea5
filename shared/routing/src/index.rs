use std::collections::{BTreeMap, HashMap, HashSet};

use domain::Tier;
use serde::Serialize;
use skills::Catalogue;

use crate::text::{OUTSIDE, clauses, distance, is_aside, spoken, words};

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
    /// One of them, or several together, say what the skill does.
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
/// What a word of a keyword counts alone, when the keyword has several: "phone numbers" is a job's,
/// "phone" is not.
const PART: f64 = 0.5;
/// A score below this is noise.
const FLOOR: f64 = 2.3;
/// A score from which a skill is clearly meant, if no other is near.
const CLEAR: f64 = 3.0;
/// How much better than the next a clear choice must be.
const MARGIN: f64 = 1.35;
/// The same for a part of a request, which has fewer words to speak for it.
const PART_MARGIN: f64 = 1.15;
/// What a word that speaks for no skill's work counts against all of them: about as much as two keywords.
const OUTSIDE_WEIGHT: f64 = 7.0;
/// Of so many words, one alone is not enough to act on.
const THIN: usize = 3;
const CANDIDATES: usize = 5;

/// Where a word stands in a skill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Keyword,
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
    /// Of those, the words of keywords, title and id.
    keys: HashSet<String>,
    /// Of those, the keywords that say alone what it does.
    core: HashSet<String>,
    /// Keywords of several words, which say it together.
    phrases: Vec<Vec<String>>,
}

/// A word of a request.
struct Asked {
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

/// How a text, or a part of it, looks to the skills.
struct Scored {
    /// Best first.
    candidates: Vec<Candidate>,
    /// What speaks against all of them.
    outside: f64,
    /// How many words it has that count.
    asked: usize,
}

impl Scored {
    /// The best, when it is clearly meant.
    fn clear(&self, margin: f64) -> Option<&Candidate> {
        let best = self.candidates.first()?;
        let next = self.candidates.get(1).map_or(0.0, |next| next.score);
        (best.core && best.score >= CLEAR && best.score >= next.max(self.outside) * margin)
            .then_some(best)
    }
}

/// An index over a catalogue. Building it takes milliseconds, asking it tens of microseconds.
pub struct Router {
    entries: Vec<Entry>,
    /// How rare a word is among the skills.
    rarity: HashMap<String, f64>,
    /// Strong words by length, for typos.
    by_length: BTreeMap<usize, Vec<String>>,
    /// Words, and words together, of what no skill here does.
    outside: Vec<Vec<String>>,
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
                keys: HashSet::new(),
                core: HashSet::new(),
                phrases: Vec::new(),
            };
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
        let outside = OUTSIDE
            .split(',')
            .map(words)
            .filter(|together| match together.as_slice() {
                [] => false,
                [word] => !entries.iter().any(|entry| entry.keys.contains(word)),
                _ => true,
            })
            .collect();
        Self {
            entries,
            rarity,
            by_length,
            outside,
        }
    }

    /// Which skills fit. Skills that the tier or the locale rules out are not considered.
    pub fn route(&self, ask: &Ask<'_>) -> Decision {
        let scored = self.score(ask, ask.text);
        if let Some(skills) = self.several(ask) {
            return Decision {
                candidates: scored.candidates,
                label: Label::Multi(skills),
                confident: true,
            };
        }
        let (label, confident) = match scored.candidates.first() {
            Some(best) if is_meant(best, &scored, ask.text) => {
                let thin = best.why.len() == 1 && scored.asked >= THIN;
                let label = Label::Skill(best.skill_id.clone());
                (label, !thin && scored.clear(MARGIN).is_some())
            }
            _ => {
                let reason = self.refusal();
                (Label::Abstain { reason }, false)
            }
        };
        Decision {
            candidates: scored.candidates,
            label,
            confident,
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
            if let Some(best) = self.score(ask, part).clear(PART_MARGIN)
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

    fn score(&self, ask: &Ask<'_>, text: &str) -> Scored {
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
        Scored {
            candidates,
            outside: self.outside(&asked),
            asked: asked.len(),
        }
    }

    /// The request's words, each once.
    fn asked(&self, text: &str) -> Vec<Asked> {
        let mut seen = HashSet::new();
        spoken(text)
            .into_iter()
            .filter_map(|(folded, written)| {
                let (word, known) = if self.rarity.contains_key(&folded) || self.is_outside(&folded)
                {
                    (folded, Known::Well)
                } else if let Some(near) = self.nearest(&folded) {
                    (near, Known::Nearly)
                } else {
                    (folded, Known::Not)
                };
                seen.insert(word.clone()).then_some(Asked {
                    word,
                    written,
                    known,
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
        near.filter_map(|known| Some((distance(word, known, most)?, known)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| known.clone())
    }

    fn is_outside(&self, word: &str) -> bool {
        self.outside
            .iter()
            .any(|together| matches!(together.as_slice(), [one] if one == word))
    }

    /// How much of what is asked is no skill's work. A misspelling is no reason to refuse.
    fn outside(&self, asked: &[Asked]) -> f64 {
        let said = |word: &String| {
            asked
                .iter()
                .any(|asked| asked.word == *word && asked.known != Known::Nearly)
        };
        let found = self
            .outside
            .iter()
            .filter(|together| together.iter().all(said));
        found.count() as f64 * OUTSIDE_WEIGHT
    }

    fn candidate(&self, entry: &Entry, asked: &[Asked]) -> Candidate {
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
        // Words in the body alone are no reason, and one word of an example (a city, "call") is an accident.
        let score = if !key && why.len() < 2 {
            0.0
        } else {
            (score * 1000.0).round() / 1000.0
        };
        let said = |word: &String| {
            asked
                .iter()
                .any(|asked| asked.word == *word && asked.known != Known::Not)
        };
        let core = entry.core.iter().any(said)
            || entry.phrases.iter().any(|phrase| phrase.iter().all(said));
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

/// Whether the best candidate is what is asked for: there is enough for it, and more than against it.
fn is_meant(best: &Candidate, scored: &Scored, text: &str) -> bool {
    // One word may be a topic of many talks: it must say what the skill does, in a text that is about work.
    let alone = best.why.len() == 1;
    best.score >= FLOOR && best.score > scored.outside && !(alone && (!best.core || is_aside(text)))
}

impl Entry {
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
