//! The numbers of documents: a series, the financial year and a serial, as in `RF/26-27/000001`.
//!
//! Sources: CGST Rules, Rule 46(b) (at most sixteen characters: letters, digits, `-` and `/`; consecutive
//! within a series and unique for a financial year), Rule 53(1A)(c) (the same for credit notes), and the
//! e-invoice schema (the first character is none of `0`, `-` and `/`; capitals only).

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The most characters that a number may have.
pub const LONGEST: usize = 16;

/// The last serial of a series in a year: six digits keep numbers in the order of their texts.
pub const LAST_SERIAL: u32 = 999_999;

/// 1 April to 31 March, by the day in India.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FinancialYear {
    /// In which it begins.
    begins: i32,
}

impl FinancialYear {
    /// The year of a day in India.
    pub fn of(day: NaiveDate) -> Self {
        Self {
            begins: if day.month() >= 4 {
                day.year()
            } else {
                day.year() - 1
            },
        }
    }

    /// The year of a moment.
    pub fn at(moment: DateTime<Utc>) -> Self {
        Self::of(moment.with_timezone(&bharat::ist()).date_naive())
    }

    /// The calendar year in which it begins.
    pub fn begins(self) -> i32 {
        self.begins
    }

    /// 1 April.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.begins, 4, 1).unwrap_or_default()
    }

    /// 31 March.
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.begins + 1, 3, 31).unwrap_or_default()
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        Self::of(day) == self
    }

    pub fn next(self) -> Self {
        Self {
            begins: self.begins + 1,
        }
    }

    /// `26-27`
    pub fn short(self) -> String {
        format!(
            "{:02}-{:02}",
            self.begins.rem_euclid(100),
            (self.begins + 1).rem_euclid(100)
        )
    }
}

impl fmt::Display for FinancialYear {
    /// `2026-27`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}",
            self.begins,
            (self.begins + 1).rem_euclid(100)
        )
    }
}

impl From<FinancialYear> for String {
    fn from(year: FinancialYear) -> Self {
        year.to_string()
    }
}

impl TryFrom<String> for FinancialYear {
    type Error = NumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for FinancialYear {
    type Err = NumberError;

    /// `2026-27`, or `26-27` for the same.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NumberError::Year(text.to_owned());
        let (first, second) = text.split_once('-').ok_or_else(wrong)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(first) || !digits(second) || second.len() != 2 {
            return Err(wrong());
        }
        let begins: i32 = match first.len() {
            2 => 2000 + first.parse::<i32>().map_err(|_| wrong())?,
            4 => first.parse().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        let ends: i32 = second.parse().map_err(|_| wrong())?;
        if (begins + 1) % 100 != ends {
            return Err(wrong());
        }
        Ok(Self { begins })
    }
}

/// One to three capitals. Each series counts for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Series(String);

impl Series {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Series> for String {
    fn from(series: Series) -> Self {
        series.0
    }
}

impl TryFrom<String> for Series {
    type Error = NumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let capitals = text.bytes().all(|byte| byte.is_ascii_uppercase());
        if capitals && (1..=3).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(NumberError::Series(text))
        }
    }
}

impl FromStr for Series {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

/// A document's number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Number {
    series: Series,
    year: FinancialYear,
    serial: u32,
}

impl Number {
    /// # Errors
    /// The serial is zero, or the series is used up for this year.
    pub fn new(series: Series, year: FinancialYear, serial: u32) -> Result<Self, NumberError> {
        if serial == 0 {
            return Err(NumberError::Zero);
        }
        if serial > LAST_SERIAL {
            return Err(NumberError::UsedUp { series, year });
        }
        Ok(Self {
            series,
            year,
            serial,
        })
    }

    /// The number after this one.
    ///
    /// # Errors
    /// The series is used up for this year.
    pub fn following(&self) -> Result<Self, NumberError> {
        Self::new(self.series.clone(), self.year, self.serial + 1)
    }

    pub fn series(&self) -> &Series {
        &self.series
    }

    pub fn year(&self) -> FinancialYear {
        self.year
    }

    pub fn serial(&self) -> u32 {
        self.serial
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{:06}",
            self.series,
            self.year.short(),
            self.serial
        )
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.to_string()
    }
}

impl TryFrom<String> for Number {
    type Error = NumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NumberError::Number(text.to_owned());
        let mut parts = text.split('/');
        let (Some(series), Some(year), Some(serial), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let six = serial.len() == 6 && serial.bytes().all(|byte| byte.is_ascii_digit());
        if !six || year.len() != 5 {
            return Err(wrong());
        }
        Self::new(
            series.parse()?,
            year.parse()?,
            serial.parse().map_err(|_| wrong())?,
        )
    }
}

/// Whether a text may stand as the number of an invoice or credit note, whoever made it: the e-invoice
/// schema's `^[A-Z1-9][A-Z0-9/-]{0,15}$`, which is within Rule 46.
///
/// # Errors
/// What is wrong with it.
pub fn lawful(text: &str) -> Result<(), NumberError> {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else {
        return Err(NumberError::Length(0));
    };
    if bytes.len() > LONGEST {
        return Err(NumberError::Length(text.chars().count()));
    }
    let fits = |byte: &u8| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'-')
    };
    if !bytes.iter().all(fits) {
        return Err(NumberError::Characters(text.to_owned()));
    }
    if matches!(first, b'0' | b'/' | b'-') {
        return Err(NumberError::First(text.to_owned()));
    }
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("{0:?} is no financial year, as in 2026-27 or 26-27")]
    Year(String),
    #[error("{0:?} is no series: one to three capitals")]
    Series(String),
    #[error("{0:?} is no number of ours, as in RF/26-27/000001")]
    Number(String),
    #[error("serials begin with 1")]
    Zero,
    #[error("series {series} has no number left in {year}: begin another series")]
    UsedUp { series: Series, year: FinancialYear },
    #[error("a document's number has 1 to {LONGEST} characters, not {0}")]
    Length(usize),
    #[error(
        "{0:?} has characters that a document's number can't have: only capitals, digits, / and -"
    )]
    Characters(String),
    #[error("{0:?} begins with 0, / or -, which the e-invoice portal refuses")]
    First(String),
}
