//! Lists of an output schema: what they hold, and how many.

use serde_json::{Map, Value, json};

use super::fill::{Filled, Filler, Scope, known};
use super::lists::{self, List};
use super::roles::{self, Shape};
use super::schema::{self, DEPTH, flat, types};
use super::{numbers, phrase, pick};

impl Filler<'_> {
    pub fn array(
        &self,
        own: &Map<String, Value>,
        name: &str,
        scope: Scope<'_>,
        depth: usize,
    ) -> Filled {
        let count = |key: &str| {
            own.get(key)
                .and_then(Value::as_u64)
                .and_then(|count| usize::try_from(count).ok())
        };
        let (least, most) = (
            count("minItems").unwrap_or(0),
            count("maxItems").unwrap_or(usize::MAX),
        );
        let anything = json!({});
        let items = own
            .get("items")
            .filter(|items| items.is_object())
            .unwrap_or(&anything);
        let heads: &[Value] = own
            .get("prefixItems")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice);

        let mut list: Vec<Value> = heads
            .iter()
            .map(|head| self.fill(head, name, scope, depth - 1).value)
            .collect();
        let mut any = false;
        if !self.bare && heads.is_empty() {
            list = self.items(items, name, scope, depth, least);
            any = !list.is_empty();
        }
        let unique = own
            .get("uniqueItems")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        if unique {
            let mut seen: Vec<Value> = Vec::new();
            list.retain(|item| {
                !seen.contains(item) && {
                    seen.push(item.clone());
                    true
                }
            });
        }
        list.truncate(most);
        for position in list.len()..least.min(1_000) {
            let mut item = self
                .fill(
                    items,
                    name,
                    Scope {
                        position,
                        in_list: true,
                        ..scope
                    },
                    depth - 1,
                )
                .value;
            if unique && list.contains(&item) {
                item = numbers::different(&flat(self.root, items, DEPTH), &item, position);
            }
            list.push(item);
        }
        Filled {
            value: list.into(),
            known: any,
        }
    }

    /// What a list of this name holds.
    fn items(
        &self,
        items: &Value,
        name: &str,
        scope: Scope<'_>,
        depth: usize,
        least: usize,
    ) -> Vec<Value> {
        let brief = self.brief;
        let own = flat(self.root, items, DEPTH);
        let kind = types(&own)
            .iter()
            .find(|kind| **kind != "null")
            .copied()
            .unwrap_or("string");
        let each = |scope: Scope<'_>| self.fill(items, name, scope, depth - 1);
        let of = lists::of(brief, name);
        if own.contains_key("enum") {
            return pick::options(
                brief,
                own.get("enum")
                    .and_then(Value::as_array)
                    .map_or(&[], Vec::as_slice),
                name,
                scope,
            );
        }
        if kind == "string" {
            let lines = match (scope.idea, scope.line) {
                (Some(idea), _) => phrase::text(brief, name, phrase::Place { idea: Some(idea) })
                    .into_iter()
                    .collect(),
                // What a list item doesn't have by name is not known of it.
                (None, _) if scope.in_list => Vec::new(),
                (None, _) => lists::lines(brief, of, &self.unknown.borrow()),
            };
            let fit = |line: String| Value::from(schema::sized(&own, &line));
            return lines
                .into_iter()
                .map(fit)
                .filter(|line| self.fits(items, line))
                .take(if of == List::Limits { 16 } else { 8 })
                .collect();
        }
        // Lists inside list items are left to what the item has.
        if kind != "object" || scope.in_list {
            return Vec::new();
        }
        let listed = Scope {
            in_list: true,
            ..Scope::default()
        };
        let none = Map::new();
        let properties = own
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let required = own.get("required").and_then(Value::as_array);
        let shape = Shape {
            name,
            properties: properties.keys().map(String::as_str).collect(),
            required: required
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
        };
        if let Some(records) = roles::records(brief, &shape) {
            let filled = records.iter().enumerate().map(|(position, record)| {
                // An item that fits as it stands keeps all it has.
                if properties.is_empty() && self.fits(items, record) {
                    return known(record.clone());
                }
                each(Scope {
                    record: Some(record),
                    position,
                    ..listed
                })
            });
            return filled
                .filter(|item| item.known && self.fits(items, &item.value))
                .map(|item| item.value)
                .collect();
        }
        let filled: Vec<Filled> = match of {
            List::Ideas => {
                let count = 5.max(least.min(super::ideas::COUNT));
                brief
                    .ideas
                    .iter()
                    .take(count)
                    .enumerate()
                    .map(|(position, idea)| {
                        each(Scope {
                            idea: Some(idea),
                            position,
                            ..listed
                        })
                    })
                    .collect()
            }
            _ => {
                let lines = lists::lines(brief, of, &self.unknown.borrow());
                lines
                    .iter()
                    .take(5)
                    .enumerate()
                    .map(|(position, line)| {
                        each(Scope {
                            line: Some(line),
                            position,
                            ..listed
                        })
                    })
                    .collect()
            }
        };
        filled
            .into_iter()
            .filter(|item| item.known && self.fits(items, &item.value))
            .map(|item| item.value)
            .collect()
    }
}
