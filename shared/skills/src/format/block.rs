//! A key with its value and the comments above it, as lines.

use super::flow;
use crate::aliases;
use crate::emit;
use crate::problem::Findings;
use crate::yaml::{Key, Node};

/// Longer entries of a list stand on lines of their own.
const LONG: usize = 40;
/// The comment by which editors find a schema; it belongs to the whole file.
const MODELINE: &str = "# yaml-language-server:";

#[derive(Debug, Clone)]
pub(super) struct Block {
    pub key: String,
    /// Comment lines directly above.
    pub above: Vec<String>,
    /// The key's line and those below it.
    pub own: Vec<String>,
}

/// The lines of a mapping as blocks, one for each entry, and the comments after the last. `first` is the
/// number of the first line, `indent` how far in the keys stand.
pub(super) fn split(
    entries: &[(Key, Node)],
    lines: &[&str],
    first: usize,
    indent: usize,
) -> (Vec<Block>, Vec<String>) {
    let is_outside = |line: &str| {
        let text = line.trim_start();
        text.is_empty() || (text.starts_with('#') && line.len() - text.len() <= indent)
    };
    let starts: Vec<usize> = entries.iter().map(|(key, _)| key.place.0 - first).collect();
    let mut blocks = Vec::new();
    let mut above = lines[..starts[0]].to_vec();
    for (n, (key, _)) in entries.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(lines.len());
        let lines = &lines[starts[n]..end];
        let inside = lines
            .iter()
            .rposition(|line| !is_outside(line))
            .map_or(1, |last| last + 1);
        let (own, next) = lines.split_at(inside);
        blocks.push(Block {
            key: key.text.clone(),
            above: owned(&above),
            own: owned(own),
        });
        above = next.to_vec();
    }
    let mut tail = owned(&above);
    tail.retain(|line| !line.is_empty());
    (blocks, tail)
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

impl Block {
    /// Takes out what is about the whole file: what a blank line or the editors' mark sets apart.
    pub fn header(&mut self) -> Vec<String> {
        let apart = self
            .above
            .iter()
            .rposition(|line| line.is_empty() || line.starts_with(MODELINE))
            .map_or(0, |last| last + 1);
        let rest = self.above.split_off(apart);
        let mut header = std::mem::replace(&mut self.above, rest);
        header.retain(|line| !line.is_empty());
        header
    }

    pub fn lines(self) -> Vec<String> {
        let mut lines = self.above;
        lines.retain(|line| !line.is_empty());
        lines.extend(self.own);
        lines
    }

    /// What stands behind the key's colon on its line.
    pub fn behind(&self) -> Option<&str> {
        let line = self.own.first()?.trim_start();
        let after = match line.chars().next()? {
            quote @ ('"' | '\'') => {
                let end = line[1..].find(quote)? + 2;
                &line[end..]
            }
            _ => &line[line.find(':')?..],
        };
        Some(after.trim_start().strip_prefix(':')?.trim_start())
    }

    /// Gives the key another name. `None` when its line is not of the usual form.
    pub fn rename(&mut self, key: &str) -> Option<()> {
        let line = self.own.first()?;
        let indent = line.len() - line.trim_start().len();
        let behind = self.behind()?;
        let new = format!("{}{key}: {behind}", &line[..indent]);
        self.own[0] = new.trim_end().to_owned();
        key.clone_into(&mut self.key);
        Some(())
    }

    /// Moves all lines to the right, or as far as they go to the left.
    pub fn shift(&mut self, by: isize) {
        for line in self.above.iter_mut().chain(&mut self.own) {
            if line.is_empty() {
                continue;
            }
            if by >= 0 {
                line.insert_str(0, &" ".repeat(by.unsigned_abs()));
            } else {
                let blanks = line.len() - line.trim_start_matches(' ').len();
                line.drain(..blanks.min(by.unsigned_abs()));
            }
        }
    }

    /// Writes a list in brackets with long entries below its key, one a line.
    pub fn list_below(&mut self, indent: usize) {
        let Some(behind) = self.behind().filter(|text| text.starts_with('[')) else {
            return;
        };
        let mut text = behind.to_owned();
        for line in &self.own[1..] {
            text.push(' ');
            text.push_str(line.trim());
        }
        let commented = self.own.len() > 1 && self.own.iter().any(|line| line.contains('#'));
        let Some((items, after)) = flow::items(&text).filter(|_| !commented) else {
            return;
        };
        if items.iter().all(|item| item.chars().count() <= LONG) {
            return;
        }
        let Some(line) = self.own.first().and_then(|line| line.strip_suffix(behind)) else {
            return;
        };
        let mut own = vec![format!("{line}{after}").trim_end().to_owned()];
        let blanks = " ".repeat(indent + 2);
        own.extend(items.iter().map(|item| format!("{blanks}- {item}")));
        self.own = own;
    }

    /// `inputs` and `outputs` of the first drafts as the `schema` of a section. Comments inside go above.
    pub fn schema(&mut self, key: &str, node: &Node, findings: &mut Findings) -> Option<()> {
        let before = findings.errors.len();
        let schema = if key == "inputs" {
            aliases::inputs(node, findings)?
        } else {
            aliases::outputs(node, findings)?
        };
        if findings.errors.len() > before {
            return None;
        }
        for line in &self.own {
            if let Some((_, comment)) = flow::comment(line) {
                self.above.push(comment.to_owned());
            }
        }
        self.own = emit::entry(key, &schema, 0);
        Some(())
    }
}
