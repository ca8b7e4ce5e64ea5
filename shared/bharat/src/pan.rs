//! Permanent account numbers of the income tax department: 3 letters, the kind of the holder, the first
//! letter of a name, 4 digits, a letter.
//!
//! Source: Income Tax Department, "Know your PAN" (the shape and the fourth letter). How the last letter
//! is computed is not published, so a number that passes may still be nobody's.

use serde::Serialize;

const LENGTH: usize = 10;

/// Who holds a number, by its fourth letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    Person,
    Company,
    HinduUndividedFamily,
    /// Or limited liability partnership.
    Firm,
    AssociationOfPersons,
    BodyOfIndividuals,
    Government,
    ArtificialJuridicalPerson,
    LocalAuthority,
    Trust,
}

/// The letters that are published. Some lists have K as well (for another kind of trust); no official
/// text for it was found, so it is refused: add it here if one is.
const HOLDERS: [(char, Holder); 10] = [
    ('A', Holder::AssociationOfPersons),
    ('B', Holder::BodyOfIndividuals),
    ('C', Holder::Company),
    ('F', Holder::Firm),
    ('G', Holder::Government),
    ('H', Holder::HinduUndividedFamily),
    ('J', Holder::ArtificialJuridicalPerson),
    ('L', Holder::LocalAuthority),
    ('P', Holder::Person),
    ('T', Holder::Trust),
];

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// So many characters, not ten.
    Length(usize),
    /// The character at this place (from 1) is not of the kind that belongs there.
    Character {
        at: usize,
        found: char,
        letter: bool,
    },
    /// The fourth letter is no kind of holder.
    Holder(char),
    /// Its digits are 0000; serials begin with 0001.
    Serial,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Length(count) => {
                write!(f, "is not a PAN, which has 10 characters: it has {count}")
            }
            Self::Character { at, found, letter } => write!(
                f,
                "is not a PAN: its character {at} is {found:?}, where a {} belongs",
                if *letter { "letter" } else { "digit" }
            ),
            Self::Holder(found) => write!(
                f,
                "is no PAN that exists: its fourth letter, {found}, is none of A, B, C, F, G, H, J, L, P and T, which say who holds it"
            ),
            Self::Serial => f.write_str("is no PAN that exists: its digits are 0000"),
        }
    }
}

/// A number in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pan {
    number: String,
    holder: Holder,
}

impl Pan {
    pub fn as_str(&self) -> &str {
        &self.number
    }

    pub fn holder(&self) -> Holder {
        self.holder
    }
}

/// The number in `text`, which may have spaces around it and be in small letters.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(text: &str) -> Result<Pan, Fault> {
    let number = text.trim().to_ascii_uppercase();
    let holder = check(&number)?;
    Ok(Pan { number, holder })
}

/// Who holds a number in capitals.
pub(crate) fn check(number: &str) -> Result<Holder, Fault> {
    let count = number.chars().count();
    if count != LENGTH {
        return Err(Fault::Length(count));
    }
    for (at, found) in number.chars().enumerate() {
        let letter = !(5..9).contains(&at);
        let fits = if letter {
            found.is_ascii_uppercase()
        } else {
            found.is_ascii_digit()
        };
        if !fits {
            return Err(Fault::Character {
                at: at + 1,
                found,
                letter,
            });
        }
    }
    let fourth = char::from(number.as_bytes()[3]);
    let holder = HOLDERS
        .iter()
        .find_map(|(letter, holder)| (*letter == fourth).then_some(*holder))
        .ok_or(Fault::Holder(fourth))?;
    if &number[5..9] == "0000" {
        return Err(Fault::Serial);
    }
    Ok(holder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_letter_says_who_holds_it() {
        // The PANs within GSTINs that are published as valid (see gstin.rs).
        for (text, holder) in [
            ("AAPFU0939F", Holder::Firm),
            ("AAGCB7383J", Holder::Company),
            ("GSPTN0231G", Holder::Trust),
            (" aakpc1234d ", Holder::Person),
            ("AAAGM0289C", Holder::Government),
        ] {
            let pan = parse(text).unwrap();
            assert_eq!(
                (pan.as_str(), pan.holder()),
                (text.trim().to_uppercase().as_str(), holder)
            );
        }
    }

    #[test]
    fn the_exact_reason_is_said() {
        for (text, fault) in [
            ("", Fault::Length(0)),
            ("AAPFU0939", Fault::Length(9)),
            ("AAPFU0939FF", Fault::Length(11)),
            (
                "AAPFUO939F",
                Fault::Character {
                    at: 6,
                    found: 'O',
                    letter: false,
                },
            ),
            (
                "A1PFU0939F",
                Fault::Character {
                    at: 2,
                    found: '1',
                    letter: true,
                },
            ),
            (
                "ÀAPFU0939F",
                Fault::Character {
                    at: 1,
                    found: 'À',
                    letter: true,
                },
            ),
            ("ABCDE1234F", Fault::Holder('D')),
            ("AAAKA1234F", Fault::Holder('K')),
            ("AAAPA0000A", Fault::Serial),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
        assert_eq!(
            Fault::Character {
                at: 6,
                found: 'O',
                letter: false
            }
            .to_string(),
            "is not a PAN: its character 6 is 'O', where a digit belongs"
        );
    }
}
