//! Emails and Indian mobile numbers, made unreadable in text that is kept.

use std::borrow::Cow;

/// `asha@shop.in` becomes `***@shop.in`, `+91 98765 43210` becomes `***10`. Digits that are part of a
/// longer number, an identifier or a timestamp stay.
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_where(text, false)
}

/// [`mask`] inside the strings of a JSON text; what stands outside strings stays, so the result is the
/// same JSON otherwise.
pub(crate) fn mask_json(text: &str) -> Cow<'_, str> {
    mask_where(text, true)
}

fn mask_where(text: &str, json: bool) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut in_string = !json;
    // The first byte that an email's local part may start at: not inside what was masked, nor in an
    // escape or before a quote.
    let mut floor = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if json => {
                at += if bytes.get(at + 1) == Some(&b'u') {
                    6
                } else {
                    2
                };
                floor = at;
                continue;
            }
            b'"' if json => {
                in_string = !in_string;
                floor = at + 1;
            }
            b'@' if in_string => {
                if let Some(start) = email_start(bytes, floor, at) {
                    out.push_str(&text[copied..start]);
                    out.push_str("***");
                    copied = at;
                    floor = at + 1;
                }
            }
            b'0'..=b'9' | b'+' if in_string && !continues(bytes, floor, at) => {
                if let Some(end) = mobile_end(bytes, at) {
                    out.push_str(&text[copied..at]);
                    out.push_str("***");
                    copied = end - 2;
                    floor = end;
                    at = end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 && out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Where the local part of an email begins whose `@` is at `at`; `None` when there is no local part or
/// no domain with a dot.
fn email_start(bytes: &[u8], floor: usize, at: usize) -> Option<usize> {
    let local = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b) || !b.is_ascii();
    let length = bytes[floor..at]
        .iter()
        .rev()
        .take_while(|b| local(b))
        .count();
    let domain = bytes[at + 1..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b".-".contains(b))
        .count();
    let domain = &bytes[at + 1..at + 1 + domain];
    let dotted = domain
        .iter()
        .position(|b| *b == b'.')
        .is_some_and(|dot| dot > 0 && dot + 2 < domain.len());
    (length > 0 && dotted).then_some(at - length)
}

/// Whether the byte at `at` goes on with a word or number, rather than beginning one.
fn continues(bytes: &[u8], floor: usize, at: usize) -> bool {
    at > floor && (bytes[at - 1].is_ascii_alphanumeric() || b"+-._/%".contains(&bytes[at - 1]))
}

/// Where an Indian mobile number (ten digits from 6-9 on, perhaps with +91, 91 or 0, perhaps with a
/// space or dash after the code and in the middle) that begins at `at` ends.
fn mobile_end(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = |from: usize| {
        bytes[from.min(bytes.len())..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let gap = |from: usize| from + usize::from(matches!(bytes.get(from), Some(b' ' | b'-')));
    let national = |from: usize| {
        if !matches!(bytes.get(from), Some(b'6'..=b'9')) {
            return None;
        }
        let end = match digits(from) {
            10 => from + 10,
            5 if gap(from + 5) > from + 5 && digits(from + 6) == 5 => from + 11,
            _ => return None,
        };
        // A decimal point is fine after a number that ends a sentence, but not inside a longer one.
        let more = match bytes.get(end) {
            Some(b'.' | b'-') => bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
            Some(next) => next.is_ascii_alphanumeric() || *next == b'_',
            None => false,
        };
        (!more).then_some(end)
    };
    let rest = &bytes[at..];
    [&b"+91"[..], b"91", b"0", b""]
        .iter()
        .filter(|code| rest.starts_with(code))
        .find_map(|code| {
            national(if code.is_empty() {
                at
            } else {
                gap(at + code.len())
            })
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn emails_and_mobiles_are_masked() {
        for (text, masked) in [
            ("mail asha.k+1@shop.co.in now", "mail ***@shop.co.in now"),
            ("a@b.in,c@d.in", "***@b.in,***@d.in"),
            ("call 9876543210.", "call ***10."),
            (
                "call +91 98765 43210 or +91-9876543211",
                "call ***10 or ***11",
            ),
            ("to:919876543210", "to:***10"),
            ("(09876543210)", "(***10)"),
            ("phone=98765-43210", "phone=***10"),
            ("आशा@shop.in", "***@shop.in"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn identifiers_times_and_amounts_stay() {
        for text in [
            "019ad3c2-7f00-7b6e-9876-543210987654",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "2026-11-21T04:07:00.987654321Z",
            "order 98765432109876",
            "took 9876543210.5 ns",
            "epoch 1766291220",
            "@handle and user@localhost",
            "a9876543210",
            "₹ 12,34,567.89",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn numbers_outside_strings_stay_json() {
        let line = r#"{"at":9876543210,"message":"tell \u001basha@x.in \"ravi@x.in\"\n9876543210","n":[9876543210]}"#;
        let masked = mask_json(line);
        let value: serde_json::Value = serde_json::from_str(&masked).unwrap();
        assert_eq!(value["at"], 9_876_543_210_u64);
        assert_eq!(value["n"][0], 9_876_543_210_u64);
        assert_eq!(value["message"], "tell \u{1b}***@x.in \"***@x.in\"\n***10");
    }

    proptest! {
        #[test]
        fn masked_json_is_still_json(message in "(\\PC|[\"\\\\\n\u{1b}]|[a-z]{1,4}@[a-z]{1,3}\\.in|[6-9][0-9]{9}){0,12}", n: u64) {
            let line = serde_json::json!({ "message": message, "n": n }).to_string();
            let value: serde_json::Value = serde_json::from_str(&mask_json(&line)).unwrap();
            prop_assert_eq!(&value["n"], n);
            let expected = mask(&message);
            prop_assert_eq!(value["message"].as_str().unwrap(), expected);
        }

        #[test]
        fn no_mobile_survives_between_spaces(before in "[a-z ]{0,8} ", number in "[6-9][0-9]{9}", after in " [a-z ]{0,8}") {
            let text = format!("{before}{number}{after}");
            prop_assert!(!mask(&text).contains(&number));
        }
    }
}
