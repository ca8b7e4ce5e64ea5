//! Our cost log against a provider's bill.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{Months, NaiveDate, NaiveTime};
use clap::ValueEnum;
use domain::{Period, Usd};
use economics::reconcile::{self, Measured, UsageKey, UsageReport, UsageRow};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use store::operating;

use super::{operator, period};
use crate::{Outcome, print};

/// Hold our model calls of a month against the usage that providers export. Ends with 1 when they differ.
///
/// The file has one row a provider, model, day and label: JSON objects, one a line, or CSV with a header
/// (a name that ends in .csv), with
///   provider, model   as we name them
///   day               2026-10-31, in UTC, as providers count
///   label             what calls are labelled with: the workspace's id, or the skill's with dashes for dots
///   tokens_in, tokens_out
///   cost_usd          a decimal
/// Only providers that the file names are compared, or --provider does.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor money reconcile-usage --file labels.csv --period 2026-10 --label skill",
    verbatim_doc_comment
)]
pub struct Args {
    #[arg(long)]
    file: PathBuf,
    /// The month (UTC).
    #[arg(long, value_parser = period)]
    period: Period,
    #[arg(long, value_enum, default_value = "workspace")]
    label: Label,
    /// A provider that is compared though the file may not name it. May be repeated.
    #[arg(long)]
    provider: Vec<String>,
    /// US dollars that a row's cost may differ by: providers round where we do not.
    #[arg(long, default_value = "0.01")]
    tolerance: Decimal,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Label {
    Workspace,
    Skill,
}

#[derive(Debug, Deserialize)]
struct Line {
    provider: String,
    model: String,
    day: NaiveDate,
    label: String,
    tokens_in: u64,
    tokens_out: u64,
    #[serde(deserialize_with = "dollars")]
    cost_usd: Usd,
}

/// From text or from a number as it is written: no float holds money.
fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Usd, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        other => other.to_string(),
    };
    let decimal = text
        .parse::<Decimal>()
        .or_else(|_| Decimal::from_scientific(&text));
    let wrong = |_| serde::de::Error::custom(format!("cost_usd: {text:?} is not a decimal"));
    decimal.map(Usd).map_err(wrong)
}

impl From<Line> for UsageRow {
    fn from(line: Line) -> Self {
        Self {
            key: UsageKey {
                provider: line.provider,
                model: line.model,
                day: line.day,
                label: line.label,
            },
            measured: Measured {
                tokens_in: line.tokens_in,
                tokens_out: line.tokens_out,
                cost_usd: line.cost_usd,
            },
        }
    }
}

pub async fn reconcile(args: &Args) -> Result<Outcome> {
    let (first, next) = {
        let first = args.period.first_day();
        (first, first + Months::new(1))
    };
    let (theirs, others): (Vec<UsageRow>, Vec<UsageRow>) = read(&args.file)?
        .into_iter()
        .partition(|row| (first..next).contains(&row.key.day));
    if !others.is_empty() {
        let (other, period) = (others.len(), args.period);
        print::note(format!(
            "{other} rows are of other months than {period}: passed over."
        ));
    }
    let named = theirs.iter().map(|row| &row.key.provider);
    let providers: BTreeSet<&String> = named.chain(&args.provider).collect();
    if providers.is_empty() {
        bail!(
            "{} has no rows of {}: name providers with --provider to compare with nothing",
            args.file.display(),
            args.period
        );
    }
    let providers: Vec<String> = providers.into_iter().cloned().collect();
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let span = (midnight(first), midnight(next));
    let mut tx = operator()?.sweep().await?;
    let by_skill = args.label == Label::Skill;
    let ours = operating::labelled(&mut tx, &providers, span, by_skill).await?;
    tx.rollback().await?;
    let ours = ours.into_iter().map(|row| UsageRow {
        key: UsageKey {
            provider: row.provider,
            model: row.model,
            day: row.day,
            label: row.label,
        },
        measured: Measured {
            tokens_in: row.tokens_in.unsigned_abs(),
            tokens_out: row.tokens_out.unsigned_abs(),
            cost_usd: row.cost_usd,
        },
    });
    let report = reconcile::usage(ours, theirs, Usd(args.tolerance));
    if args.json {
        print::json(&report);
    } else {
        show(&report, &providers)?;
    }
    Ok(if report.differences.is_empty() {
        Outcome::OK
    } else {
        Outcome::BAD
    })
}

fn show(report: &UsageReport, providers: &[String]) -> Result<()> {
    let side = |all: &[Measured]| {
        let measured = all.first()?;
        Some(format!(
            "{} in, {} out, {}",
            measured.tokens_in, measured.tokens_out, measured.cost_usd
        ))
    };
    let mut rows = vec![];
    for difference in &report.differences {
        let kind = serde_json::to_value(difference.kind)?;
        let kind = kind.as_str().unwrap_or_default().replace('_', " ");
        let key = &difference.key;
        rows.push(vec![
            key.provider.clone(),
            key.model.clone(),
            key.day.to_string(),
            key.label.clone(),
            kind,
            side(&difference.here).unwrap_or_default(),
            side(&difference.there).unwrap_or_default(),
        ]);
    }
    if !rows.is_empty() {
        print::table(
            &[
                "PROVIDER",
                "MODEL",
                "DAY (UTC)",
                "LABEL",
                "HOW",
                "OURS",
                "THEIRS",
            ],
            &rows,
        );
    }
    print::note(format!(
        "{}: {} here, {} there, {} more there; {} differences.",
        providers.join(", "),
        report.here.cost_usd,
        report.there.cost_usd,
        report.excess_there_usd,
        report.differences.len()
    ));
    Ok(())
}

/// All rows of a file.
fn read(path: &Path) -> Result<Vec<UsageRow>> {
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    let at = |n: usize| format!("{}, row {n}", path.display());
    let is_csv = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if is_csv {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(file);
        let rows = reader.deserialize::<Line>().enumerate();
        return rows
            .map(|(n, line)| Ok(line.with_context(|| at(n + 1))?.into()))
            .collect();
    }
    let mut rows = vec![];
    for (n, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| at(n + 1))?;
        if !line.trim().is_empty() {
            let line: Line = serde_json::from_str(&line).with_context(|| at(n + 1))?;
            rows.push(line.into());
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> Result<Vec<UsageRow>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn both_forms_say_the_same_to_the_last_digit() {
        let csv = written(
            "a.csv",
            "model,provider,day,label,tokens_in,tokens_out,cost_usd\n\
             flash, vertex, 2026-10-31, w, 10, 2, 0.000001\n\
             flash, vertex, 2026-10-31, v, 10, 2, 1234567.123457\n",
        )
        .unwrap();
        let lines = written(
            "a.jsonl",
            r#"{"provider":"vertex","model":"flash","day":"2026-10-31","label":"w","tokens_in":10,"tokens_out":2,"cost_usd":"0.000001"}

               {"provider":"vertex","model":"flash","day":"2026-10-31","label":"v","tokens_in":10,"tokens_out":2,"cost_usd":1234567.123457}"#,
        )
        .unwrap();
        assert_eq!(csv, lines);
        assert_eq!(csv[0].measured.cost_usd, Usd(Decimal::new(1, 6)));
        assert_eq!(
            csv[1].measured.cost_usd,
            Usd(Decimal::new(1_234_567_123_457, 6))
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_row() {
        let rows = |cost: &str| {
            format!(
                "provider,model,day,label,tokens_in,tokens_out,cost_usd\nv,m,2026-10-31,w,1,1,{cost}\n"
            )
        };
        let error = format!("{:#}", written("a.csv", &rows("dear")).unwrap_err());
        assert!(error.contains("row 1") && error.contains("dear"), "{error}");
        let error = format!("{:#}", written("a.jsonl", "{}").unwrap_err());
        assert!(
            error.contains("row 1") && error.contains("provider"),
            "{error}"
        );
    }
}
