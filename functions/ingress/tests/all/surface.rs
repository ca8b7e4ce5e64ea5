//! What is the same for every endpoint: description, documentation, health, headers.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::Value;

use crate::World;

#[tokio::test]
async fn the_description_names_every_endpoint_and_its_errors() {
    let world = World::new().await;
    let doc = world.get("/openapi.json", "").await.expect(200).body;
    let paths = doc["paths"].as_object().unwrap();
    let mut operations = 0;
    for (path, methods) in paths {
        assert!(path.starts_with("/v1/"), "{path}");
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            assert!(
                operation["summary"].is_string(),
                "{method} {path} has no summary"
            );
            assert!(
                operation["tags"][0].is_string(),
                "{method} {path} has no tag"
            );
        }
    }
    // Five more stand outside the description: health, ready, metrics, docs, openapi.json.
    assert_eq!(operations, 44, "{paths:?}");
    assert!(doc["components"]["securitySchemes"]["bearer"].is_object());
    assert!(doc["components"]["schemas"]["Problem"].is_object());
}

/// With an id for each parameter.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        true => "01900000-0000-7000-8000-000000000000",
        false => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_described_endpoint_refuses_strangers() {
    let world = World::new().await;
    let doc = world.get("/openapi.json", "").await.expect(200).body;
    for (path, methods) in doc["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let public = operation["security"] == serde_json::json!([{}]);
            assert_eq!(
                public,
                path.starts_with("/v1/auth/") && path != "/v1/auth/me",
                "{path}"
            );
            if public {
                continue;
            }
            let path = path.replace("{period}", "2026-11");
            let path = filled(&path);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = world.call(method.clone(), &path, "", Value::Null).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn the_documentation_page_needs_nothing_from_elsewhere() {
    let world = World::new().await;
    let request = Request::get("/docs").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(world.app.clone(), request)
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let page = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert!(
        page.contains("openapi.json") && !page.contains("https://"),
        "{page}"
    );
}

#[tokio::test]
async fn health_readiness_and_measures_are_there() {
    let world = World::new().await;
    for path in ["/health", "/ready", "/metrics"] {
        world.get(path, "").await.expect(200);
    }
}

#[tokio::test]
async fn a_correlation_id_is_taken_up_or_made_and_a_bad_one_replaced() {
    let world = World::new().await;
    let ask = |id: &'static str| {
        let world = &world;
        async move {
            let headers = [("x-correlation-id", id)];
            world
                .call_with(Method::GET, "/v1/budget", "", Value::Null, &headers)
                .await
        }
    };
    let given = ask("order-7").await;
    assert_eq!(given.headers["x-correlation-id"], "order-7");
    assert_eq!(given.body["correlation_id"], "order-7");
    let bad = ask("a b").await;
    assert_ne!(bad.headers["x-correlation-id"], "a b");
}

#[tokio::test]
async fn only_known_frontends_may_call_from_a_browser() {
    let world = World::with(&["--cors-allowed-origins", "https://app.raptorflow.com"]).await;
    let ask = |origin: &'static str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "authorization,idempotency-key,x-workspace-id",
            ),
        ];
        let world = &world;
        async move {
            world
                .call_with(
                    Method::OPTIONS,
                    "/v1/agents/execute",
                    "",
                    Value::Null,
                    &headers,
                )
                .await
        }
    };
    let known = ask("https://app.raptorflow.com").await.expect(200);
    assert_eq!(
        known.headers["access-control-allow-origin"],
        "https://app.raptorflow.com"
    );
    let other = ask("https://evil.example").await;
    assert!(!other.headers.contains_key("access-control-allow-origin"));
}
