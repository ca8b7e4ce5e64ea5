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

/// OpenAPI 3.1, Operation Object: the id "MUST be unique among all operations described in the API".
#[tokio::test]
async fn every_operation_has_an_id_of_its_own() {
    let world = World::new().await;
    let doc = world.get("/openapi.json", "").await.expect(200).body;
    let mut known = std::collections::BTreeMap::new();
    for (path, methods) in doc["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let name = id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(name && !id.starts_with('_'), "{id}");
            let other = known.insert(id, format!("{method} {path}"));
            assert_eq!(other, None, "{method} {path}");
        }
    }
    for (id, operation) in [
        ("payments_list", "get /v1/payments"),
        ("payments_get", "get /v1/payments/{payment_id}"),
        ("subscription_change", "post /v1/subscription/change"),
        ("tax_profile_put", "put /v1/tax-profile"),
    ] {
        assert_eq!(known.get(id).map(String::as_str), Some(operation), "{id}");
    }
}

/// A change of plans answers 200 with what changed, or with the payment that is under way.
#[tokio::test]
async fn both_bodies_of_a_change_are_described() {
    let world = World::new().await;
    let doc = world.get("/openapi.json", "").await.expect(200).body;
    let answers = &doc["paths"]["/v1/subscription/change"]["post"]["responses"];
    let body = &answers["200"]["content"]["application/json"]["schema"];
    let name = body["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
    let schemas = &doc["components"]["schemas"];
    let one_of = schemas[name]["oneOf"].as_array().unwrap();
    let named: Vec<&str> = one_of
        .iter()
        .filter_map(|schema| schema["$ref"].as_str())
        .collect();
    let expected = ["Changed", "Checkout"].map(|name| format!("#/components/schemas/{name}"));
    assert_eq!(named, expected);
    // Nothing can be both.
    assert!(schemas["Changed"]["properties"]["payment"].is_null());
    assert!(schemas["Checkout"]["properties"]["payment"].is_object());
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
    let (app, world) = ("https://app.raptorflow.com", &world);
    let ask = async |origin, method, path, sends| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", sends),
        ];
        world
            .call_with(Method::OPTIONS, path, "", Value::Null, &headers)
            .await
    };
    let work = ("POST", "/v1/agents/execute");
    let sends = "authorization,idempotency-key,x-workspace-id";
    let known = ask(app, work.0, work.1, sends).await.expect(200);
    assert_eq!(known.headers["access-control-allow-origin"], app);
    let other = ask("https://evil.example", work.0, work.1, sends).await;
    assert!(!other.headers.contains_key("access-control-allow-origin"));
    // Fetch: a browser sends only those headers that this answer lists.
    let pdf = "/v1/invoices/01900000-0000-7000-8000-000000000000/pdf";
    let kept = ask(app, "GET", pdf, "authorization,if-none-match").await;
    let allowed = kept.expect(200).headers["access-control-allow-headers"].clone();
    let allowed = allowed.to_str().unwrap().to_lowercase();
    for header in ["authorization", "idempotency-key", "if-none-match"] {
        assert!(allowed.split(',').any(|h| h == header), "{allowed}");
    }
}
