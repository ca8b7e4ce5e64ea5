use std::sync::Arc;
use std::time::Duration;

use llm::{
    Category, Certainty, Control, Delta, Error, Finish, Gateway, Provider, RawResponse, Request,
    StaticToken, ToolResult, ToolSpec, Turn, Vertex,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::support::{ask, clock, ignore, soon};
use super::vertex::{FakeVertex, Reply, Script};

fn client(fake: &FakeVertex) -> Vertex {
    Vertex::new(
        "p-1",
        Some(&fake.base_url()),
        Arc::new(StaticToken::new("t-1")),
    )
    .unwrap()
}

fn gateway(fake: &FakeVertex) -> Gateway {
    Gateway::builder(clock())
        .provider(Arc::new(client(fake)))
        .build()
}

/// One attempt, without the gateway's retries.
async fn once(
    reply: Reply,
    request: &Request,
    control: &Control,
) -> (Result<RawResponse, Error>, Vec<Delta>) {
    let fake = FakeVertex::start(Script::of([reply])).await;
    let model = llm::Models::embedded().row(&request.model).unwrap().clone();
    let mut heard = Vec::new();
    let outcome = client(&fake)
        .generate(&model, request, control, &mut |delta| heard.push(delta))
        .await;
    (outcome, heard)
}

fn flash(text: &str) -> Request {
    ask("gemini-3.8-flash", text)
}

#[tokio::test]
async fn an_answer_comes_streamed_and_whole_with_its_cost() {
    let fake = FakeVertex::start(Script::always(Reply::Text("नमस्ते from Jaipur".into()))).await;
    let gateway = gateway(&fake);
    let mut heard = String::new();
    let mut pieces = 0;
    let mut sink = |delta| {
        if let Delta::Text(text) = delta {
            heard += &text;
            pieces += 1;
        }
    };
    let streamed = gateway
        .generate(&flash("hello"), &soon(), &mut sink)
        .await
        .unwrap();
    assert_eq!(
        (streamed.text.as_str(), heard.as_str(), pieces),
        ("नमस्ते from Jaipur", "नमस्ते from Jaipur", 3)
    );
    let whole = gateway
        .generate(&flash("hello"), &soon().unary(), &mut ignore())
        .await
        .unwrap();
    assert_eq!(
        (&whole.text, &whole.usage),
        (&streamed.text, &streamed.usage)
    );
    assert_eq!(
        (whole.finish, whole.provider, whole.model.as_str()),
        (Finish::Done, "vertex", "gemini-3.8-flash")
    );
    assert_eq!(whole.usage.certainty, Certainty::Reported);
    assert_eq!(whole.usage.thinking, 8);
    assert!(!whole.cost.is_zero() && whole.attempts.len() == 1);
    let bound = gateway.upper_bound(&flash("hello")).unwrap();
    assert!(bound > whole.cost, "{bound} {}", whole.cost);

    let seen = fake.requests();
    assert_eq!(seen[0].method, "streamGenerateContent");
    assert_eq!(seen[1].method, "generateContent");
    assert_eq!(
        (
            seen[0].project.as_str(),
            seen[0].location.as_str(),
            seen[0].model.as_str()
        ),
        ("p-1", "global", "gemini-3.8-flash")
    );
    assert_eq!(seen[0].authorization.as_deref(), Some("Bearer t-1"));
}

#[tokio::test]
async fn a_tool_call_and_its_result_go_round_with_signatures_verbatim() {
    let fake = FakeVertex::start(Script::auto()).await;
    let gateway = gateway(&fake);
    let schema = json!({
        "type": "object",
        "properties": {"summary": {"type": "string"}, "ideas": {"type": "array", "items": {"type": "string"}, "minItems": 3}},
        "required": ["summary", "ideas"],
    });
    let tool = ToolSpec {
        name: "festival_calendar".into(),
        description: "dates".into(),
        parameters: json!({"type": "object", "properties": {"festival": {"type": "string"}}, "required": ["festival"]}),
    };
    let mut request = Request {
        tools: vec![tool],
        output_schema: Some(schema.clone()),
        ..flash("plan")
    };
    let first = gateway
        .generate(&request, &soon(), &mut ignore())
        .await
        .unwrap();
    assert_eq!(first.finish, Finish::ToolCalls);
    let call = &first.tool_calls[0];
    assert_eq!(
        (call.name.as_str(), &call.args),
        ("festival_calendar", &json!({"festival": "Diwali"}))
    );

    request.turns.push(first.turn());
    request.turns.push(Turn::results(vec![ToolResult {
        call_id: call.id.clone(),
        name: call.name.clone(),
        content: json!({"date": "2027-10-29"}),
        is_error: false,
    }]));
    let second = gateway
        .generate(&request, &soon(), &mut ignore())
        .await
        .unwrap();
    let answer: Value = serde_json::from_str(&second.text).unwrap();
    assert!(jsonschema::is_valid(&schema, &answer), "{answer}");

    let sent = &fake.requests()[1].body["contents"];
    assert_eq!(sent[1]["parts"][0]["thoughtSignature"], "c2lnbmVkLWNhbGw=");
    assert_eq!(sent[2]["parts"][0]["functionResponse"]["id"], "call-1");
    assert_eq!(
        sent[2]["parts"][0]["functionResponse"]["response"]["output"]["date"],
        "2027-10-29"
    );
}

#[tokio::test]
async fn a_blocked_prompt_is_policy_and_was_paid_for() {
    let (outcome, _) = once(
        Reply::Blocked("PROHIBITED_CONTENT".into()),
        &flash("x"),
        &soon(),
    )
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(error.category, Category::Policy);
    assert!(error.spent.usage.input > 0 && !error.retryable());
    let (outcome, _) = once(
        Reply::Blocked("JAILBREAK".into()),
        &flash("x"),
        &soon().unary(),
    )
    .await;
    assert_eq!(outcome.unwrap_err().category, Category::Policy);
}

#[tokio::test]
async fn a_cut_stream_is_transient_and_its_usage_is_estimated() {
    let (outcome, heard) = once(
        Reply::CutMidEvent("half an answer".into()),
        &flash("tell me"),
        &soon(),
    )
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(error.category, Category::Transient);
    assert_eq!(heard, [Delta::Text("half an answer".into())]);
    let usage = error.spent.usage;
    assert_eq!(usage.certainty, Certainty::Estimated);
    assert!(usage.input > 0 && usage.output > 0);
}

#[tokio::test]
async fn refusals_have_their_categories() {
    let refused = |status| Reply::Refused {
        status,
        message: "no".into(),
    };
    for (reply, category) in [
        (
            Reply::RateLimited { retry_after: 7 },
            Category::RateLimited {
                retry_after: Some(Duration::from_secs(7)),
            },
        ),
        (Reply::ServerError, Category::Transient),
        (refused(503), Category::Transient),
        (refused(400), Category::InvalidRequest),
        (refused(403), Category::Provider),
        (refused(404), Category::UnknownModel),
    ] {
        let error = once(reply, &flash("x"), &soon()).await.0.unwrap_err();
        assert_eq!(error.category, category, "{error}");
        assert!(error.spent.usage.is_zero(), "a refusal costs nothing");
    }
}

#[tokio::test]
async fn strange_answers_are_understood_as_far_as_they_go() {
    let (outcome, _) = once(Reply::ThinkToMaxTokens, &flash("x"), &soon()).await;
    let answer = outcome.unwrap();
    assert_eq!(
        (answer.finish, answer.text.as_str(), answer.usage.thinking),
        (Finish::Truncated, "", 500)
    );

    let (outcome, _) = once(Reply::UnknownEnums("fine".into()), &flash("x"), &soon()).await;
    let answer = outcome.unwrap();
    assert_eq!(
        (answer.finish, answer.text.as_str()),
        (Finish::Other("STARS_MISALIGNED".into()), "fine")
    );
    assert_eq!(
        answer.raw.unwrap()["content"]["parts"][0]["hologram"]["depth"],
        3
    );

    let (outcome, _) = once(Reply::MalformedCall, &flash("x"), &soon()).await;
    assert!(matches!(outcome.unwrap().finish, Finish::Fault(_)));

    let calls = vec![
        ("a".to_owned(), json!({"n": 1})),
        ("b".to_owned(), json!({})),
    ];
    let (outcome, heard) = once(Reply::Calls(calls), &flash("x"), &soon()).await;
    let ids: Vec<_> = outcome
        .unwrap()
        .tool_calls
        .into_iter()
        .map(|call| call.id)
        .collect();
    assert_eq!(
        (ids, heard.len()),
        (vec!["local-1".to_owned(), "local-2".to_owned()], 2)
    );

    let (outcome, _) = once(
        Reply::Raw(json!({"surprise": true})),
        &flash("x"),
        &soon().unary(),
    )
    .await;
    assert_eq!(outcome.unwrap_err().category, Category::Transient);
}

#[tokio::test]
async fn cancelling_drops_the_request_at_once() {
    let cancel = CancellationToken::new();
    let control = Control {
        cancel: cancel.clone(),
        ..soon()
    };
    let fake = FakeVertex::start(Script::always(Reply::Stall)).await;
    let gateway = gateway(&fake);
    let request = flash("x");
    let mut sink = ignore();
    let call = gateway.generate(&request, &control, &mut sink);
    let arrived = async {
        while fake.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (outcome, ()) = tokio::time::timeout(Duration::from_secs(10), async {
        tokio::join!(call, arrived)
    })
    .await
    .unwrap();
    let error = outcome.unwrap_err();
    assert_eq!(error.category, Category::Cancelled);
    assert_eq!(error.spent.attempts.len(), 1, "not retried");
    assert!(!error.spent.cost.is_zero(), "the prompt was probably read");
}

#[tokio::test]
async fn a_deadline_ends_a_stalled_call() {
    let control = Control::within(Duration::from_millis(200));
    let (outcome, _) = once(Reply::Stall, &flash("x"), &control).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.category, Category::Deadline);
    assert_eq!(error.spent.usage.certainty, Certainty::Estimated);
}

#[tokio::test]
async fn nobody_there_is_transient_and_costs_nothing() {
    let vertex = Vertex::new(
        "p",
        Some("http://127.0.0.1:1"),
        Arc::new(StaticToken::new("t")),
    )
    .unwrap();
    let model = llm::Models::embedded()
        .row("gemini-3.8-flash")
        .unwrap()
        .clone();
    let error = vertex
        .generate(&model, &flash("x"), &soon(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::Transient);
    assert!(error.spent.usage.is_zero());
}

#[tokio::test]
async fn the_fake_counts_tokens() {
    let fake = FakeVertex::start(Script::auto()).await;
    let url = format!(
        "{}/v1/projects/p/locations/global/publishers/google/models/m:countTokens",
        fake.base_url()
    );
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]});
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let counted: Value = http
        .post(url)
        .bearer_auth("t")
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(counted["totalTokens"].as_u64().unwrap() > 0);
}
