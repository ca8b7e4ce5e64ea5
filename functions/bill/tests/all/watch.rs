//! Watching costs. A starter's first $0.50 of a day is never unusual; 3 times the mean is reviewed, 10 times
//! the median pauses (ECO-17).

use bill::sweep_anomalies;
use chrono::{Days, TimeDelta};
use domain::billing::Access;
use domain::{Tier, WorkspaceId};
use serde_json::{Value, json};
use store::billing::subscriptions;
use store::{DbRole, cost_watch, skill_costs};

use crate::rows::{Books, at, usd};

/// 15:30 in India.
const NOON: &str = "2026-11-20T10:00:00Z";

/// So much on each of the last days before today.
async fn spent(books: &Books, workspace: WorkspaceId, days: u64, cost: &str) {
    for ago in 1..=days {
        let when = at(NOON) - Days::new(ago);
        books.call(workspace, &when.to_rfc3339(), cost).await;
    }
}

#[tokio::test]
async fn a_day_unlike_the_others_is_put_up_once() {
    let books = Books::at(NOON).await;
    let (unusual, usual) = (
        books.workspace(Tier::Starter).await,
        books.workspace(Tier::Starter).await,
    );
    for workspace in [unusual, usual] {
        spent(&books, workspace, 7, "1").await;
    }
    books.call(unusual, "2026-11-20T09:00:00Z", "3.01").await;
    books.call(usual, "2026-11-20T09:00:00Z", "3").await;
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!((watched.workspaces, watched.anomalies), (2, 1));
    assert_eq!((watched.paused, watched.failed), (0, 0));
    assert!(books.reviews(usual).await.is_empty());
    let reviews = books.reviews(unusual).await;
    let [(day, kind, severity, detail)] = &reviews[..] else {
        panic!("{reviews:?}")
    };
    assert_eq!(
        (day.as_str(), kind.as_str(), severity.as_str()),
        ("2026-11-20", "anomaly", "review")
    );
    assert_eq!(
        detail,
        &json!({
            "current": "3.01", "severity": "review", "rules": ["mean", "spread"], "paused": false,
            "basis": "own", "samples": 7, "mean": "1", "median": "1", "median_deviation": "0",
            "mean_limit": "3", "spread_limit": "3", "pause_limit": "10",
        })
    );
    // The next hours find it there; the next day is another.
    books.now("2026-11-20T11:00:00Z");
    books.call(unusual, "2026-11-20T10:30:00Z", "2").await;
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().anomalies, 0);
    assert_eq!(books.reviews(unusual).await, reviews);
    books.now("2026-11-21T10:00:00Z");
    books.call(unusual, "2026-11-21T09:00:00Z", "20").await;
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().anomalies, 1);
    assert_eq!(books.reviews(unusual).await.len(), 2);
}

/// By hand: days of growth workspaces cost 6 x $1 and 6 x $10, $5.50 on average, so $16.50 is the limit.
#[tokio::test]
async fn who_has_few_days_is_judged_by_the_tier_and_never_paused() {
    let mut books = Books::at(NOON).await;
    books.deps.anomaly_pauses = true;
    let (few, dear, new) = (
        books.workspace(Tier::Growth).await,
        books.workspace(Tier::Growth).await,
        books.workspace(Tier::Growth).await,
    );
    let alone = books.workspace(Tier::Agency).await;
    spent(&books, few, 6, "1").await;
    spent(&books, dear, 6, "10").await;
    for (workspace, cost) in [(few, "4"), (dear, "16.5"), (new, "60"), (alone, "60")] {
        books.call(workspace, "2026-11-20T09:00:00Z", cost).await;
    }
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().anomalies, 1);
    for usual in [few, dear, alone] {
        assert!(books.reviews(usual).await.is_empty());
    }
    let reviews = books.reviews(new).await;
    assert_eq!(reviews[0].2, "review");
    let detail = &reviews[0].3;
    assert_eq!(
        (&detail["basis"], &detail["mean"], &detail["mean_limit"]),
        (&json!("tier"), &json!("5.5"), &json!("16.5"))
    );
    assert_eq!(books.access(new).await, "full");
}

/// Who spends once a week has samples of days with spending, not of empty ones.
#[tokio::test]
async fn idle_days_are_no_samples() {
    let books = Books::at(NOON).await;
    let weekly = books.workspace(Tier::Starter).await;
    for ago in [2, 5, 9, 13, 17, 21, 25, 29] {
        let when = at(NOON) - Days::new(ago);
        books.call(weekly, &when.to_rfc3339(), "2").await;
    }
    books.call(weekly, "2026-11-20T09:00:00Z", "6").await;
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().anomalies, 0);
    books.call(weekly, "2026-11-20T09:30:00Z", "0.01").await;
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().anomalies, 1);
    assert_eq!(books.reviews(weekly).await[0].3["samples"], 8);
}

#[tokio::test]
async fn a_pause_is_only_advised_unless_it_is_allowed() {
    for allowed in [false, true] {
        let mut books = Books::at(NOON).await;
        books.deps.anomaly_pauses = allowed;
        let workspace = books.workspace(Tier::Starter).await;
        spent(&books, workspace, 7, "1").await;
        books.call(workspace, "2026-11-20T09:00:00Z", "10.01").await;
        let watched = sweep_anomalies(&books.deps).await.unwrap();
        assert_eq!(
            (watched.anomalies, watched.paused),
            (1, usize::from(allowed))
        );
        let review = &books.reviews(workspace).await[0];
        assert_eq!(
            (review.2.as_str(), &review.3["paused"]),
            ("pause", &json!(allowed))
        );
        let access = if allowed { "paused" } else { "full" };
        assert_eq!(books.access(workspace).await, access);
    }
}

#[tokio::test]
async fn a_day_may_become_graver_and_an_operators_word_stands() {
    let mut books = Books::at(NOON).await;
    books.deps.anomaly_pauses = true;
    let workspace = books.workspace(Tier::Starter).await;
    spent(&books, workspace, 7, "1").await;
    books.call(workspace, "2026-11-20T09:00:00Z", "4").await;
    sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!(books.access(workspace).await, "full");
    books.call(workspace, "2026-11-20T09:30:00Z", "7").await;
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!((watched.anomalies, watched.paused), (1, 1));
    assert_eq!(books.access(workspace).await, "paused");
    let reviews = books.reviews(workspace).await;
    assert_eq!((reviews.len(), reviews[0].2.as_str()), (1, "pause"));
    assert_eq!(reviews[0].3["current"], "11");

    // An operator looks, and lets the workspace go on.
    let operator = books.db.store(DbRole::Operator);
    let mut tx = operator.sweep().await.unwrap();
    let open = cost_watch::reviews(&mut tx, None, false, 10).await.unwrap();
    assert_eq!(
        (open[0].workspace_id, open[0].access.as_str()),
        (workspace, "paused")
    );
    tx.rollback().await.unwrap();
    let mut tx = operator.tenant(workspace).await.unwrap();
    let now = books.seams.now();
    assert!(
        cost_watch::close(&mut tx, open[0].id, "a launch", now)
            .await
            .unwrap()
    );
    assert!(
        !cost_watch::close(&mut tx, open[0].id, "again", now)
            .await
            .unwrap()
    );
    subscriptions::set_access(&mut tx, Access::Full)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    books.now("2026-11-20T11:00:00Z");
    books.call(workspace, "2026-11-20T10:30:00Z", "50").await;
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().anomalies, 0);
    assert_eq!(books.access(workspace).await, "full");

    // Another day is another matter.
    books.now("2026-11-21T10:00:00Z");
    books.call(workspace, "2026-11-21T09:00:00Z", "100").await;
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().paused, 1);
    assert_eq!(books.access(workspace).await, "paused");
}

/// Who is read-only for want of payment is not made paused: paying would not open it again.
#[tokio::test]
async fn who_can_not_run_anyway_is_left_as_it_is() {
    let mut books = Books::at(NOON).await;
    books.deps.anomaly_pauses = true;
    let workspace = books.workspace(Tier::Starter).await;
    spent(&books, workspace, 7, "1").await;
    books.call(workspace, "2026-11-20T09:00:00Z", "20").await;
    books
        .do_sql(
            "UPDATE workspaces SET access = 'read_only' WHERE id = $1",
            workspace,
        )
        .await;
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!((watched.anomalies, watched.paused), (1, 0));
    assert_eq!(books.access(workspace).await, "read_only");
}

/// The day's last run is before its end, and there may be none at all.
#[tokio::test]
async fn yesterday_is_judged_once_as_a_whole() {
    let books = Books::at("2026-11-20T18:00:00Z").await;
    let workspace = books.workspace(Tier::Starter).await;
    spent(&books, workspace, 7, "1").await;
    books.call(workspace, "2026-11-20T09:00:00Z", "1").await;
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    let day = |text: &str| text.parse().unwrap();
    assert_eq!(watched.days, [day("2026-11-19"), day("2026-11-20")]);
    assert_eq!(watched.anomalies, 0);
    // 23:50 in India; the next run is at 00:20.
    books.call(workspace, "2026-11-20T18:20:00Z", "4").await;
    books.now("2026-11-20T18:50:00Z");
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!(watched.days, [day("2026-11-20"), day("2026-11-21")]);
    assert_eq!(watched.anomalies, 1);
    assert_eq!(books.reviews(workspace).await[0].0, "2026-11-20");
    books.now("2026-11-20T19:50:00Z");
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!(
        (watched.days, watched.anomalies),
        (vec![day("2026-11-21")], 0)
    );
}

#[tokio::test]
async fn days_without_the_watch_are_caught_up() {
    let books = Books::at("2026-11-20T18:00:00Z").await;
    let workspace = books.workspace(Tier::Starter).await;
    spent(&books, workspace, 7, "1").await;
    sweep_anomalies(&books.deps).await.unwrap();
    // It is away for two days, and a week and more later again.
    books.call(workspace, "2026-11-21T09:00:00Z", "4").await;
    books.now("2026-11-23T06:00:00Z");
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    let days: Vec<String> = watched.days.iter().map(ToString::to_string).collect();
    assert_eq!(
        days,
        ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
    );
    assert_eq!(watched.anomalies, 1);
    assert_eq!(books.reviews(workspace).await[0].0, "2026-11-21");
    books.now("2026-12-10T06:00:00Z");
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!((watched.days.len(), watched.anomalies), (8, 0));
}

#[tokio::test]
async fn use_that_is_off_purpose_is_put_up_once_for_the_same_hours() {
    let books = Books::at("2026-11-20T17:30:00Z").await;
    let mut ids = vec![];
    for _ in 0..5 {
        ids.push(books.workspace(Tier::Starter).await);
    }
    let [refused, tried, guarded, resold, busy] = ids[..] else {
        unreachable!()
    };
    let when = "2026-11-20T17:00:00Z";
    let out = Some("request.out_of_scope");
    // Half of at least 20; a user who tries what is possible makes fewer.
    books.asked(refused, when, 20, out).await;
    books.asked(refused, when, 20, None).await;
    books.asked(tried, when, 19, out).await;
    // A tenth, and at least 10.
    books.asked(guarded, when, 90, None).await;
    books.asked(guarded, when, 10, Some("model.policy")).await;
    // One skill all day is work, and so is repetition; both are not.
    books.repeated(resold, when, 200).await;
    for hour in 0..20 {
        let when = at("2026-11-19T20:00:00Z") + TimeDelta::hours(hour);
        books.repeated(busy, &when.to_rfc3339(), 11).await;
    }
    let watched = sweep_anomalies(&books.deps).await.unwrap();
    assert_eq!((watched.abuse, watched.anomalies), (3, 0));
    for innocent in [tried, busy] {
        assert!(books.reviews(innocent).await.is_empty());
    }
    let reasons = |review: &Value| review["verdict"]["reasons"].clone();
    let found = books.reviews(refused).await;
    assert_eq!(
        (found[0].1.as_str(), found[0].2.as_str()),
        ("abuse", "review")
    );
    assert_eq!(
        reasons(&found[0].3),
        json!([{ "reason": "out_of_scope", "refused": 20, "requests": 40 }])
    );
    assert_eq!(
        reasons(&books.reviews(guarded).await[0].3),
        json!([{ "reason": "guard_hits", "hits": 10, "requests": 100 }])
    );
    assert_eq!(
        reasons(&books.reviews(resold).await[0].3),
        json!([
            { "reason": "near_duplicates", "an_hour": 199 },
            { "reason": "one_skill", "skill_id": "content.copy", "runs": 200, "all_runs": 200 },
        ])
    );
    // After midnight the same hours are still in the window.
    books.now("2026-11-20T19:30:00Z");
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().abuse, 0);
}

/// By hand, of $0.01, $0.02, $0.03 (late cents included) and $0.10: the mean is $0.04; by nearest rank the
/// second is the median, the fourth the 90th percentile.
#[tokio::test]
async fn what_skills_cost_lately() {
    let books = Books::at(NOON).await;
    // Executions carry the real time.
    books.clock.set(runtime::system_seams().now());
    let (one, two) = (
        books.workspace(Tier::Starter).await,
        books.workspace(Tier::Growth).await,
    );
    books
        .step(one, "copy", "completed", 2, &["0.004", "0.006"])
        .await;
    books.step(two, "copy", "failed", 3, &["0.1"]).await;
    books
        .step(one, "copy", "completed", 1, &["0.02", "0.01"])
        .await;
    books.step(two, "copy", "completed", 1, &["0.02"]).await;
    books.step(two, "copy", "cancelled", 1, &["5"]).await;
    books.step(two, "copy", "failed", 0, &[]).await;
    books.step(two, "copy", "running", 1, &["5"]).await;
    books.step(two, "seo", "completed", 1, &[]).await;
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().skills, 2);
    let costs = async |skill: &str| {
        let mut tx = books.db.store(DbRole::Operator).plain().await.unwrap();
        skill_costs::of(&mut tx, &[skill.to_owned()]).await.unwrap()
    };
    let copy = &costs("copy").await[0];
    assert_eq!((copy.steps, copy.failures, copy.attempts), (4, 1, 7));
    assert_eq!(
        (copy.mean_usd, copy.p50_usd, copy.p90_usd),
        (usd("0.04"), usd("0.02"), usd("0.1"))
    );
    let recent = ["0.02", "0.03", "0.1", "0.01"].map(usd);
    assert_eq!(copy.recent_usd, recent);
    let seo = &costs("seo").await[0];
    assert_eq!((seo.steps, seo.p90_usd), (1, usd("0")));

    // At most the latest 200 costs are kept, all count.
    for _ in 0..200 {
        books.step(one, "seo", "completed", 1, &["0.5"]).await;
    }
    sweep_anomalies(&books.deps).await.unwrap();
    let seo = &costs("seo").await[0];
    assert_eq!((seo.steps, seo.recent_usd.len()), (201, 200));
    assert_eq!(seo.recent_usd[199], usd("0.5"));
    // By hand: 200 x 0.5 / 201 = 0.497512.
    assert_eq!(seo.mean_usd, usd("0.497512"));

    // After 90 days they say nothing any more.
    books.clock.advance(TimeDelta::days(91));
    assert_eq!(sweep_anomalies(&books.deps).await.unwrap().skills, 0);
    assert!(costs("copy").await.is_empty());
}
