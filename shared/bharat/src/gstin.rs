//! GST identification numbers: 2 digits of the state, 10 characters of the PAN, 1 of the entity,
//! usually `Z`, and a check character.
//!
//! Source: the GST system's own number format; the check character is the modulus 36 sum that the
//! portal computes. Only the numbers of regular, TDS and TCS taxpayers have this shape; those of
//! non-resident taxpayers, online-information suppliers and embassies (UIN) are refused by shape.

use crate::states::State;

const LENGTH: usize = 15;
/// The values of the characters, by position.
const VALUES: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not 15 letters and digits in the places where they belong.
    Shape,
    /// The first two digits are no state's.
    State,
    /// The last character should have been this.
    Check(char),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shape => f.write_str(
                "is not a GSTIN: 2 digits of the state, 10 characters of the PAN, then 3 more",
            ),
            Self::State => f.write_str("begins with digits that are no state's GST code"),
            Self::Check(wanted) => write!(
                f,
                "has a wrong check character (its other 14 give {wanted}): a character is mistyped"
            ),
        }
    }
}

/// The number in capitals, and its state.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<(String, &'static State), Fault> {
    let number = text.trim().to_ascii_uppercase();
    let bytes = number.as_bytes();
    if bytes.len() != LENGTH {
        return Err(Fault::Shape);
    }
    let shape = bytes.iter().enumerate().all(|(at, byte)| match at {
        0 | 1 | 7..=10 => byte.is_ascii_digit(),
        2..=6 | 11 => byte.is_ascii_uppercase(),
        12 => byte.is_ascii_uppercase() || (b'1'..=b'9').contains(byte),
        13 => matches!(byte, b'Z' | b'1'..=b'9' | b'A'..=b'J'),
        _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
    });
    if !shape {
        return Err(Fault::Shape);
    }
    let wanted = check_character(&bytes[..LENGTH - 1]);
    if bytes[LENGTH - 1] != wanted {
        return Err(Fault::Check(char::from(wanted)));
    }
    let state = State::find(&number[..2]).ok_or(Fault::State)?;
    Ok((number, state))
}

/// The character after the 14 of `body`, which are digits and capitals. Values count once and twice
/// in turn; of each product its quotient and remainder by 36 are added.
fn check_character(body: &[u8]) -> u8 {
    let sum: usize = body
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            let value = VALUES.iter().position(|known| known == byte).unwrap_or(0);
            let product = value * (1 + at % 2);
            product / 36 + product % 36
        })
        .sum();
    VALUES[(36 - sum % 36) % 36]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_numbers_are_read() {
        for (number, state) in [
            ("27AAPFU0939F1ZV", "Maharashtra"),
            ("29AAGCB7383J1Z4", "Karnataka"),
            ("33GSPTN0231G1ZM", "Tamil Nadu"),
            ("24AAQCA8719H1ZC", "Gujarat"),
            ("05AAACG2115R1ZN", "Uttarakhand"),
            ("06AACCG0527D1Z8", "Haryana"),
            (" 29aafcc9980m1zr ", "Karnataka"),
        ] {
            let (read, place) = parse(number).unwrap();
            assert_eq!(read, number.trim().to_uppercase());
            assert_eq!(place.name, state);
        }
    }

    #[test]
    fn popular_examples_with_a_wrong_check_character_are_refused() {
        for (number, wanted) in [
            ("22AAAAA0000A1Z5", 'C'),
            ("27ABCDE1234F1Z5", '0'),
            ("07PQRST6789K1Z2", 'Y'),
            ("29GGGGG1314R9Z6", 'A'),
            ("29AWGPV7107B1Z1", 'F'),
        ] {
            assert_eq!(parse(number).unwrap_err(), Fault::Check(wanted), "{number}");
        }
    }

    #[test]
    fn every_single_mistyped_character_is_noticed() {
        let right = "27AAPFU0939F1ZV";
        for at in 0..right.len() {
            for other in VALUES {
                let mut number = right.as_bytes().to_vec();
                if number[at] == *other {
                    continue;
                }
                number[at] = *other;
                let number = String::from_utf8(number).unwrap();
                assert!(parse(&number).is_err(), "{number}");
            }
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for number in [
            "",
            "27AAPFU0939F1Z",
            "27AAPFU0939F1ZVV",
            "2AAAPFU0939F1ZV",
            "27ÀAPFU939F1ZV",
        ] {
            assert_eq!(parse(number), Err(Fault::Shape), "{number}");
        }
    }
}
