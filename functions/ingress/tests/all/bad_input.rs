//! Each kind of bad input has its own clear answer, and changes nothing.

use axum::body::Body;
use axum::http::Request;
use domain::Tier;
use serde_json::{Value, json};

use crate::{DIWALI, World};

#[tokio::test]
async fn each_wrong_request_for_work_says_what_is_wrong() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let long = "x".repeat(8_001);
    let cases: Vec<(Value, u16, &str, &str)> = vec![
        (
            json!({ "prompt": DIWALI, "colour": "red" }),
            422,
            "validation.failed",
            "colour",
        ),
        (json!({ "prompt": 7 }), 422, "validation.failed", "prompt"),
        (
            json!({ "prompt": DIWALI, "priority": "urgent" }),
            422,
            "validation.failed",
            "priority",
        ),
        (
            json!({ "prompt": DIWALI, "input": [1] }),
            422,
            "validation.failed",
            "input",
        ),
        (
            json!({ "prompt": "  " }),
            422,
            "validation.failed",
            "prompt",
        ),
        (json!({}), 422, "validation.failed", "prompt"),
        (
            json!({ "prompt": long }),
            422,
            "validation.failed",
            "prompt",
        ),
        (
            json!({ "prompt": "a\u{0}b" }),
            422,
            "validation.failed",
            "prompt",
        ),
        (
            json!({ "skill_id": "campaign.dewali" }),
            422,
            "skill.unknown",
            "skill_id",
        ),
        (
            json!({ "skill_id": "campaign.diwali", "input": { "budget_inr": "much" } }),
            422,
            "request.input_invalid",
            "input.budget_inr",
        ),
        (
            json!({ "skill_id": "campaign.diwali", "input": { "colour": "red" } }),
            422,
            "request.input_invalid",
            "input.colour",
        ),
        (json!([1]), 422, "validation.failed", ""),
    ];
    for (body, status, code, field) in cases {
        let answer = world.post("/v1/agents/execute", &token, body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert_eq!(answer.code(), code, "{body}");
        assert!(
            answer.fields().contains(&field),
            "{body}: {:?}",
            answer.fields()
        );
        assert!(answer.body["correlation_id"].is_string());
    }
    let near = world
        .post(
            "/v1/agents/execute",
            &token,
            json!({ "skill_id": "campaign.dewali" }),
        )
        .await;
    assert!(
        near.text("detail")
            .contains("did you mean campaign.diwali?"),
        "{}",
        near.body
    );
    let outside = json!({ "prompt": "What should I cook for dinner tonight?" });
    assert_eq!(
        world
            .post("/v1/agents/execute", &token, outside)
            .await
            .expect(422)
            .code(),
        "request.out_of_scope"
    );
    let open = world.open_work().await;
    assert_eq!((open.executions, open.holds, open.outbox), (0, 0, 0));
}

#[tokio::test]
async fn bodies_that_are_not_json_have_an_answer_each() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let send = |kind: &'static str, body: Vec<u8>| {
        let request = Request::post("/v1/agents/execute")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind)
            .body(Body::from(body));
        world.send(request.unwrap())
    };
    assert_eq!(
        send("application/json", b"{\"prompt\": ".to_vec())
            .await
            .expect(400)
            .code(),
        "body.malformed"
    );
    assert_eq!(
        send("application/json", vec![b'"', 0xff, b'"'])
            .await
            .expect(400)
            .code(),
        "body.not_utf8"
    );
    assert_eq!(
        send("text/plain", b"hello".to_vec())
            .await
            .expect(415)
            .code(),
        "body.unsupported_type"
    );
    let big = format!("{{\"prompt\": \"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(
        send("application/json", big.into_bytes())
            .await
            .expect(413)
            .code(),
        "body.too_large"
    );
}

#[tokio::test]
async fn queries_paths_and_headers_are_checked_too() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Growth).await;
    for (path, field) in [
        ("/v1/executions?limit=0", "limit"),
        ("/v1/executions?limit=many", "limit"),
        ("/v1/executions?status=done", "status"),
        ("/v1/executions?cursor=abc", "cursor"),
        ("/v1/executions?page=2", "page"),
        ("/v1/executions/seven", "execution_id"),
        ("/v1/usage?from=yesterday", "from"),
        ("/v1/usage?from=2026-11-02&to=2026-11-01", "to"),
        ("/v1/agents/skills?indian_specific=maybe", "indian_specific"),
    ] {
        let refused = world.get(path, &token).await;
        assert_eq!(refused.status, 422, "{path}: {}", refused.body);
        assert_eq!(refused.fields(), [field], "{path}: {}", refused.body);
    }
    let id = world.execute(&token).await;
    let body = json!({ "prompt": DIWALI });
    let long = "k".repeat(256);
    for key in ["", long.as_str()] {
        let headers = [("idempotency-key", key)];
        let refused = world
            .call_with(
                axum::http::Method::POST,
                "/v1/agents/execute",
                &token,
                body.clone(),
                &headers,
            )
            .await;
        assert_eq!(refused.expect(422).fields(), ["Idempotency-Key"]);
    }
    let headers = [("last-event-id", "x")];
    let path = format!("/v1/executions/{id}/events");
    let refused = world
        .call_with(
            axum::http::Method::GET,
            &path,
            &token,
            Value::Null,
            &headers,
        )
        .await;
    assert_eq!(refused.expect(422).fields(), ["Last-Event-ID"]);
    let lost = world
        .get(&format!("/v1/executions/{}", world.seams.uuid()), &token)
        .await
        .expect(404);
    assert_eq!(lost.code(), "not_found");
    world.get("/v1/nothing", &token).await.expect(404);
    assert_eq!(
        world
            .call(
                axum::http::Method::DELETE,
                "/v1/budget",
                &token,
                Value::Null
            )
            .await
            .expect(405)
            .code(),
        "method.not_allowed"
    );
}
