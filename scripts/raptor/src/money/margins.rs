//! What tiers earn.

use anyhow::{Context, Result};
use chrono::Months;
use domain::{Inr, Period, Tier, Usd};
use economics::cycle::midnight;
use economics::margin::{Fx, Margin, break_even, margin, tasks_a_month};
use economics::quote::{self, Prices};
use rust_decimal::Decimal;
use serde::Serialize;
use store::tiers::TierRow;
use store::{closing, operating, tiers};

use super::{operator, period};
use crate::{Outcome, print};

/// Say what each tier earns: at most (every customer uses the whole limit), and in a closed month.
///
/// Prices are those of the list without GST. Costs are models and tools; what choosing skills costs the house
/// is said below the table and is in no margin. A customer of a month is a workspace
/// that paid for a period which touches it; what other workspaces cost (trials above all) stands beside it and
/// is in no margin. Break-even is how many customers of the tier alone carry the fixed costs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor money margins --fixed 1200000 --usd-inr 84 --json")]
pub struct Args {
    /// Rupees a US dollar is taken for.
    #[arg(long, env = "USD_INR", default_value = "83.3")]
    usd_inr: Fx,
    #[command(flatten)]
    terms: quote::Settings,
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

/// A tier's figures.
#[derive(Debug, Serialize)]
struct Row {
    tier: Tier,
    /// A month's, without GST.
    price: Inr,
    /// Tasks that the token allowance lasts for, of dear ones and of cheap ones; none when it is unlimited.
    tasks_a_month: Option<(u64, u64)>,
    /// When a customer uses the whole limit.
    at_limit: Earned,
    /// In the closed month, on average of its customers; none when the tier had none.
    real: Option<Earned>,
    period: Option<Period>,
    customers: i64,
    /// Workspaces that did not pay and in which anything happened, and what they cost together.
    free: i64,
    free_cost: Inr,
    free_cost_usd: Usd,
}

#[derive(Debug, Serialize)]
struct Earned {
    #[serde(flatten)]
    margin: Margin,
    /// None: never.
    break_even: Option<u64>,
}

pub async fn margins(args: &Args) -> Result<Outcome> {
    let prices = Prices::new(&args.terms)?;
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
    let (costs, house) = match month {
        Some(month) => {
            let first = month.first_day();
            let span = (midnight(first), midnight(first + Months::new(1)));
            let costs = operating::tier_costs(&mut tx, month, span).await?;
            (costs, operating::house_costs(&mut tx, span).await?)
        }
        None => (vec![], Usd::ZERO),
    };
    tx.rollback().await?;
    let earned = |plan: &TierRow, cost: Usd| {
        let price = prices.without_tax(plan.price);
        let margin = margin(plan.tier, price, cost, args.usd_inr);
        Earned {
            break_even: break_even(Inr(args.fixed), &margin),
            margin,
        }
    };
    let rows: Vec<Row> = plans
        .iter()
        .map(|plan| {
            let of = costs.iter().find(|cost| cost.tier == plan.tier);
            let each = of.and_then(|of| of.cost_usd.0.checked_div(of.customers.into()));
            let free_cost_usd = of.map_or(Usd::ZERO, |of| of.free_cost_usd);
            let tasks = plan
                .limit_tokens
                .map(|tokens| tasks_a_month(tokens.unsigned_abs()));
            Row {
                tier: plan.tier,
                price: prices.without_tax(plan.price),
                tasks_a_month: tasks.map(|tasks| (*tasks.start(), *tasks.end())),
                at_limit: earned(plan, plan.limit_usd),
                real: each.map(|each| earned(plan, Usd(each).ceil_micros())),
                period: month,
                customers: of.map_or(0, |of| of.customers),
                free: of.map_or(0, |of| of.free),
                free_cost: args.usd_inr.to_inr(free_cost_usd),
                free_cost_usd,
            }
        })
        .collect();
    if args.json {
        rows.iter().for_each(print::json);
        return Ok(Outcome::OK);
    }
    show(&rows, month);
    if !house.is_zero() {
        let rupees = args.usd_inr.to_inr(house);
        print::note(format!(
            "Besides, choosing skills for all of them cost {rupees} ({house})."
        ));
    }
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
            "FREE",
            "THEIR COST",
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
    cells.extend([
        row.customers.to_string(),
        row.free.to_string(),
        format!("{} ({})", row.free_cost, row.free_cost_usd),
    ]);
    cells.push(match row.tasks_a_month {
        Some((dear, cheap)) => format!("{dear} to {cheap}"),
        None => "unlimited".to_owned(),
    });
    cells
}
