//! A report as one table for a spreadsheet.
//!
//! One table, not several under each other: every row has the same columns, so it can be filtered by
//! `section` and its columns summed. Sections repeat each other (the days sum to the same cost as the
//! skills), so a sum is taken of one section.

use std::borrow::Cow;

use chrono::NaiveDate;
use domain::{Inr, Usd};
use rust_decimal::Decimal;

use super::neutral::neutral;
use super::{MonthlyReport, Used};

const COLUMNS: [&str; 9] = [
    "section",
    "item",
    "day",
    "count",
    "tokens_in",
    "tokens_out",
    "amount",
    "currency",
    "note",
];

/// Excel takes a file for UTF-8 only when it begins with this; without it Hindi names are garbled.
const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Debug, Default)]
struct Row<'a> {
    section: &'static str,
    item: Cow<'a, str>,
    day: Option<NaiveDate>,
    count: Option<u64>,
    tokens: Option<domain::Tokens>,
    amount: Option<(Decimal, &'static str)>,
    note: Cow<'a, str>,
}

impl MonthlyReport {
    /// UTF-8 with a byte order mark, commas, lines ended by CR LF (RFC 4180), a header, a dot for the
    /// decimal point. Text that a spreadsheet would take for a formula is preceded by an apostrophe (OWASP
    /// ASVS 1.2.10). Amounts are plain numbers, their currency in a column of its own.
    ///
    /// # Errors
    /// None that a report in memory can cause; the writer's signature has them.
    pub fn to_csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(vec![]);
        writer.write_record(COLUMNS)?;
        for row in self.rows() {
            let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
            let (amount, currency) = row.amount.unzip();
            writer.write_record([
                row.section,
                &neutral(&row.item),
                &row.day.map(|day| day.to_string()).unwrap_or_default(),
                &number(row.count),
                &number(row.tokens.map(|tokens| tokens.input)),
                &number(row.tokens.map(|tokens| tokens.output)),
                &amount
                    .map(|amount| amount.normalize().to_string())
                    .unwrap_or_default(),
                currency.unwrap_or_default(),
                &neutral(&row.note),
            ])?;
        }
        let bytes = writer.into_inner().map_err(|e| e.into_error())?;
        let text = String::from_utf8(bytes).map_err(std::io::Error::other)?;
        Ok(format!("{BYTE_ORDER_MARK}{text}"))
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = self.summary();
        for named in &self.usage.by_skill {
            rows.push(usage("skill", named.name.as_str().into(), None, named.used));
        }
        for named in &self.usage.by_model {
            rows.push(usage("model", named.name.as_str().into(), None, named.used));
        }
        for day in &self.usage.by_day {
            rows.push(usage("day", Cow::default(), Some(day.day), day.used));
        }
        for payment in &self.payments {
            rows.push(Row {
                day: Some(payment.day),
                note: payment.status.as_str().into(),
                ..inr("payment", &payment.id, payment.amount)
            });
        }
        for invoice in &self.invoices {
            rows.push(Row {
                day: Some(invoice.day),
                note: invoice.kind.as_str().into(),
                ..inr("invoice", &invoice.number, invoice.total)
            });
        }
        if let Some(roi) = &self.roi {
            rows.push(inr("roi", "time saved", roi.time));
            rows.push(inr("roi", "leads won", roi.leads));
            rows.push(inr("roi", "price", -roi.price));
            rows.push(inr("roi", "net", roi.net));
        }
        rows
    }

    fn summary(&self) -> Vec<Row<'_>> {
        let fact = |item: &'static str, note: Cow<'static, str>| Row {
            section: "summary",
            item: item.into(),
            note,
            ..Row::default()
        };
        let count = |item: &'static str, count| Row {
            section: "summary",
            item: item.into(),
            count: Some(count),
            ..Row::default()
        };
        let mut rows = vec![
            fact("workspace id", self.workspace_id.to_string().into()),
            fact("workspace", self.workspace_name.clone().into()),
            fact("period", self.period.to_string().into()),
            fact("tier", self.tier.as_str().into()),
            usd("summary", "budget", self.budget.limit_usd),
            usd("summary", "spent", self.budget.spent_usd),
            count("executions", self.executions.total),
            count("executions completed", self.executions.completed),
            count("executions failed", self.executions.failed),
            usage("summary", "model calls".into(), None, self.usage.used),
        ];
        if let Some(cost) = self.cost_per_accepted_outcome_usd {
            rows.push(usd("summary", "cost per accepted outcome", cost));
        }
        rows
    }
}

fn usage<'a>(
    section: &'static str,
    item: Cow<'a, str>,
    day: Option<NaiveDate>,
    used: Used,
) -> Row<'a> {
    Row {
        section,
        item,
        day,
        count: Some(used.calls),
        tokens: Some(used.tokens),
        amount: Some((used.cost_usd.0, "USD")),
        note: Cow::default(),
    }
}

fn inr<'a>(section: &'static str, item: &'a str, amount: Inr) -> Row<'a> {
    Row {
        section,
        item: item.into(),
        amount: Some((amount.0, "INR")),
        ..Row::default()
    }
}

fn usd<'a>(section: &'static str, item: &'a str, amount: Usd) -> Row<'a> {
    Row {
        section,
        item: item.into(),
        amount: Some((amount.0, "USD")),
        ..Row::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::roi::{Gains, Values, roi};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    fn report(name: &str) -> MonthlyReport {
        let day = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
        let used = Used {
            calls: 2,
            tokens: Tokens {
                input: 1200,
                output: 340,
            },
            cost_usd: Usd("0.012500".parse().unwrap()),
        };
        MonthlyReport {
            workspace_id: WorkspaceId(uuid::Uuid::from_u128(7)),
            workspace_name: name.to_owned(),
            period: "2026-11".parse().unwrap(),
            tier: Tier::Growth,
            budget: Budget {
                limit_usd: Usd(25.into()),
                spent_usd: used.cost_usd,
            },
            executions: Executions {
                total: 3,
                completed: 2,
                failed: 1,
            },
            usage: Usage::of([UsageLine {
                day,
                skill_id: "content/copy".to_owned(),
                model: "flash".to_owned(),
                used,
            }]),
            payments: vec![Payment {
                id: "P_1".to_owned(),
                day,
                amount: inr("-11798.82"),
                status: "refunded".to_owned(),
            }],
            invoices: vec![Invoice {
                number: "RF/26-27/000001".to_owned(),
                day,
                kind: "invoice".to_owned(),
                total: inr("11798.82"),
            }],
            cost_per_accepted_outcome_usd: Some(Usd("0.00625".parse().unwrap())),
            roi: roi(
                Values {
                    hour: inr("400"),
                    lead: inr("0"),
                },
                Gains {
                    hours_saved: Decimal::TEN,
                    leads_won: 0,
                },
                inr("9999"),
            )
            .ok(),
        }
    }

    #[test]
    fn the_whole_table() {
        let expected = "\u{feff}\
section,item,day,count,tokens_in,tokens_out,amount,currency,note\r
summary,workspace id,,,,,,,00000000-0000-0000-0000-000000000007\r
summary,workspace,,,,,,,\"मसाला, Delhi\"\r
summary,period,,,,,,,2026-11\r
summary,tier,,,,,,,growth\r
summary,budget,,,,,25,USD,\r
summary,spent,,,,,0.0125,USD,\r
summary,executions,,3,,,,,\r
summary,executions completed,,2,,,,,\r
summary,executions failed,,1,,,,,\r
summary,model calls,,2,1200,340,0.0125,USD,\r
summary,cost per accepted outcome,,,,,0.00625,USD,\r
skill,content/copy,,2,1200,340,0.0125,USD,\r
model,flash,,2,1200,340,0.0125,USD,\r
day,,2026-11-03,2,1200,340,0.0125,USD,\r
payment,P_1,2026-11-03,,,,-11798.82,INR,refunded\r
invoice,RF/26-27/000001,2026-11-03,,,,11798.82,INR,invoice\r
roi,time saved,,,,,4000,INR,\r
roi,leads won,,,,,0,INR,\r
roi,price,,,,,-9999,INR,\r
roi,net,,,,,-5999,INR,\r
";
        assert_eq!(report("मसाला, Delhi").to_csv().unwrap(), expected);
    }

    #[test]
    fn json_is_read_back_as_it_was() {
        let report = report("=1+1");
        let json = serde_json::to_string(&report).unwrap();
        assert!(json.contains(r#""workspace_name":"=1+1""#), "{json}");
        assert_eq!(
            serde_json::from_str::<MonthlyReport>(&json).unwrap(),
            report
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_the_table(name in "[=+@\\-\t\r\n\", a-zअ]{0,12}") {
            let mut report = report(&name);
            report.payments[0].id.clone_from(&name);
            let text = report.to_csv().unwrap();
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(rows.len(), 20);
            for cell in [rows[1].get(8).unwrap(), rows[14].get(1).unwrap()] {
                prop_assert_eq!(cell.trim_start_matches('\''), &name);
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']));
            }
        }
    }
}
