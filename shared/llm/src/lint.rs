//! What is wrong with the model and price files, or soon will be.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::{ModelRow, Models, PriceRow, Prices, Tier};

/// What ends within this many days is worth a warning.
const SOON: Days = Days::new(60);

/// A prompt larger than any model takes.
const HUGE: u64 = 10_000_000;

/// One finding about the data files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    pub severity: Severity,
    /// Stable: `price.gap`, `price.overlap`, `price.invalid`, `price.ends`, `price.orphan`,
    /// `model.unpriced`, `model.ends`, `alias.retired`, `alias.empty`.
    pub code: &'static str,
    /// The model (`provider/id`) or alias it is about.
    pub subject: String,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Calls fail or are charged wrongly.
    Error,
    /// Nothing is wrong yet.
    Warning,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{word} {} {}: {}", self.code, self.subject, self.message)
    }
}

struct Findings(Vec<Problem>);

impl Findings {
    fn error(
        &mut self,
        code: &'static str,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.add(Severity::Error, code, subject.into(), message.into());
    }

    fn warn(&mut self, code: &'static str, subject: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Warning, code, subject.into(), message.into());
    }

    fn add(&mut self, severity: Severity, code: &'static str, subject: String, message: String) {
        self.0.push(Problem {
            severity,
            code,
            subject,
            message,
        });
    }
}

impl Prices {
    /// Looks both files over as they stand on `today`: errors first.
    pub fn lint(&self, models: &Models, today: NaiveDate) -> Vec<Problem> {
        let mut findings = Findings(Vec::new());
        for fault in self.broken() {
            findings.error(fault.code, fault.model, fault.message);
        }
        for model in &models.models {
            self.lint_model(model, today, &mut findings);
        }
        let known: BTreeSet<_> = models.models.iter().map(ModelRow::name).collect();
        let priced: BTreeSet<_> = self
            .prices
            .iter()
            .map(|row| format!("{}/{}", row.provider, row.model))
            .collect();
        for orphan in priced.difference(&known) {
            findings.warn(
                "price.orphan",
                orphan,
                "has a price and no row among the models",
            );
        }
        lint_aliases(models, today, &mut findings);
        findings.0.sort();
        findings.0
    }

    fn lint_model(&self, model: &ModelRow, today: NaiveDate, findings: &mut Findings) {
        if model.ended(today) {
            return;
        }
        let soon = today + SOON;
        let end = model.ends_on.map(|day| (day, "ends"));
        let assured = model
            .assured_until
            .map(|day| (day, "is promised no longer than"));
        if let Some((day, what)) = end.or(assured).filter(|(day, _)| *day <= soon) {
            let left = (day - today).num_days();
            findings.warn(
                "model.ends",
                model.name(),
                format!("{what} {day}, in {left} days"),
            );
        }
        let groups: BTreeSet<(&str, Tier)> = self
            .of(model)
            .map(|row| (row.location.as_str(), row.tier))
            .collect();
        if !groups.iter().any(|(_, tier)| *tier == Tier::Standard) {
            findings.error("model.unpriced", model.name(), "has no standard price");
        }
        for group in groups {
            let rows: Vec<_> = self
                .of(model)
                .filter(|row| (row.location.as_str(), row.tier) == group)
                .collect();
            lint_group(model, group, &rows, today, findings);
        }
    }
}

/// The rows of one model, location and tier: one price for every day from today on and every
/// prompt size.
fn lint_group(
    model: &ModelRow,
    (location, tier): (&str, Tier),
    rows: &[&PriceRow],
    today: NaiveDate,
    findings: &mut Findings,
) {
    // Coverage changes only where a row begins or ends: look at each side of each edge.
    let largest = model.max_prompt_tokens.unwrap_or(HUGE);
    let (mut days, mut sizes) = (BTreeSet::from([today]), BTreeSet::from([0, largest]));
    for row in rows {
        let edges = [
            row.valid_from,
            row.valid_from.and_then(|day| day.pred_opt()),
            row.valid_until,
            row.valid_until.and_then(|day| day.succ_opt()),
        ];
        days.extend(edges.into_iter().flatten());
        sizes.extend([row.over_prompt_tokens, row.over_prompt_tokens + 1]);
        sizes.extend(
            row.up_to_prompt_tokens
                .iter()
                .flat_map(|size| [*size, size + 1]),
        );
    }
    let mut told = BTreeSet::new();
    for day in days
        .into_iter()
        .filter(|day| *day >= today && !model.ended(*day))
    {
        for size in sizes.iter().filter(|size| **size <= largest) {
            if rows.iter().any(|row| row.covers(*size, day)) {
                continue;
            }
            let before = rows
                .iter()
                .filter_map(|row| row.valid_until)
                .filter(|until| *until < day)
                .max();
            let after = rows
                .iter()
                .any(|row| row.valid_from.is_some_and(|from| from > day));
            let ends_later = before.filter(|until| *until >= today && !after);
            match ends_later {
                // The last row runs out in the future: not wrong yet.
                Some(until) => {
                    if until <= today + SOON && told.insert(until) {
                        let left = (until - today).num_days();
                        findings.warn(
                            "price.ends",
                            model.name(),
                            format!("its {location} {tier} price ends on {until}, in {left} days, and none follows"),
                        );
                    }
                }
                None => {
                    if told.insert(day) {
                        findings.error(
                            "price.gap",
                            model.name(),
                            format!("no {location} {tier} price for {size} prompt tokens on {day}"),
                        );
                    }
                }
            }
        }
    }
}

fn lint_aliases(models: &Models, today: NaiveDate, findings: &mut Findings) {
    for (alias, ids) in &models.aliases {
        let mut alive = false;
        for id in ids {
            let (ended, there): (Vec<_>, Vec<_>) =
                models.rows(id).partition(|row| row.ended(today));
            alive |= !there.is_empty();
            if there.is_empty() && !ended.is_empty() {
                findings.error(
                    "alias.retired",
                    alias,
                    format!("still names {id}, which is retired"),
                );
            }
        }
        if !alive {
            findings.error(
                "alias.empty",
                alias,
                "every model it names is retired or unknown",
            );
        }
    }
}
