//! Dates as Indians write them, the day first.

use bharat::digits;
use chrono::NaiveDate;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A date, or `None` for a text that is none and need not be one (`next week`, a time).
///
/// # Errors
/// Why a text that looks like a date is not a sure one.
pub(super) fn parse(text: &str, birthday: bool) -> Result<Option<NaiveDate>, String> {
    let text = digits::ascii(text).to_lowercase();
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '/' | '-' | '.' | ','))
        .filter(|part| !part.is_empty())
        .collect();
    let [one, two, three] = parts[..] else {
        return Ok(None);
    };
    // A year of four digits first is year, month, day.
    if let (4, Some(year), Some(month), Some(day)) =
        (one.len(), number(one), number(two), number(three))
    {
        return date(year, month, day).map(Some);
    }
    let ordinal = |text: &str| {
        let bare = ["st", "nd", "rd", "th"]
            .iter()
            .find_map(|end| text.strip_suffix(end));
        number(bare.unwrap_or(text))
    };
    let (day, month) = match (ordinal(one), ordinal(two)) {
        (Some(day), Some(month)) => (day, month),
        (Some(day), None) => match month_named(two) {
            Some(month) => (day, month),
            None => return Ok(None),
        },
        (None, Some(day)) => match month_named(one) {
            Some(month) => (day, month),
            None => return Ok(None),
        },
        (None, None) => return Ok(None),
    };
    let Some(year) = number(three) else {
        return Ok(None);
    };
    let year = match three.len() {
        4 => year,
        2 if birthday => {
            return Err("has a year of two digits: the century is not known".to_owned());
        }
        // Business records of this century; before it there were hardly any to import.
        2 if year < 70 => 2000 + year,
        2 => 1900 + year,
        _ => return Ok(None),
    };
    if month > 12 && day <= 12 {
        return Err("has its month first, or is mistyped: in India the day comes first".to_owned());
    }
    date(year, month, day).map(Some)
}

fn number(text: &str) -> Option<u32> {
    (text.len() <= 4).then(|| text.parse().ok()).flatten()
}

/// `oct`, `october`: at least three letters.
fn month_named(text: &str) -> Option<u32> {
    let at = MONTHS
        .iter()
        .position(|month| text.len() >= 3 && month.starts_with(text))?;
    u32::try_from(at + 1).ok()
}

fn date(year: u32, month: u32, day: u32) -> Result<NaiveDate, String> {
    i32::try_from(year)
        .ok()
        .filter(|year| (1900..=2200).contains(year))
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .ok_or_else(|| "is no day of the calendar".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_day_first() {
        for (text, date) in [
            ("05/10/2026", "2026-10-05"),
            ("5-10-26", "2026-10-05"),
            ("5.10.1998", "1998-10-05"),
            ("5th Oct 2026", "2026-10-05"),
            ("Oct 5, 2026", "2026-10-05"),
            ("5 sept 2026", "2026-09-05"),
            ("2026-10-05", "2026-10-05"),
            ("२५/१२/२०२६", "2026-12-25"),
        ] {
            assert_eq!(
                parse(text, false),
                Ok(Some(date.parse().unwrap())),
                "{text}"
            );
        }
        for text in [
            "next week",
            "2026",
            "10:30",
            "5 Diwali 2026",
            "2026-10-05T10:00:00Z",
            "a b c",
        ] {
            assert_eq!(parse(text, false), Ok(None), "{text}");
        }
        for text in ["04/25/2026", "31/02/2026", "0/1/2026", "2026-13-01"] {
            assert!(parse(text, false).is_err(), "{text}");
        }
        assert!(parse("5/10/62", true).is_err());
    }
}
