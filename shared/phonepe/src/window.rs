//! When a recurring debit may be attempted: outside the peak hours of UPI, at least 24 hours after the
//! payer was told, four times at most.
//!
//! Source: PhonePe's "Notify Redemption" and "Execute Redemption" pages, after NPCI's rule of
//! 2025-08-01: 9:31 PM to 9:59 AM and 1:01 PM to 4:59 PM IST. UNVERIFIED whether the last minute of a
//! window is its beginning or its end; it is taken whole (10:00:00 and 17:00:00 are outside).

use chrono::{DateTime, NaiveTime, TimeDelta, Timelike, Utc};

/// From when to before when, in minutes of the Indian day. The night's window is in two parts.
const WINDOWS: [(u32, u32); 3] = [
    (0, 10 * 60),
    (13 * 60 + 1, 17 * 60),
    (21 * 60 + 31, 24 * 60),
];

/// A debit's first attempt and its three retries.
pub const MAX_ATTEMPTS: u32 = 4;

/// Between the end of one attempt and the beginning of the next.
pub const BETWEEN_ATTEMPTS: TimeDelta = TimeDelta::minutes(90);

/// How long after the order was notified it is kept open, unless the request says otherwise.
pub const OPEN_FOR: TimeDelta = TimeDelta::hours(48);

/// Between telling the payer and the debit.
pub const NOTICE: TimeDelta = TimeDelta::hours(24);

/// Whether a debit may be attempted now.
pub fn permitted(at: DateTime<Utc>) -> bool {
    let minute = minute_of_day(at);
    WINDOWS
        .iter()
        .any(|(from, before)| (*from..*before).contains(&minute))
}

/// The first permitted moment that is not before `at`.
pub fn next(at: DateTime<Utc>) -> DateTime<Utc> {
    let minute = minute_of_day(at);
    for (from, before) in WINDOWS {
        if (from..before).contains(&minute) {
            return at;
        }
        if minute < from {
            let day = at.with_timezone(&bharat::ist()).date_naive();
            return in_ist(day, from);
        }
    }
    // The last window ends with the day.
    at
}

/// The first permitted moment to redeem a debit whose payer was told at `notified`, not before `now`.
pub fn earliest_redeem(notified: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    next((notified + NOTICE).max(now))
}

/// The first permitted moment to try again after an attempt that ended at `ended`.
pub fn earliest_retry(ended: DateTime<Utc>) -> DateTime<Utc> {
    next(ended + BETWEEN_ATTEMPTS)
}

fn minute_of_day(at: DateTime<Utc>) -> u32 {
    let local = at.with_timezone(&bharat::ist());
    local.hour() * 60 + local.minute()
}

fn in_ist(day: chrono::NaiveDate, minute: u32) -> DateTime<Utc> {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0)
        .expect("a window begins within the day");
    let local = day.and_time(time);
    (local - TimeDelta::seconds(i64::from(bharat::ist().local_minus_utc()))).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time in India, as "2026-11-20 21:31:00".
    fn ist(text: &str) -> DateTime<Utc> {
        format!("{}+05:30", text.replace(' ', "T"))
            .parse::<DateTime<chrono::FixedOffset>>()
            .unwrap()
            .to_utc()
    }

    #[test]
    fn the_windows_are_nine_thirty_one_to_nine_fifty_nine_and_one_oh_one_to_four_fifty_nine() {
        for inside in [
            "21:31:00", "23:59:59", "00:00:00", "05:30:00", "09:59:00", "09:59:59", "13:01:00",
            "16:59:59",
        ] {
            assert!(permitted(ist(&format!("2026-11-20 {inside}"))), "{inside}");
        }
        for outside in [
            "10:00:00", "12:00:00", "13:00:00", "13:00:59", "17:00:00", "19:45:00", "21:30:59",
        ] {
            assert!(
                !permitted(ist(&format!("2026-11-20 {outside}"))),
                "{outside}"
            );
        }
    }

    #[test]
    fn outside_a_window_the_next_one_is_named() {
        let next_after = |from: &str| next(ist(from));
        assert_eq!(
            next_after("2026-11-20 10:00:00"),
            ist("2026-11-20 13:01:00")
        );
        assert_eq!(
            next_after("2026-11-20 13:00:59"),
            ist("2026-11-20 13:01:00")
        );
        assert_eq!(
            next_after("2026-11-20 17:00:00"),
            ist("2026-11-20 21:31:00")
        );
        assert_eq!(
            next_after("2026-11-20 21:30:00"),
            ist("2026-11-20 21:31:00")
        );
        assert_eq!(
            next_after("2026-11-20 23:59:59"),
            ist("2026-11-20 23:59:59")
        );
        assert_eq!(
            next_after("2026-12-31 17:30:00"),
            ist("2026-12-31 21:31:00")
        );
    }

    #[test]
    fn a_debit_waits_a_day_and_then_for_a_window() {
        // Told at 09:00: a day later is inside the night's window.
        let told = ist("2026-11-20 09:00:00");
        assert_eq!(earliest_redeem(told, told), ist("2026-11-21 09:00:00"));
        // Told at noon: a day later is at noon, in the peak.
        let told = ist("2026-11-20 12:00:00");
        assert_eq!(earliest_redeem(told, told), ist("2026-11-21 13:01:00"));
        // Remembered late, in the evening.
        assert_eq!(
            earliest_redeem(told, ist("2026-11-21 18:00:00")),
            ist("2026-11-21 21:31:00")
        );
    }

    #[test]
    fn a_retry_waits_an_hour_and_a_half_and_then_for_a_window() {
        assert_eq!(
            earliest_retry(ist("2026-11-20 08:29:59")),
            ist("2026-11-20 09:59:59")
        );
        assert_eq!(
            earliest_retry(ist("2026-11-20 08:30:00")),
            ist("2026-11-20 13:01:00")
        );
        assert_eq!(
            earliest_retry(ist("2026-11-20 15:30:00")),
            ist("2026-11-20 21:31:00")
        );
        assert_eq!(
            earliest_retry(ist("2026-11-20 22:45:00")),
            ist("2026-11-21 00:15:00")
        );
    }
}
