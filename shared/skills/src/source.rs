use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is a skill, a partial or a schema, and not a mistake.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// A file's text and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// For messages: a path, or an object's name.
    pub path: String,
    pub text: String,
}

/// What a file is, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Skill,
    /// `partials/honesty.md`, as a template names it.
    Partial(String),
    /// `competitor_analysis`, as a head names it.
    Schema(String),
    /// More example requests, one a line, of the skill in this folder.
    Examples(String),
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    /// Every `SKILL.md`, `examples.txt`, `partials/*.md` and `schemas/*.json` below a folder, in order of its
    /// path.
    ///
    /// # Errors
    /// When a folder or file can't be read; a file that is not UTF-8 is read with its bad bytes replaced,
    /// and fails later where it matters. Of a file that is too long only its beginning is read.
    pub fn below(folder: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        collect(folder, &mut found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Whether a file with this path belongs to a catalogue.
    pub fn is_one(path: &str) -> bool {
        kind(path).is_some()
    }

    /// A text without a path's hint is a skill.
    pub(crate) fn kind(&self) -> Kind {
        kind(&self.path).unwrap_or(Kind::Skill)
    }
}

fn kind(path: &str) -> Option<Kind> {
    let mut parts = path.rsplit(['/', '\\']);
    let (file, folder) = (parts.next()?, parts.next().unwrap_or_default());
    if file == "SKILL.md" {
        Some(Kind::Skill)
    } else if folder == "partials" && file.ends_with(".md") {
        Some(Kind::Partial(format!("partials/{file}")))
    } else if file == "examples.txt" {
        Some(Kind::Examples(folder_of(path).to_owned()))
    } else if folder == "schemas" {
        Some(Kind::Schema(file.strip_suffix(".json")?.to_owned()))
    } else {
        None
    }
}

/// The path without its last part.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once(['/', '\\'])
        .map_or("", |(folder, _)| folder)
}

fn collect(folder: &Path, found: &mut Vec<Source>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
            continue;
        }
        let name = path.display().to_string();
        if Source::is_one(&name) {
            let mut bytes = Vec::new();
            let limit = MAX_BYTES as u64 + 1;
            File::open(&path)?.take(limit).read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            found.push(Source { path: name, text });
        }
    }
    Ok(())
}

/// A text with Unix line ends, no byte order mark, no blanks at line ends, one line end at its end.
/// Two texts that differ only in these are the same skill.
pub(crate) fn normalised(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// A file in its two parts.
pub(crate) struct Parts<'a> {
    /// The YAML between the marks.
    pub head: &'a str,
    /// The Markdown after it.
    pub body: &'a str,
    /// The line on which the body starts, from 1.
    pub body_line: usize,
}

/// Splits a normalised text at its `---` lines. `None` when the file has no head.
pub(crate) fn split(text: &str) -> Option<Parts<'_>> {
    let rest = text.strip_prefix("---\n")?;
    let end = if rest.starts_with("---\n") {
        0
    } else {
        rest.find("\n---\n")? + 1
    };
    let (head, after) = rest.split_at(end);
    let body = &after[4..];
    Some(Parts {
        head,
        body,
        body_line: 3 + head.lines().count(),
    })
}
