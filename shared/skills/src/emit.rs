//! YAML in block style, for heads that a program writes.

use serde_json::Value;

/// A value as the lines below its key, each `indent` blanks in; or, when it fits behind the key, as one
/// text with no line end.
pub(crate) enum Written {
    Behind(String),
    Below(Vec<String>),
}

/// `key: value`, in as many lines as it takes.
pub(crate) fn entry(key: &str, value: &Value, indent: usize) -> Vec<String> {
    let blanks = " ".repeat(indent);
    let key = scalar(key);
    match written(value, indent + 2) {
        Written::Behind(text) => vec![format!("{blanks}{key}: {text}")],
        Written::Below(mut lines) => {
            lines.insert(0, format!("{blanks}{key}:"));
            lines
        }
    }
}

pub(crate) fn written(value: &Value, indent: usize) -> Written {
    match value {
        Value::Object(map) if map.is_empty() => Written::Behind("{}".to_owned()),
        Value::Array(items) if items.is_empty() => Written::Behind("[]".to_owned()),
        Value::Object(map) => Written::Below(
            map.iter()
                .flat_map(|(key, value)| entry(key, value, indent))
                .collect(),
        ),
        Value::Array(items) => {
            Written::Below(items.iter().flat_map(|value| item(value, indent)).collect())
        }
        Value::String(text) => Written::Behind(scalar(text)),
        other => Written::Behind(other.to_string()),
    }
}

fn item(value: &Value, indent: usize) -> Vec<String> {
    let blanks = " ".repeat(indent);
    match written(value, indent + 2) {
        Written::Behind(text) => vec![format!("{blanks}- {text}")],
        Written::Below(mut lines) => {
            // The first line stands behind the dash.
            let first = lines[0].split_off(indent + 2);
            lines[0] = format!("{blanks}- {first}");
            lines
        }
    }
}

/// A text plain where it can't be taken for anything else, in quotes elsewhere.
pub(crate) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " _-.,;/()'%+&?!₹—–…".contains(c);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let safe = text.starts_with(char::is_alphabetic)
        && text.chars().all(plain)
        && !text.ends_with(' ')
        && !words.contains(&text.to_lowercase().as_str());
    if safe {
        text.to_owned()
    } else {
        // A JSON text is a YAML one.
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_the_same() {
        let value = json!({
            "plain": "Diwali offers, 10 % (₹500)", "colon": "a: b", "hash": "a #b", "yes": "Yes", "number": "1.0",
            "dash": "- x", "lines": "a\nb\n", "empty": "", "blank": " a ", "hindi": "दिवाली", "quote": "\"a\" 'b'",
            "list": ["a", {"x": 1, "y": ["z"]}, ["p", "q"], []], "map": {"deep": {"er": null}}, "none": {},
            "1": true, "two words": 0.05,
        });
        let Written::Below(lines) = written(&value, 0) else {
            panic!("a mapping stands below");
        };
        let text = lines.join("\n");
        assert_eq!(yaml::read(&text, 1).unwrap().value(), value, "{text}");
        assert!(
            !text.contains('[') || text.contains("[]"),
            "block style: {text}"
        );
    }
}
