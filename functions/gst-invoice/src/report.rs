//! A closed month's report on paper, made when somebody asks for it.

use bytes::Bytes;
use chrono::{Datelike, NaiveDate};
use domain::{Period, Usd, WorkspaceId};
use economics::report::{MonthlyReport, Named, Used};
use rust_decimal::Decimal;
use store::StoreError;
use store::billing::reports;

use crate::render::{Cell, Chart, Figure, Report, Section};
use crate::{Deps, Error, Result};

/// Rows of a table; what is cheaper is summed up in one more.
const MOST_ROWS: usize = 25;

/// Makes and stores the PDF of a month's report, if it is not there.
pub async fn make(deps: &Deps, workspace: WorkspaceId, period: Period) -> Result<()> {
    let mut tx = deps.store.tenant(workspace).await?;
    let report = reports::get(&mut tx, period)
        .await?
        .ok_or(StoreError::NotFound)?;
    tx.rollback().await?;
    if report.object_name.is_some() {
        return Ok(());
    }
    let content: MonthlyReport = serde_json::from_value(report.content)?;
    let (renderer, logo) = (deps.renderer.clone(), deps.logo.clone());
    let page = page(&content);
    let bytes = tokio::task::spawn_blocking(move || renderer.render_report(&page, logo.as_deref()))
        .await
        .map_err(|error| Error::Render(error.to_string()))?
        .map_err(|error| Error::Render(error.to_string()))?;
    let name = format!("reports/{workspace}/{period}.pdf");
    crate::file::keep(deps, &name, Bytes::from(bytes)).await?;
    let mut tx = deps.store.tenant(workspace).await?;
    reports::set_object(&mut tx, period, &name).await?;
    tx.commit().await?;
    Ok(())
}

/// What stands on the report.
fn page(report: &MonthlyReport) -> Report {
    let first = report.period.first_day();
    let days = first
        .iter_days()
        .take_while(|day| day.month() == first.month());
    let last = days.clone().last().unwrap_or(first);
    let runs = &report.executions;
    let figure = |label: &str, value| Figure {
        label: label.to_owned(),
        value,
    };
    let mut figures = vec![
        figure("Models and tools", Cell::Usd(report.usage.used.cost_usd)),
        figure("Budget", Cell::Usd(report.budget.limit_usd)),
        figure(
            "Completed",
            Cell::Text(format!("{} of {}", runs.completed, runs.total)),
        ),
    ];
    if let Some(cost) = report.cost_per_accepted_outcome_usd {
        figures.push(figure("Per accepted outcome", Cell::Usd(cost)));
    }
    if let Some(percent) = report.roi.as_ref().and_then(|roi| roi.percent) {
        figures.push(figure("Return", Cell::Percent(percent)));
    }
    let usage = &report.usage;
    let mut sections = vec![
        used("By skill", &usage.by_skill),
        used("By model", &usage.by_model),
    ];
    sections.push(table(
        "Payments",
        ["Day", "Payment", "Status", "Amount"],
        report.payments.iter().map(|paid| {
            vec![
                Cell::Date(paid.day),
                Cell::Text(paid.id.clone()),
                Cell::Text(paid.status.replace('_', " ")),
                Cell::Inr(paid.amount),
            ]
        }),
    ));
    sections.push(table(
        "Invoices",
        ["Day", "Number", "Kind", "Total"],
        report.invoices.iter().map(|invoice| {
            vec![
                Cell::Date(invoice.day),
                Cell::Text(invoice.number.clone()),
                Cell::Text(invoice.kind.replace('_', " ")),
                Cell::Inr(invoice.total),
            ]
        }),
    ));
    Report {
        title: format!("Usage report, {}", first.format("%B %Y")),
        workspace: format!("{} · {} plan", report.workspace_name, report.tier),
        period: (first, last),
        figures,
        chart: Some(Chart {
            title: "Cost by day".to_owned(),
            days: days.map(|day| (day, Cell::Usd(cost(report, day)))).collect(),
        }),
        sections,
        notes: vec![
            "Costs of models and tools are in US dollars; what you pay is on your invoices. Days and \
             months are those of Indian Standard Time."
                .to_owned(),
        ],
    }
}

/// A day without use has cost nothing.
fn cost(report: &MonthlyReport, date: NaiveDate) -> Usd {
    let day = report.usage.by_day.iter().find(|day| day.day == date);
    day.map_or(Usd::ZERO, |day| day.used.cost_usd)
}

fn table<const N: usize>(
    title: &str,
    columns: [&str; N],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Section {
    Section {
        title: title.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        total: None,
        empty: None,
    }
}

fn used(title: &str, all: &[Named]) -> Section {
    let row = |name: String, used: &Used| {
        vec![
            Cell::Text(name),
            Cell::Count(Decimal::from(used.calls)),
            Cell::Count(Decimal::from(used.tokens.total())),
            Cell::Usd(used.cost_usd),
        ]
    };
    let mut rows: Vec<_> = all
        .iter()
        .take(MOST_ROWS)
        .map(|named| row(named.name.clone(), &named.used))
        .collect();
    let mut rest = Used::default();
    for named in all.iter().skip(MOST_ROWS) {
        rest += named.used;
    }
    if rest.calls > 0 {
        rows.push(row(format!("{} others", all.len() - MOST_ROWS), &rest));
    }
    table(title, ["Name", "Calls", "Tokens", "Cost"], rows.into_iter())
}
