//! Festivals from 2024 to 2030, from a reviewed table. Dates that the moon or the region decides are
//! marked tentative.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
pub struct Festival {
    pub key: String,
    pub name: String,
    aliases: Vec<String>,
    /// How many days before it a campaign should begin.
    pub lead_days: i64,
    /// What campaigns for it are about.
    pub themes: Vec<String>,
    dates: Vec<Day>,
}

#[derive(Debug, Clone, Deserialize)]
struct Day {
    date: NaiveDate,
    tentative: bool,
    note: Option<String>,
}

/// One year's festival.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Occurrence {
    pub key: &'static str,
    pub festival: &'static str,
    pub date: NaiveDate,
    /// The date may be another in some regions, or is estimated.
    pub tentative: bool,
    pub note: Option<&'static str>,
    pub start_campaign_by: NaiveDate,
    pub themes: &'static [String],
}

static FESTIVALS: LazyLock<Vec<Festival>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/festivals.json"))
        .expect("the data file is checked by a test")
});

/// The last year of the table.
pub const UNTIL_YEAR: i32 = 2030;

impl Festival {
    pub fn all() -> &'static [Self] {
        &FESTIVALS
    }

    /// By a name people use, in English or Hindi.
    pub fn find(text: &str) -> Option<&'static Self> {
        let wanted = text.trim().to_lowercase();
        Self::all().iter().find(|festival| {
            festival.key == wanted
                || festival.name.to_lowercase() == wanted
                || festival.aliases.contains(&wanted)
        })
    }

    fn occurrence(&'static self, day: &'static Day) -> Occurrence {
        Occurrence {
            key: &self.key,
            festival: &self.name,
            date: day.date,
            tentative: day.tentative,
            note: day.note.as_deref(),
            start_campaign_by: day.date - chrono::Days::new(self.lead_days.unsigned_abs()),
            themes: &self.themes,
        }
    }

    /// The first one on or after a day; `None` past the end of the table.
    pub fn next(&'static self, from: NaiveDate) -> Option<Occurrence> {
        self.dates
            .iter()
            .find(|day| day.date >= from)
            .map(|day| self.occurrence(day))
    }
}

/// All festivals from a day up to another, both included, in order.
pub fn between(from: NaiveDate, to: NaiveDate) -> Vec<Occurrence> {
    let mut found: Vec<Occurrence> = Festival::all()
        .iter()
        .flat_map(|festival| festival.dates.iter().map(|day| festival.occurrence(day)))
        .filter(|occurrence| (from..=to).contains(&occurrence.date))
        .collect();
    found.sort_by_key(|occurrence| occurrence.date);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn diwali_is_when_the_gazette_says() {
        let diwali = Festival::find("Deepavali").unwrap();
        for (from, expected, tentative) in [
            ("2024-01-01", "2024-10-31", true),
            ("2025-10-20", "2025-10-20", true),
            ("2025-10-21", "2026-11-08", false),
        ] {
            let next = diwali.next(day(from)).unwrap();
            assert_eq!(
                (next.date, next.tentative),
                (day(expected), tentative),
                "{from}"
            );
        }
        assert_eq!(Festival::find("दिवाली").unwrap().key, "diwali");
        assert!(diwali.next(day("2031-01-01")).is_none());
    }

    #[test]
    fn a_season_comes_in_order() {
        let keys: Vec<_> = between(day("2026-10-11"), day("2026-11-08"))
            .into_iter()
            .map(|o| o.key)
            .collect();
        assert_eq!(
            keys,
            [
                "navratri",
                "durga_ashtami",
                "dussehra",
                "karva_chauth",
                "dhanteras",
                "diwali"
            ]
        );
        let eid = Festival::find("eid")
            .unwrap()
            .next(day("2027-01-01"))
            .unwrap();
        assert!(eid.tentative && eid.note.unwrap().contains("moon"));
    }

    #[test]
    fn every_festival_has_a_date_in_every_year() {
        for festival in Festival::all() {
            let years: Vec<i32> = festival
                .dates
                .iter()
                .map(|d| chrono::Datelike::year(&d.date))
                .collect();
            assert_eq!(
                years,
                (2024..=UNTIL_YEAR).collect::<Vec<_>>(),
                "{}",
                festival.key
            );
        }
    }
}
