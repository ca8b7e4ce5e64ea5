//! Plain cleaning of records: spaces, capitals, phone numbers, emails, duplicates. Nothing is
//! invented and every change is listed.

use serde_json::{Map, Value, json};

use super::index::words;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// Of the record as given, from 1.
    pub row: usize,
    pub field: String,
    pub before: String,
    pub after: String,
    pub rule: &'static str,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cleaned {
    pub given: usize,
    pub records: Vec<Value>,
    pub changes: Vec<Change>,
    pub duplicates: usize,
}

/// The records hidden in inputs: an array of objects, or text of comma-separated lines with a head.
pub(super) fn find_records(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_object) => {
            Some(list.clone())
        }
        Value::Array(list) => list.iter().find_map(find_records),
        Value::Object(map) => map.values().find_map(find_records),
        Value::String(text) => table(text),
        _ => None,
    }
}

fn table(text: &str) -> Option<Vec<Value>> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let start = lines.iter().position(|line| line.contains(','))?;
    let cells = |line: &str| -> Vec<String> {
        line.split(',')
            .map(|cell| cell.trim_matches(['"', ' ']).to_owned())
            .collect()
    };
    let head = cells(lines[start]);
    let rows: Vec<Vec<String>> = lines[start + 1..]
        .iter()
        .map(|line| cells(line))
        .take_while(|row| row.len() == head.len())
        .collect();
    if rows.is_empty() || head.iter().any(String::is_empty) {
        return None;
    }
    let record = |row: Vec<String>| {
        head.iter()
            .cloned()
            .zip(row.into_iter().map(Value::from))
            .collect::<Map<_, _>>()
            .into()
    };
    Some(rows.into_iter().map(record).collect())
}

pub(super) fn clean(records: &[Value]) -> Cleaned {
    let mut cleaned = Cleaned {
        given: records.len(),
        ..Cleaned::default()
    };
    let mut keys: Vec<Vec<String>> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let row = at + 1;
        let mut tidy = record.clone();
        for (field, value) in tidy.as_object_mut().into_iter().flatten() {
            let Some(before) = value.as_str().map(str::to_owned) else {
                continue;
            };
            let (after, rule) = tidied(field, &before);
            if after != before {
                cleaned.changes.push(Change {
                    row,
                    field: field.clone(),
                    before,
                    after: after.clone(),
                    rule,
                });
                *value = after.into();
            }
        }
        let key = identity(&tidy);
        if keys.contains(&key) {
            cleaned.duplicates += 1;
            let before = tidy.to_string();
            cleaned.changes.push(Change {
                row,
                field: "record".into(),
                before,
                after: String::new(),
                rule: "duplicate removed",
            });
        } else {
            keys.push(key);
            cleaned.records.push(tidy);
        }
    }
    cleaned
}

/// What makes two records the same: a phone number or email if they have one, else everything.
fn identity(record: &Value) -> Vec<String> {
    let fields = record.as_object().into_iter().flatten();
    let contact: Vec<String> = fields
        .clone()
        .filter(|(field, _)| is_phone(field) || is_email(field))
        .filter_map(|(_, value)| {
            value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        })
        .collect();
    if contact.is_empty() {
        fields
            .map(|(_, value)| value.to_string().to_lowercase())
            .collect()
    } else {
        contact
    }
}

fn named(field: &str, any: &[&str]) -> bool {
    words(field).iter().any(|word| any.contains(&word.as_str()))
}

fn is_phone(field: &str) -> bool {
    named(field, &["phone", "mobile", "whatsapp", "tel"])
}

fn is_email(field: &str) -> bool {
    named(field, &["email", "mail"])
}

fn tidied(field: &str, before: &str) -> (String, &'static str) {
    let spaced = before.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_email(field) {
        return (spaced.to_lowercase(), "email in lower case");
    }
    if is_phone(field) {
        let digits: String = spaced.chars().filter(char::is_ascii_digit).collect();
        let local = digits
            .strip_prefix("91")
            .filter(|rest| rest.len() == 10)
            .or(digits.strip_prefix('0'))
            .unwrap_or(&digits);
        if local.len() == 10 && local.starts_with(['6', '7', '8', '9']) {
            return (format!("+91{local}"), "phone number with country code");
        }
    }
    let one_case =
        spaced == spaced.to_lowercase() || (spaced == spaced.to_uppercase() && spaced.len() > 4);
    if named(
        field,
        &["name", "city", "state", "company", "contact", "customer"],
    ) && one_case
    {
        let title: Vec<String> = spaced
            .split(' ')
            .map(|word| super::ideas::capital(&word.to_lowercase()))
            .collect();
        return (title.join(" "), "name with capitals");
    }
    (spaced, "extra spaces removed")
}

/// A change as an object, for schemas that ask for its parts.
pub(super) fn as_value(change: &Change) -> Value {
    json!({
        "row": change.row, "record": change.row, "index": change.row, "line": change.row,
        "field": change.field, "column": change.field,
        "before": change.before, "original": change.before, "old": change.before, "from": change.before,
        "after": change.after, "cleaned": change.after, "new": change.after, "to": change.after,
        "rule": change.rule, "reason": change.rule, "issue": change.rule, "change": change.rule, "action": change.rule,
        "description": change.rule, "problem": change.rule, "kind": change.rule, "type": change.rule,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_tidied_and_told_apart() {
        let text = "clean this:\nname,phone,email\n meera  textiles ,098765 43210,A@B.in\nMEERA TEXTILES,+91 9876543210,a@b.in\nRavi,12,";
        let records = find_records(&json!({ "text": text })).unwrap();
        let cleaned = clean(&records);
        assert_eq!(
            (cleaned.given, cleaned.records.len(), cleaned.duplicates),
            (3, 2, 1)
        );
        assert_eq!(
            cleaned.records[0],
            json!({"name": "Meera Textiles", "phone": "+919876543210", "email": "a@b.in"})
        );
        assert_eq!(cleaned.records[1]["phone"], "12", "what is no number stays");
        assert!(
            cleaned
                .changes
                .iter()
                .any(|change| change.rule == "duplicate removed" && change.row == 2)
        );
        assert_eq!(find_records(&json!("Score this lead: Meera, Surat")), None);
    }
}
