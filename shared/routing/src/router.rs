use domain::Tier;
use serde::Serialize;
use skills::Catalogue;

use crate::classify::Classifier;
use crate::clauses::{clauses, is_sequence};
use crate::index::Index;
use crate::text::spoken;

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
    /// How likely it is what is meant, 0 to 1; with the others and "nobody's work" it makes 1.
    pub score: f64,
    /// The words of the request that speak for it.
    pub why: Vec<String>,
    /// One of them, or several together, say what the skill does.
    #[serde(skip)]
    core: bool,
    /// What the words alone come to.
    #[serde(skip)]
    lexical: f64,
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
    /// It can't be acted on as it stands.
    Unclear {
        /// What to ask the person who asked.
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// Best first, at most five.
    pub candidates: Vec<Candidate>,
    pub label: Label,
    /// How likely it is that this is no skill's work, 0 to 1.
    pub outside: f64,
    /// The label may be acted on at once; otherwise a closer look (a model's, say) is worth it.
    pub confident: bool,
}

impl Label {
    /// A skill's id, `multi` or `abstain`.
    pub fn name(&self) -> &str {
        match self {
            Self::Skill(skill) => skill,
            Self::Multi(_) => "multi",
            Self::Abstain { .. } | Self::Unclear { .. } => "abstain",
        }
    }
}

impl Decision {
    /// The skills of the label, in order.
    pub fn skills(&self) -> &[String] {
        match &self.label {
            Label::Skill(skill) => std::slice::from_ref(skill),
            Label::Multi(skills) => skills,
            Label::Abstain { .. } | Label::Unclear { .. } => &[],
        }
    }
}

// What the two halves count, and how clear a choice must be: set on the tuning requests.
/// What lexical points count beside the classifier's log odds.
const LEXICAL: f64 = 0.3;
/// How much of "outside" is the classifier's class for it; the rest is measured from the best skill.
const CLASS: f64 = 0.4;
/// The odds on "outside" before anything is said: a wrong refusal costs a question, a wrong plan money.
const CAUTION: f64 = 1.3;
/// Below this likelihood nothing counts: no class is ever ruled out by the words that are not there.
const NEVER: f64 = 1e-4;
/// A best candidate below this is one of many.
const FLOOR: f64 = 0.1;
/// A choice that may be acted on at once: its share, and the most the next may have.
const SURE: (f64, f64) = (0.7, 0.1);
/// A part of a request that is a job of its own, where the request says what comes first.
const PART: Clear = Clear {
    share: 0.6,
    lexical: 0.0,
    core: false,
};
/// The same where it doesn't, so that "and" alone makes no second job.
const LOOSE_PART: Clear = Clear {
    share: 0.8,
    lexical: 2.0,
    core: true,
};

/// Of several jobs one at least is said in so many words.
const STRONG: f64 = 6.5;

/// What a part of a request must have to count as a job.
struct Clear {
    share: f64,
    lexical: f64,
    /// Its words say what the skill does.
    core: bool,
}

impl Clear {
    fn allows(&self, scored: &Scored) -> bool {
        scored.candidates.first().is_some_and(|best| {
            best.score > self.share
                && best.score > scored.outside
                && best.lexical >= self.lexical
                && (best.core || !self.core)
        })
    }
}

/// Areas of work in the order in which one takes up what another found.
const ORDER: &[&str] = &[
    "scrape", "research", "data", "lead", "analysis", "campaign", "payment", "content", "social",
    "outreach", "support", "report",
];
const CANDIDATES: usize = 5;

struct Entry {
    id: String,
    min_tier: Tier,
    languages: Vec<String>,
}

/// How a text, or a part of it, looks to the skills.
struct Scored {
    /// Best first.
    candidates: Vec<Candidate>,
    outside: f64,
}

/// Chooses skills for a request, over a catalogue. Building it takes tens of milliseconds, asking it
/// tens of microseconds.
pub struct Router {
    entries: Vec<Entry>,
    index: Index,
    classifier: Classifier,
}

impl Router {
    pub fn new(catalogue: &Catalogue) -> Self {
        let entries = catalogue.all().map(|skill| Entry {
            id: skill.id.clone(),
            min_tier: skill.min_tier,
            languages: skill.languages.clone(),
        });
        Self {
            entries: entries.collect(),
            index: Index::new(catalogue),
            classifier: Classifier::over(catalogue),
        }
    }

    /// Which skills fit. Skills that the tier or the locale rules out are not considered.
    pub fn route(&self, ask: &Ask<'_>) -> Decision {
        let scored = self.score(ask, ask.text);
        let in_order = is_sequence(ask.text);
        let several = self.several(ask, &scored, in_order);
        let (label, confident) = match (several, scored.candidates.first()) {
            (Some(skills), _) => (Label::Multi(skills), in_order),
            (None, Some(best)) if best.score > scored.outside && best.score >= FLOOR => {
                let next = scored.candidates.get(1).map_or(0.0, |next| next.score);
                // What names an order may mean more than one job, though only one was understood.
                let sure = best.core && !in_order && best.score >= SURE.0 && next < SURE.1;
                (Label::Skill(best.skill_id.clone()), sure)
            }
            _ => (
                Label::Abstain {
                    reason: self.refusal(),
                },
                false,
            ),
        };
        Decision {
            candidates: scored.candidates,
            outside: scored.outside,
            label,
            confident,
        }
    }

    /// Different skills for different parts of the request, each of them clear, in the order of work.
    fn several(&self, ask: &Ask<'_>, whole: &Scored, in_order: bool) -> Option<Vec<String>> {
        let mut parts = clauses(ask.text);
        // "before Diwali" says when, not what.
        parts.retain(|part| part.split_whitespace().count() > 1);
        if parts.len() < 2 {
            return None;
        }
        let clear = if in_order { PART } else { LOOSE_PART };
        let mut strongest: f64 = 0.0;
        let mut skills: Vec<String> = Vec::new();
        for part in &parts {
            let scored = self.score(ask, part);
            let Some(best) = scored.candidates.first().filter(|_| clear.allows(&scored)) else {
                continue;
            };
            let in_whole = whole
                .candidates
                .iter()
                .any(|candidate| candidate.skill_id == best.skill_id);
            if in_whole && !skills.contains(&best.skill_id) {
                strongest = strongest.max(best.lexical);
                skills.push(best.skill_id.clone());
            }
        }
        if skills.len() < 2 || strongest < STRONG {
            return None;
        }
        skills.truncate(crate::MAX_STEPS);
        skills.sort_by_key(|id| {
            let area = id.split('.').next().unwrap_or_default();
            ORDER
                .iter()
                .position(|known| *known == area)
                .unwrap_or(ORDER.len() / 2)
        });
        Some(skills)
    }

    fn score(&self, ask: &Ask<'_>, text: &str) -> Scored {
        let (folded, written): (Vec<String>, Vec<String>) = spoken(text).into_iter().unzip();
        let likely = self.classifier.likely(&folded);
        let asked = self.index.asked(&folded, written);
        let may = |entry: &Entry| {
            entry.min_tier <= ask.tier
                && ask.locale.is_none_or(|locale| {
                    entry.languages.is_empty() || entry.languages.iter().any(|l| l == locale)
                })
        };
        let mut candidates: Vec<Candidate> = self
            .entries
            .iter()
            .zip(self.index.matches(&asked))
            .zip(&likely.classes)
            .filter(|((entry, _), _)| may(entry))
            .map(|((entry, found), class)| Candidate {
                skill_id: entry.id.clone(),
                score: (class + NEVER).ln() + LEXICAL * found.score,
                why: found.why,
                core: found.core,
                lexical: found.score,
            })
            .collect();
        candidates.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.skill_id.cmp(&b.skill_id))
        });
        let best = candidates.first().map_or(0.0, |best| best.score);
        let nobody = likely.classes.last().copied().unwrap_or_default();
        let outside =
            CLASS * (nobody + NEVER).ln() + (1.0 - CLASS) * best + likely.nobody + CAUTION;
        // Points to shares of 1.
        let top = best.max(outside);
        let sum: f64 = candidates
            .iter()
            .map(|c| (c.score - top).exp())
            .sum::<f64>()
            + (outside - top).exp();
        let share = |points: f64| (points - top).exp() / sum;
        candidates.truncate(CANDIDATES);
        for candidate in &mut candidates {
            candidate.score = share(candidate.score);
        }
        Scored {
            candidates,
            outside: share(outside),
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
