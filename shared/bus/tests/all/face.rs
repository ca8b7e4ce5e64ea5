//! The embedded broker for processes beside it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use bus::{Embedded, HttpPublisher, Options, http_face};
use events::{Custody, PublishError, Publisher};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::harness::{Bus, Way, accept, message, serve, until};
use crate::log::Log;

#[tokio::test]
async fn each_message_has_its_own_result_in_order() {
    let bus = Bus::start(Way::OverHttp, accept()).await;
    let (mut nowhere, mut unheard) = (message("lost"), message("kept"));
    nowhere.topic = "no-such-topic-v1".into();
    // bill hears of it, and is not attached here.
    unheard.topic = "usage-recorded-v1".into();
    let sent = vec![message("a"), nowhere, unheard, message("b")];
    let results = bus.publish_all(sent).await;
    assert_eq!(results.len(), 4);
    assert_eq!(*results[0].as_ref().unwrap(), Custody::Held);
    let error = results[1].as_ref().unwrap_err();
    assert_eq!(error.topic, "no-such-topic-v1");
    assert!(error.reason.contains("no such topic"), "{error}");
    let error = results[2].as_ref().unwrap_err();
    assert_eq!(error.topic, "usage-recorded-v1");
    assert!(error.reason.contains("not every subscriber"), "{error}");
    assert_eq!(*results[3].as_ref().unwrap(), Custody::Held);
    until("both good ones arrive", || bus.seen.count() == 2).await;
}

#[tokio::test]
async fn what_is_no_publish_request_is_refused() {
    let broker = Embedded::builder(Arc::new(Log::default()), Options::default()).start();
    let router = http_face(broker);
    let mut attributes = json!(message("x").attributes());
    let whole = json!([{ "topic": "test-event-v1", "attributes": attributes, "data": "e30=" }]);
    attributes.as_object_mut().unwrap().remove("ce-id");
    let nameless = json!([{ "topic": "test-event-v1", "attributes": attributes, "data": "e30=" }]);
    let mut not_base64 = whole.clone();
    not_base64[0]["data"] = json!("%%%");
    for (body, status) in [
        ("not json".to_owned(), StatusCode::BAD_REQUEST),
        (
            json!([{ "topic": 7 }]).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (not_base64.to_string(), StatusCode::BAD_REQUEST),
        (nameless.to_string(), StatusCode::BAD_REQUEST),
        (whole.to_string(), StatusCode::OK),
    ] {
        let request = Request::post("/v1/publish")
            .header("content-type", "application/json")
            .body(Body::from(body.clone()));
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{body}");
    }
}

/// Publishes two messages to a broker that answers `answer`.
async fn answered(answer: (StatusCode, Value)) -> Vec<Result<Custody, PublishError>> {
    let stop = CancellationToken::new();
    let (status, body) = answer;
    let broker = axum::Router::new().route(
        "/v1/publish",
        post(move || async move { (status, Json(body)) }),
    );
    let base = serve(broker, &stop).await;
    let results = HttpPublisher::new(&format!("{base}/"))
        .publish(vec![message("x"), message("y")])
        .await;
    stop.cancel();
    results
}

#[tokio::test]
async fn a_publish_counts_only_when_the_broker_said_so_of_each_message() {
    let good = answered((StatusCode::OK, json!([null, "full"]))).await;
    assert_eq!(*good[0].as_ref().unwrap(), Custody::Held);
    assert_eq!(good[1].as_ref().unwrap_err().reason, "full");
    for answer in [
        (StatusCode::OK, json!([null])),
        (StatusCode::OK, json!([null, null, null])),
        (StatusCode::OK, json!({ "ok": true })),
        (StatusCode::SERVICE_UNAVAILABLE, json!([null, null])),
    ] {
        let results = answered(answer.clone()).await;
        assert_eq!(results.len(), 2, "{answer:?}");
        for result in results {
            assert_eq!(result.unwrap_err().topic, "test-event-v1", "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_given_up_within_seconds() {
    let stop = CancellationToken::new();
    let hangs = axum::Router::new().route(
        "/v1/publish",
        post(|| async { std::future::pending::<()>().await }),
    );
    let publisher = HttpPublisher::new(&serve(hangs, &stop).await);
    let publish = publisher.publish(vec![message("x")]);
    let results = tokio::time::timeout(Duration::from_secs(8), publish)
        .await
        .expect("it gives up");
    assert_eq!(results[0].as_ref().unwrap_err().topic, "test-event-v1");
}
