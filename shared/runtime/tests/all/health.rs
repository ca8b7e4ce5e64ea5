use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use futures::future::join_all;
use runtime::{Health, layers, system_seams};
use serde_json::json;

use crate::support::get;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(30);

#[tokio::test]
async fn ready_names_what_is_down_and_comes_back() {
    let up = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&up);
    let router = Health::new("test")
        .check("database", move || {
            let up = seen.load(Ordering::SeqCst);
            async move {
                if up {
                    Ok(())
                } else {
                    Err("password rejected for bill".to_owned())
                }
            }
        })
        .check("bus", || async { Ok(()) })
        .check("model", std::future::pending::<Result<(), String>>)
        .timing(SHORT, Duration::ZERO)
        .router();
    let answer = get(&router, "/ready").await;
    assert_eq!(answer.status.as_u16(), 503);
    let expected = json!([
        { "name": "database", "status": "down" },
        { "name": "bus", "status": "up" },
        { "name": "model", "status": "down" },
    ]);
    assert_eq!(answer.json()["checks"], expected);
    assert!(!answer.text.contains("password"));
    assert_eq!(get(&router, "/health").await.json()["status"], "ok");

    up.store(true, Ordering::SeqCst);
    assert_eq!(
        get(&router, "/ready").await.json()["checks"][0]["status"],
        "up"
    );
}

#[tokio::test]
async fn a_burst_of_probes_asks_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let router = Health::new("test")
        .check("one", move || {
            counter.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::task::yield_now().await;
                Ok(())
            }
        })
        .timing(LONG, LONG)
        .router();
    let answers = join_all((0..50).map(|_| get(&router, "/ready"))).await;
    assert!(answers.iter().all(|answer| answer.status.as_u16() == 200));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn checks_run_together() {
    // Each waits for the other: in turn, neither would end.
    let meeting = Arc::new(tokio::sync::Barrier::new(2));
    let probe = move || {
        let meeting = Arc::clone(&meeting);
        async move {
            meeting.wait().await;
            Ok(())
        }
    };
    let router = Health::new("test")
        .check("one", probe.clone())
        .check("two", probe)
        .router();
    assert_eq!(get(&router, "/ready").await.status.as_u16(), 200);
}

#[tokio::test]
async fn requests_are_measured_by_template_and_not_by_path() {
    let router = Router::new()
        .route("/things/{id}", on_get(|| async { "ok" }))
        .merge(Health::new("measured").router());
    let app = layers(router, "measured", &system_seams());
    get(&app, "/things/17").await;
    get(&app, "/secret-path").await;
    runtime::measures::cost(
        domain::Tier::Growth,
        "campaign.diwali",
        domain::Usd("0.0000015".parse().unwrap()),
    );
    let text = get(&app, "/metrics").await.text;
    for expected in [
        r#"http_requests_total{function="measured",method="GET",path="/things/{id}",status="200"} 1"#,
        r#"http_requests_total{function="measured",method="GET",path="unmatched",status="404"} 1"#,
        r#"http_request_seconds_bucket{function="measured",method="GET",path="/things/{id}",le="#,
        r#"cost_total{tier="growth",skill_id="campaign.diwali"} 2"#,
    ] {
        assert!(
            text.contains(expected),
            "{expected} is missing from\n{text}"
        );
    }
    assert!(!text.contains("things/17") && !text.contains("secret-path"));
}
