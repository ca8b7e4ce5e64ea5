//! What an author is told: mistakes, things to write otherwise, and skills that nobody could tell apart.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::cases::Case;
use crate::similar;
use crate::{Catalogue, Known, Loaded, Skill, SkillError, Warning};

/// What is looked for in the text.
const SECTIONS: &[&str] = &[
    "# IDENTITY",
    "# MISSION",
    "# RULES",
    "# TOOL USAGE",
    "# INDIAN MARKET FOCUS",
];
/// With fewer a router has little to go by.
const FEW_EXAMPLES: usize = 3;
/// One usual, one in another language, one sparse, one hostile.
const FEW_CASES: usize = 4;

#[derive(Debug, Serialize)]
pub struct Report {
    pub skills: usize,
    pub cases: usize,
    pub errors: Vec<SkillError>,
    pub warnings: Vec<Warning>,
}

/// Reads every skill below a folder, with its cases, and says what is wrong.
pub fn check_dir(folder: &Path, known: Known<'_>) -> Report {
    let Loaded {
        catalogue,
        mut errors,
        mut warnings,
        ..
    } = Catalogue::load_dir(folder, known);
    let mut count = 0;
    for skill in catalogue.all() {
        let (cases, mut wrong) = Case::beside(&skill.file);
        errors.append(&mut wrong);
        count += cases.len();
        advise(skill, &cases, &catalogue, &mut warnings);
    }
    warnings.extend(similar::near_duplicates(&catalogue));
    Report {
        skills: catalogue.len(),
        cases: count,
        errors,
        warnings,
    }
}

fn advise(skill: &Skill, cases: &[Case], catalogue: &Catalogue, warnings: &mut Vec<Warning>) {
    let mut warn = |code, message: String| {
        warnings.push(Warning {
            file: skill.file.clone(),
            line: 1,
            code,
            message,
        });
    };
    if skill.description.is_empty() {
        warn(
            "no-description",
            "add a description: what it does and when to use it".into(),
        );
    }
    if skill.examples.len() < FEW_EXAMPLES {
        warn(
            "few-examples",
            format!(
                "{} examples: the router finds a skill by them, add at least {FEW_EXAMPLES}",
                skill.examples.len()
            ),
        );
    }
    if skill.critic.is_none() {
        warn(
            "no-rubric",
            "add raptor.critic.rubric: what a reviewer checks".into(),
        );
    }
    for section in SECTIONS {
        if !skill.body.contains(section) {
            warn("missing-section", format!("the text has no {section}"));
        }
    }
    if cases.len() < FEW_CASES {
        warn(
            "few-cases",
            format!(
                "{} cases: add a usual, a sparse, a hostile one and one in another language",
                cases.len()
            ),
        );
    }
    for case in cases {
        for tool in case.tools.keys().chain(&case.expect.calls) {
            if !skill.tools.contains(tool) {
                warn(
                    "case-tool",
                    format!(
                        "case {} names {tool}, which the skill does not declare",
                        case.name
                    ),
                );
            }
        }
        if skill.validate_input(&case.input).is_err()
            && case.expect.status.as_deref() != Some("input.invalid")
        {
            warn(
                "case-input",
                format!("the input of case {} does not fit the skill", case.name),
            );
        }
    }
    for unlike in &skill.unlike {
        if unlike.skill != "none" && catalogue.any(&unlike.skill).is_none() {
            warn(
                "unknown-skill",
                format!("unlike names {:?}, which is not a skill here", unlike.skill),
            );
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "{error} [{}]", error.code)?;
        }
        for warning in &self.warnings {
            writeln!(f, "{warning}")?;
        }
        write!(
            f,
            "{} skills, {} cases, {} errors, {} warnings",
            self.skills,
            self.cases,
            self.errors.len(),
            self.warnings.len()
        )
    }
}
