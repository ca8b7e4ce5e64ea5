//! Receiving over HTTP, as Pub/Sub posts.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bus::{Consumer, Verify, push_router, schedule, schedule_router};
use events::TestEventV1;
use tower::ServiceExt;

use crate::harness::Log;

async fn post(router: &axum::Router, path: &str, body: &str) -> StatusCode {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()));
    router
        .clone()
        .oneshot(request.unwrap())
        .await
        .unwrap()
        .status()
}

fn router(log: &Arc<Log>) -> axum::Router {
    let consumers = Consumer::on("route", &["test-event-v1"], |_: TestEventV1, _| async {
        Ok(())
    });
    push_router(consumers, log.clone(), Verify::Off)
}

#[tokio::test]
async fn what_is_no_push_is_recorded_once_and_taken() {
    let log = Arc::new(Log::default());
    let router = router(&log);
    for body in [
        "",
        "not json",
        "[]",
        "{\"message\": 7}",
        "{\"message\": {\"data\": \"%%%\"}}",
        "{\"message\": {\"data\": \"e30=\"}}",
    ] {
        assert_eq!(
            post(&router, "/push/test-event-v1.route", body).await,
            StatusCode::NO_CONTENT,
            "{body}"
        );
    }
    let rejections = log.rejections.lock().unwrap();
    assert_eq!(rejections.len(), 6);
    assert!(rejections.iter().all(|one| one.code == "message.malformed"));
    // The same bytes have the same name, so that the record keeps one.
    let names: std::collections::BTreeSet<_> =
        rejections.iter().map(|one| &one.message_id).collect();
    assert_eq!(names.len(), 6);
}

#[tokio::test]
async fn a_subscription_that_is_not_here_is_not_found() {
    let log = Arc::new(Log::default());
    assert_eq!(
        post(&router(&log), "/push/step-finished-v1.bill", "{}").await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        post(&router(&log), "/dead-letters/step-finished-v1.bill", "{}").await,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_dead_letter_is_filed_with_what_is_known_of_it() {
    let log = Arc::new(Log::default());
    let body = r#"{"message": {"data": "eyJub3RlIjoieCJ9", "messageId": "m1", "attributes": {"ce-id": "id-1", "CloudPubSubDeadLetterSourceDeliveryCount": "10"}}}"#;
    assert_eq!(
        post(&router(&log), "/dead-letters/test-event-v1.route", body).await,
        StatusCode::NO_CONTENT
    );
    let letters = log.letters.lock().unwrap();
    assert_eq!(
        (letters[0].message_id.as_str(), letters[0].attempts),
        ("id-1", 10)
    );
    assert_eq!(letters[0].data, b"{\"note\":\"x\"}");
}

#[tokio::test]
async fn a_schedule_that_fails_says_so_and_an_unknown_one_is_not_found() {
    let good = schedule(|| async { Ok(serde_json::json!({ "done": 1 })) });
    let bad = schedule(|| async { Err("no database".to_owned()) });
    let router = schedule_router(vec![("good", good), ("bad", bad)], Verify::Off);
    assert_eq!(post(&router, "/schedules/good", "").await, StatusCode::OK);
    assert!(post(&router, "/schedules/bad", "").await.is_server_error());
    assert_eq!(
        post(&router, "/schedules/none", "").await,
        StatusCode::NOT_FOUND
    );
}
