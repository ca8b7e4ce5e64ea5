//! Phone numbers as Indians write them.
//!
//! Mobile numbers have ten digits and begin with 6 to 9; landlines have ten digits with the STD code of
//! their area, which is dialled after a 0 (National Numbering Plan, Department of Telecommunications).

use crate::digits;

/// The STD codes of two digits. All others have three or four.
const METROS: [&str; 8] = ["11", "20", "22", "33", "40", "44", "79", "80"];

/// What people write before a number, in lower case.
const LABELS: [&str; 14] = [
    "mobile", "mob", "mo", "m", "phone", "ph", "tel", "t", "cell", "contact", "whatsapp", "wa",
    "no", "call",
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phone {
    /// `+919876543210`
    Mobile(String),
    /// With its STD code: `022-23334444`, `0141-2345678`; without a dash where nobody said where the
    /// code ends.
    Landline(String),
    /// `1800…` and `1860…`, digits alone.
    TollFree(String),
    /// Of another country: `+14155550123`.
    Foreign(String),
}

impl Phone {
    /// The one form that the same number always has.
    pub fn number(&self) -> &str {
        match self {
            Self::Mobile(text)
            | Self::Landline(text)
            | Self::TollFree(text)
            | Self::Foreign(text) => text,
        }
    }
}

/// Why a text is not one phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Holds other than one number: words, an extension, a second number.
    NotOne,
    /// `9.87654E+09`, as spreadsheets shorten numbers: digits are lost.
    Shortened,
    /// The national part has this many digits, not ten.
    Digits(usize),
    /// Ten digits that begin like no mobile number.
    NoMobile,
    /// A landline without its STD code.
    NoStdCode,
    /// `080…` and `079…` in one piece can be a landline or a mobile number.
    EitherKind,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOne => f.write_str("holds something other than one phone number"),
            Self::Shortened => {
                f.write_str("was shortened by a spreadsheet: its last digits are lost")
            }
            Self::Digits(count) => write!(f, "has {count} digits; an Indian number has 10"),
            Self::NoMobile => f.write_str(
                "is no mobile number, which begins with 6 to 9; as a landline it lacks the 0 before its STD code",
            ),
            Self::NoStdCode => f.write_str("looks like a landline without its STD code"),
            Self::EitherKind => {
                f.write_str("may be a landline (079, 080) or a mobile number written with a 0")
            }
        }
    }
}

/// One phone number in its one form.
///
/// # Errors
/// Why it can't be read as one number without guessing.
pub fn parse(text: &str) -> Result<Phone, Fault> {
    let text = digits::ascii(text);
    let text = without_label(text.trim());
    if text.to_ascii_lowercase().contains("e+") {
        return Err(Fault::Shortened);
    }
    // A number that passed through a spreadsheet: 9876543210.0
    let text = text.strip_suffix(".0").unwrap_or(text);
    let groups: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .collect();
    let separator = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '–');
    let plain = text
        .chars()
        .enumerate()
        .all(|(at, c)| c.is_ascii_digit() || separator(c) || (at == 0 && c == '+'));
    if !plain || groups.is_empty() {
        return Err(Fault::NotOne);
    }
    let all: String = groups.concat();
    if let Some(international) = text.strip_prefix('+') {
        if !all.starts_with("91") {
            return if (8..=15).contains(&all.len()) && !all.starts_with('0') {
                Ok(Phone::Foreign(format!("+{all}")))
            } else {
                Err(Fault::Digits(all.len()))
            };
        }
        let local = international
            .trim_start_matches(separator)
            .strip_prefix("91")
            .unwrap_or_default();
        return national(local, separator);
    }
    if let Some(rest) = all.strip_prefix("0091") {
        return national(rest, separator);
    }
    if all.len() == 12 && all.starts_with("91") {
        return national(&all[2..], separator);
    }
    if (10..=11).contains(&all.len()) && (all.starts_with("1800") || all.starts_with("1860")) {
        return Ok(Phone::TollFree(all));
    }
    national(text, separator)
}

/// A number without the country's code.
fn national(text: &str, separator: impl Fn(char) -> bool) -> Result<Phone, Fault> {
    let groups: Vec<&str> = text
        .split(&separator)
        .filter(|group| !group.is_empty())
        .collect();
    let all = groups.concat();
    let trunk = all.starts_with('0');
    let local = all.strip_prefix('0').unwrap_or(&all);
    if matches!(local.len(), 6..=8) && !trunk {
        return Err(Fault::NoStdCode);
    }
    if local.len() != 10 {
        return Err(Fault::Digits(local.len()));
    }
    // `080-2222 3333`: the first group is the code.
    let code = groups
        .first()
        .map(|group| group.strip_prefix('0').unwrap_or(group))
        .filter(|code| {
            // Without the 0, a code that a mobile number can begin with is none.
            let sure =
                trunk || METROS.contains(code) || code.starts_with(['1', '2', '3', '4', '5']);
            groups.len() > 1 && sure
        });
    if let Some(code) = code.filter(|code| is_std_code(code, local)) {
        return Ok(Phone::Landline(format!("0{code}-{}", &local[code.len()..])));
    }
    let metro = METROS.iter().find(|metro| local.starts_with(**metro));
    let subscriber = local.as_bytes()[2];
    match local.as_bytes()[0] {
        b'7' | b'8' if trunk && metro.is_some() && (b'2'..=b'7').contains(&subscriber) => {
            Err(Fault::EitherKind)
        }
        b'6'..=b'9' => Ok(Phone::Mobile(format!("+91{local}"))),
        _ if !trunk => Err(Fault::NoMobile),
        _ => Ok(Phone::Landline(match metro {
            Some(metro) => format!("0{metro}-{}", &local[2..]),
            None => format!("0{local}"),
        })),
    }
}

/// Whether the first group of a number can be an STD code: of two digits only the metros' are, and
/// subscribers' numbers begin with 2 to 7.
fn is_std_code(code: &str, local: &str) -> bool {
    let right = match code.len() {
        2 => METROS.contains(&code),
        3 | 4 => (b'1'..=b'8').contains(&code.as_bytes()[0]),
        _ => false,
    };
    right && (b'2'..=b'7').contains(&local.as_bytes()[code.len()])
}

/// `Mob: 98765 43210` without its first word.
fn without_label(text: &str) -> &str {
    let mut rest = text;
    loop {
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        if end == 0 || !LABELS.contains(&rest[..end].to_ascii_lowercase().as_str()) {
            return rest;
        }
        rest = rest[end..].trim_start_matches([' ', '.', ':', '-', '#']);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobile_numbers_have_one_form() {
        for text in [
            "9876543210",
            "098765 43210",
            "+91-98765 43210",
            "91 9876543210",
            "0091 98765-43210",
            "+91 (0) 98765 43210",
            "Mob. no: 98765.43210",
            "९८७६५४३२१०",
            "9876543210.0",
            "+919876543210",
        ] {
            assert_eq!(
                parse(text),
                Ok(Phone::Mobile("+919876543210".into())),
                "{text}"
            );
        }
    }

    #[test]
    fn landlines_keep_their_std_code() {
        for (text, number) in [
            ("022 2333 4444", "022-23334444"),
            ("02223334444", "022-23334444"),
            ("+91 22 23334444", "022-23334444"),
            ("+91 80 2222 3333", "080-22223333"),
            ("(0141) 234 5678", "0141-2345678"),
            ("0141-2345678", "0141-2345678"),
            ("01412345678", "01412345678"),
            ("080-22223333", "080-22223333"),
        ] {
            assert_eq!(parse(text), Ok(Phone::Landline(number.into())), "{text}");
        }
    }

    #[test]
    fn other_numbers() {
        assert_eq!(
            parse("+1 (415) 555-0123"),
            Ok(Phone::Foreign("+14155550123".into()))
        );
        assert_eq!(
            parse("1800 123 4567"),
            Ok(Phone::TollFree("18001234567".into()))
        );
    }

    #[test]
    fn what_cant_be_read_says_why() {
        for (text, fault) in [
            ("987654321", Fault::Digits(9)),
            ("+91 98765", Fault::Digits(5)),
            ("98765432101234", Fault::Digits(14)),
            ("23456789", Fault::NoStdCode),
            ("1876543210", Fault::NoMobile),
            ("+91 1876543210", Fault::NoMobile),
            ("08022223333", Fault::EitherKind),
            ("9.87654E+09", Fault::Shortened),
            ("9876543210 / 9876543211", Fault::NotOne),
            ("98765 43210 (Ramesh)", Fault::NotOne),
            ("", Fault::NotOne),
            ("none", Fault::NotOne),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn the_one_form_is_read_as_itself() {
        for text in [
            "+919876543210",
            "022-23334444",
            "01412345678",
            "+14155550123",
            "18001234567",
        ] {
            assert_eq!(parse(text).unwrap().number(), text);
        }
    }
}
