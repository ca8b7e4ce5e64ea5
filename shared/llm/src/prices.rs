//! What models cost: dated price rows (`data/prices.json`) and the arithmetic over them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::Usd;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{ModelRow, Usage};

/// The list price of one model in one prompt-size band and one span of days. Token prices are US
/// dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceRow {
    pub provider: String,
    pub model: String,
    /// Location class the price is listed for.
    pub location: String,
    /// Service tier: `standard`, later `batch`, `flex`, `priority`.
    pub tier: String,
    /// The band is for prompts of more tokens than this.
    #[serde(default)]
    pub over_prompt_tokens: u64,
    /// And at most this many; no limit when absent.
    pub up_to_prompt_tokens: Option<u64>,
    /// First day (UTC); always when absent.
    pub valid_from: Option<NaiveDate>,
    /// Last day (UTC); open when absent.
    pub valid_until: Option<NaiveDate>,
    pub input: Decimal,
    /// Thinking is charged as output.
    pub output: Decimal,
    pub cached_input: Decimal,
    pub cache_write_5m: Option<Decimal>,
    pub cache_write_1h: Option<Decimal>,
    /// US dollars per billed web search.
    pub per_search: Option<Decimal>,
    pub note: Option<String>,
    pub source: String,
    pub read_on: NaiveDate,
}

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

impl PriceRow {
    /// Which row this is, for the ledger.
    pub fn key(&self) -> String {
        let mut key = format!("{}/{}/{}", self.model, self.location, self.tier);
        if self.over_prompt_tokens > 0 {
            key += &format!("/over-{}", self.over_prompt_tokens);
        }
        if let Some(from) = self.valid_from {
            key += &format!("/{from}");
        }
        key
    }

    fn covers(&self, prompt_tokens: u64, day: NaiveDate) -> bool {
        (self.over_prompt_tokens == 0 || prompt_tokens > self.over_prompt_tokens)
            && self
                .up_to_prompt_tokens
                .is_none_or(|limit| prompt_tokens <= limit)
            && self.valid_from.is_none_or(|from| from <= day)
            && self.valid_until.is_none_or(|until| day <= until)
    }

    /// The exact cost of `usage`, unrounded. Cached and cache-writing tokens are part of
    /// `usage.input` and are charged once, at their own price.
    pub fn cost(&self, usage: &Usage) -> Usd {
        let special = usage.cached_input + usage.cache_write_5m + usage.cache_write_1h;
        let plain = usage.input.saturating_sub(special);
        let tokens = Decimal::from(plain) * self.input
            + Decimal::from(usage.cached_input) * self.cached_input
            + Decimal::from(usage.cache_write_5m) * self.cache_write_5m.unwrap_or(self.input)
            + Decimal::from(usage.cache_write_1h) * self.cache_write_1h.unwrap_or(self.input)
            + Decimal::from(usage.output + usage.thinking) * self.output;
        Usd(tokens / MILLION + Decimal::from(usage.searches) * self.per_search.unwrap_or_default())
    }
}

/// The price file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// By provider: what a location other than the listed one multiplies the price by.
    pub regional_multiplier: BTreeMap<String, Decimal>,
    pub prices: Vec<PriceRow>,
}

/// The row that applies to one call, and what its location does to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price<'a> {
    pub row: &'a PriceRow,
    pub multiplier: Decimal,
}

impl Price<'_> {
    /// Which row, and at what location's multiplier, for the ledger.
    pub fn key(&self) -> String {
        if self.multiplier == Decimal::ONE {
            return self.row.key();
        }
        format!("{}/x{}", self.row.key(), self.multiplier)
    }

    /// Rounded up to a whole micro-dollar.
    pub fn cost(&self, usage: &Usage) -> Usd {
        Usd(self.row.cost(usage).0 * self.multiplier).ceil_micros()
    }
}

impl Prices {
    /// The rows compiled into this crate.
    pub fn embedded() -> Self {
        serde_json::from_str(include_str!("../data/prices.json"))
            .expect("the embedded price file is valid")
    }

    fn rows(&self, model: &ModelRow) -> impl Iterator<Item = &PriceRow> {
        self.prices.iter().filter(|row| {
            row.provider == model.provider && row.model == model.id && row.tier == "standard"
        })
    }

    fn at_location<'a>(&self, model: &ModelRow, row: &'a PriceRow) -> Price<'a> {
        let multiplier = if row.location == model.location {
            Decimal::ONE
        } else {
            self.regional_multiplier
                .get(&model.provider)
                .copied()
                .unwrap_or(Decimal::ONE)
        };
        Price { row, multiplier }
    }

    /// The price of a prompt of this size on this day.
    pub fn find(&self, model: &ModelRow, prompt_tokens: u64, day: NaiveDate) -> Option<Price<'_>> {
        let row = self
            .rows(model)
            .find(|row| row.covers(prompt_tokens, day))?;
        Some(self.at_location(model, row))
    }

    /// For a call already made where [`Self::find`] knows no price: the dearest row of the model,
    /// so that it is never free by mistake.
    pub fn dearest(&self, model: &ModelRow) -> Option<Price<'_>> {
        let row = self.rows(model).max_by_key(|row| row.input + row.output)?;
        Some(self.at_location(model, row))
    }

    /// What is wrong with a model's rows from `since` on: a day or a prompt size with no row, or
    /// with two. Empty when all is well.
    pub fn faults(&self, model: &ModelRow, since: NaiveDate) -> Vec<String> {
        let rows: Vec<_> = self.rows(model).collect();
        // Coverage changes only where a row begins or ends: try each side of each edge.
        let mut days = vec![since];
        let mut sizes = vec![0, model.max_prompt_tokens.unwrap_or(10_000_000)];
        for row in &rows {
            days.extend(
                row.valid_from
                    .iter()
                    .flat_map(|day| [day.pred_opt(), Some(*day)])
                    .flatten(),
            );
            days.extend(
                row.valid_until
                    .iter()
                    .flat_map(|day| [Some(*day), day.succ_opt()])
                    .flatten(),
            );
            sizes.extend([row.over_prompt_tokens, row.over_prompt_tokens + 1]);
            sizes.extend(
                row.up_to_prompt_tokens
                    .iter()
                    .flat_map(|size| [*size, size + 1]),
            );
        }
        days.retain(|day| *day >= since && !model.ended(*day));
        sizes.retain(|size| model.max_prompt_tokens.is_none_or(|limit| *size <= limit));
        days.sort_unstable();
        days.dedup();
        sizes.sort_unstable();
        sizes.dedup();
        let mut faults = Vec::new();
        for day in &days {
            for size in &sizes {
                let found = rows.iter().filter(|row| row.covers(*size, *day)).count();
                if found != 1 {
                    faults.push(format!(
                        "{}: {found} price rows for {size} prompt tokens on {day}",
                        model.id
                    ));
                }
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Models;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn usd(text: &str) -> Usd {
        Usd(text.parse().unwrap())
    }

    fn price(model: &str, usage: &Usage, on: &str) -> Usd {
        let (models, prices) = (Models::embedded(), Prices::embedded());
        let row = models.row(model).unwrap();
        prices.find(row, usage.input, day(on)).unwrap().cost(usage)
    }

    #[test]
    fn cached_tokens_are_charged_once_and_the_prompt_picks_the_band() {
        // LiteLLM issue 14849: counting the cached tokens twice gave $0.764, mixing the bands $0.185.
        let usage = Usage {
            input: 262_960,
            cached_input: 257_955,
            output: 1_744,
            ..Usage::default()
        };
        // 5,005 x 2.50 + 257,955 x 0.625 + 1,744 x 15, per million = 0.199894375
        assert_eq!(
            price("gemini-2.5-pro", &usage, "2025-09-24"),
            usd("0.199895")
        );
    }

    #[test]
    fn thinking_is_output_and_writes_have_their_price() {
        let usage = Usage {
            input: 1_000,
            output: 0,
            thinking: 500,
            ..Usage::default()
        };
        assert_eq!(
            price("gemini-3.8-flash", &usage, "2026-11-20"),
            usd("0.002625")
        );

        let usage = Usage {
            input: 3_000,
            cached_input: 1_000,
            cache_write_5m: 1_000,
            cache_write_1h: 500,
            output: 10,
            ..Usage::default()
        };
        // 500 x .10 + 1000 x .01 + 1000 x .125 + 500 x .20 + 10 x .50 = 290 micro-dollars
        assert_eq!(
            price("claude-haiku-5-5", &usage, "2026-11-20"),
            usd("0.00029")
        );

        let usage = Usage {
            searches: 3,
            ..Usage::default()
        };
        assert_eq!(
            price("gemini-3.5-flash", &usage, "2026-11-20"),
            usd("0.042")
        );
    }

    #[test]
    fn a_price_changes_at_its_date_and_its_band() {
        let usage = Usage {
            input: 1_000_000,
            output: 1_000_000,
            ..Usage::default()
        };
        assert_eq!(price("gemini-3.8-flash", &usage, "2026-12-31"), usd("4.5"));
        assert_eq!(price("gemini-3.8-flash", &usage, "2027-01-01"), usd("9"));
        assert_eq!(price("gemini-4-argon", &usage, "2026-11-30"), usd("12"));
        assert_eq!(price("gemini-4-argon", &usage, "2026-12-01"), usd("24"));
        let at = |input| {
            price(
                "claude-haiku-5-5",
                &Usage {
                    input,
                    ..Usage::default()
                },
                "2026-11-20",
            )
        };
        assert_eq!(at(100_000), usd("0.01"));
        assert_eq!(
            at(100_001),
            usd("0.050001"),
            "rounded up to the micro-dollar"
        );
    }

    #[test]
    fn a_region_costs_more_than_global() {
        let (models, prices) = (Models::embedded(), Prices::embedded());
        let mut row = models.row("gemini-3.5-flash").unwrap().clone();
        row.location = "asia-south1".to_owned();
        let usage = Usage {
            input: 1_000_000,
            ..Usage::default()
        };
        let price = prices.find(&row, usage.input, day("2026-11-20")).unwrap();
        assert_eq!(price.cost(&usage), usd("1.65"));
    }

    #[test]
    fn configured_models_have_exactly_one_price_for_every_day_and_size() {
        let (models, prices) = (Models::embedded(), Prices::embedded());
        for (alias, ids) in &models.aliases {
            for id in ids {
                let faults = prices.faults(models.row(id).unwrap(), day("2026-11-20"));
                assert_eq!(faults, Vec::<String>::new(), "{alias}");
            }
        }
    }

    #[test]
    fn a_gap_and_an_overlap_are_found() {
        let models = Models::embedded();
        let flash = models.row("gemini-3.8-flash").unwrap();
        let mut prices = Prices::embedded();
        let january = |row: &&mut PriceRow| row.model == flash.id && row.valid_from.is_some();
        prices.prices.iter_mut().find(january).unwrap().valid_from = Some(day("2027-01-03"));
        assert!(prices.faults(flash, day("2026-11-20"))[0].contains("0 price rows"));
        prices.prices.iter_mut().find(january).unwrap().valid_from = Some(day("2026-12-31"));
        assert!(prices.faults(flash, day("2026-11-20"))[0].contains("2 price rows"));
    }
}
