//! What one invoice costs from the payment to the stored file: numbers, renders and stores many, and says
//! how much processor time each took of this process (the database's own is not in it).

use std::io::Write;

use anyhow::{Context, Result};
use clap::Parser;
use domain::{PaymentId, Tier};
use gst_invoice::{Config, Deps, finish, issue_invoice};
use sqlx::AssertSqlSafe;
use store::DbRole;
use store::billing::tax_profiles::{self, TaxProfile};
use testkit::Database;

/// Issues invoices on a database of its own; DATABASE_URL names a server.
#[derive(Parser)]
#[command(
    after_help = "Example: cargo run --release -p gst-invoice --example issue -- --invoices 200"
)]
struct Args {
    #[arg(long, default_value_t = 200)]
    invoices: u32,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let db = Database::create().await;
    let (seams, _) = testkit::manual_seams();
    let folder = tempfile::tempdir()?;
    let place = format!("--invoices-dir={}", folder.path().display());
    let config = Config::try_parse_from(["gst-invoice", &place])?;
    let deps = Deps::new(&config, db.store(DbRole::GstInvoice), seams.clone()).await?;
    let (_, workspace) = db.workspace(&seams, Tier::Starter).await;
    let ingress = db.store(DbRole::Ingress);
    let mut tx = ingress.tenant(workspace).await?;
    let profile = TaxProfile {
        kind: "registered".into(),
        legal_name: "आशा हथकरघा भंडार".into(),
        trade_name: None,
        gstin: Some("24AAQCA8719H1ZC".into()),
        address_lines: vec!["12 Ring Road".into()],
        place: "Surat".into(),
        pin: Some("395002".into()),
        state_code: "24".into(),
        country: "IN".into(),
        email: None,
        language: "hi".into(),
        verification: "unverified".into(),
        verified_name: None,
        verified_at: None,
    };
    tax_profiles::put(&mut tx, &profile, seams.now()).await?;
    tx.commit().await?;
    // As bill leaves payments whose money came.
    let mut payments = vec![];
    let mut sql = String::new();
    for _ in 0..=args.invoices {
        let id = PaymentId(seams.uuid());
        let one = include_str!("paid.sql");
        sql += &one
            .replace(":payment", &format!("'{id}'"))
            .replace(":workspace", &format!("'{workspace}'"));
        payments.push(id);
    }
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&db.owner().await)
        .await?;
    // The first loads fonts and connects.
    let (first, rest) = payments
        .split_first()
        .context("there is one at the least")?;
    let id = issue_invoice(&deps, workspace, *first).await?;
    finish(&deps, workspace, id).await?;
    let (before, began) = (cpu()?, std::time::Instant::now());
    for payment in rest {
        let id = issue_invoice(&deps, workspace, *payment).await?;
        finish(&deps, workspace, id).await?;
    }
    let each = |total: f64| total * 1000.0 / f64::from(args.invoices.max(1));
    let (spent, passed) = (each(cpu()? - before), each(began.elapsed().as_secs_f64()));
    writeln!(
        std::io::stdout(),
        r#"{{"invoices": {}, "cpu_ms_each": {spent:.1}, "wall_ms_each": {passed:.1}}}"#,
        args.invoices
    )?;
    Ok(())
}

/// Seconds of processor time of this process, from the kernel's count in hundredths.
fn cpu() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    Ok((ticks(11) + ticks(12)) / 100.0)
}
