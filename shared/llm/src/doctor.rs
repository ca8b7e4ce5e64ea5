//! What people ask about models: which there are, what a call would cost, and whether all is well.
//! For the command line; every answer can be printed as a table or serialized.

use std::fmt;
use std::time::Duration;

use chrono::NaiveDate;
use domain::Usd;
use rust_decimal::Decimal;
use serde::Serialize;
use tokio::time::Instant;

use crate::lint::{Problem, Severity};
use crate::models::Kind;
use crate::{
    Category, ContextClass, Control, Effort, Error, Gateway, ModelRow, Request, Tier, Turn, Usage,
};

/// One row of the model table, with its price of today.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    pub model: String,
    pub provider: String,
    pub location: String,
    pub kind: Kind,
    /// Whether a configured provider serves it.
    pub configured: bool,
    pub retired: bool,
    /// The day it ends, or until which it is promised.
    pub until: Option<NaiveDate>,
    pub days_left: Option<i64>,
    pub context: ContextClass,
    pub max_prompt_tokens: Option<u64>,
    pub max_output_tokens: Option<u32>,
    pub aliases: Vec<String>,
    /// Of a short prompt today; absent when nobody knows it.
    pub price: Option<Rates>,
    pub note: Option<String>,
}

/// US dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rates {
    pub input: Decimal,
    pub cached_input: Decimal,
    pub output: Decimal,
    /// Last day of this price.
    pub valid_until: Option<NaiveDate>,
    /// As in the ledger.
    pub row: String,
}

/// The model table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct List(pub Vec<Listed>);

/// Every row of the tables, configured or not.
pub fn list(gateway: &Gateway) -> List {
    let today = gateway.today();
    let models = gateway.models();
    let rows = models.models.iter().map(|row| Listed {
        model: row.id.clone(),
        provider: row.provider.clone(),
        location: row.location.clone(),
        kind: row.kind,
        configured: configured(gateway, row),
        retired: row.ended(today),
        until: row.ends_on.or(row.assured_until),
        days_left: days_left(row, today),
        context: row.context_class(),
        max_prompt_tokens: row.max_prompt_tokens,
        max_output_tokens: row.max_output_tokens,
        aliases: aliases(gateway, row),
        price: rates(gateway, row, today),
        note: row.note.clone(),
    });
    List(rows.collect())
}

fn configured(gateway: &Gateway, row: &ModelRow) -> bool {
    gateway
        .configured()
        .any(|known| known.provider == row.provider && known.id == row.id)
}

fn days_left(row: &ModelRow, today: NaiveDate) -> Option<i64> {
    let until = row.ends_on.or(row.assured_until)?;
    Some((until - today).num_days())
}

fn aliases(gateway: &Gateway, row: &ModelRow) -> Vec<String> {
    let named = |ids: &[String]| ids.iter().any(|id| *id == row.id || *id == row.name());
    let all = gateway.models().aliases.iter();
    all.filter(|(_, ids)| named(ids))
        .map(|(alias, _)| alias.clone())
        .collect()
}

fn rates(gateway: &Gateway, row: &ModelRow, today: NaiveDate) -> Option<Rates> {
    let price = gateway.prices().find(row, 1, today)?;
    Some(Rates {
        input: (price.row.input * price.multiplier).normalize(),
        cached_input: (price.row.cached_input * price.multiplier).normalize(),
        output: (price.row.output * price.multiplier).normalize(),
        valid_until: price.row.valid_until,
        row: price.key(),
    })
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "MODEL", "PROVIDER", "LOCATION", "CONTEXT", "IN", "CACHED", "OUT", "DAYS", "STATE",
            "ALIASES",
        ];
        let rows = self.0.iter().map(|row| {
            let rate = |pick: fn(&Rates) -> Decimal| {
                row.price
                    .as_ref()
                    .map_or_else(dash, |rates| pick(rates).to_string())
            };
            vec![
                row.model.clone(),
                row.provider.clone(),
                row.location.clone(),
                row.max_prompt_tokens
                    .map_or_else(dash, |tokens| tokens.to_string()),
                rate(|rates| rates.input),
                rate(|rates| rates.cached_input),
                rate(|rates| rates.output),
                row.days_left.map_or_else(dash, |days| days.to_string()),
                state(row).to_owned(),
                row.aliases.join(" "),
            ]
        });
        table(f, &head, rows)
    }
}

fn state(row: &Listed) -> &'static str {
    match (row.retired, row.configured) {
        (true, _) => "retired",
        (false, true) => "ready",
        (false, false) => "not configured",
    }
}

/// What a call would cost at one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quote {
    pub model: String,
    pub provider: String,
    pub on: NaiveDate,
    pub tier: Tier,
    pub usage: Usage,
    pub cost: Usd,
    /// The price row, as in the ledger.
    pub row: String,
    /// Dollars per million tokens in that row.
    pub input: Decimal,
    pub cached_input: Decimal,
    pub output: Decimal,
    /// For the location and tier.
    pub multiplier: Decimal,
    pub note: Option<String>,
    pub source: String,
    pub read_on: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Quotes(pub Vec<Quote>);

/// The cost of `usage` at every model that `name` means, best candidate first, whether configured
/// or not. `on` is today when absent.
///
/// # Errors
/// `UnknownModel` for a name that means nothing; `InvalidRequest` when more is cached than read, or
/// no model it means has a price for that day and prompt size.
pub fn price(
    gateway: &Gateway,
    name: &str,
    usage: &Usage,
    on: Option<NaiveDate>,
    tier: Tier,
) -> Result<Quotes, Error> {
    let invalid = |message: String| Error::new(Category::InvalidRequest, message);
    let on = on.unwrap_or_else(|| gateway.today());
    let rows = gateway.models().candidates(name).ok_or_else(|| {
        let message = format!("{name:?} is neither an alias nor a model");
        Error::new(Category::UnknownModel, message)
    })?;
    if usage.cached_input + usage.cache_write_5m + usage.cache_write_1h > usage.input {
        let message = "cached and cache-writing tokens are part of the input: there can't be more";
        return Err(invalid(message.to_owned()));
    }
    let quote = |row: &ModelRow| {
        let price = gateway.prices().find_tier(row, usage.input, on, tier)?;
        Some(Quote {
            model: row.id.clone(),
            provider: row.provider.clone(),
            on,
            tier,
            usage: *usage,
            cost: price.cost(usage),
            row: price.key(),
            input: price.row.input,
            cached_input: price.row.cached_input,
            output: price.row.output,
            multiplier: price.multiplier,
            note: price.row.note.clone(),
            source: price.row.source.clone(),
            read_on: price.row.read_on,
        })
    };
    let quotes: Vec<_> = rows.into_iter().filter_map(quote).collect();
    if quotes.is_empty() {
        let size = usage.input;
        return Err(invalid(format!(
            "no {tier} price of {name} for {size} prompt tokens on {on}"
        )));
    }
    Ok(Quotes(quotes))
}

impl fmt::Display for Quotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "MODEL", "PROVIDER", "COST", "ROW", "IN", "CACHED", "OUT", "SOURCE",
        ];
        let rows = self.0.iter().map(|quote| {
            vec![
                quote.model.clone(),
                quote.provider.clone(),
                quote.cost.to_string(),
                quote.row.clone(),
                quote.input.to_string(),
                quote.cached_input.to_string(),
                quote.output.to_string(),
                format!("{} (read {})", quote.source, quote.read_on),
            ]
        });
        table(f, &head, rows)
    }
}

/// The state of everything that is configured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub on: NaiveDate,
    /// Nothing is configured: the offline model answers for all.
    pub offline: bool,
    pub models: Vec<Checkup>,
    /// What each alias means here; empty when it means nothing.
    pub aliases: Vec<(String, Vec<String>)>,
    pub findings: Vec<Problem>,
}

/// One configured model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checkup {
    pub model: String,
    pub provider: String,
    pub location: String,
    pub resolves: bool,
    /// The price row of today.
    pub price: Option<String>,
    pub days_left: Option<i64>,
    pub findings: usize,
    pub probe: Option<Probe>,
}

/// One tiny live call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    pub ok: bool,
    /// What the model calls itself, or what went wrong.
    pub outcome: String,
    pub cost: Usd,
    pub milliseconds: u64,
}

impl Report {
    /// Whether nothing is wrong now. Warnings are for later.
    pub fn is_healthy(&self) -> bool {
        let well = |model: &Checkup| {
            model.resolves
                && model.price.is_some()
                && model.probe.as_ref().is_none_or(|probe| probe.ok)
        };
        self.models.iter().all(well)
            && self
                .findings
                .iter()
                .all(|finding| finding.severity == Severity::Warning)
    }

    /// What the probes cost together.
    pub fn cost(&self) -> Usd {
        let probes = self.models.iter().filter_map(|model| model.probe.as_ref());
        probes.map(|probe| probe.cost).sum()
    }
}

/// Looks at every configured model and at both tables. With `probe`, asks each chat and embedding
/// model one tiny question, and waits that long for each answer.
pub async fn examine(gateway: &Gateway, probe: Option<Duration>) -> Report {
    let on = gateway.today();
    let findings = gateway.prices().lint(gateway.models(), on);
    let mut models = Vec::new();
    for row in gateway.configured().filter(|row| !row.ended(on)) {
        let name = row.name();
        let about = findings.iter().filter(|finding| finding.subject == name);
        models.push(Checkup {
            model: row.id.clone(),
            provider: row.provider.clone(),
            location: row.location.clone(),
            resolves: gateway.resolve(&name).is_ok(),
            price: gateway.prices().find(row, 1, on).map(|price| price.key()),
            days_left: days_left(row, on),
            findings: about.count(),
            probe: match probe {
                Some(limit) if row.provider != "offline" => Some(ask(gateway, row, limit).await),
                _ => None,
            },
        });
    }
    let aliases = gateway.models().aliases.keys().map(|alias| {
        let rows = gateway.resolve(alias).unwrap_or_default();
        (
            alias.clone(),
            rows.into_iter().map(ModelRow::name).collect(),
        )
    });
    Report {
        on,
        offline: gateway.is_offline(),
        models,
        aliases: aliases.collect(),
        findings,
    }
}

async fn ask(gateway: &Gateway, row: &ModelRow, limit: Duration) -> Probe {
    let began = Instant::now();
    let control = Control::within(limit).unary();
    let name = row.name();
    let answered = match row.kind {
        Kind::Chat => {
            let request = Request {
                model: name,
                turns: vec![Turn::user("Answer with the one word OK.")],
                // Room for a model that thinks before the word.
                max_output_tokens: 512,
                effort: row
                    .capabilities
                    .efforts
                    .first()
                    .copied()
                    .or(Some(Effort::Low)),
                ..Request::default()
            };
            let answer = gateway.generate(&request, &control, &mut |_| {}).await;
            answer.map(|answer| (answer.model, answer.cost))
        }
        Kind::Embedding => {
            let vectors = gateway.embed(&["OK"], &name, &control).await;
            vectors.map(|vectors| (format!("{} dimensions", vectors.dimensions), vectors.cost))
        }
    };
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match answered {
        Ok((outcome, cost)) => Probe {
            ok: true,
            outcome,
            cost,
            milliseconds,
        },
        Err(error) => Probe {
            ok: false,
            outcome: error.to_string(),
            cost: error.spent.cost,
            milliseconds,
        },
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offline {
            writeln!(
                f,
                "No provider is configured: the offline model answers for all.\n"
            )?;
        }
        let head = [
            "MODEL",
            "PROVIDER",
            "LOCATION",
            "RESOLVES",
            "PRICE TODAY",
            "DAYS",
            "FINDINGS",
            "PROBE",
        ];
        let rows = self.models.iter().map(|model| {
            vec![
                model.model.clone(),
                model.provider.clone(),
                model.location.clone(),
                if model.resolves { "yes" } else { "no" }.to_owned(),
                model.price.clone().unwrap_or_else(dash),
                model.days_left.map_or_else(dash, |days| days.to_string()),
                model.findings.to_string(),
                model.probe.as_ref().map_or_else(dash, Probe::to_string),
            ]
        });
        table(f, &head, rows)?;
        writeln!(f)?;
        let aliases = self.aliases.iter().map(|(alias, models)| {
            let means = if models.is_empty() {
                dash()
            } else {
                models.join(", ")
            };
            vec![alias.clone(), means]
        });
        table(f, &["ALIAS", "MEANS HERE"], aliases)?;
        if !self.findings.is_empty() {
            writeln!(f)?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.ok { "ok" } else { "failed" };
        write!(
            f,
            "{word} in {} ms for {}: {}",
            self.milliseconds, self.cost, self.outcome
        )
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// Columns as wide as their widest cell.
fn table(
    f: &mut fmt::Formatter<'_>,
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> fmt::Result {
    let rows: Vec<_> = rows.collect();
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.len()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        writeln!(f, "{}", padded.join("  ").trim_end())
    };
    line(&mut head.iter().copied())?;
    for row in &rows {
        line(&mut row.iter().map(String::as_str))?;
    }
    Ok(())
}
