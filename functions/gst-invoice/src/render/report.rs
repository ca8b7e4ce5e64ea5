//! A usage report: figures, a chart of days, and tables. What they are about is for the caller to say.

use chrono::NaiveDate;
use domain::{Inr, Usd};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::text::{date, days, dollars, percent, places, quantity, rupees, soft, softer};

/// Parts of a chart's height that a bar is measured in.
const PARTS: i64 = 1_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `Usage report`.
    pub title: String,
    /// Whose it is.
    pub workspace: String,
    /// First and last day.
    pub period: (NaiveDate, NaiveDate),
    /// What stands large at the top; three or four fit beside each other.
    pub figures: Vec<Figure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    pub sections: Vec<Section>,
    /// Small print at the end: a paragraph each.
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub label: String,
    pub value: Cell,
}

/// A bar a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub title: String,
    /// In order; of one currency. What is below zero has no bar.
    pub days: Vec<(NaiveDate, Cell)>,
}

/// A table with a heading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub title: String,
    pub columns: Vec<String>,
    /// Each as long as `columns`; what is too much is left out, what lacks is empty.
    pub rows: Vec<Vec<Cell>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Vec<Cell>>,
    /// What to say where there are no rows; `Nothing in this period.` if nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    Text(String),
    Date(NaiveDate),
    Count(Decimal),
    Percent(Decimal),
    Inr(Inr),
    Usd(Usd),
}

impl Cell {
    fn written(&self) -> String {
        self.written_with(self.places())
    }

    /// In a column: with as many places as the others have.
    fn written_with(&self, dollar_places: u32) -> String {
        match self {
            Self::Text(text) => softer(text),
            Self::Date(day) => date(*day),
            Self::Count(count) => quantity(*count),
            Self::Percent(rate) => percent(*rate),
            Self::Inr(amount) => rupees(*amount),
            Self::Usd(amount) => dollars(*amount, dollar_places),
        }
    }

    fn places(&self) -> u32 {
        match self {
            Self::Usd(amount) => places(*amount),
            _ => 0,
        }
    }

    fn amount(&self) -> Option<Decimal> {
        match self {
            Self::Text(_) | Self::Date(_) => None,
            Self::Count(amount) | Self::Percent(amount) => Some(*amount),
            Self::Inr(amount) => Some(amount.0),
            Self::Usd(amount) => Some(amount.0),
        }
    }
}

#[derive(Serialize)]
pub(super) struct View {
    title: String,
    workspace: String,
    period: String,
    logo: bool,
    figures: Vec<Pair>,
    chart: Option<Bars>,
    sections: Vec<Table>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Pair {
    label: String,
    value: String,
}

#[derive(Serialize)]
struct Bars {
    title: String,
    /// In words, for those who can't see it.
    summary: String,
    most: String,
    bars: Vec<Bar>,
}

#[derive(Serialize)]
struct Bar {
    /// Of the month.
    day: String,
    /// 0 to 1000.
    parts: i64,
}

#[derive(Serialize)]
struct Table {
    title: String,
    columns: Vec<String>,
    /// Columns of numbers, at the right of their column.
    numbers: Vec<bool>,
    rows: Vec<Vec<String>>,
    total: Option<Vec<String>>,
    empty: String,
}

pub(super) fn view(report: &Report, logo: bool) -> View {
    View {
        title: report.title.clone(),
        workspace: soft(&report.workspace),
        period: days(report.period),
        logo,
        figures: report
            .figures
            .iter()
            .map(|figure| Pair {
                label: softer(&figure.label),
                value: figure.value.written(),
            })
            .collect(),
        chart: report.chart.as_ref().and_then(bars),
        sections: report.sections.iter().map(table).collect(),
        notes: report.notes.iter().map(|note| soft(note)).collect(),
    }
}

/// `None` where no day has anything.
fn bars(chart: &Chart) -> Option<Bars> {
    let amount = |cell: &Cell| cell.amount().unwrap_or_default().max(Decimal::ZERO);
    let (most_day, most) = chart
        .days
        .iter()
        .max_by_key(|(day, cell)| (amount(cell), std::cmp::Reverse(*day)))?;
    let height = amount(most);
    if height.is_zero() {
        return None;
    }
    let bars = chart.days.iter().map(|(day, cell)| Bar {
        day: day.format("%-d").to_string(),
        parts: (amount(cell) / height * Decimal::from(PARTS))
            .round()
            .to_i64()
            .unwrap_or_default(),
    });
    Some(Bars {
        title: chart.title.clone(),
        summary: format!(
            "{}: the most on {}, {}",
            chart.title,
            date(*most_day),
            most.written()
        ),
        most: most.written(),
        bars: bars.collect(),
    })
}

fn table(section: &Section) -> Table {
    let columns = section.columns.len();
    let rows = || section.rows.iter().chain(&section.total);
    let places: Vec<u32> = (0..columns)
        .map(|at| {
            rows()
                .filter_map(|row| row.get(at))
                .map(Cell::places)
                .max()
                .unwrap_or(0)
        })
        .collect();
    let fit = |row: &Vec<Cell>| {
        let cells = row.iter().zip(&places);
        let mut cells: Vec<String> = cells
            .map(|(cell, places)| cell.written_with(*places))
            .collect();
        cells.resize(columns, String::new());
        cells
    };
    let numbers = (0..columns).map(|at| {
        let mut cells = section.rows.iter().filter_map(|row| row.get(at)).peekable();
        cells.peek().is_some() && cells.all(|cell| cell.amount().is_some())
    });
    Table {
        title: section.title.clone(),
        columns: section.columns.clone(),
        numbers: numbers.collect(),
        rows: section.rows.iter().map(fit).collect(),
        total: section.total.as_ref().map(fit),
        empty: section
            .empty
            .clone()
            .unwrap_or_else(|| "Nothing in this period.".into()),
    }
}
