//! What software needs to know of India, as data: states and their cities, festivals.

pub mod festivals;
pub mod states;

use chrono::FixedOffset;

/// Indian Standard Time, UTC+05:30. There is no daylight saving.
pub fn ist() -> FixedOffset {
    FixedOffset::east_opt(5 * 3600 + 30 * 60).expect("IST is a valid offset")
}
