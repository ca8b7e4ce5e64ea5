//! The content of a workspace's monthly usage report (ECO-20): plain data, as JSON by serde and as a
//! table by [`MonthlyReport::to_csv`]. Pages are made of it elsewhere.

mod neutral;
mod table;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{Inr, Period, Tier, Tokens, Usd, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::roi::Roi;

/// A workspace's month (IST).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthlyReport {
    pub workspace_id: WorkspaceId,
    pub workspace_name: String,
    pub period: Period,
    pub tier: Tier,
    pub budget: Budget,
    pub executions: Executions,
    #[serde(flatten)]
    pub usage: Usage,
    /// Of the month, oldest first.
    pub payments: Vec<Payment>,
    /// Of the month, oldest first; credit notes too.
    pub invoices: Vec<Invoice>,
    /// Models and tools by outcome that was accepted; `None` while none was.
    pub cost_per_accepted_outcome_usd: Option<Usd>,
    /// When the customer has said what hours and leads are worth.
    pub roi: Option<Roi>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub limit_usd: Usd,
    pub spent_usd: Usd,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executions {
    pub total: u64,
    pub completed: u64,
    pub failed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: String,
    /// In IST.
    pub day: NaiveDate,
    /// What was paid, with tax; negative for a refund.
    pub amount: Inr,
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub number: String,
    /// In IST.
    pub day: NaiveDate,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// With tax; negative for a credit note.
    pub total: Inr,
}

/// Model calls of one day (IST), skill and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine {
    pub day: NaiveDate,
    pub skill_id: String,
    pub model: String,
    pub used: Used,
}

/// Some use of models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    pub calls: u64,
    pub tokens: Tokens,
    pub cost_usd: Usd,
}

impl std::ops::AddAssign for Used {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.tokens = self.tokens + other.tokens;
        self.cost_usd += other.cost_usd;
    }
}

/// The use of one skill or model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    #[serde(flatten)]
    pub used: Used,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub day: NaiveDate,
    #[serde(flatten)]
    pub used: Used,
}

/// The same use three ways: each breakdown sums to the total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub used: Used,
    /// The dearest first.
    pub by_skill: Vec<Named>,
    /// The dearest first.
    pub by_model: Vec<Named>,
    /// Days with any use, in order.
    pub by_day: Vec<Day>,
}

impl Usage {
    /// Sums up lines, in any order. It holds no more than there are skills, models and days.
    pub fn of(lines: impl IntoIterator<Item = UsageLine>) -> Self {
        let mut all = Used::default();
        let mut skills = BTreeMap::<String, Used>::new();
        let mut models = BTreeMap::<String, Used>::new();
        let mut days = BTreeMap::<NaiveDate, Used>::new();
        for line in lines {
            all += line.used;
            *skills.entry(line.skill_id).or_default() += line.used;
            *models.entry(line.model).or_default() += line.used;
            *days.entry(line.day).or_default() += line.used;
        }
        Self {
            used: all,
            by_skill: dearest_first(skills),
            by_model: dearest_first(models),
            by_day: days
                .into_iter()
                .map(|(day, used)| Day { day, used })
                .collect(),
        }
    }
}

/// By cost, and by name where that is the same.
fn dearest_first(by_name: BTreeMap<String, Used>) -> Vec<Named> {
    let mut all: Vec<Named> = by_name
        .into_iter()
        .map(|(name, used)| Named { name, used })
        .collect();
    all.sort_by_key(|named| std::cmp::Reverse(named.used.cost_usd));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn line(day: u32, skill: &str, model: &str, micros: i64) -> UsageLine {
        UsageLine {
            day: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            skill_id: skill.to_owned(),
            model: model.to_owned(),
            used: Used {
                calls: 1,
                tokens: Tokens {
                    input: 100,
                    output: 10,
                },
                cost_usd: Usd(Decimal::new(micros, 6)),
            },
        }
    }

    #[test]
    fn the_dearest_come_first_and_days_in_order() {
        let usage = Usage::of([
            line(2, "seo", "flash", 5),
            line(1, "copy", "pro", 3),
            line(1, "seo", "flash", 1),
            line(2, "ads", "pro", 3),
        ]);
        let names: Vec<&str> = usage.by_skill.iter().map(|n| n.name.as_str()).collect();
        assert_eq!(names, ["seo", "ads", "copy"]);
        assert_eq!(usage.by_skill[0].used.cost_usd, Usd(Decimal::new(6, 6)));
        assert_eq!(usage.by_skill[0].used.calls, 2);
        let days: Vec<String> = usage.by_day.iter().map(|d| d.day.to_string()).collect();
        assert_eq!(days, ["2026-11-01", "2026-11-02"]);
    }

    proptest! {
        #[test]
        fn each_breakdown_sums_to_the_total(
            lines in prop::collection::vec((1u32..=30, 0u8..5, 0u8..3, 0i64..1_000_000), 0..60),
        ) {
            let lines: Vec<UsageLine> = lines
                .into_iter()
                .map(|(day, skill, model, cost)| line(day, &skill.to_string(), &model.to_string(), cost))
                .collect();
            let cost: Usd = lines.iter().map(|l| l.used.cost_usd).sum();
            let calls = lines.len() as u64;
            let usage = Usage::of(lines);
            let sum = |all: Vec<Used>| all.into_iter().fold(Used::default(), |mut sum, used| { sum += used; sum });
            prop_assert_eq!(usage.used.cost_usd, cost);
            prop_assert_eq!(usage.used.tokens.total(), calls * 110);
            prop_assert_eq!(sum(usage.by_skill.iter().map(|n| n.used).collect()), usage.used);
            prop_assert_eq!(sum(usage.by_model.iter().map(|n| n.used).collect()), usage.used);
            prop_assert_eq!(sum(usage.by_day.iter().map(|d| d.used).collect()), usage.used);
        }
    }
}
