//! The canonical form of a skill file: keys in one order, old keys written anew, long lists in block
//! style, Unix line ends. Works on lines, so that comments stay and what is inside a block is left as it
//! stands; then reads the result and refuses to give out one that means something else.

mod block;
mod flow;
mod section;

use serde_json::{Map, Value};

use crate::aliases;
use crate::head::{SECTIONS, TOP};
use crate::problem::{Findings, SkillError};
use crate::source::{MAX_BYTES, Source, normalised, split};
use crate::yaml::{self, Node};
use block::Block;
use section::Section;

/// A skill file in canonical form. Doing it again changes nothing.
///
/// # Errors
/// What keeps the head from being read, or from being put in order without changing what it means.
pub fn formatted(source: &Source) -> Result<String, Vec<SkillError>> {
    let mut findings = Findings::of(&source.path);
    let text = format(&source.text, &mut findings);
    text.filter(|_| findings.errors.is_empty())
        .ok_or(findings.errors)
}

fn format(text: &str, findings: &mut Findings) -> Option<String> {
    if text.len() > MAX_BYTES {
        let said = format!("the file has more than {MAX_BYTES} bytes, which is the most");
        findings.error((1, 1), "too-long", said);
        return None;
    }
    let text = normalised(text);
    let Some(parts) = split(&text) else {
        let said = "the file must start with a `---` line, the YAML head, and another `---` line";
        findings.error((1, 1), "missing-head", said);
        return None;
    };
    let root = match yaml::read(parts.head, 2) {
        Ok(root) => root,
        Err((place, said)) => {
            let said = format!("the head is not valid YAML: {said}");
            findings.error(place, "invalid-yaml", said);
            return None;
        }
    };
    let lines: Vec<&str> = parts.head.lines().collect();
    let mut ordered = Ordered::read(&root, &lines, findings)?.lines();
    ordered.push(String::new());
    let head = ordered.join("\n");
    let same = yaml::read(&head, 2)
        .is_ok_and(|new| canonical(&new).is_some_and(|new| Some(new) == canonical(&root)));
    if !same {
        let said = "the keys can't be put in order without changing what they mean: write the head in block style, \
                    one key a line, without anchors";
        findings.error((2, 1), "unformattable", said);
        return None;
    }
    Some(normalised(&format!("---\n{head}---\n{}", parts.body)))
}

/// The head in canonical keys, as compiling reads it.
fn canonical(root: &Node) -> Option<Map<String, Value>> {
    let mut findings = Findings::of("");
    let map = aliases::apply(root.entries()?, &mut findings);
    findings.errors.is_empty().then_some(map)
}

/// A head taken apart.
#[derive(Default)]
struct Ordered {
    /// Comments about the whole file.
    header: Vec<String>,
    top: Vec<Block>,
    sections: Vec<Section>,
    /// Comments after the last key.
    tail: Vec<String>,
}

impl Ordered {
    fn read(root: &Node, lines: &[&str], findings: &mut Findings) -> Option<Self> {
        let before = findings.errors.len();
        let entries = root.entries().unwrap_or_default();
        let styled = entries.iter().all(|(key, _)| key.place.1 == 1);
        if entries.is_empty() || !styled {
            let said =
                "the head must be a mapping in block style, one key a line from the first column";
            findings.error((2, 1), "invalid-yaml", said);
            return None;
        }
        let mut ordered = Self::default();
        let (blocks, tail) = block::split(entries, lines, 2, 0);
        ordered.tail = tail;
        let has_id = entries.iter().any(|(key, _)| key.text == "skill_id");
        for (n, ((key, node), mut block)) in entries.iter().zip(blocks).enumerate() {
            if n == 0 {
                ordered.header = block.header();
            }
            let target = match key.text.as_str() {
                "name" if has_id => Some("raptor.title"),
                old => aliases::canonical(old),
            };
            match target.or_else(|| ours(&key.text)) {
                None => {
                    let is_section = SECTIONS.iter().any(|(name, _)| *name == key.text);
                    match Section::read(&key.text, node, &block).filter(|_| is_section) {
                        Some(section) => ordered.add(section, findings),
                        None => ordered.put(block, key.place, findings),
                    }
                }
                Some(target) => {
                    if matches!(key.text.as_str(), "inputs" | "outputs") {
                        block.schema(&key.text, node, findings)?;
                    }
                    let Some((section, inner)) = target.split_once('.') else {
                        block.rename(target)?;
                        ordered.put(block, key.place, findings);
                        continue;
                    };
                    block.rename(inner)?;
                    block.shift(2);
                    ordered.add(Section::of(section, block), findings);
                }
            }
        }
        (findings.errors.len() == before).then_some(ordered)
    }

    fn put(&mut self, block: Block, place: yaml::Place, findings: &mut Findings) {
        if self.top.iter().any(|known| known.key == block.key) {
            twice(&block.key, place, findings);
        }
        self.top.push(block);
    }

    /// A section may be there already, from an old or a dotted key.
    fn add(&mut self, section: Section, findings: &mut Findings) {
        if let Some(known) = self
            .sections
            .iter_mut()
            .find(|known| known.name == section.name)
        {
            if let Some(key) = known.merge(section) {
                twice(&key, (2, 1), findings);
            }
        } else {
            self.sections.push(section);
        }
    }

    fn lines(mut self) -> Vec<String> {
        let mut blocks = self.top;
        blocks.extend(self.sections.drain(..).map(Section::block));
        for block in &mut blocks {
            block.list_below(0);
        }
        blocks.sort_by_key(|block| rank(TOP, &block.key));
        let mut lines = self.header;
        lines.extend(blocks.into_iter().flat_map(Block::lines));
        lines.extend(self.tail);
        lines
    }
}

/// Known keys in their order, then the others as they stand.
fn rank(known: &[&str], key: &str) -> usize {
    known
        .iter()
        .position(|known| *known == key)
        .unwrap_or(known.len())
}

/// `raptor.effort` at the top belongs into the section.
fn ours(key: &str) -> Option<&str> {
    key.strip_prefix("raptor.")
        .filter(|inner| !inner.contains('.'))
        .map(|_| key)
}

fn twice(key: &str, place: yaml::Place, findings: &mut Findings) {
    let said =
        format!("`{key}` is given twice, by its old name and its new one: take one of them out");
    findings.error(place, "key-twice", said);
}
