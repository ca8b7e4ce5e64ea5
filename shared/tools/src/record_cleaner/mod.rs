//! Puts records into one form, value by value, and says which of them are the same. Nothing is
//! dropped, merged or filled in: what only judgement can decide is listed for whoever judges.

mod dates;
mod duplicates;
mod fields;
mod names;
mod values;

use std::time::Duration;

use async_trait::async_trait;
use bharat::states::State;
use bharat::{gstin, pin};
use domain::Usd;
use serde_json::{Map, Value, json};

use crate::{Rate, Spec, Tool, ToolContext, ToolError};
use fields::Field;

const MAX_RECORDS: usize = 200;
const MAX_FIELDS: usize = 50;

/// Names, phone numbers, e-mail addresses, PIN codes, GSTINs, cities, states, amounts and dates, each
/// recognised by its field's name.
pub struct RecordCleaner {
    spec: Spec,
}

impl RecordCleaner {
    pub fn new() -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["records"],
            "properties": {
                "records": {
                    "type": "array", "minItems": 1, "maxItems": MAX_RECORDS,
                    "description": "The rows as they are, each an object of its columns: name, phone, email, pincode, gstin, city, state, amounts, dates, anything else. Rows are counted from 1.",
                    "items": { "type": "object", "maxProperties": MAX_FIELDS }
                }
            }
        });
        Self {
            spec: Spec {
                name: "record_cleaner",
                description: "Cleans Indian contact and customer records: one form for phones, e-mails, PIN codes, GSTINs, cities, states, amounts and dates; lists every change, sure duplicates, doubtful pairs and values that can't be right. Use it for all cleaning; judge only the ambiguous pairs yourself.",
                parameters,
                cost: Usd::ZERO,
                timeout: Duration::from_secs(5),
                rate: Rate {
                    calls: 120,
                    per: Duration::from_secs(60),
                },
            },
        }
    }
}

#[async_trait]
impl Tool for RecordCleaner {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let given: Vec<&Map<String, Value>> = args["records"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .collect();
        Ok(clean(&given))
    }
}

fn clean(given: &[&Map<String, Value>]) -> Value {
    let mut records = Vec::new();
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    let mut changed_rows = 0;
    for (at, record) in given.iter().enumerate() {
        let row = at + 1;
        let before = changes.len();
        let mut cleaned = Map::new();
        for (name, value) in *record {
            let made = fields::clean(Field::of(name, value), value);
            if let Some(why) = made.why.filter(|_| made.value != *value) {
                changes.push(
                    json!({ "row": row, "field": name, "from": value, "to": made.value, "why": why }),
                );
            }
            if let Some(message) = made.problem {
                problems.push(json!({ "row": row, "field": name, "message": message }));
            }
            cleaned.insert(name.clone(), made.value);
        }
        for (name, message) in contradictions(&cleaned) {
            problems.push(json!({ "row": row, "field": name, "message": message }));
        }
        changed_rows += usize::from(changes.len() > before);
        records.push(cleaned);
    }
    let found = duplicates::find(&records);
    json!({
        "counts": {
            "rows": records.len(), "changed_rows": changed_rows, "changes": changes.len(),
            "duplicate_groups": found.certain.len(),
            "duplicate_rows": found.certain.iter().map(|group| group.rows.len() - 1).sum::<usize>(),
            "ambiguous_pairs": found.doubtful.len(), "problems": problems.len(),
        },
        "records": records, "changes": changes,
        "duplicates": found.certain, "ambiguous": found.doubtful, "problems": problems,
    })
}

/// Values of one record that can't all be right.
fn contradictions(record: &Map<String, Value>) -> Vec<(String, String)> {
    let of = |wanted: Field| {
        record
            .iter()
            .filter(move |(name, value)| Field::of(name, value) == wanted)
            .filter_map(|(name, value)| Some((name, value.as_str()?)))
    };
    let Some(state) = of(Field::State).find_map(|(_, text)| State::find(text)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, text) in of(Field::Gstin) {
        if let Ok((_, registered)) = gstin::parse(text)
            && registered.code != state.code
        {
            found.push((
                name.clone(),
                format!(
                    "is registered in {}, but the state is {}",
                    registered.name, state.name
                ),
            ));
        }
    }
    for (name, text) in of(Field::Pin) {
        if pin::parse(text).is_some_and(|pin| !pin::can_be_in(&pin, state)) {
            found.push((
                name.clone(),
                format!("is of a postal zone that {} is not in", state.name),
            ));
        }
    }
    found
}
