//! Billing months: from an anchor day to the day before the next one, as calendar days in India.

use bharat::ist;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// Days after the end of an unpaid period during which everything still runs; then there is only reading
/// (PAY-11: debits are tried again on days 1, 3 and 5).
pub const GRACE_DAYS: u64 = 6;

/// The day in India.
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&ist()).date_naive()
}

/// Midnight in India, when `day` begins.
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN)
        .and_local_timezone(ist())
        .single()
        .expect("a fixed offset has each time once")
        .to_utc()
}

/// The day of the month, 1 to 31, on which a subscription renews. It is kept as it is: in a shorter month
/// the renewal falls on its last day, and in the next long one on the anchor again (31 January, 28
/// February, 31 March).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Anchor(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an anchor is a day of the month, 1 to 31, not {0}")]
pub struct NoSuchDay(u32);

impl TryFrom<u32> for Anchor {
    type Error = NoSuchDay;
    fn try_from(day: u32) -> Result<Self, NoSuchDay> {
        if (1..=31).contains(&day) {
            Ok(Self(day))
        } else {
            Err(NoSuchDay(day))
        }
    }
}

impl From<Anchor> for u32 {
    fn from(anchor: Anchor) -> Self {
        anchor.0
    }
}

impl Anchor {
    /// The anchor of a subscription that begins on this day.
    pub fn on(day: NaiveDate) -> Self {
        Self(day.day())
    }

    /// The renewal in the month that `day` lies in.
    fn in_month_of(self, day: NaiveDate) -> NaiveDate {
        let days = u32::from(day.num_days_in_month());
        day.with_day(self.0.min(days))
            .expect("the day is within the month")
    }

    /// The first renewal after `day`.
    pub fn next_after(self, day: NaiveDate) -> NaiveDate {
        let this = self.in_month_of(day);
        if this > day {
            this
        } else {
            // From the first of the month, so that a long month can't skip a short one.
            let first = day.with_day(1).expect("every month has a first day");
            self.in_month_of(first + Months::new(1))
        }
    }

    /// The last renewal on or before `day`.
    pub fn last_until(self, day: NaiveDate) -> NaiveDate {
        let this = self.in_month_of(day);
        if this <= day {
            this
        } else {
            let first = day.with_day(1).expect("every month has a first day");
            self.in_month_of(first - Months::new(1))
        }
    }

    /// The billing month that `day` lies in.
    pub fn cycle(self, day: NaiveDate) -> Cycle {
        let from = self.last_until(day);
        Cycle {
            from,
            until: self.next_after(from),
        }
    }
}

/// A billing month of whole days in India.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// Its first day.
    pub from: NaiveDate,
    /// The first day of the next one.
    pub until: NaiveDate,
}

impl Cycle {
    /// How many days it has: 28 to 31 when it is a month.
    pub fn days(self) -> i64 {
        (self.until - self.from).num_days()
    }

    /// Days from `day` to its end, `day` included. A day before it has all of them, one after it none.
    pub fn days_left(self, day: NaiveDate) -> i64 {
        (self.until - day).num_days().clamp(0, self.days().max(0))
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day < self.until
    }

    /// Its last day, as an invoice states it.
    pub fn last_day(self) -> NaiveDate {
        self.until - Days::new(1)
    }

    /// Midnight in India at its beginning.
    pub fn begins(self) -> DateTime<Utc> {
        midnight(self.from)
    }

    /// Midnight in India at its end.
    pub fn ends(self) -> DateTime<Utc> {
        midnight(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_anchor_at_the_end_of_the_month_does_not_drift() {
        let anchor = Anchor::on(day("2027-12-31"));
        let mut at = day("2027-12-31");
        let mut renewals = vec![];
        for _ in 0..5 {
            at = anchor.next_after(at);
            renewals.push(at.to_string());
        }
        // 2028 is a leap year.
        assert_eq!(
            renewals,
            [
                "2028-01-31",
                "2028-02-29",
                "2028-03-31",
                "2028-04-30",
                "2028-05-31"
            ]
        );
        assert_eq!(anchor.next_after(day("2026-01-31")), day("2026-02-28"));
    }

    #[test]
    fn a_day_turns_at_midnight_in_india() {
        assert_eq!(
            day_of("2026-11-20T18:29:59Z".parse().unwrap()),
            day("2026-11-20")
        );
        assert_eq!(
            day_of("2026-11-20T18:30:00Z".parse().unwrap()),
            day("2026-11-21")
        );
        assert_eq!(
            midnight(day("2026-11-21")).to_rfc3339(),
            "2026-11-20T18:30:00+00:00"
        );
    }

    #[test]
    fn the_days_of_a_billing_month() {
        let cycle = Anchor::on(day("2026-01-10")).cycle(day("2026-11-28"));
        assert_eq!(
            (cycle.from, cycle.until),
            (day("2026-11-10"), day("2026-12-10"))
        );
        assert_eq!((cycle.days(), cycle.last_day()), (30, day("2026-12-09")));
        assert_eq!(cycle.days_left(day("2026-11-10")), 30);
        assert_eq!(cycle.days_left(day("2026-12-09")), 1);
        assert_eq!(cycle.days_left(day("2026-12-10")), 0);
        assert_eq!(cycle.days_left(day("2027-01-01")), 0);
        assert_eq!(cycle.days_left(day("2026-11-01")), 30);
    }

    #[test]
    fn only_days_of_a_month_are_anchors() {
        assert!(Anchor::try_from(31).is_ok());
        assert_eq!(Anchor::try_from(0), Err(NoSuchDay(0)));
        assert!(serde_json::from_str::<Anchor>("32").is_err());
    }

    proptest! {
        #[test]
        fn cycles_tile_the_calendar(anchor in 1u32..=31, offset in 0u64..20_000) {
            let anchor = Anchor::try_from(anchor).unwrap();
            let day = day("2000-01-01") + Days::new(offset);
            let cycle = anchor.cycle(day);
            prop_assert!(cycle.contains(day));
            prop_assert!((28..=31).contains(&cycle.days()));
            prop_assert_eq!(anchor.cycle(cycle.until).from, cycle.until);
            prop_assert_eq!(anchor.cycle(cycle.last_day()), cycle);
            prop_assert_eq!(day_of(cycle.begins()), cycle.from);
            prop_assert!(cycle.from.day() == anchor.0 || cycle.from.day() == u32::from(cycle.from.num_days_in_month()));
        }
    }
}
