//! Closing months by hand.

use anyhow::{Result, bail};
use bill::close::{Limits, close, due, last_over};
use domain::Period;
use store::{DbRole, Store, closing};

use super::period;
use crate::{Outcome, dev, print};

/// Close a month, or all that are due: a report for every workspace in which anything happened.
///
/// bill does it each night; doing it beside that does no harm, and what is closed stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor money close-month --period 2026-10")]
pub struct Args {
    /// Default: every month that bill would close.
    #[arg(long, value_parser = period)]
    period: Option<Period>,
    /// Workspaces in a transaction.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(i64).range(1..=5_000))]
    page: i64,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn close_month(args: &Args) -> Result<Outcome> {
    let store = Store::connect(&dev::database_url()?, DbRole::Bill, 2)?;
    let seams = runtime::system_seams();
    let last = last_over(seams.now());
    let months = match args.period {
        Some(period) if period > last => {
            bail!("{period} can't be closed yet: the last month that can is {last}")
        }
        Some(period) => vec![period],
        None => due(&store, &seams).await?,
    };
    let mut tx = store.sweep().await?;
    let workspaces = closing::count(&mut tx).await?.unsigned_abs();
    tx.rollback().await?;
    let bar = progress(workspaces * u64::try_from(months.len())?);
    let limits = Limits {
        page: args.page,
        longest: None,
    };
    let mut before = 0;
    let closed = close(&store, &seams, months, limits, |close| {
        let done = close.looked_at.unsigned_abs();
        bar.set_message(close.period.to_string());
        bar.set_position(before + done);
        if close.finished_at.is_some() {
            before += done;
        }
    })
    .await?;
    bar.finish_and_clear();
    if args.json {
        print::json(&closed);
    } else if closed.months.is_empty() {
        print::note(format!("All months are closed, {last} is the last."));
    } else {
        let rows: Vec<_> = closed
            .months
            .iter()
            .map(|close| {
                vec![
                    close.period.to_string(),
                    close.looked_at.to_string(),
                    close.reports.to_string(),
                ]
            })
            .collect();
        print::table(&["CLOSED", "WORKSPACES", "REPORTS"], &rows);
    }
    Ok(Outcome::OK)
}

/// On standard error, where a person watches.
fn progress(length: u64) -> indicatif::ProgressBar {
    let template = "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
    let style = indicatif::ProgressStyle::with_template(template);
    indicatif::ProgressBar::new(length).with_style(style.expect("the template is constant"))
}
