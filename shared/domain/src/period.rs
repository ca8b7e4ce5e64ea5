use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A budget month as an Indian business counts it: the calendar month in IST (UTC+05:30).
/// Written as its first day, `2026-11-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Period(NaiveDate);

/// Indian Standard Time. It has no daylight saving, so a fixed offset is exact.
const IST_SECONDS: i32 = 5 * 3600 + 30 * 60;

impl Period {
    pub fn of(at: DateTime<Utc>) -> Self {
        let ist = FixedOffset::east_opt(IST_SECONDS).expect("IST is a valid offset");
        let day = at.with_timezone(&ist).date_naive();
        Self(day.with_day(1).expect("every month has a first day"))
    }

    pub fn first_day(self) -> NaiveDate {
        self.0
    }
}

impl From<NaiveDate> for Period {
    /// The month that `day` lies in.
    fn from(day: NaiveDate) -> Self {
        Self(day.with_day(1).expect("every month has a first day"))
    }
}

impl FromStr for Period {
    type Err = chrono::ParseError;
    /// From `2026-11` or `2026-11-01`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = if text.len() == 7 {
            format!("{text}-01")
        } else {
            text.to_owned()
        };
        day.parse::<NaiveDate>().map(Self::from)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_turns_at_midnight_in_india() {
        let before: DateTime<Utc> = "2026-10-31T18:29:59Z".parse().unwrap();
        let after: DateTime<Utc> = "2026-10-31T18:30:00Z".parse().unwrap();
        assert_eq!(Period::of(before).to_string(), "2026-10");
        assert_eq!(Period::of(after).to_string(), "2026-11");
        assert_eq!("2026-11".parse::<Period>().unwrap(), Period::of(after));
    }
}
