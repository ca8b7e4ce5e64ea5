//! Receiving over HTTP, as Pub/Sub posts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bus::{Failure, Verify, push_router, schedule, schedule_router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::{Handler, Seen, accept, failing, message, retry};
use crate::log::Log;

const PUSH: &str = "/push/test-event-v1.route";
const LETTERS: &str = "/dead-letters/test-event-v1.route";

async fn post(router: &Router, path: &str, body: &str) -> StatusCode {
    send(router, Method::POST, path, body).await
}

async fn send(router: &Router, method: Method, path: &str, body: &str) -> StatusCode {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()));
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    response.status()
}

struct Function {
    router: Router,
    log: Arc<Log>,
    seen: Seen,
}

fn function(handler: Handler) -> Function {
    let (log, seen) = (Arc::new(Log::default()), Seen::default());
    let consumers = seen.functions(handler).remove(0).1;
    Function {
        router: push_router(consumers, log.clone(), Verify::Off),
        log,
        seen,
    }
}

/// A push as Pub/Sub documents it.
fn push() -> Value {
    let sent = message("x");
    json!({
        "subscription": "projects/raptorflow/subscriptions/test-event-v1.route",
        "deliveryAttempt": 4,
        "message": {
            "data": STANDARD.encode(&sent.data),
            "attributes": sent.attributes(),
            "messageId": "136969346945", "message_id": "136969346945",
            "publishTime": "2026-03-01T10:00:00.123Z", "publish_time": "2026-03-01T10:00:00.123Z",
            "orderingKey": "k",
        },
    })
}

#[tokio::test]
async fn a_push_as_pubsub_words_it_reaches_the_handler() {
    let function = function(accept());
    let mut body = push();
    assert_eq!(
        post(&function.router, PUSH, &body.to_string()).await,
        StatusCode::NO_CONTENT
    );
    // The emulator leaves it out, and so does a subscription without dead letters.
    body.as_object_mut().unwrap().remove("deliveryAttempt");
    assert_eq!(
        post(&function.router, PUSH, &body.to_string()).await,
        StatusCode::NO_CONTENT
    );
    let attempts: Vec<_> = function.seen.metas().iter().map(|m| m.attempt).collect();
    assert_eq!(attempts, [Some(4), None]);
    assert!(function.log.rejections().is_empty());
}

#[tokio::test]
async fn what_is_to_come_again_is_answered_with_503() {
    let again = function(failing(1, retry));
    let body = push().to_string();
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    assert_eq!(post(&again.router, PUSH, &body).await, unavailable);
    assert_eq!(
        post(&again.router, PUSH, &body).await,
        StatusCode::NO_CONTENT
    );

    let panics = function(failing(1, || panic!("a test's own panic")));
    assert_eq!(post(&panics.router, PUSH, &body).await, unavailable);
    assert_eq!(
        post(&panics.router, PUSH, &body).await,
        StatusCode::NO_CONTENT
    );
    assert!(again.log.rejections().is_empty() && panics.log.rejections().is_empty());
}

#[tokio::test]
async fn what_could_not_be_recorded_comes_again() {
    let reject = || {
        Err(Failure::Reject {
            code: "test.refused".into(),
            reason: "never".into(),
        })
    };
    let function = function(failing(usize::MAX, reject));
    let body = push().to_string();
    for (path, body, failing) in [
        (PUSH, body.as_str(), &function.log.failing_rejections),
        (PUSH, "not json", &function.log.failing_rejections),
        (LETTERS, body.as_str(), &function.log.failing_letters),
    ] {
        failing.store(1, Ordering::SeqCst);
        assert_eq!(
            post(&function.router, path, body).await,
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(
            post(&function.router, path, body).await,
            StatusCode::NO_CONTENT
        );
    }
    assert_eq!(function.log.rejections().len(), 2);
    assert_eq!(function.log.letters().len(), 1);
}

#[tokio::test]
async fn what_is_no_push_is_recorded_under_one_name_and_taken() {
    let function = function(accept());
    let bodies = [
        "",
        "not json",
        "[]",
        "{}",
        "{\"message\": 7}",
        "{\"message\": {\"data\": \"%%%\"}}",
        "{\"message\": {\"data\": \"e30=\"}}",
    ];
    for body in bodies.iter().chain(&bodies) {
        assert_eq!(
            post(&function.router, PUSH, body).await,
            StatusCode::NO_CONTENT,
            "{body}"
        );
    }
    let rejections = function.log.rejections();
    assert_eq!(rejections.len(), 2 * bodies.len());
    for (rejection, body) in rejections.iter().zip(bodies.iter().chain(&bodies)) {
        assert_eq!(rejection.code, "message.malformed", "{body}");
        assert_eq!(rejection.subscription, "test-event-v1.route");
        assert_eq!(rejection.data, body.as_bytes());
        assert!(!rejection.reason.is_empty());
    }
    // The same bytes have the same name, so that the record keeps one.
    let names: BTreeSet<_> = rejections.iter().map(|one| &one.message_id).collect();
    assert_eq!(names.len(), bodies.len());
    assert_eq!(function.seen.count(), 0);
}

#[tokio::test]
async fn an_attribute_that_is_missing_or_malformed_is_named() {
    let function = function(accept());
    let malformed = [
        ("ce-id", "seven"),
        ("ce-type", "test.event"),
        ("ce-type", "test.event.vx"),
        ("ce-time", "yesterday"),
        ("workspace_id", "7"),
        ("correlation_id", ""),
    ];
    let missing = [
        "ce-id",
        "ce-type",
        "ce-source",
        "ce-time",
        "workspace_id",
        "correlation_id",
    ];
    let changes = malformed
        .iter()
        .map(|(name, value)| (*name, Some(*value)))
        .chain(missing.iter().map(|name| (*name, None)));
    for (name, value) in changes {
        let mut body = push();
        let attributes = body["message"]["attributes"].as_object_mut().unwrap();
        attributes.remove(name);
        if let Some(value) = value {
            attributes.insert(name.to_owned(), json!(value));
        }
        assert_eq!(
            post(&function.router, PUSH, &body.to_string()).await,
            StatusCode::NO_CONTENT
        );
        let rejections = function.log.rejections();
        let last = rejections.last().unwrap();
        assert_eq!(last.code, "message.malformed", "{name} {value:?}");
        assert!(last.reason.contains(name), "{name}: {}", last.reason);
        assert_eq!(last.message_id, "136969346945");
        assert!(last.attributes.contains_key("content-type"));
    }
    assert_eq!(function.log.rejections().len(), 12);
    assert_eq!(function.seen.count(), 0);
}

#[tokio::test]
async fn a_subscription_that_is_not_here_is_not_found() {
    let function = function(accept());
    let body = push().to_string();
    for path in [
        "/push/step-finished-v1.bill",
        "/push/test-event-v1",
        "/push/",
        "/dead-letters/step-finished-v1.bill",
        "/dead-letters/test-event-v1.route.dlq",
    ] {
        assert_eq!(
            post(&function.router, path, &body).await,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let method = send(&function.router, Method::GET, PUSH, "").await;
    assert_eq!(method, StatusCode::METHOD_NOT_ALLOWED);
    assert!(function.log.rejections().is_empty() && function.log.letters().is_empty());
    assert_eq!(function.seen.count(), 0);
}

#[tokio::test]
async fn a_push_larger_than_any_message_is_refused() {
    let function = function(accept());
    let body = "x".repeat(17 * 1024 * 1024);
    assert_eq!(
        post(&function.router, PUSH, &body).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert!(function.log.rejections().is_empty());
}

#[tokio::test]
async fn a_dead_letter_is_filed_with_what_is_known_of_it() {
    let function = function(accept());
    let body = r#"{"message": {"data": "eyJub3RlIjoieCJ9", "messageId": "m1", "attributes": {"ce-id": "id-1", "CloudPubSubDeadLetterSourceDeliveryCount": "10"}}}"#;
    let foreign = r#"{"message": {"data": "aGVsbG8=", "messageId": "m2"}}"#;
    for body in [body, foreign, "not json"] {
        assert_eq!(
            post(&function.router, LETTERS, body).await,
            StatusCode::NO_CONTENT
        );
    }
    let letters = function.log.letters();
    assert!(
        letters
            .iter()
            .all(|one| one.subscription == "test-event-v1.route")
    );
    let known: Vec<_> = letters
        .iter()
        .map(|one| (one.message_id.as_str(), one.attempts, one.data.as_slice()))
        .collect();
    assert_eq!(known[0], ("id-1", 10, b"{\"note\":\"x\"}".as_slice()));
    assert_eq!(known[1], ("m2", 0, b"hello".as_slice()));
    assert_eq!((known[2].1, known[2].2), (0, b"not json".as_slice()));
    assert!(known[2].0.starts_with("body-"), "{}", known[2].0);
    // It is filed, not handled.
    assert_eq!(function.seen.count(), 0);
}

#[tokio::test]
async fn a_schedule_that_fails_says_so_and_an_unknown_one_is_not_found() {
    let good = schedule(|| async { Ok(json!({ "done": 1 })) });
    let bad = schedule(|| async { Err("no database".to_owned()) });
    let router = schedule_router(vec![("good", good), ("bad", bad)], Verify::Off);
    assert_eq!(post(&router, "/schedules/good", "").await, StatusCode::OK);
    assert_eq!(
        post(&router, "/schedules/bad", "").await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(
        post(&router, "/schedules/none", "").await,
        StatusCode::NOT_FOUND
    );
}
