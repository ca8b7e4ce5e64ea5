//! Aadhaar numbers, to find them and take them out: nobody but their holders and licensed verifiers has
//! a use for them (Aadhaar Act s. 8 and 29).
//!
//! Twelve digits of which the first is 2 to 9; the last is Verhoeff's check digit; palindromes are not
//! given out (UIDAI).

/// Multiplication in the dihedral group of ten elements.
const D: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
/// How a digit is changed before it is multiplied in, by its place from the right.
const P: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Whether twelve digits can be an Aadhaar number.
pub fn is_valid(number: &str) -> bool {
    let digits: Vec<u8> = number
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| byte - b'0')
        .collect();
    if digits.len() != 12 || digits.len() != number.len() || digits[0] < 2 {
        return false;
    }
    let check = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |check, (at, digit)| {
            D[usize::from(check)][usize::from(P[at % 8][usize::from(*digit)])]
        });
    check == 0 && !digits.iter().eq(digits.iter().rev())
}

/// `text` with each Aadhaar number replaced; spaces and dashes between its groups of four don't hide it.
/// `None` where there is none.
pub fn without(text: &str, instead: &str) -> Option<String> {
    let mut cleaned = String::new();
    let mut done = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let inside = before.is_some_and(|byte| byte.is_ascii_digit() || byte == b'+');
        let starts = bytes[at].is_ascii_digit() && !inside && !is_mobile(&text[at..]);
        match starts.then(|| number_at(text, at)).flatten() {
            Some(end) => {
                cleaned.push_str(&text[done..at]);
                cleaned.push_str(instead);
                done = end;
                at = end;
            }
            None => at += 1,
        }
    }
    cleaned.push_str(&text[done..]);
    (done > 0).then_some(cleaned)
}

/// Whether a mobile number with the country's code, in one piece, begins here: it has twelve digits too,
/// and one in ten would pass for an Aadhaar number.
fn is_mobile(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 12 && text.starts_with("91") && matches!(text.as_bytes()[2], b'6'..=b'9')
}

/// The end of an Aadhaar number that begins at a byte.
fn number_at(text: &str, start: usize) -> Option<usize> {
    let mut digits = String::new();
    for (offset, c) in text[start..].char_indices() {
        let gap = matches!(c, ' ' | '-') && digits.len().is_multiple_of(4) && digits.len() < 12;
        if c.is_ascii_digit() && digits.len() < 12 {
            digits.push(c);
        } else if !gap {
            let ends = digits.len() == 12 && !c.is_ascii_digit();
            return (ends && is_valid(&digits)).then_some(start + offset);
        }
    }
    is_valid(&digits).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_decides() {
        for valid in [
            "234123412346",
            "312345678909",
            "399876543211",
            "400123456787",
        ] {
            assert!(is_valid(valid), "{valid}");
        }
        for wrong in [
            "234123412345",
            "134123412346",
            "23412341234",
            "2341234123466",
            "234123 12346",
            "",
        ] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_taken_out_of_texts() {
        assert_eq!(
            without("aadhaar 2341 2341 2346, phone 98765 43210", "[removed]").as_deref(),
            Some("aadhaar [removed], phone 98765 43210")
        );
        assert_eq!(without("2341-2341-2346", "x").as_deref(), Some("x"));
        assert_eq!(
            without("234123412346 and 312345678909", "x").as_deref(),
            Some("x and x")
        );
        // Twelve digits that pass the check, but are a phone number.
        assert!(is_valid("919837055218"));
        for none in [
            "+919837055218",
            "919837055218",
            "919876543210",
            "invoice 234123412345",
            "2341234123461",
            "रकम ५००",
            "",
        ] {
            assert_eq!(without(none, "x"), None, "{none}");
        }
    }
}
