//! Rows that somebody gave: as objects, as lines under a heading, or as lines of loose parts.

use std::sync::LazyLock;

use bharat::{gstin, phone, rupees};
use regex::Regex;
use serde_json::{Map, Value};

/// More rows than tools take.
const MOST: usize = 200;

static GSTIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b\d{2}[a-z]{5}\d{4}[a-z][0-9a-z]{3}\b").expect("a valid pattern")
});
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\+?91[\s-]?|\b0)?\d{2,5}[\s-]?\d{4,8}\b").expect("a valid pattern")
});

/// The rows of a value: an array of objects or the text of a table, at any depth.
pub(super) fn rows(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_object) => {
            Some(list.iter().take(MOST).cloned().collect())
        }
        Value::Array(list) => list.iter().find_map(rows),
        Value::Object(map) => map.values().find_map(rows),
        Value::String(text) => table(text).or_else(|| loose(text)),
        _ => None,
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

fn cells(line: &str) -> Vec<String> {
    let separator = [',', '|', '\t', ';']
        .into_iter()
        .find(|mark| line.contains(*mark));
    match separator {
        Some(mark) => parts(line, mark)
            .into_iter()
            .map(|cell| cell.trim().trim_matches('"').trim().to_owned())
            .collect(),
        None => vec![line.to_owned()],
    }
}

/// The parts between marks; a comma within a number (`3,45,000`) is none.
fn parts(line: &str, mark: char) -> Vec<&str> {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices(mark) {
        let number = mark == ','
            && digit(line[..at].chars().next_back())
            && digit(line[at + 1..].chars().next());
        let quoted = line[..at].matches('"').count() % 2 == 1;
        if !number && !quoted {
            parts.push(&line[start..at]);
            start = at + mark.len_utf8();
        }
    }
    parts.push(&line[start..]);
    parts
}

/// Lines of comma-separated values under a heading line.
fn table(text: &str) -> Option<Vec<Value>> {
    let lines = lines(text);
    let start = lines.iter().position(|line| is_heading(&cells(line)))?;
    let head = cells(lines[start]);
    let rows: Vec<Value> = lines[start + 1..]
        .iter()
        .map(|line| cells(line))
        // An empty cell at the end may have lost its comma.
        .take_while(|row| row.len() > 1 && row.len() <= head.len())
        .take(MOST)
        .map(|row| {
            head.iter()
                .cloned()
                .zip(row.into_iter().map(Value::from))
                .collect::<Map<_, _>>()
                .into()
        })
        .collect();
    (!rows.is_empty()).then_some(rows)
}

/// Words that columns are called by.
const HEADS: &[&str] = &[
    "name",
    "naam",
    "phone",
    "mobile",
    "email",
    "city",
    "shahar",
    "state",
    "address",
    "company",
    "gstin",
    "gst",
    "pin",
    "pincode",
    "note",
    "notes",
    "amount",
    "price",
    "date",
    "contact",
    "नाम",
    "मोबाइल",
    "फोन",
    "शहर",
];

fn is_heading(cells: &[String]) -> bool {
    let named = cells.iter().filter(|cell| {
        cell.to_lowercase()
            .split(|c: char| c.is_whitespace() || c == '_')
            .any(|word| HEADS.contains(&word))
    });
    cells.len() > 1
        && cells.iter().all(|cell| {
            !cell.is_empty() && cell.len() < 40 && !cell.contains(|c: char| c.is_ascii_digit())
        })
        && named.count() >= 2
}

/// Lines such as `Sai Traders, Indore, 98260 71145, 3.85 lakh + gst`: the name first, the rest by its form.
/// They are rows when there are two, or one with a number in it.
fn loose(text: &str) -> Option<Vec<Value>> {
    let rows: Vec<Value> = lines(text)
        .iter()
        .map(|line| cells(line))
        .filter(|cells| cells.len() > 1)
        .filter_map(|cells| row(&cells))
        .take(MOST)
        .collect();
    let sure = rows
        .iter()
        .any(|row| row.get("phone").is_some() || row.get("gstin").is_some());
    (rows.len() >= 2 || (rows.len() == 1 && sure && lines(text).len() == 1)).then_some(rows)
}

fn row(cells: &[String]) -> Option<Value> {
    let mut row = Map::new();
    let mut notes: Vec<&str> = Vec::new();
    for (at, cell) in cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| !cell.is_empty())
    {
        let price = cell.split(" +").next().unwrap_or(cell);
        let price = rupees::parse(price.split(" gst").next().unwrap_or(price));
        if at == 0 {
            row.insert("name".into(), cell.as_str().into());
        } else if let Some(found) = GSTIN.find(cell) {
            row.insert("gstin".into(), found.as_str().into());
        } else if cell.contains('@') && cell.contains('.') {
            row.insert("email".into(), cell.as_str().into());
        } else if let Some(found) = PHONE.find(cell).filter(|found| is_phone(found.as_str())) {
            row.insert("phone".into(), found.as_str().into());
        } else if let Some(city) = bharat::cities::City::find(cell) {
            row.insert("city".into(), city.name.as_str().into());
        } else if price.is_some() && !row.contains_key("price") {
            row.insert("price".into(), cell.as_str().into());
        } else {
            notes.push(cell);
        }
    }
    if !notes.is_empty() {
        row.insert("notes".into(), notes.join(", ").into());
    }
    // A sentence with a comma is no row.
    let told = row.keys().any(|key| key != "name" && key != "notes");
    let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
    (told && name.len() < 80).then(|| row.into())
}

/// Digits that are a phone number or nearly one: a missing digit is for the cleaner to find.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    phone::parse(text).is_ok() || (9..=12).contains(&digits)
}

/// Whether a text has the right form of a GSTIN.
pub(super) fn is_gstin(text: &str) -> bool {
    gstin::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_read_under_its_heading() {
        let text = "clean this:\nname,phone,note\nGupta,94140 22871,\nMeena,9414,udhaar\n";
        assert_eq!(
            rows(&json!({ "text": text })).unwrap(),
            [
                json!({"name": "Gupta", "phone": "94140 22871", "note": ""}),
                json!({"name": "Meena", "phone": "9414", "note": "udhaar"}),
            ]
        );
    }

    #[test]
    fn loose_lines_are_read_by_the_form_of_their_parts() {
        let text = "Malwa Machinery, Indore, 3.85 lakh + gst, GST no 23AKXPJ9024C1Z4, 20 din me delivery\nShiv Works, Hyderabad, 3,45,000\nRoyal Tailors, Station Road, 98370 55218";
        assert_eq!(
            rows(&json!(text)).unwrap(),
            [
                json!({"name": "Malwa Machinery", "city": "Indore", "price": "3.85 lakh + gst", "gstin": "23AKXPJ9024C1Z4", "notes": "20 din me delivery"}),
                json!({"name": "Shiv Works", "city": "Hyderabad", "price": "3,45,000"}),
                json!({"name": "Royal Tailors", "notes": "Station Road", "phone": "98370 55218"}),
            ]
        );
    }

    #[test]
    fn sentences_are_no_rows() {
        for text in [
            "Score this lead: Meera, Surat",
            "Plan a campaign, please, for my shop\nand a second line, too",
            "",
        ] {
            assert_eq!(rows(&json!(text)), None, "{text}");
        }
    }
}
