//! What tiers earn.

use anyhow::{Context, Result};
use domain::{Inr, Period, Tier, Usd};
use economics::margin::{Fx, Margin, break_even, margin, tasks_a_month};
use rust_decimal::Decimal;
use serde::Serialize;
use store::tiers::TierRow;
use store::{closing, operating, tiers};

use super::{operator, period};
use crate::{Outcome, print};

/// Say what each tier earns: at most (every customer uses the whole limit), and in a closed month.
///
/// Prices are without GST. Costs are models and tools. A customer of a month is a workspace in which anything
/// happened. Break-even is how many customers of the tier alone carry the fixed costs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor money margins --fixed 1200000 --usd-inr 84 --json")]
pub struct Args {
    /// Rupees a US dollar is taken for.
    #[arg(long, env = "USD_INR", default_value = "83.3", value_parser = fx)]
    usd_inr: Fx,
    /// Fixed costs a month in rupees, without GST.
    #[arg(long, default_value = "100000")]
    fixed: Decimal,
    /// A closed month. Default: the last one.
    #[arg(long, value_parser = period)]
    period: Option<Period>,
    /// One JSON object a tier.
    #[arg(long)]
    json: bool,
}

fn fx(text: &str) -> Result<Fx, String> {
    let rate: Decimal = text.parse().map_err(|_| "expected a number".to_owned())?;
    Fx::try_from(rate).map_err(|error| error.to_string())
}

/// A tier's figures.
#[derive(Debug, Serialize)]
struct Row {
    tier: Tier,
    price: Inr,
    /// Tasks that the token allowance lasts for, of dear ones and of cheap ones; none when it is unlimited.
    tasks_a_month: Option<(u64, u64)>,
    /// When a customer uses the whole limit.
    at_limit: Earned,
    /// In the closed month, on average; none when the tier had no customer.
    real: Option<Earned>,
    period: Option<Period>,
    customers: i64,
}

#[derive(Debug, Serialize)]
struct Earned {
    #[serde(flatten)]
    margin: Margin,
    /// None: never.
    break_even: Option<u64>,
}

pub async fn margins(args: &Args) -> Result<Outcome> {
    let mut tx = operator()?.sweep().await?;
    let plans = tiers::all(&mut tx).await?;
    let closes = closing::all(&mut tx).await?;
    let closed = closes.iter().filter(|close| close.finished_at.is_some());
    let closed: Vec<Period> = closed.map(|close| close.period).collect();
    let month = match args.period {
        Some(wanted) => Some(closed.into_iter().find(|month| *month == wanted).with_context(
            || format!("{wanted} is not closed: `raptor money close-month --period {wanted}` closes it"),
        )?),
        None => closed.last().copied(),
    };
    let costs = match month {
        Some(month) => operating::tier_costs(&mut tx, month).await?,
        None => vec![],
    };
    tx.rollback().await?;
    let earned = |plan: &TierRow, cost: Usd| {
        let margin = margin(plan.tier, plan.price, cost, args.usd_inr);
        Earned {
            break_even: break_even(Inr(args.fixed), &margin),
            margin,
        }
    };
    let rows: Vec<Row> = plans
        .iter()
        .map(|plan| {
            let of = costs.iter().find(|cost| cost.tier == plan.tier);
            let each = of.and_then(|of| of.cost_usd.0.checked_div(of.workspaces.into()));
            let tasks = plan
                .limit_tokens
                .map(|tokens| tasks_a_month(tokens.unsigned_abs()));
            Row {
                tier: plan.tier,
                price: plan.price,
                tasks_a_month: tasks.map(|tasks| (*tasks.start(), *tasks.end())),
                at_limit: earned(plan, plan.limit_usd),
                real: each.map(|each| earned(plan, Usd(each).ceil_micros())),
                period: month,
                customers: of.map_or(0, |of| of.workspaces),
            }
        })
        .collect();
    if args.json {
        rows.iter().for_each(print::json);
        return Ok(Outcome::OK);
    }
    show(&rows, month);
    Ok(Outcome::OK)
}

fn show(rows: &[Row], month: Option<Period>) {
    let table: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let real = month.map_or("IN A MONTH".to_owned(), |month| format!("IN {month}"));
    print::table(
        &[
            "TIER",
            "PRICE",
            "COST AT LIMIT",
            "MARGIN",
            "BREAK-EVEN",
            &real,
            "MARGIN",
            "BREAK-EVEN",
            "CUSTOMERS",
            "TASKS A MONTH",
        ],
        &table,
    );
    if month.is_none() {
        print::note("No month is closed yet, so nothing is known of real costs.");
    }
}

fn cells(row: &Row) -> Vec<String> {
    let mut cells = vec![row.tier.to_string(), row.price.to_string()];
    for earned in [Some(&row.at_limit), row.real.as_ref()] {
        match earned {
            Some(Earned { margin, break_even }) => cells.extend([
                format!("{} ({})", margin.cost, margin.cost_usd),
                margin
                    .percent
                    .map_or("-".to_owned(), |percent| format!("{percent} %")),
                break_even.map_or("never".to_owned(), |customers| customers.to_string()),
            ]),
            None => cells.extend(["-", "-", "-"].map(str::to_owned)),
        }
    }
    cells.push(row.customers.to_string());
    cells.push(match row.tasks_a_month {
        Some((dear, cheap)) => format!("{dear} to {cheap}"),
        None => "unlimited".to_owned(),
    });
    cells
}
