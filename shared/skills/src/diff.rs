//! What changed between two versions of a skill, for those who use it: its head, what it takes and
//! answers, its cases; and by how much its version should be raised.

mod schema;

use std::fmt;

use serde::Serialize;

use crate::tokens::tokens;
use crate::{Case, Skill};

/// So many values of a list are shown.
const SHOWN: usize = 6;
/// A longer text is shown by its beginning.
const LONG: usize = 72;

/// A part of a version, least first: what a change asks to be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    None,
    /// Nobody needs to know.
    Patch,
    /// More can be done, or it is done otherwise; nobody has to change anything.
    Minor,
    /// Somebody who calls it or reads its answers has to change something.
    Major,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// One thing that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `model`, `input.city`, `output.steps[].title`
    pub what: String,
    pub step: Step,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    pub id: String,
    pub old_version: String,
    pub new_version: String,
    pub changes: Vec<Change>,
    pub cases_added: Vec<String>,
    pub cases_removed: Vec<String>,
    pub cases_changed: Vec<String>,
    /// Of text and output schema, estimated high: what every run pays for.
    pub old_tokens: u64,
    pub new_tokens: u64,
    /// What the version should be raised by, and what it was.
    pub suggested: Step,
    pub raised: Step,
    /// The version went back, which no reader expects.
    pub lowered: bool,
}

impl Diff {
    /// A skill in two versions, each with its cases.
    pub fn of(old: (&Skill, &[Case]), new: (&Skill, &[Case])) -> Self {
        let ((old, old_cases), (new, new_cases)) = (old, new);
        let mut changes = heads(old, new);
        schema::compare(
            schema::Side::Input,
            &old.input_schema,
            &new.input_schema,
            &mut changes,
        );
        schema::compare(
            schema::Side::Output,
            &old.output_schema,
            &new.output_schema,
            &mut changes,
        );
        let (old_text, new_text) = (old.inlined(), new.inlined());
        if old_text != new_text {
            changes.push(Change {
                what: "text".to_owned(),
                step: Step::Patch,
                message: "the instructions are worded otherwise".to_owned(),
            });
        }
        let names = |these: &[Case], those: &[Case]| -> Vec<String> {
            let missing = these
                .iter()
                .filter(|case| those.iter().all(|other| other.name != case.name));
            missing.map(|case| case.name.clone()).collect()
        };
        let cases_changed = new_cases
            .iter()
            .filter(|case| {
                old_cases
                    .iter()
                    .any(|other| other.name == case.name && other != *case)
            })
            .map(|case| case.name.clone())
            .collect();
        let (before, after) = (numbers(&old.version), numbers(&new.version));
        Self {
            id: new.id.clone(),
            old_version: old.version.clone(),
            new_version: new.version.clone(),
            suggested: changes
                .iter()
                .map(|change| change.step)
                .max()
                .unwrap_or(Step::None),
            changes,
            cases_added: names(new_cases, old_cases),
            cases_removed: names(old_cases, new_cases),
            cases_changed,
            old_tokens: tokens(&old_text) + tokens(&old.output_schema.to_string()),
            new_tokens: tokens(&new_text) + tokens(&new.output_schema.to_string()),
            raised: raised(before, after),
            lowered: after < before,
        }
    }

    /// Whether nothing is otherwise, the version aside.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.cases_added.is_empty()
            && self.cases_removed.is_empty()
            && self.cases_changed.is_empty()
    }

    /// What should be done about the version, if anything.
    pub fn advice(&self) -> Option<String> {
        if self.lowered {
            return Some(format!(
                "the version went back from {} to {}: raise it",
                self.old_version, self.new_version
            ));
        }
        (self.raised < self.suggested).then(|| {
            format!(
                "the version was {}: make it {} ({})",
                if self.raised == Step::None {
                    "not raised"
                } else {
                    "raised too little"
                },
                next(numbers(&self.old_version), self.suggested),
                self.suggested.as_str()
            )
        })
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {} -> {}",
            self.id, self.old_version, self.new_version
        )?;
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.step));
        for change in changes {
            let (step, what) = (change.step.as_str(), &change.what);
            writeln!(f, "  {step:<5}  {what}: {}", change.message)?;
        }
        for (word, names) in [
            ("added", &self.cases_added),
            ("removed", &self.cases_removed),
            ("changed", &self.cases_changed),
        ] {
            if !names.is_empty() {
                writeln!(f, "  cases {word}: {}", names.join(", "))?;
            }
        }
        let more = i128::from(self.new_tokens) - i128::from(self.old_tokens);
        writeln!(
            f,
            "  tokens a run, about: {} -> {} ({more:+})",
            self.old_tokens, self.new_tokens
        )?;
        match self.advice() {
            Some(advice) => write!(f, "  {advice}"),
            None => write!(f, "  a {} step is enough", self.suggested.as_str()),
        }
    }
}

/// Major, minor, patch; `1.0` is `1.0.0`.
fn numbers(version: &str) -> [u64; 3] {
    let plain = version.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = plain.split('.').map(|n| n.parse().unwrap_or_default());
    std::array::from_fn(|_| numbers.next().unwrap_or_default())
}

fn raised(old: [u64; 3], new: [u64; 3]) -> Step {
    if new <= old {
        Step::None
    } else if new[0] > old[0] {
        Step::Major
    } else if new[1] > old[1] {
        Step::Minor
    } else {
        Step::Patch
    }
}

fn next([major, minor, patch]: [u64; 3], step: Step) -> String {
    match step {
        Step::Major => format!("{}.0.0", major + 1),
        Step::Minor => format!("{major}.{}.0", minor + 1),
        Step::Patch => format!("{major}.{minor}.{}", patch + 1),
        Step::None => format!("{major}.{minor}.{patch}"),
    }
}

/// Every key of the head but the schemas.
fn heads(old: &Skill, new: &Skill) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((what, before, step), (_, after, _)) in fields(old).into_iter().zip(fields(new)) {
        if before != after {
            changes.push(Change {
                what: what.to_owned(),
                step,
                message: format!("{} -> {}", short(&before), short(&after)),
            });
        }
    }
    let mut put = |what: &str, step, message: String| {
        changes.push(Change {
            what: what.to_owned(),
            step,
            message,
        });
    };
    if old.min_tier != new.min_tier {
        let step = if new.min_tier > old.min_tier {
            Step::Major
        } else {
            Step::Minor
        };
        put(
            "min_tier",
            step,
            format!("{} -> {}", old.min_tier, new.min_tier),
        );
    }
    if old.enabled != new.enabled {
        let (step, said) = if new.enabled {
            (Step::Minor, "switched on")
        } else {
            (Step::Major, "switched off: nobody can run it any more")
        };
        put("enabled", step, said.to_owned());
    }
    if old.languages != new.languages {
        // None is any.
        let fewer = !new.languages.is_empty()
            && (old.languages.is_empty()
                || old.languages.iter().any(|one| !new.languages.contains(one)));
        let step = if fewer { Step::Major } else { Step::Minor };
        put("languages", step, lists(&old.languages, &new.languages));
    }
    let unlike = |skill: &Skill| -> Vec<String> {
        let all = skill.unlike.iter();
        all.map(|one| format!("{} ({})", one.text, one.skill))
            .collect()
    };
    for (what, before, after, step) in [
        ("tools", &old.tools, &new.tools, Step::Minor),
        ("fallbacks", &old.fallbacks, &new.fallbacks, Step::Minor),
        ("trust", &old.trusted, &new.trusted, Step::Minor),
        ("examples", &old.examples, &new.examples, Step::Patch),
        ("keywords", &old.keywords, &new.keywords, Step::Patch),
        ("unlike", &unlike(old), &unlike(new), Step::Patch),
    ] {
        if before != after {
            put(what, step, lists(before, after));
        }
    }
    changes
}

/// Keys with one value, as text, and what a change of each asks for.
fn fields(skill: &Skill) -> Vec<(&'static str, String, Step)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let critic = skill.critic.as_ref();
    vec![
        ("name", skill.id.clone(), Step::Major),
        ("title", skill.title.clone(), Step::Patch),
        ("description", skill.description.clone(), Step::Patch),
        ("category", skill.category.clone(), Step::Patch),
        ("owner", text(&skill.owner), Step::Patch),
        ("license", text(&skill.license), Step::Patch),
        ("indian_focus", skill.indian_focus.to_string(), Step::Patch),
        ("model", skill.model.clone(), Step::Minor),
        (
            "temperature",
            skill
                .temperature
                .map_or_else(String::new, |t| t.to_string()),
            Step::Minor,
        ),
        (
            "maxOutputTokens",
            skill.max_output_tokens.to_string(),
            Step::Minor,
        ),
        ("effort", text(&skill.effort), Step::Minor),
        ("max_cost_usd", skill.max_cost.to_string(), Step::Minor),
        ("max_steps", skill.max_steps.to_string(), Step::Minor),
        ("priority", skill.priority.to_string(), Step::Minor),
        ("approval", skill.approval.as_str().to_owned(), Step::Minor),
        (
            "cache",
            skill
                .cache_seconds
                .map_or_else(String::new, |s| format!("{s} s")),
            Step::Minor,
        ),
        ("memory", skill.memory.as_str().to_owned(), Step::Minor),
        (
            "critic.rubric",
            critic.map_or_else(String::new, |critic| critic.rubric.clone()),
            Step::Minor,
        ),
        (
            "critic.threshold",
            critic.map_or_else(String::new, |critic| critic.threshold.to_string()),
            Step::Minor,
        ),
        (
            "data_class",
            skill.data_class.as_str().to_owned(),
            Step::Minor,
        ),
    ]
}

/// `added a, b; removed c`, a long list by its beginning.
fn lists(before: &[String], after: &[String]) -> String {
    let missing = |from: &[String], those: &[String]| -> Vec<String> {
        let missing = from.iter().filter(|one| !those.contains(one));
        missing.map(|one| short(one)).collect()
    };
    let parts: Vec<String> = [
        ("added", missing(after, before)),
        ("removed", missing(before, after)),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(word, names)| match names.len().saturating_sub(SHOWN) {
        0 => format!("{word} {}", names.join(", ")),
        more => format!("{word} {} and {more} more", names[..SHOWN].join(", ")),
    })
    .collect();
    if parts.is_empty() {
        "in another order".to_owned()
    } else {
        parts.join("; ")
    }
}

/// A value on one line, a long one by its beginning.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONG) {
        None if line.is_empty() => "nothing".to_owned(),
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}
