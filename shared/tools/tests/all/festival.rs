use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::Desk;

/// Names and dates, in the order of the answer.
fn days(answer: &Value) -> Vec<(&str, &str)> {
    let festivals = answer["festivals"].as_array().unwrap();
    festivals
        .iter()
        .map(|day| {
            (
                day["festival"].as_str().unwrap(),
                day["date"].as_str().unwrap(),
            )
        })
        .collect()
}

async fn next(festival: &str, from: &str) -> Value {
    let args = json!({ "festival": festival, "from": from });
    let answer = Desk::new().ok("festival_calendar", args).await;
    answer["festivals"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn diwali_is_found_from_the_day_that_is_given() {
    for (from, date, weekday, away) in [
        ("2025-10-21", "2026-11-08", "Sunday", 383),
        ("2026-10-01", "2026-11-08", "Sunday", 38),
        ("2026-11-08", "2026-11-08", "Sunday", 0),
        ("2026-11-09", "2027-10-29", "Friday", 354),
        ("2027-01-01", "2027-10-29", "Friday", 301),
    ] {
        let diwali = next("diwali", from).await;
        assert_eq!(diwali["festival"], "Diwali", "from {from}");
        assert_eq!(diwali["date"], date, "from {from}");
        assert_eq!(diwali["weekday"], weekday, "from {from}");
        assert_eq!(diwali["days_from_start"], away, "from {from}");
    }
}

#[tokio::test]
async fn diwali_comes_with_dhanteras_before_it() {
    let args = json!({ "festival": "Deepavali", "from": "2026-10-01" });
    let answer = Desk::new().ok("festival_calendar", args).await;
    assert_eq!(
        days(&answer),
        [("Dhanteras", "2026-11-06"), ("Diwali", "2026-11-08")]
    );
}

#[tokio::test]
async fn a_day_that_is_over_is_not_offered_with_diwali() {
    let args = json!({ "festival": "diwali", "from": "2026-11-07" });
    let answer = Desk::new().ok("festival_calendar", args).await;
    assert_eq!(days(&answer), [("Diwali", "2026-11-08")]);
}

#[tokio::test]
async fn a_campaign_starts_its_lead_time_before_the_festival() {
    let diwali = next("diwali", "2026-10-01").await;
    assert_eq!(diwali["start_campaign_by"], "2026-10-11", "28 days before");
    let themes = diwali["themes"].as_array().unwrap();
    assert!(themes.contains(&json!("lights")), "{themes:?}");
}

#[tokio::test]
async fn a_tentative_date_says_so_and_why() {
    let sure = next("diwali", "2026-10-01").await;
    assert_eq!(
        (&sure["tentative"], &sure["note"]),
        (&json!(false), &Value::Null)
    );
    let regional = next("diwali", "2027-01-01").await;
    assert_eq!(regional["tentative"], true);
    assert_eq!(regional["note"], "Southern Deepavali on 28 October");
    let lunar = next("eid", "2027-01-01").await;
    assert_eq!(
        (&lunar["date"], &lunar["tentative"]),
        (&json!("2027-03-10"), &json!(true))
    );
    assert!(lunar["note"].as_str().unwrap().contains("moon"));
}

#[tokio::test]
async fn a_festival_goes_by_its_hindi_name_and_by_any_case() {
    for name in ["दिवाली", "DIWALI", " Deepavali ", "divali"] {
        assert_eq!(
            next(name, "2026-10-01").await["date"],
            "2026-11-08",
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_unknown_festival_is_refused_with_those_that_are_known() {
    let args = json!({ "festival": "Singles' Day" });
    let error = Desk::new().refused("festival_calendar", args).await;
    assert_eq!((error.code, error.retryable), ("festival.unknown", false));
    assert!(error.message.contains("Singles' Day"), "{error}");
    assert!(
        error.message.contains("diwali") && error.message.contains("onam"),
        "{error}"
    );
}

#[tokio::test]
async fn a_year_past_the_table_is_said_to_be_unknown() {
    let args = json!({ "festival": "diwali", "from": "2030-10-27" });
    let error = Desk::new().refused("festival_calendar", args).await;
    assert_eq!((error.code, error.retryable), ("date.unknown", false));
    assert!(error.message.contains("2030"), "{error}");
}

#[tokio::test]
async fn without_a_name_all_of_the_window_come_in_order() {
    let desk = Desk::new();
    let month = json!({ "from": "2026-11-06", "months_ahead": 1 });
    let answer = desk.ok("festival_calendar", month).await;
    assert_eq!(
        days(&answer),
        [("Dhanteras", "2026-11-06"), ("Diwali", "2026-11-08")]
    );
    let quarter = desk
        .ok("festival_calendar", json!({ "from": "2026-11-06" }))
        .await;
    let names: Vec<&str> = days(&quarter).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "Dhanteras",
            "Diwali",
            "Christmas",
            "Makar Sankranti / Pongal",
            "Republic Day"
        ],
        "three months unless told"
    );
}

#[tokio::test]
async fn today_is_the_day_in_india() {
    let desk = Desk::new();
    for (now, today) in [
        ("2026-11-08T18:29:59Z", "2026-11-08"),
        ("2026-11-08T18:30:00Z", "2026-11-09"),
    ] {
        desk.clock.set(now.parse::<DateTime<Utc>>().unwrap());
        let answer = desk.ok("festival_calendar", json!({})).await;
        assert_eq!(answer["from"], today, "at {now}");
    }
}

#[tokio::test]
async fn a_day_that_does_not_exist_is_refused() {
    for from in [
        "2026-02-30",
        "08/11/2026",
        "tomorrow",
        "2026-11-08T00:00:00Z",
        "",
    ] {
        let error = Desk::new()
            .refused("festival_calendar", json!({ "from": from }))
            .await;
        assert_eq!(error.code, "date.invalid", "{from}");
        assert!(error.message.contains("YYYY-MM-DD"), "{error}");
    }
}

#[tokio::test]
async fn days_at_the_end_of_the_calendar_are_answered_with_nothing() {
    for from in ["9999-12-31", "+262142-12-31", "-262143-01-01"] {
        let answer = Desk::new()
            .ok("festival_calendar", json!({ "from": from }))
            .await;
        assert_eq!(answer["festivals"], json!([]), "{from}");
    }
}

#[tokio::test]
async fn a_window_of_no_month_or_of_more_than_a_year_is_refused() {
    for months in [json!(0), json!(13), json!(-1), json!(1.5), json!("3")] {
        let args = json!({ "months_ahead": months });
        let error = Desk::new().refused("festival_calendar", args).await;
        assert_eq!(error.code, "args.invalid", "{months}");
        assert!(error.message.contains("/months_ahead"), "{error}");
    }
}
