//! What models cost: dated price rows (`data/prices.json`) and the arithmetic over them.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use domain::Usd;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::models::parse_expanded;
use crate::{ModelRow, Usage};

/// The list price of one model in one prompt-size band and one span of days. Token prices are US
/// dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceRow {
    /// In the file also a list: one row for each.
    pub provider: String,
    pub model: String,
    /// Location class the price is listed for; `any` when it is the same everywhere.
    pub location: String,
    pub tier: Tier,
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
    /// Input when absent. OpenAI's writes, kept 30 minutes, are counted here too.
    pub cache_write_5m: Option<Decimal>,
    pub cache_write_1h: Option<Decimal>,
    /// US dollars per billed web search.
    pub per_search: Option<Decimal>,
    pub note: Option<String>,
    pub source: String,
    pub read_on: NaiveDate,
}

/// How urgently a provider serves a call, and at what price.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    #[default]
    Standard,
    /// Answers within a day.
    Batch,
    /// Answers when there is room.
    Flex,
    /// Before others.
    Priority,
}

impl Tier {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

impl PriceRow {
    /// Which row this is, for the ledger.
    pub fn key(&self) -> String {
        self.key_at(self.tier)
    }

    fn key_at(&self, tier: Tier) -> String {
        let mut key = format!("{}/{}/{tier}", self.model, self.location);
        if self.over_prompt_tokens > 0 {
            key += &format!("/over-{}", self.over_prompt_tokens);
        }
        if let Some(from) = self.valid_from {
            key += &format!("/{from}");
        }
        key
    }

    pub(crate) fn covers(&self, prompt_tokens: u64, day: NaiveDate) -> bool {
        (self.over_prompt_tokens == 0 || prompt_tokens > self.over_prompt_tokens)
            && self
                .up_to_prompt_tokens
                .is_none_or(|limit| prompt_tokens <= limit)
            && self.on(day)
    }

    pub(crate) fn on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day)
            && self.valid_until.is_none_or(|until| day <= until)
    }

    /// What the tokens of `usage` cost, unrounded. Cached and cache-writing tokens are part of
    /// `usage.input` and are charged once, at their own price.
    fn tokens(&self, usage: &Usage) -> Decimal {
        let special = usage.cached_input + usage.cache_write_5m + usage.cache_write_1h;
        let plain = usage.input.saturating_sub(special);
        let total = Decimal::from(plain) * self.input
            + Decimal::from(usage.cached_input) * self.cached_input
            + Decimal::from(usage.cache_write_5m) * self.cache_write_5m.unwrap_or(self.input)
            + Decimal::from(usage.cache_write_1h) * self.cache_write_1h.unwrap_or(self.input)
            + Decimal::from(usage.output + usage.thinking) * self.output;
        total / MILLION
    }

    /// The exact cost of `usage` at the listed location and tier, unrounded.
    pub fn cost(&self, usage: &Usage) -> Usd {
        Usd(self.tokens(usage) + self.searches(usage))
    }

    fn searches(&self, usage: &Usage) -> Decimal {
        Decimal::from(usage.searches) * self.per_search.unwrap_or_default()
    }

    fn broken(&self) -> Option<String> {
        let prices = [self.input, self.output, self.cached_input];
        let more = [self.cache_write_5m, self.cache_write_1h, self.per_search];
        if prices
            .into_iter()
            .chain(more.into_iter().flatten())
            .any(|price| price.is_sign_negative())
        {
            return Some("has a negative price".to_owned());
        }
        if let (Some(from), Some(until)) = (self.valid_from, self.valid_until)
            && until < from
        {
            return Some(format!("ends on {until}, before it begins on {from}"));
        }
        let up_to = self.up_to_prompt_tokens?;
        (up_to <= self.over_prompt_tokens).then(|| {
            format!(
                "is for over {} and up to {up_to} prompt tokens",
                self.over_prompt_tokens
            )
        })
    }

    fn overlaps(&self, other: &Self) -> bool {
        let days = |row: &Self| {
            (
                row.valid_from.unwrap_or(NaiveDate::MIN),
                row.valid_until.unwrap_or(NaiveDate::MAX),
            )
        };
        let sizes = |row: &Self| {
            (
                row.over_prompt_tokens,
                row.up_to_prompt_tokens.unwrap_or(u64::MAX),
            )
        };
        let ((from, until), (other_from, other_until)) = (days(self), days(other));
        let ((over, up_to), (other_over, other_up_to)) = (sizes(self), sizes(other));
        self.provider == other.provider
            && self.model == other.model
            && self.location == other.location
            && self.tier == other.tier
            && from <= other_until
            && other_from <= until
            && over < other_up_to
            && other_over < up_to
    }
}

/// What makes a price row unusable.
pub(crate) struct Fault {
    pub code: &'static str,
    /// `provider/id`.
    pub model: String,
    pub message: String,
}

/// The price file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// By provider: what a location other than the listed one multiplies token prices by.
    pub regional_multiplier: BTreeMap<String, Decimal>,
    /// By provider: what a tier without rows of its own multiplies the standard price by.
    #[serde(default)]
    pub tier_multiplier: BTreeMap<String, BTreeMap<Tier, Decimal>>,
    pub prices: Vec<PriceRow>,
}

/// The row that applies to one call, and what its location and tier do to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price<'a> {
    pub row: &'a PriceRow,
    pub tier: Tier,
    /// Of token prices; fees stay.
    pub multiplier: Decimal,
}

impl Price<'_> {
    /// Which row, and at what multiplier, for the ledger.
    pub fn key(&self) -> String {
        let key = self.row.key_at(self.tier);
        if self.multiplier == Decimal::ONE {
            return key;
        }
        format!("{key}/x{}", self.multiplier.normalize())
    }

    /// Rounded up to a whole micro-dollar.
    pub fn cost(&self, usage: &Usage) -> Usd {
        Usd(self.row.tokens(usage) * self.multiplier + self.row.searches(usage)).ceil_micros()
    }
}

impl Prices {
    /// The rows compiled into this crate.
    pub fn embedded() -> Self {
        Self::parse(include_str!("../data/prices.json")).expect("the embedded price file is valid")
    }

    /// # Errors
    /// What is wrong with the file: not this shape, a row that contradicts itself, two rows for the
    /// same day and prompt size.
    pub fn parse(text: &str) -> Result<Self, String> {
        let prices: Self = parse_expanded(text, "prices")?;
        let fault = prices.broken().next();
        fault.map_or(Ok(prices), |fault| {
            Err(format!("{}: {}", fault.model, fault.message))
        })
    }

    /// Rows that can't be right whatever the day.
    pub(crate) fn broken(&self) -> impl Iterator<Item = Fault> {
        let fault = |code, row: &PriceRow, message| Fault {
            code,
            model: format!("{}/{}", row.provider, row.model),
            message,
        };
        let alone = self.prices.iter().filter_map(move |row| {
            let message = format!("price {} {}", row.key(), row.broken()?);
            Some(fault("price.invalid", row, message))
        });
        let twice = self.prices.iter().enumerate().flat_map(move |(at, row)| {
            let overlapping = self.prices[..at].iter().filter(|other| other.overlaps(row));
            overlapping.map(move |other| {
                let message = format!("prices {} and {} overlap", other.key(), row.key());
                fault("price.overlap", row, message)
            })
        });
        alone.chain(twice)
    }

    pub(crate) fn of(&self, model: &ModelRow) -> impl Iterator<Item = &PriceRow> + Clone {
        self.prices
            .iter()
            .filter(|row| row.provider == model.provider && row.model == model.id)
    }

    /// The price of a prompt of this size on this day.
    pub fn find(&self, model: &ModelRow, prompt_tokens: u64, day: NaiveDate) -> Option<Price<'_>> {
        self.find_tier(model, prompt_tokens, day, Tier::Standard)
    }

    /// The same in another tier. `None` when nobody knows what it costs there.
    pub fn find_tier(
        &self,
        model: &ModelRow,
        prompt_tokens: u64,
        day: NaiveDate,
        tier: Tier,
    ) -> Option<Price<'_>> {
        let multipliers = self.multipliers(model);
        find(
            self.of(model),
            &multipliers,
            model,
            (prompt_tokens, day),
            tier,
        )
    }

    /// Everything about one model, found once.
    pub(crate) fn model(&self, model: &ModelRow) -> ModelPrices {
        ModelPrices {
            rows: self.of(model).cloned().collect(),
            multipliers: self.multipliers(model),
        }
    }

    fn multipliers(&self, model: &ModelRow) -> Multipliers {
        let region = self.regional_multiplier.get(&model.provider).copied();
        Multipliers {
            region: region.unwrap_or(Decimal::ONE),
            tiers: self
                .tier_multiplier
                .get(&model.provider)
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// For a call already made where [`Self::find`] knows no price: the dearest row of the model,
    /// so that it is never free by mistake.
    pub fn dearest(&self, model: &ModelRow) -> Option<Price<'_>> {
        dearest(self.of(model), &self.multipliers(model), model)
    }
}

/// What multiplies the prices of one model's provider.
#[derive(Debug, Clone)]
struct Multipliers {
    region: Decimal,
    tiers: BTreeMap<Tier, Decimal>,
}

/// The rows of one model, so that a call looks at these alone.
#[derive(Debug, Clone)]
pub(crate) struct ModelPrices {
    rows: Vec<PriceRow>,
    multipliers: Multipliers,
}

impl ModelPrices {
    pub fn find(
        &self,
        model: &ModelRow,
        prompt_tokens: u64,
        day: NaiveDate,
        tier: Tier,
    ) -> Option<Price<'_>> {
        find(
            self.rows.iter(),
            &self.multipliers,
            model,
            (prompt_tokens, day),
            tier,
        )
    }

    pub fn dearest(&self, model: &ModelRow) -> Option<Price<'_>> {
        dearest(self.rows.iter(), &self.multipliers, model)
    }
}

/// A row for the tier itself comes first; else the standard row, multiplied. A row for the very
/// location comes before one for another.
fn find<'a>(
    rows: impl Iterator<Item = &'a PriceRow> + Clone,
    multipliers: &Multipliers,
    model: &ModelRow,
    (prompt_tokens, day): (u64, NaiveDate),
    tier: Tier,
) -> Option<Price<'a>> {
    let best = |wanted: Tier| {
        rows.clone()
            .filter(|row| row.tier == wanted && row.covers(prompt_tokens, day))
            .min_by_key(|row| row.location != model.location)
    };
    let (row, by_tier) = match best(tier) {
        Some(row) => (row, Decimal::ONE),
        None => (best(Tier::Standard)?, *multipliers.tiers.get(&tier)?),
    };
    Some(Price {
        row,
        tier,
        multiplier: by_tier * at_location(multipliers, model, row),
    })
}

fn at_location(multipliers: &Multipliers, model: &ModelRow, row: &PriceRow) -> Decimal {
    if row.location == model.location || row.location == "any" {
        Decimal::ONE
    } else {
        multipliers.region
    }
}

fn dearest<'a>(
    rows: impl Iterator<Item = &'a PriceRow>,
    multipliers: &Multipliers,
    model: &ModelRow,
) -> Option<Price<'a>> {
    let row = rows.max_by_key(|row| row.input + row.output)?;
    Some(Price {
        row,
        tier: row.tier,
        multiplier: at_location(multipliers, model, row),
    })
}
