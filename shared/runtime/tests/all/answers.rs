use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get as on_get, post as on_post};
use http::{Request, StatusCode};
use runtime::{Json, Layers, Path, Problem, Query, context, layers, system_seams};
use serde::Deserialize;
use serde_json::json;
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::support::{get, post, send};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    name: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    count: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<u8>,
}

fn app() -> Router {
    let router = Router::new()
        .route("/orders", on_post(|Json(order): Json<Order>| async move {
            Json(json!({ "name": order.name, "total": order.lines.iter().map(|line| line.count).sum::<u8>() }))
        }))
        .route("/orders/{id}", on_get(|Path(id): Path<Uuid>, Query(page): Query<Page>| async move {
            Json(json!({ "id": id, "limit": page.limit }))
        }))
        .route("/who", on_get(|| async {
            let context = context::current().unwrap();
            Json(json!({ "correlation": context.correlation_id, "traceparent": context.traceparent }))
        }))
        .route("/panic", on_get(|| async {
            if true {
                panic!("the secret is tamarind");
            }
        }))
        .route("/internal", on_get(|| async {
            let error = anyhow::anyhow!("password is hunter2").context("connecting");
            Err::<(), _>(Problem::from(error))
        }))
        .route("/mine", on_get(|| async {
            Err::<(), _>(Problem::from(anyhow::Error::new(Problem::budget_exceeded("Raise the budget."))))
        }))
        .route("/limited", on_get(|| async { Problem::too_many_requests(7) }))
        .route("/login", on_get(|| async { Problem::unauthenticated("Sign in.").code("auth.expired") }));
    layers(router, "test", &system_seams())
}

#[tokio::test]
async fn a_good_request_is_answered_and_known_by_its_id() {
    let answer = post(
        &app(),
        "/orders",
        r#"{"name":"a","lines":[{"count":2},{"count":3}]}"#,
    )
    .await;
    assert_eq!(
        (answer.status, answer.json()["total"].as_u64()),
        (StatusCode::OK, Some(5))
    );
    assert_eq!(answer.header("x-correlation-id").unwrap().len(), 32);
}

#[tokio::test]
async fn a_refused_body_names_the_field() {
    for (body, path, code) in [
        (
            json!({ "name": "a", "lines": [{ "count": 1 }, { "count": "x" }] }),
            "lines[1].count",
            "type",
        ),
        (
            json!({ "name": "a", "lines": [{ "count": 300 }] }),
            "lines[0].count",
            "invalid",
        ),
        (
            json!({ "name": "a", "lines": [{ "count": 1, "colour": "red" }] }),
            "lines[0].colour",
            "unknown",
        ),
        (
            json!({ "name": "a", "lines": [{}] }),
            "lines[0].count",
            "missing",
        ),
        (json!({ "name": "a" }), "lines", "missing"),
        (json!({ "name": "a", "lines": [], "x": 1 }), "x", "unknown"),
        (json!([1]), "", "type"),
    ] {
        let answer = post(&app(), "/orders", body.to_string()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "validation.failed")
        );
        let error = &answer.json()["errors"][0];
        if body.is_object() {
            assert_eq!(
                (error["path"].as_str(), error["code"].as_str()),
                (Some(path), Some(code)),
                "{error}"
            );
        }
        assert!(
            !error["message"].as_str().unwrap().contains("line 1"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn each_kind_of_bad_body_has_its_own_answer() {
    let app = app();
    let malformed = post(&app, "/orders", "{\"name\":").await;
    assert_eq!(
        (malformed.status.as_u16(), malformed.code().as_str()),
        (400, "body.malformed")
    );
    let trailing = post(&app, "/orders", r#"{"name":"a","lines":[]} x"#).await;
    assert_eq!(
        (trailing.status.as_u16(), trailing.code().as_str()),
        (400, "body.malformed")
    );
    let deep = post(&app, "/orders", "[".repeat(10_000)).await;
    assert!(deep.status.is_client_error());
    let latin = post(&app, "/orders", vec![b'"', 0xe9, b'"']).await;
    assert_eq!(
        (latin.status.as_u16(), latin.code().as_str()),
        (400, "body.not_utf8")
    );
    let large = post(&app, "/orders", " ".repeat(runtime::MAX_BODY_BYTES + 1)).await;
    assert_eq!(
        (large.status.as_u16(), large.code().as_str()),
        (413, "body.too_large")
    );
    let form = Request::post("/orders")
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .unwrap();
    let form = send(&app, form).await;
    assert_eq!(
        (form.status.as_u16(), form.code().as_str()),
        (415, "body.unsupported_type")
    );
}

#[tokio::test]
async fn a_large_body_without_a_length_is_cut_off_too() {
    let chunk = bytes::Bytes::from(vec![b' '; 64 << 10]);
    let stream =
        futures::stream::iter((0..17).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let answer = post(&app(), "/orders", Body::from_stream(stream)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (413, "body.too_large")
    );
}

#[tokio::test]
async fn a_refused_address_names_the_parameter() {
    let app = app();
    let id = Uuid::nil();
    assert_eq!(
        get(&app, &format!("/orders/{id}?limit=5")).await.json()["limit"],
        5
    );
    let path = get(&app, "/orders/seven").await;
    assert_eq!(
        (path.status.as_u16(), path.code().as_str()),
        (422, "validation.failed")
    );
    for (query, field, code) in [
        ("limit=x", "limit", "invalid"),
        ("limit=5&colour=red", "colour", "unknown"),
    ] {
        let answer = get(&app, &format!("/orders/{id}?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (422, "validation.failed")
        );
        let error = &answer.json()["errors"][0];
        assert_eq!(
            (error["path"].as_str(), error["code"].as_str()),
            (Some(field), Some(code)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_axum_answers_by_itself_is_a_problem_too() {
    let app = app();
    assert_eq!(get(&app, "/nowhere").await.code(), "not_found");
    let wrong = get(&app, "/orders").await;
    assert_eq!(
        (wrong.code().as_str(), wrong.header("allow")),
        ("method.not_allowed", Some("POST"))
    );
}

#[tokio::test]
async fn a_panic_or_an_inner_error_tells_the_client_nothing() {
    for path in ["/panic", "/internal"] {
        let answer = get(&app(), path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (500, "internal")
        );
        assert!(
            !answer.text.contains("tamarind")
                && !answer.text.contains("hunter2")
                && !answer.text.contains("connecting")
        );
    }
    let mine = get(&app(), "/mine").await;
    assert_eq!(
        (mine.status.as_u16(), mine.code().as_str()),
        (402, "budget.exceeded")
    );
    assert!(mine.text.contains("Raise the budget."));
}

#[tokio::test]
async fn headers_say_when_and_how_to_come_back() {
    let limited = get(&app(), "/limited").await;
    assert_eq!(
        (limited.status.as_u16(), limited.header("retry-after")),
        (429, Some("7"))
    );
    let login = get(&app(), "/login").await;
    assert_eq!(
        (login.code().as_str(), login.header("www-authenticate")),
        ("auth.expired", Some("Bearer"))
    );
}

#[tokio::test]
async fn ids_are_taken_over_made_up_or_replaced() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let cloud = format!("{TRACE}/67667974448284343;o=1");
    let ask = async |headers: &[(&str, &str)]| {
        let mut request = Request::get("/who");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = send(&app(), request.body(Body::empty()).unwrap()).await;
        let json = answer.json();
        assert_eq!(
            json["correlation"].as_str(),
            answer.header("x-correlation-id")
        );
        (
            json["correlation"].as_str().unwrap().to_owned(),
            json["traceparent"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(
        ask(&[("x-correlation-id", "req-7"), ("traceparent", &traceparent)]).await,
        ("req-7".into(), traceparent.clone())
    );
    assert_eq!(
        ask(&[("x-cloud-trace-context", &cloud)]).await,
        (TRACE.into(), traceparent.clone())
    );
    let (id, parent) = ask(&[]).await;
    assert!(parent.starts_with(&format!("00-{id}-")), "{id} {parent}");
    let (id, _) = ask(&[("x-correlation-id", "a b"), ("traceparent", "nonsense")]).await;
    assert_eq!(id.len(), 32);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_answered_for() {
    let router = Router::new().route("/never", on_get(std::future::pending::<()>));
    let app = Layers::new("test", &system_seams())
        .timeout(Duration::from_millis(20))
        .around(router);
    let answer = get(&app, "/never").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (504, "request.timed_out")
    );
}

#[tokio::test]
async fn apps_can_be_merged_and_nested() {
    let both = Router::new().merge(app()).nest("/inner", app());
    assert_eq!(
        get(&both, "/inner/limited").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        get(&both, "/limited").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[test]
fn the_schema_describes_the_wire() {
    let schema = serde_json::to_value(Problem::schema()).unwrap();
    for field in [
        "type",
        "title",
        "status",
        "code",
        "detail",
        "correlation_id",
        "errors",
    ] {
        assert!(
            schema["properties"][field].is_object(),
            "{field} is missing from {schema}"
        );
    }
    assert_eq!(Problem::name(), "Problem");
    let mut others = Vec::new();
    Problem::schemas(&mut others);
    assert!(others.iter().any(|(name, _)| name == "FieldError"));
}
