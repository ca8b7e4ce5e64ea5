//! The beginning of a new skill: a file to fill in, and its first cases.

use std::fmt;

const FILES: [(&str, &str); 5] = [
    ("SKILL.md", include_str!("../templates/new/SKILL.md")),
    (
        "cases/usual.yaml",
        include_str!("../templates/new/usual.yaml"),
    ),
    (
        "cases/hindi.yaml",
        include_str!("../templates/new/hindi.yaml"),
    ),
    (
        "cases/sparse.yaml",
        include_str!("../templates/new/sparse.yaml"),
    ),
    (
        "cases/hostile.yaml",
        include_str!("../templates/new/hostile.yaml"),
    ),
];

/// A name that no skill can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadName(String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a skill name: write area.job in lower case letters, digits and _, as in campaign.diwali",
            self.0
        )
    }
}

impl std::error::Error for BadName {}

/// The files of a new skill, with their paths below the folder of all skills
/// (`campaign/diwali/SKILL.md`). They pass `check` as they are.
///
/// # Errors
/// When the name is not `area.job`.
pub fn scaffold(name: &str) -> Result<Vec<(String, String)>, BadName> {
    let bad = || BadName(name.to_owned());
    let (area, job) = name.split_once('.').ok_or_else(bad)?;
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    // `.v2` at the end is a version and no name.
    let version = job
        .strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
    if !word(area) || !word(job) || version {
        return Err(bad());
    }
    let spaced = job.replace('_', " ");
    let mut title = spaced.clone();
    title[..1].make_ascii_uppercase();
    // In quotes: a job may be called `yes` or `null`.
    let keywords = format!("{spaced:?}, \"{area} {spaced}\", \"{spaced} for shop\"");
    let fill = |text: &str| {
        text.replace("AREA.JOB", name)
            .replace("TITLE", &title)
            .replace("WORDS", &keywords)
    };
    let files = FILES.iter();
    Ok(files
        .map(|(file, text)| (format!("{area}/{job}/{file}"), fill(text)))
        .collect())
}
