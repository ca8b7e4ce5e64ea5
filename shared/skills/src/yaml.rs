//! YAML with places: a tree that knows the line and column of every key and value.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// A line and a column, from 1.
pub(crate) type Place = (usize, usize);

/// A value where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub shape: Shape,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Map(Vec<(Key, Node)>),
    List(Vec<Node>),
    Scalar(Value),
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub text: String,
    pub place: Place,
}

/// Reads a text; lines are counted from `first`. On failure: where, and what is wrong.
pub(crate) fn read(text: &str, first: usize) -> Result<Node, (Place, String)> {
    let shift = first - 1;
    let mut node: Node = serde_saphyr::from_str(text).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| {
            (count(at.line()).max(1), count(at.column()).max(1))
        });
        ((line + shift, column), plain(&error.to_string()))
    })?;
    node.shift(shift);
    Ok(node)
}

/// The parser's words without its own place, and with what to do about the commonest mistake.
fn plain(said: &str) -> String {
    let said = said.lines().next().unwrap_or("it can't be read");
    let said = said.strip_prefix("error: ").unwrap_or(said);
    let said = match said.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") => rest,
        _ => said,
    };
    if said.contains("mapping values are not allowed") {
        return format!("{said}; a text with `: ` in it must stand in quotes");
    }
    said.to_owned()
}

fn count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

impl Node {
    pub fn value(&self) -> Value {
        match &self.shape {
            Shape::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.text.clone(), node.value()))
                    .collect::<Map<_, _>>(),
            ),
            Shape::List(items) => items.iter().map(Node::value).collect(),
            Shape::Scalar(value) => value.clone(),
        }
    }

    pub fn entries(&self) -> Option<&[(Key, Node)]> {
        match &self.shape {
            Shape::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?
            .iter()
            .find_map(|(known, node)| (known.text == key).then_some(node))
    }

    /// Where the last of these keys stands, as far down as there is one.
    pub fn place_of(&self, path: &[&str]) -> Place {
        let (mut node, mut place) = (self, self.place);
        for step in path {
            match &node.shape {
                Shape::Map(entries) => {
                    let Some((key, next)) = entries.iter().find(|(key, _)| key.text == *step)
                    else {
                        break;
                    };
                    (node, place) = (next, key.place);
                }
                Shape::List(items) => {
                    let Some(next) = step.parse().ok().and_then(|n: usize| items.get(n)) else {
                        break;
                    };
                    (node, place) = (next, next.place);
                }
                Shape::Scalar(_) => break,
            }
        }
        place
    }

    fn shift(&mut self, lines: usize) {
        self.place.0 += lines;
        match &mut self.shape {
            Shape::Map(entries) => {
                for (key, node) in entries {
                    key.place.0 += lines;
                    node.shift(lines);
                }
            }
            Shape::List(items) => items.iter_mut().for_each(|item| item.shift(lines)),
            Shape::Scalar(_) => {}
        }
    }
}

fn place<T>(spanned: &Spanned<T>) -> Place {
    let at = spanned.referenced;
    (count(at.line()).max(1), count(at.column()).max(1))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Shape>::deserialize(deserializer)?;
        Ok(Self {
            place: place(&spanned),
            shape: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<String>::deserialize(deserializer)?;
        Ok(Self {
            place: place(&spanned),
            text: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;

        impl<'de> Visitor<'de> for Shapes {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a YAML value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
                Ok(Shape::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
                Ok(Shape::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
                Ok(Shape::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
                Ok(Shape::Scalar(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
                Ok(Shape::Scalar(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Shape, E> {
                Ok(Shape::Scalar(Value::Null))
            }

            fn visit_none<E>(self) -> Result<Shape, E> {
                Ok(Shape::Scalar(Value::Null))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
                Shape::deserialize(deserializer)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Shape::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Shape::Map(entries))
            }
        }

        deserializer.deserialize_any(Shapes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_value_knows_its_place() {
        let node = read("a: 1\nb:\n  - x: [p, q]\n    y: ~\nc: 0.05\n", 2).unwrap();
        assert_eq!(node.place_of(&["a"]), (2, 1));
        assert_eq!(node.place_of(&["b", "0", "y"]), (5, 5));
        assert_eq!(node.place_of(&["b", "0", "x", "1"]), (4, 12));
        assert_eq!(
            node.value(),
            serde_json::json!({"a": 1, "b": [{"x": ["p", "q"], "y": null}], "c": 0.05})
        );
    }

    #[test]
    fn a_mistake_has_a_place() {
        let ((line, _), _) = read("a: [1\nb: 2\n", 2).unwrap_err();
        assert!(line >= 2);
        assert!(read("a: 1\na: 2\n", 1).is_err(), "a key twice is a mistake");
    }
}
