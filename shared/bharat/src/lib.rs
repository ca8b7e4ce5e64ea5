//! What software needs to know of India, as data and rules: states and their cities, festivals, the
//! forms of phone numbers, GSTINs, PANs, PIN codes and amounts.

pub mod aadhaar;
pub mod cities;
pub mod digits;
pub mod festivals;
pub mod gstin;
pub mod pan;
pub mod phone;
pub mod pin;
pub mod rupees;
pub mod states;
pub mod words;

use chrono::FixedOffset;

/// Indian Standard Time, UTC+05:30. There is no daylight saving.
pub fn ist() -> FixedOffset {
    FixedOffset::east_opt(5 * 3600 + 30 * 60).expect("IST is a valid offset")
}
