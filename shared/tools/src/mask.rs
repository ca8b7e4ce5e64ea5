//! Personal data out of what is kept for auditors: enough stays to recognise a value, not to use it.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

/// The longest text of an audit entry, in bytes.
const MAX_TEXT: usize = 8 * 1024;

struct Rule {
    pattern: Regex,
    mask: fn(&str) -> String,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |pattern: &str, mask| Rule {
        pattern: Regex::new(pattern).expect("constant patterns"),
        mask,
    };
    vec![
        rule(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", |text| {
            let (name, host) = text.split_once('@').unwrap_or((text, ""));
            format!("{}***@{host}", name.chars().next().unwrap_or('*'))
        }),
        // GSTIN before PAN, which it contains.
        rule(r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}\b", |text| {
            format!("{}***********{}", &text[..2], &text[13..])
        }),
        rule(r"\b[A-Z]{5}\d{4}[A-Z]\b", |text| {
            format!("*****{}", &text[5..])
        }),
        // Mobile before Aadhaar, which may look alike with a prefix.
        rule(
            r"(?:(?:\+|\b)91[\s-]?|\b0|\b)[6-9]\d{4}[\s-]?\d{5}\b",
            |text| last_digits(text, 3),
        ),
        rule(r"\b[2-9]\d{3}[\s-]?\d{4}[\s-]?\d{4}\b", |text| {
            last_digits(text, 4)
        }),
    ]
});

fn last_digits(text: &str, keep: usize) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    format!("***{}", &digits[digits.len() - keep..])
}

/// A value with personal data masked and long texts cut.
pub fn mask(value: &Value) -> Value {
    match value {
        // PostgreSQL keeps no NUL, and a call that can't be written down is refused.
        Value::String(text) => Value::String(cut(&mask_text(text)).replace('\0', "\u{fffd}")),
        Value::Array(items) => Value::Array(items.iter().map(mask).collect()),
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(key, value)| (key.clone(), mask(value)))
                .collect(),
        ),
        // A number can be a phone number or an Aadhaar.
        Value::Number(number) => {
            let text = number.to_string();
            let masked = mask_text(&text);
            if masked == text {
                value.clone()
            } else {
                Value::String(masked)
            }
        }
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

fn mask_text(text: &str) -> String {
    RULES.iter().fold(text.to_owned(), |text, rule| {
        rule.pattern
            .replace_all(&text, |found: &Captures<'_>| (rule.mask)(&found[0]))
            .into_owned()
    })
}

fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let mut end = MAX_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn personal_data_is_masked_and_the_rest_is_not() {
        let masked = mask(&json!({
            "email": "asha.k@example.in", "phones": ["+91 98765 43210", "09876543210"], "number": 9_876_543_210_u64,
            "pan": "ABCPD1234E", "gstin": "27AAPFU0939F1ZV", "aadhaar": "2341 2341 2346",
            "text": "Surat, 500 sarees, ₹4,00,000 by 2026-12-01, PIN 395003", "amount": 25_000,
        }));
        assert_eq!(
            masked,
            json!({
                "email": "a***@example.in", "phones": ["***210", "***210"], "number": "***210",
                "pan": "*****1234E", "gstin": "27***********ZV", "aadhaar": "***2346",
                "text": "Surat, 500 sarees, ₹4,00,000 by 2026-12-01, PIN 395003", "amount": 25_000,
            })
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let masked = mask(&json!("ह".repeat(10_000)));
        assert!(masked.as_str().unwrap().len() < MAX_TEXT + 64);
    }
}
