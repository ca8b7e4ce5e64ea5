//! A mapping of keys inside the head: `config`, `input`, `output`, `raptor`.

use super::block::{self, Block};
use super::{flow, rank};
use crate::head::SECTIONS;
use crate::yaml::Node;

pub(super) struct Section {
    pub name: String,
    /// Comments above the section's key.
    above: Vec<String>,
    /// The section's key, with a comment behind it.
    line: String,
    /// Its keys, two blanks in.
    keys: Vec<Block>,
    tail: Vec<String>,
}

impl Section {
    /// One that came to be by a key of its own, which stands two blanks in already.
    pub fn of(name: &str, key: Block) -> Self {
        Self {
            name: name.to_owned(),
            above: Vec::new(),
            line: format!("{name}:"),
            keys: vec![key],
            tail: Vec::new(),
        }
    }

    /// `None` when the value is no mapping, or is written in a way that is better left alone.
    pub fn read(name: &str, node: &Node, block: &Block) -> Option<Self> {
        let entries = node.entries().filter(|entries| !entries.is_empty())?;
        let behind = block.behind()?;
        let mut section = Self {
            name: name.to_owned(),
            above: block.above.clone(),
            line: block.own[0].clone(),
            keys: Vec::new(),
            tail: Vec::new(),
        };
        if behind.is_empty() || behind.starts_with('#') {
            let indent = entries[0].0.place.1 - 1;
            // The line of the first key, counted in the block.
            let at = block.own.iter().skip(1).position(|line| {
                let text = line.trim_start();
                !text.is_empty() && !text.starts_with('#')
            })? + 1;
            let lines: Vec<&str> = block.own[1..].iter().map(String::as_str).collect();
            let first = entries[0].0.place.0 + 1 - at;
            let (mut keys, tail) = block::split(entries, &lines, first, indent);
            let by = isize::try_from(2).ok()? - isize::try_from(indent).ok()?;
            keys.iter_mut().for_each(|key| key.shift(by));
            section.keys = keys;
            section.tail = tail;
        } else if behind.starts_with('{') && block.own.len() == 1 {
            let (items, after) = flow::items(behind)?;
            section.line = format!("{name}: {after}").trim_end().to_owned();
            for ((key, _), item) in entries.iter().zip(items) {
                section.keys.push(Block {
                    key: key.text.clone(),
                    above: Vec::new(),
                    own: vec![format!("  {item}")],
                });
            }
        } else {
            return None;
        }
        Some(section)
    }

    /// Takes in another part of the same section. A key that both have is given back.
    pub fn merge(&mut self, other: Self) -> Option<String> {
        let twice = other
            .keys
            .iter()
            .find(|key| self.keys.iter().any(|known| known.key == key.key))
            .map(|block| block.key.clone());
        if other.line.len() > self.line.len() {
            self.line = other.line;
        }
        self.above.extend(other.above);
        self.keys.extend(other.keys);
        self.tail.extend(other.tail);
        twice
    }

    /// As one block of the head, its keys in order.
    pub fn block(mut self) -> Block {
        let known = SECTIONS
            .iter()
            .find(|(name, _)| *name == self.name)
            .map_or(&[][..], |(_, known)| *known);
        self.keys.sort_by_key(|key| rank(known, &key.key));
        let mut own = vec![self.line];
        for mut key in self.keys {
            key.list_below(2);
            own.extend(key.lines());
        }
        own.extend(self.tail);
        Block {
            key: self.name,
            above: self.above,
            own,
        }
    }
}
