use std::io;
use std::path::Path;

/// A skill file's text and where it came from.
#[derive(Debug, Clone)]
pub struct Source {
    /// For messages: a path, or an object's name.
    pub path: String,
    pub text: String,
}

impl Source {
    /// Every `SKILL.md` below a folder, in order of its path.
    ///
    /// # Errors
    /// When a folder or file can't be read; a file that is not UTF-8 is read with its bad bytes replaced,
    /// and fails later where it matters.
    pub fn below(folder: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        collect(folder, &mut found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

fn collect(folder: &Path, found: &mut Vec<Source>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.file_name().is_some_and(|name| name == "SKILL.md") {
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            found.push(Source {
                path: path.display().to_string(),
                text,
            });
        }
    }
    Ok(())
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

/// Splits at the `---` lines. `None` when the file has no head.
pub(crate) fn split(text: &str) -> Option<Parts<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
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
