//! Texts on their way to a page: amounts and dates as Indians write them, and names as strangers wrote
//! them, made safe to set.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Inr, Usd};
use rust_decimal::Decimal;
use serde_json::Value;
use typst::layout::{Frame, FrameItem, Point};
use typst::text::TextItem;
use typst_layout::PagedDocument;

/// Shown for a character that no font has.
const UNKNOWN: char = '\u{fffd}';
/// Where a long word may be broken.
const BREAK: char = '\u{200b}';
/// Letters in a row, without a place to break, that the recipient's column has room for: addresses of
/// mail mostly stay whole.
const WIDE: usize = 28;
/// Those that names, which are larger, and the narrowest columns of tables have room for.
const NARROW: usize = 16;

/// `₹3,538.82`.
pub(super) fn rupees(amount: Inr) -> String {
    bharat::rupees::exact(amount.0)
}

/// `3,538.82`, where a column says that it is rupees.
pub(super) fn plain(amount: Inr) -> String {
    rupees(amount).replace('₹', "")
}

/// Places that an amount in dollars needs: two, or more for parts of a cent.
pub(super) fn places(amount: Usd) -> u32 {
    amount.0.round_dp(Usd::SCALE).normalize().scale().max(2)
}

/// `$1,234.56`, with as many places as asked for.
pub(super) fn dollars(amount: Usd, places: u32) -> String {
    let mut padded = amount.0.round_dp(places);
    padded.rescale(places);
    let text = padded.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if amount.is_negative() { "-" } else { "" };
    format!("{sign}${grouped}.{fraction}")
}

/// `12,34,567.125`: a quantity with the places that it has.
pub(super) fn quantity(count: Decimal) -> String {
    let text = count.normalize().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole: Decimal = whole.parse().unwrap_or_default();
    let grouped = bharat::rupees::written(whole).replace('₹', "");
    let sign = if count.is_sign_negative() && whole.is_zero() && !count.is_zero() {
        "-"
    } else {
        ""
    };
    match fraction {
        "" => grouped,
        fraction => format!("{sign}{grouped}.{fraction}"),
    }
}

/// `9%`, `2.5%`.
pub(super) fn percent(rate: Decimal) -> String {
    format!("{}%", rate.normalize())
}

/// `21 Nov 2026`.
pub(super) fn date(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// `21 Nov 2026, 10:15 IST`.
pub(super) fn time(at: DateTime<Utc>) -> String {
    let there = at.with_timezone(&bharat::ist());
    there.format("%-d %b %Y, %H:%M IST").to_string()
}

pub(super) fn days(period: (NaiveDate, NaiveDate)) -> String {
    format!("{} – {}", date(period.0), date(period.1))
}

/// A stranger's text, in which rows of letters that are too long for a column may be broken. Other
/// scripts than Latin are left alone: their letters belong together.
pub(super) fn soft(text: &str) -> String {
    breakable(text, WIDE)
}

/// As [`soft`], for names and tables.
pub(super) fn softer(text: &str) -> String {
    breakable(text, NARROW)
}

fn breakable(text: &str, unbroken: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0;
    for letter in text.chars() {
        run = if letter.is_ascii_graphic() {
            run + 1
        } else {
            0
        };
        if run > unbroken {
            out.push(BREAK);
            run = 1;
        }
        out.push(letter);
    }
    out
}

/// Takes from all texts what is no letter to be shown: control and direction marks become nothing or a
/// space, characters for private use (PDF/A forbids them) a mark.
pub(super) fn clean(data: &mut Value) {
    each_text(data, &|letter| match letter {
        '\u{feff}'
        | '\u{ad}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => None,
        letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => Some(' '),
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fdd0}'..='\u{fdef}' => {
            Some(UNKNOWN)
        }
        letter if u32::from(letter) & 0xfffe == 0xfffe => Some(UNKNOWN),
        letter => Some(letter),
    });
}

/// Puts the mark in place of each of these.
pub(super) fn replace(data: &mut Value, missing: &BTreeSet<char>) {
    each_text(data, &|letter| {
        Some(if missing.contains(&letter) {
            UNKNOWN
        } else {
            letter
        })
    });
}

fn each_text(data: &mut Value, change: &dyn Fn(char) -> Option<char>) {
    match data {
        Value::String(text) if !text.is_ascii() || text.contains(char::is_control) => {
            *text = text.chars().filter_map(change).collect();
        }
        Value::Array(all) => all.iter_mut().for_each(|value| each_text(value, change)),
        Value::Object(all) => all.values_mut().for_each(|value| each_text(value, change)),
        _ => {}
    }
}

/// Calls `see` with each run of text on the pages and its place on its page.
pub(super) fn each_item(pages: &PagedDocument, see: &mut dyn FnMut(&TextItem, Point)) {
    fn within(frame: &Frame, at: Point, see: &mut dyn FnMut(&TextItem, Point)) {
        for (offset, item) in frame.items() {
            match item {
                FrameItem::Text(text) => see(text, at + *offset),
                FrameItem::Group(group) => within(&group.frame, at + *offset, see),
                _ => {}
            }
        }
    }
    for page in pages.pages() {
        within(&page.frame, Point::zero(), see);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    #[test]
    fn numbers_are_written_as_in_india() {
        assert_eq!(rupees(inr("1234567.5")), "₹12,34,567.50");
        assert_eq!(plain(inr("-0.49")), "-0.49");
        for (count, text) in [
            ("1", "1"),
            ("2.50", "2.5"),
            ("1250000", "12,50,000"),
            ("-0.5", "-0.5"),
            ("0.125", "0.125"),
        ] {
            assert_eq!(quantity(count.parse().unwrap()), text);
        }
        assert_eq!(percent("9.00".parse().unwrap()), "9%");
        assert_eq!(percent("2.50".parse().unwrap()), "2.5%");
    }

    #[test]
    fn dollars_keep_their_parts_of_cents() {
        for (amount, text) in [
            ("0", "$0.00"),
            ("1234567.5", "$1,234,567.50"),
            ("0.000125", "$0.000125"),
            ("-12.3", "-$12.30"),
        ] {
            let amount = Usd(amount.parse().unwrap());
            assert_eq!(dollars(amount, places(amount)), text);
        }
    }

    #[test]
    fn evenings_in_utc_are_the_next_day_in_india() {
        let at = "2026-11-20T20:45:00Z".parse().unwrap();
        assert_eq!(time(at), "21 Nov 2026, 02:15 IST");
    }

    #[test]
    fn long_words_can_be_broken_but_conjuncts_not() {
        let long = "a".repeat(60);
        let broken = soft(&long);
        assert_eq!(broken.matches(BREAK).count(), 2);
        assert_eq!(softer(&long).matches(BREAK).count(), 3);
        assert_eq!(broken.replace(BREAK, ""), long);
        let tamil = "விலைப்பட்டியல்".repeat(4);
        assert_eq!(soft(&tamil), tamil);
    }

    #[test]
    fn what_is_no_letter_goes() {
        let mut data =
            serde_json::json!({"a": ["x\u{0}y\n\u{202e}z\u{feff}", "\u{e000}क्ष\u{200d}"]});
        clean(&mut data);
        assert_eq!(data["a"][0], "x y z");
        assert_eq!(data["a"][1], "\u{fffd}क्ष\u{200d}");
    }
}
