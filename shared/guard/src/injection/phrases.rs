//! Finds phrases by their telling words in order, with a few others between: linear in the text, and
//! nothing in the text can make it slow.

use std::collections::HashMap;

use super::disguise::fold;

/// A kind of attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Sets earlier instructions aside.
    Override,
    /// Wants to see the prompt.
    PromptLeak,
    /// Gives the model another role.
    Role,
    /// Pretends to be the system, the developer or the end of the block.
    Authority,
    /// Wants data or secrets sent out.
    Exfiltration,
    /// Wants something kept from the user.
    Concealment,
    /// Wants limits, checks or budgets gone.
    Unlimit,
}

impl Family {
    const ALL: [Self; 7] = [
        Self::Override,
        Self::PromptLeak,
        Self::Role,
        Self::Authority,
        Self::Exfiltration,
        Self::Concealment,
        Self::Unlimit,
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.as_str() == text)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::PromptLeak => "prompt_leak",
            Self::Role => "role",
            Self::Authority => "authority",
            Self::Exfiltration => "exfiltration",
            Self::Concealment => "concealment",
            Self::Unlimit => "unlimit",
        }
    }
}

/// What follows a phrase's first word.
struct Phrase {
    family: Family,
    weight: f32,
    /// The most words between two slots.
    gap_words: usize,
    rest: Vec<Vec<Word>>,
}

enum Word {
    Whole(String),
    Start(String),
}

impl Word {
    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Whole(whole) => word == whole,
            Self::Start(start) => word.starts_with(start.as_str()),
        }
    }
}

pub(super) struct Matcher {
    phrases: Vec<Phrase>,
    by_first: HashMap<String, Vec<usize>>,
}

impl Matcher {
    /// From lines of `kind weight gap slot slot ...`; `#` begins a comment.
    ///
    /// # Panics
    /// When a line has another shape: the phrases are part of the program.
    pub(super) fn parse(lines: &str) -> Self {
        let mut matcher = Self {
            phrases: Vec::new(),
            by_first: HashMap::new(),
        };
        let lines = lines
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for (index, line) in lines.enumerate() {
            matcher
                .add(index, line)
                .unwrap_or_else(|| panic!("not a phrase: {line}"));
        }
        matcher
    }

    fn add(&mut self, index: usize, line: &str) -> Option<()> {
        let mut columns = line.split(' ');
        let family = Family::parse(columns.next()?)?;
        let weight = columns
            .next()?
            .parse()
            .ok()
            .filter(|weight| (0.0..1.0).contains(weight))?;
        let gap_words = columns.next()?.parse().ok()?;
        for word in columns.next()?.split('|') {
            self.by_first.entry(fold(word)).or_default().push(index);
        }
        let word = |word: &str| match word.strip_suffix('*') {
            Some(start) => Word::Start(fold(start)),
            None => Word::Whole(fold(word)),
        };
        let rest = columns
            .map(|slot| slot.split('|').map(word).collect())
            .collect();
        self.phrases.push(Phrase {
            family,
            weight,
            gap_words,
            rest,
        });
        Some(())
    }

    /// Every phrase in an already folded text.
    pub(super) fn find(&self, text: &str) -> Vec<(Family, f32)> {
        let words: Vec<&str> = text
            .split(is_between)
            .filter(|word| !word.is_empty())
            .collect();
        let mut found = vec![false; self.phrases.len()];
        for (at, word) in words.iter().enumerate() {
            for &index in self.by_first.get(*word).into_iter().flatten() {
                found[index] = found[index] || self.phrases[index].follows(&words[at + 1..]);
            }
        }
        let hits = found.iter().zip(&self.phrases).filter(|(found, _)| **found);
        hits.map(|(_, phrase)| (phrase.family, phrase.weight))
            .collect()
    }
}

impl Phrase {
    /// Whether the words after the first slot's go on with the other slots. Taking the earliest word for
    /// each slot is not always the only way to match; it is good enough for a signal, and linear.
    fn follows(&self, mut words: &[&str]) -> bool {
        for slot in &self.rest {
            let near = &words[..words.len().min(self.gap_words + 1)];
            let Some(at) = near
                .iter()
                .position(|word| slot.iter().any(|one| one.fits(word)))
            else {
                return false;
            };
            words = &words[at + 1..];
        }
        true
    }
}

/// Whether a character separates words. Indic vowel signs and the virama are marks, not letters, but
/// belong to their word.
fn is_between(c: char) -> bool {
    !(c.is_alphanumeric()
        || ('\u{900}'..='\u{D7F}').contains(&c) && !matches!(c, '\u{964}' | '\u{965}'))
}
