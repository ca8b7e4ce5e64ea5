//! A nose for prompt injection: how much a text reads as if it wanted to command the model rather than
//! inform it. It is a *signal*, for logs, reviews and refusals of tools; it changes no text, and what
//! protects a prompt is that untrusted text stands only in delimited blocks and can't add a tool or a
//! budget. It knows English, Hindi and Hinglish, and looks through the usual disguises; an attack in words
//! of its own passes it.

mod disguise;
mod markers;
mod phrases;

use std::sync::LazyLock;

use phrases::{Family, Matcher};

/// Only this much of a text is read, in bytes: a page can be long, and the rest still stands in its
/// block.
const LONGEST: usize = 512 << 10;

/// From here on a text deserves to be treated as hostile.
const SUSPICIOUS: f32 = 0.5;

static MATCHER: LazyLock<Matcher> = LazyLock::new(|| Matcher::parse(include_str!("phrases.txt")));

/// What a text smells of.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// 0 (plain) to 1 (an attack by every sign).
    pub score: f32,
    /// Stable names of the signs found, each once: `override`, `prompt_leak`, `encoded` ...
    pub reasons: Vec<&'static str>,
}

impl Assessment {
    pub fn is_suspicious(&self) -> bool {
        self.score >= SUSPICIOUS
    }
}

/// Assesses a text, in time linear in its length.
pub fn assess(text: &str) -> Assessment {
    let mut signs = Signs::default();
    let text = prefix(text, LONGEST);
    let plain = disguise::undress(text);
    for (reason, weight) in plain.signs() {
        signs.add(reason, weight);
    }
    signs.read(&plain.text);
    if let Some(spelled) = &plain.spelled_out {
        signs.read(spelled);
    }
    if !plain.tags.is_empty() {
        signs.read(&plain.tags);
    }
    for decoded in disguise::decoded_blobs(text) {
        let inner = disguise::undress(&decoded);
        let before = signs.doubt;
        signs.read(&inner.text);
        // Hiding a command is worse than giving it.
        if signs.doubt < before {
            signs.add("encoded", 0.5);
        }
    }
    signs.assessment()
}

/// Signs are independent evidence: the doubt that it is an attack is the product of each one's doubt.
struct Signs {
    doubt: f32,
    reasons: Vec<&'static str>,
}

impl Default for Signs {
    fn default() -> Self {
        Self {
            doubt: 1.0,
            reasons: Vec::new(),
        }
    }
}

impl Signs {
    /// The same sign twice says no more than once.
    fn add(&mut self, reason: &'static str, weight: f32) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
            self.doubt *= 1.0 - weight;
        }
    }

    fn read(&mut self, text: &str) {
        let mut best: Vec<(Family, f32)> = Vec::new();
        for (family, weight) in MATCHER.find(text).into_iter().chain(markers::markers(text)) {
            match best.iter_mut().find(|(known, _)| *known == family) {
                Some((_, most)) => *most = most.max(weight),
                None => best.push((family, weight)),
            }
        }
        for (family, weight) in best {
            self.add(family.as_str(), weight);
        }
    }

    fn assessment(self) -> Assessment {
        Assessment {
            score: (1.0 - self.doubt).clamp(0.0, 1.0),
            reasons: self.reasons,
        }
    }
}

fn prefix(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
