//! Closing months.

use bill::close::{Closed, Limits, close, due};
use bill::close_month;
use chrono::TimeDelta;
use domain::billing::{MerchantId, MerchantKind};
use domain::{Period, Tier, WorkspaceId};
use economics::report::MonthlyReport;
use serde_json::{Value, json};
use store::DbRole;
use store::billing::reports;
use uuid::Uuid;

use crate::rows::{Books, at};

/// The night after October, when the schedule runs: 2 November, 02:00 in India.
const NOVEMBER: &str = "2026-11-01T20:30:00Z";
/// A few pages, and no end by the clock.
const SMALL: Limits = Limits {
    page: 2,
    longest: None,
};
/// One page a call.
const BRIEF: Limits = Limits {
    page: 2,
    longest: Some(TimeDelta::zero()),
};

fn months(closed: &Closed) -> Vec<String> {
    let months = closed.months.iter();
    months.map(|close| close.period.to_string()).collect()
}

async fn closed(books: &Books, limits: Limits) -> Closed {
    let months = due(&books.deps.store, &books.seams).await.unwrap();
    close(&books.deps.store, &books.seams, months, limits, |_| ())
        .await
        .unwrap()
}

fn merchant(kind: MerchantKind, workspace_id: WorkspaceId, id: Uuid) -> String {
    MerchantId {
        kind,
        workspace_id,
        id,
    }
    .to_string()
}

/// October 2026 in India is from 2026-09-30T18:30Z to 2026-10-31T18:30Z. By hand: $0.10 + $0.05 on the 1st,
/// $0.50 on the 31st; two of four requests were completed: $0.65 / 2 = $0.325 an accepted outcome.
#[tokio::test]
async fn a_report_says_what_stood_in_the_month() {
    let books = Books::at(NOVEMBER).await;
    let workspace = books.workspace(Tier::Growth).await;
    let idle = books.workspace(Tier::Starter).await;
    let other = books.workspace(Tier::Starter).await;
    let (copy, audit) = (("content.copy", "flash"), ("seo.audit", "pro"));
    for (when, what, tokens, cost) in [
        ("2026-09-30T18:29:59Z", copy, (7, 7), "7"),
        ("2026-09-30T18:30:00Z", copy, (100, 10), "0.10"),
        ("2026-10-01T10:00:00Z", copy, (50, 5), "0.05"),
        ("2026-10-31T18:29:59Z", audit, (1000, 200), "0.50"),
        ("2026-10-31T18:30:00Z", audit, (9, 9), "9"),
    ] {
        books.call_of(workspace, when, what, tokens, cost).await;
    }
    books.call(other, "2026-10-10T10:00:00Z", "0.07").await;
    for (when, status) in [
        ("2026-10-01T10:00:00Z", "completed"),
        ("2026-10-31T18:29:00Z", "completed"),
        ("2026-10-05T10:00:00Z", "failed"),
        ("2026-10-05T10:00:00Z", "cancelled"),
        ("2026-10-31T18:31:00Z", "completed"),
    ] {
        books.execution(workspace, when, status).await;
    }
    let came = Some("2026-10-15T06:00:00Z");
    let payment = books
        .payment(workspace, came, "3538.82", "partly_refunded")
        .await;
    let refund = books
        .refund(
            workspace,
            payment,
            "2026-10-20T20:00:00Z",
            "1000",
            "completed",
        )
        .await;
    books
        .refund(workspace, payment, "2026-10-21T20:00:00Z", "5", "failed")
        .await;
    let later = Some("2026-11-01T06:00:00Z");
    let next = books.payment(workspace, later, "3538.82", "captured").await;
    books.payment(workspace, None, "3538.82", "pending").await;
    for (of, number, date, amount) in [
        (
            (payment, None),
            ("RF/26-27/000001", 1),
            "2026-10-15",
            ("3538.82", "partly_credited"),
        ),
        (
            (payment, Some(refund)),
            ("RF/26-27/000002", 2),
            "2026-10-21",
            ("1000", "issued"),
        ),
        (
            (next, None),
            ("RF/26-27/000003", 3),
            "2026-10-31",
            ("3538.82", "cancelled"),
        ),
        (
            (next, None),
            ("RF/26-27/000004", 4),
            "2026-11-01",
            ("3538.82", "issued"),
        ),
    ] {
        books.invoice(workspace, of, number, date, amount).await;
    }
    books
        .do_sql(
            "INSERT INTO budgets (workspace_id, period, limit_usd, spent_usd) VALUES ($1, '2026-10-01', 30, 0.6), ($1, '2026-11-01', 99, 9)",
            workspace,
        )
        .await;

    let closed = close_month(&books.deps).await.unwrap();
    assert_eq!(months(&closed), ["2026-10"]);
    assert_eq!(
        (closed.months[0].looked_at, closed.months[0].reports),
        (3, 2)
    );
    assert_eq!(closed.months[0].finished_at, Some(at(NOVEMBER)));

    let reports = books.reports("2026-10").await;
    let of = |id: WorkspaceId| reports.iter().find(|(known, _)| *known == id.0);
    assert!(of(idle).is_none());
    let report = &of(workspace).unwrap().1;
    let expected = json!({
        "workspace_id": workspace,
        "workspace_name": "Jaipur Looms",
        "period": "2026-10-01",
        "tier": "growth",
        "budget": { "limit_usd": "30", "spent_usd": "0.6" },
        "executions": { "total": 4, "completed": 2, "failed": 1 },
        "used": { "calls": 3, "tokens": { "input": 1150, "output": 215 }, "cost_usd": "0.65" },
        "by_skill": [
            { "name": "seo.audit", "calls": 1, "tokens": { "input": 1000, "output": 200 }, "cost_usd": "0.5" },
            { "name": "content.copy", "calls": 2, "tokens": { "input": 150, "output": 15 }, "cost_usd": "0.15" },
        ],
        "by_model": [
            { "name": "pro", "calls": 1, "tokens": { "input": 1000, "output": 200 }, "cost_usd": "0.5" },
            { "name": "flash", "calls": 2, "tokens": { "input": 150, "output": 15 }, "cost_usd": "0.15" },
        ],
        "by_day": [
            { "day": "2026-10-01", "calls": 2, "tokens": { "input": 150, "output": 15 }, "cost_usd": "0.15" },
            { "day": "2026-10-31", "calls": 1, "tokens": { "input": 1000, "output": 200 }, "cost_usd": "0.5" },
        ],
        "payments": [
            { "id": merchant(MerchantKind::Payment, workspace, payment), "day": "2026-10-15", "amount": "3538.82", "status": "partly_refunded" },
            { "id": merchant(MerchantKind::Refund, workspace, refund), "day": "2026-10-21", "amount": "-1000", "status": "refunded" },
        ],
        "invoices": [
            { "number": "RF/26-27/000001", "day": "2026-10-15", "kind": "invoice", "total": "3538.82" },
            { "number": "RF/26-27/000002", "day": "2026-10-21", "kind": "credit_note", "total": "-1000" },
        ],
        "cost_per_accepted_outcome_usd": "0.325",
        "roi": null,
    });
    assert_eq!(report, &expected);
    serde_json::from_value::<MonthlyReport>(report.clone()).unwrap();

    // Nothing of the one is in the other's, and each reads its own.
    let theirs = &of(other).unwrap().1;
    assert_eq!(theirs["used"]["cost_usd"], "0.07");
    assert_eq!(theirs["cost_per_accepted_outcome_usd"], Value::Null);
    assert_eq!(
        (&theirs["payments"], &theirs["invoices"]),
        (&json!([]), &json!([]))
    );
    // No budget was opened: what the tier would have given, and nothing spent.
    assert_eq!(
        theirs["budget"],
        json!({ "limit_usd": "10", "spent_usd": "0" })
    );
    let ingress = books.db.store(DbRole::Ingress);
    let mut tx = ingress.tenant(other).await.unwrap();
    let own = reports::get(&mut tx, "2026-10".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(&own.unwrap().content, theirs);
    let mut tx = ingress.tenant(idle).await.unwrap();
    let none = reports::get(&mut tx, "2026-10".parse().unwrap()).await;
    assert!(none.unwrap().is_none());
}

#[tokio::test]
async fn anything_that_happened_makes_a_report() {
    let books = Books::at(NOVEMBER).await;
    let mut made = vec![];
    for n in 0..4 {
        let workspace = books.workspace(Tier::Starter).await;
        let when = "2026-10-10T10:00:00Z";
        match n {
            0 => books.call(workspace, when, "0").await,
            1 => drop(books.execution(workspace, when, "cancelled").await),
            2 => drop(
                books
                    .payment(workspace, Some(when), "100", "captured")
                    .await,
            ),
            _ => {
                let payment = books.payment(workspace, None, "100", "failed").await;
                let number = ("RF/26-27/000001", 1);
                books
                    .invoice(
                        workspace,
                        (payment, None),
                        number,
                        "2026-10-10",
                        ("100", "draft"),
                    )
                    .await;
            }
        }
        made.push(workspace.0);
    }
    close_month(&books.deps).await.unwrap();
    let reports = books.reports("2026-10").await;
    let mut found: Vec<Uuid> = reports.into_iter().map(|(id, _)| id).collect();
    found.sort();
    made.sort();
    assert_eq!(found, made);
}

#[tokio::test]
async fn the_month_turns_in_india_and_has_a_day_to_settle() {
    let books = Books::at("2026-11-01T20:29:59Z").await;
    let workspace = books.workspace(Tier::Starter).await;
    for when in ["2026-09-10T10:00:00Z", "2026-10-10T10:00:00Z"] {
        books.call(workspace, when, "1").await;
    }
    assert_eq!(
        months(&close_month(&books.deps).await.unwrap()),
        ["2026-09"]
    );
    assert!(books.reports("2026-10").await.is_empty());
    assert!(close_month(&books.deps).await.unwrap().months.is_empty());
    books.now("2026-11-01T20:30:00Z");
    assert_eq!(
        months(&close_month(&books.deps).await.unwrap()),
        ["2026-10"]
    );
    assert_eq!(books.reports("2026-10").await.len(), 1);
}

#[tokio::test]
async fn missed_months_are_caught_up_and_older_ones_than_the_first_are_not() {
    let books = Books::at("2026-09-02T20:30:00Z").await;
    let workspace = books.workspace(Tier::Starter).await;
    for month in 7..=11 {
        let when = format!("2026-{month:02}-10T10:00:00Z");
        books.call(workspace, &when, &month.to_string()).await;
    }
    assert_eq!(
        months(&close_month(&books.deps).await.unwrap()),
        ["2026-08"]
    );
    books.now("2026-12-02T20:30:00Z");
    let closed = close_month(&books.deps).await.unwrap();
    assert_eq!(months(&closed), ["2026-09", "2026-10", "2026-11"]);
    for (period, cost) in [("2026-08", "8"), ("2026-09", "9"), ("2026-11", "11")] {
        let reports = books.reports(period).await;
        assert_eq!(reports[0].1["used"]["cost_usd"], cost, "{period}");
    }
    assert!(books.reports("2026-07").await.is_empty());
}

#[tokio::test]
async fn a_run_that_stops_is_taken_up_where_it_was() {
    let books = Books::at(NOVEMBER).await;
    let mut workspaces = vec![];
    for _ in 0..5 {
        let workspace = books.workspace(Tier::Starter).await;
        books.call(workspace, "2026-10-10T10:00:00Z", "1").await;
        workspaces.push(workspace);
    }
    workspaces.sort();
    let first = closed(&books, BRIEF).await;
    assert_eq!((first.months[0].looked_at, first.months[0].reports), (2, 2));
    assert_eq!(first.months[0].after, Some(workspaces[1]));
    assert_eq!(first.months[0].finished_at, None);
    // What comes meanwhile: a workspace of November, and a late cost of one that is done.
    let later = books.workspace(Tier::Starter).await;
    books.call(later, "2026-11-01T19:00:00Z", "1").await;
    books.call(workspaces[0], "2026-10-11T10:00:00Z", "5").await;
    let second = closed(&books, BRIEF).await;
    assert_eq!(second.months[0].after, Some(workspaces[3]));
    let third = closed(&books, BRIEF).await;
    assert_eq!((third.months[0].looked_at, third.months[0].reports), (6, 5));
    // The page was full, so that one more looks.
    let last = closed(&books, BRIEF).await;
    assert!(last.months[0].finished_at.is_some());
    assert_eq!(closed(&books, BRIEF).await.months, []);
    let reports = books.reports("2026-10").await;
    let ids: Vec<Uuid> = reports.iter().map(|(id, _)| *id).collect();
    let expected: Vec<Uuid> = workspaces.iter().map(|id| id.0).collect();
    assert_eq!(ids, expected);
    assert!(
        reports
            .iter()
            .all(|(_, report)| report["used"]["cost_usd"] == "1"),
        "a report stays as it was written"
    );
}

#[tokio::test]
async fn twice_at_once_is_once() {
    let books = Books::at(NOVEMBER).await;
    for n in 1..=9 {
        let workspace = books.workspace(Tier::Starter).await;
        books
            .call(workspace, "2026-10-10T10:00:00Z", &n.to_string())
            .await;
    }
    // Two processes, each with its own connections.
    let others = books.db.store(DbRole::Bill);
    let october: Period = "2026-10".parse().unwrap();
    let run = |store| close(store, &books.seams, vec![october], SMALL, |_| ());
    let (one, two) = tokio::join!(run(&books.deps.store), run(&others));
    for closed in [one.unwrap(), two.unwrap()] {
        assert_eq!(
            (closed.months[0].looked_at, closed.months[0].reports),
            (9, 9)
        );
        assert!(closed.months[0].finished_at.is_some());
    }
    let before = books.reports("2026-10").await;
    assert_eq!(before.len(), 9);
    assert_eq!(close_month(&books.deps).await.unwrap().months, []);
    assert_eq!(books.reports("2026-10").await, before);
}

/// What somebody had paid for at the month's end counts, whatever they have when it is closed.
#[tokio::test]
async fn the_tier_is_that_of_the_months_end() {
    let books = Books::at(NOVEMBER).await;
    let workspace = books.workspace(Tier::Starter).await;
    books.call(workspace, "2026-10-10T10:00:00Z", "1").await;
    for (n, tier, start, end, created) in [
        (0, "growth", "2026-10-12", "2026-11-12", "2026-10-12"),
        (1, "agency", "2026-10-12", "2026-11-12", "2026-10-20"),
        (2, "enterprise", "2026-10-12", "2026-11-12", "2026-11-01"),
    ] {
        let payment = books.payment(workspace, None, "100", "failed").await;
        sqlx::query(
            "INSERT INTO subscription_periods (workspace_id, period_start, part, period_end, tier, payment_id, created_at)
             VALUES ($1, $2::text::timestamptz, $3, $4::text::timestamptz, $5, $6, $7::text::timestamptz)",
        )
        .bind(workspace.0)
        .bind(start)
        .bind(n)
        .bind(end)
        .bind(tier)
        .bind(payment)
        .bind(created)
        .execute(&books.owner)
        .await
        .unwrap();
    }
    close_month(&books.deps).await.unwrap();
    let report = &books.reports("2026-10").await[0].1;
    assert_eq!(
        (&report["tier"], &report["budget"]["limit_usd"]),
        (&json!("agency"), &json!("50"))
    );
}
