//! GST identification numbers: 2 digits of the state, 10 characters of the PAN, 1 of the entity,
//! usually `Z`, and a check character.
//!
//! Source: the GST system's own number formats (developer portal of the GST network); the check character
//! is the modulus 36 sum that the portal computes. Numbers of other shapes are for those who have no PAN:
//! embassies and bodies of the United Nations (UIN), non-resident taxpayers, and suppliers of online
//! services from abroad; their check character is the same sum. Departments that deduct tax may stand
//! under their TAN (4 letters, 5 digits, a letter) instead of a PAN.

use serde::Serialize;

use crate::pan::{self, Holder};
use crate::states::{self, CENTRE, OUTSIDE_INDIA, State};

const LENGTH: usize = 15;
/// The values of the characters, by position.
const VALUES: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Whose number it is, by its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A taxpayer's, composition and special economic zones included: they look alike.
    Regular,
    /// Of one who deducts tax at source (CGST Act s. 51).
    Tds,
    /// Of a marketplace that collects tax at source (s. 52).
    Tcs,
    /// A unique identity number, of an embassy or a body of the United Nations (s. 25(9)).
    Uin,
    /// Of a non-resident taxable person.
    NonResident,
    /// Of one who supplies online services from abroad (OIDAR).
    Oidar,
}

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// So many characters, not 15.
    Length(usize),
    /// The character at this place (from 1) is not what belongs there.
    Character {
        at: usize,
        found: char,
        wanted: &'static str,
    },
    /// The first two digits are no state's.
    State,
    /// It begins with 96, which is a place of supply alone.
    Outside,
    /// The last character should have been this.
    Check(char),
    /// What stands in it is no PAN.
    Pan(pan::Fault),
    /// A number, but not of a taxpayer who is registered in a state.
    NoState,
    /// A number, but not of a person who is registered in a state.
    NoTaxpayer(Kind),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Length(count) => write!(
                f,
                "is not a GSTIN, which has 15 characters (2 digits of the state, 10 of the PAN, then 3 more): it has {count}"
            ),
            Self::Character { at, found, wanted } => write!(
                f,
                "is not a GSTIN: its character {at} is {found:?}, where {wanted} belongs"
            ),
            Self::State => f.write_str("begins with digits that are no state's GST code"),
            Self::Outside => f.write_str(
                "begins with 96, which is the place of supply of exports and begins no number",
            ),
            Self::Check(wanted) => write!(
                f,
                "has a wrong check character (its other 14 give {wanted}): a character is mistyped"
            ),
            Self::Pan(fault) => write!(f, "holds what {fault}"),
            Self::NoState => f.write_str("is registered in no state"),
            Self::NoTaxpayer(kind) => write!(
                f,
                "is the number of {}, not of a taxpayer registered in a state",
                match kind {
                    Kind::Uin => "an embassy or a body of the United Nations (UIN)",
                    Kind::Oidar => "a supplier of online services from abroad",
                    Kind::Regular | Kind::Tds | Kind::Tcs | Kind::NonResident => "a taxpayer",
                }
            ),
        }
    }
}

/// All that a number says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// In capitals, without spaces around it.
    pub number: String,
    /// `None` when the shape is none of a number.
    pub kind: Option<Kind>,
    /// As states are today; `None` as well for numbers that belong to no state.
    pub state: Option<&'static State>,
    /// The name of the state that its digits meant once.
    pub retired: Option<&'static str>,
    /// Who holds the PAN within; `None` where there is none, or a wrong one.
    pub holder: Option<Holder>,
    /// All that is wrong, the shape first: if it is, nothing else is looked at.
    pub faults: Vec<Fault>,
}

impl Examined {
    pub fn is_valid(&self) -> bool {
        self.faults.is_empty()
    }

    /// The PAN within, if it is a right one.
    pub fn pan(&self) -> Option<&str> {
        self.holder.and_then(|_| self.number.get(2..12))
    }
}

/// Reads a number of any kind, and finds all that is wrong with it.
pub fn examine(text: &str) -> Examined {
    let number = text.trim().to_ascii_uppercase();
    let mut examined = Examined {
        number,
        kind: None,
        state: None,
        retired: None,
        holder: None,
        faults: Vec::new(),
    };
    let number = examined.number.as_str();
    let kind = match shape(number) {
        Ok(kind) => kind,
        Err(fault) => {
            examined.faults.push(fault);
            return examined;
        }
    };
    examined.kind = Some(kind);
    let code = &number[..2];
    examined.retired = states::retired(code);
    match code {
        CENTRE => {}
        OUTSIDE_INDIA => examined.faults.push(Fault::Outside),
        _ => match State::by_code(code) {
            Some(state) => examined.state = Some(state),
            None => examined.faults.push(Fault::State),
        },
    }
    let wanted = check_character(&number.as_bytes()[..LENGTH - 1]);
    if number.as_bytes()[LENGTH - 1] != wanted {
        examined.faults.push(Fault::Check(char::from(wanted)));
    }
    if matches!(kind, Kind::Regular | Kind::Tds | Kind::Tcs) && !has_tan(number) {
        match pan::check(&number[2..12]) {
            Ok(holder) => examined.holder = Some(holder),
            Err(fault) => examined.faults.push(Fault::Pan(fault)),
        }
    }
    examined
}

/// The number in capitals, and its state: of a person who is registered in one. A non-resident taxable
/// person is (CGST Act s. 24 and 27), the holder of a UIN is not (s. 2(94)).
///
/// # Errors
/// What is wrong with it; a mistyped character before what else it may be.
pub fn parse(text: &str) -> Result<(String, &'static State), Fault> {
    let examined = examine(text);
    let mistyped = |fault: &&Fault| matches!(fault, Fault::Check(_));
    let first = examined.faults.iter().find(mistyped);
    if let Some(fault) = first.or(examined.faults.first()) {
        return Err(*fault);
    }
    if let Some(kind @ (Kind::Uin | Kind::Oidar)) = examined.kind {
        return Err(Fault::NoTaxpayer(kind));
    }
    let state = examined.state.ok_or(Fault::NoState)?;
    Ok((examined.number, state))
}

/// The kind of a number in capitals.
fn shape(number: &str) -> Result<Kind, Fault> {
    let count = number.chars().count();
    if count != LENGTH {
        return Err(Fault::Length(count));
    }
    if let Some(kind) = without_pan(number.as_bytes()) {
        return Ok(kind);
    }
    let tan = has_tan(number);
    for (at, found) in number.chars().enumerate() {
        let (fits, wanted) = match at {
            0 | 1 => (found.is_ascii_digit(), "a digit of the state's code"),
            6 if tan => (found.is_ascii_digit(), "a digit of the TAN"),
            2..=6 => (found.is_ascii_uppercase(), "a letter of the PAN"),
            7..=10 => (found.is_ascii_digit(), "a digit of the PAN"),
            11 => (found.is_ascii_uppercase(), "the last letter of the PAN"),
            12 => (
                found.is_ascii_uppercase() || matches!(found, '1'..='9'),
                "1 to 9 or a letter, which counts registrations,",
            ),
            13 => (
                matches!(found, 'Z' | '1'..='9' | 'A'..='J'),
                "Z (or 1 to 9, or A to J)",
            ),
            _ => (
                found.is_ascii_uppercase() || found.is_ascii_digit(),
                "the check character, a letter or digit,",
            ),
        };
        if !fits {
            return Err(Fault::Character {
                at: at + 1,
                found,
                wanted,
            });
        }
    }
    Ok(match number.as_bytes()[13] {
        b'D' => Kind::Tds,
        b'C' => Kind::Tcs,
        _ => Kind::Regular,
    })
}

/// `dddd AAA ddddd` and two letters: the shapes of those without a PAN.
fn without_pan(bytes: &[u8]) -> Option<Kind> {
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    let letters = bytes[4..7].iter().all(u8::is_ascii_uppercase);
    let last = bytes[14].is_ascii_uppercase() || bytes[14].is_ascii_digit();
    if !(digits(0..4) && letters && digits(7..12) && last) {
        return None;
    }
    match &bytes[12..14] {
        b"UN" | b"ON" => Some(Kind::Uin),
        b"NR" => Some(Kind::NonResident),
        b"OS" if bytes.starts_with(CENTRE.as_bytes()) => Some(Kind::Oidar),
        _ => None,
    }
}

/// Whether a TAN stands where a PAN usually does: its fifth character is a digit.
fn has_tan(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.get(6).is_some_and(u8::is_ascii_digit) && bytes.get(5).is_some_and(u8::is_ascii_uppercase)
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
            let examined = examine(number);
            assert_eq!(examined.kind, Some(Kind::Regular));
            assert_eq!(examined.pan(), Some(&read[2..12]));
        }
    }

    /// Numbers of each kind of registration, as the India Compliance app's source lists them
    /// (resilient-tech/india-compliance, gstin_info.py).
    #[test]
    fn every_kind_of_number_is_told_apart() {
        for (number, kind, state) in [
            ("36AASFP8573D2ZN", Kind::Regular, Some("36")),
            ("29AABCF8078M2ZW", Kind::Regular, Some("29")),
            ("27AAJCS5738D1Z6", Kind::Regular, Some("27")),
            ("19AAACI1681G1DV", Kind::Tds, Some("19")),
            ("29AABCF8078M1C8", Kind::Tcs, Some("29")),
            ("27AAECG3736E1C2", Kind::Tcs, Some("27")),
            ("0717UNO00157UNO", Kind::Uin, Some("07")),
            ("0717UNO00211UN2", Kind::Uin, Some("07")),
            ("2117UNO00002UNF", Kind::Uin, Some("21")),
            ("0717UNO00154UNU", Kind::Uin, Some("07")),
            ("9917SGP29001OST", Kind::Oidar, None),
        ] {
            let examined = examine(number);
            assert_eq!(examined.faults, [], "{number}");
            assert_eq!(examined.kind, Some(kind), "{number}");
            assert_eq!(
                examined.state.map(|state| state.code.as_str()),
                state,
                "{number}"
            );
        }
        // Under a TAN: no PAN to look at.
        for number in ["06DELI09652G1DA", "09ALDN00287A1DD", "27AAFT56212B1DO"] {
            let examined = examine(number);
            assert_eq!(
                (examined.faults.as_slice(), examined.kind, examined.pan()),
                ([].as_slice(), Some(Kind::Tds), None),
                "{number}"
            );
            assert!(parse(number).is_ok(), "{number}");
        }
        assert_eq!(parse("0717UNO00157UNO"), Err(Fault::NoTaxpayer(Kind::Uin)));
        assert_eq!(
            parse("9917SGP29001OST"),
            Err(Fault::NoTaxpayer(Kind::Oidar))
        );
        // A non-resident's, with the check character that its 14 give by hand:
        // 0 7 1 7 U S A 0 0 0 0 1 N R: 0 14 1 14 30 (56: 1+20) 10 0 0 0 0 2 23 (54: 1+18) = 134; 144 - 134 = A.
        assert_eq!(examine("0717USA00001NRA").kind, Some(Kind::NonResident));
        assert_eq!(examine("0717USA00001NRA").faults, []);
        // A registered person like others.
        assert_eq!(parse("0717USA00001NRA").unwrap().1.name, "Delhi");
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
        // The sandbox's own number: `0` stands where Z usually does, and is not read as a kind.
        assert_eq!(
            parse("02AMBPG7773M002"),
            Err(Fault::Character {
                at: 13,
                found: '0',
                wanted: "1 to 9 or a letter, which counts registrations,"
            })
        );
    }

    #[test]
    fn all_that_is_wrong_is_found() {
        let faults = |number: &str| examine(number).faults;
        assert_eq!(
            faults("22AAAAA0000A1Z5"),
            [Fault::Check('C'), Fault::Pan(pan::Fault::Serial)]
        );
        assert_eq!(
            faults("40ABCDE1234F1Z5"),
            [
                Fault::State,
                Fault::Check('C'),
                Fault::Pan(pan::Fault::Holder('D'))
            ]
        );
        assert!(faults("96AAPFU0939F1ZV").contains(&Fault::Outside));
        // The right check character of a wrong PAN.
        assert_eq!(
            parse("27ABCDE1234F1Z0"),
            Err(Fault::Pan(pan::Fault::Holder('D')))
        );
    }

    #[test]
    fn codes_of_states_that_are_no_more_are_read_as_what_they_became() {
        for (code, now) in [("25", "26"), ("28", "37")] {
            let body = format!("{code}AAPFU0939F1Z");
            let number = format!("{body}{}", char::from(check_character(body.as_bytes())));
            let examined = examine(&number);
            assert_eq!(examined.faults, []);
            assert!(examined.retired.is_some());
            assert_eq!(examined.state.unwrap().code, now);
        }
        assert_eq!(examine("27AAPFU0939F1ZV").retired, None);
    }

    #[test]
    fn every_single_mistyped_character_is_noticed() {
        for right in ["27AAPFU0939F1ZV", "9917SGP29001OST", "06DELI09652G1DA"] {
            for at in 0..right.len() {
                for other in VALUES {
                    let mut number = right.as_bytes().to_vec();
                    if number[at] == *other {
                        continue;
                    }
                    number[at] = *other;
                    let number = String::from_utf8(number).unwrap();
                    assert!(!examine(&number).is_valid(), "{number}");
                    assert!(parse(&number).is_err(), "{number}");
                }
            }
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for (number, fault) in [
            ("", Fault::Length(0)),
            ("27AAPFU0939F1Z", Fault::Length(14)),
            ("27AAPFU0939F1ZVV", Fault::Length(16)),
            ("27ÀAPFU939F1ZV", Fault::Length(14)),
            (
                "2AAAPFU0939F1ZV",
                Fault::Character {
                    at: 2,
                    found: 'A',
                    wanted: "a digit of the state's code",
                },
            ),
            (
                "27ÀAPFU0939F1ZV",
                Fault::Character {
                    at: 3,
                    found: 'À',
                    wanted: "a letter of the PAN",
                },
            ),
        ] {
            assert_eq!(parse(number), Err(fault), "{number}");
        }
    }
}
