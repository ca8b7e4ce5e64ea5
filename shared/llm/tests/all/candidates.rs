//! Which models are asked, and how often, when not all is well.

use std::sync::Arc;
use std::time::Duration;

use llm::{
    Category, Control, Finish, Gateway, RawResponse, Request, Residency, Tier, ToolSpec, Usage,
};
use serde_json::json;

use super::scripted::{Scripted, bad, gateway, good, minute, used};
use super::support::{ask, clock, ignore, usd};

fn two(first: &Arc<Scripted>, second: &Arc<Scripted>) -> Gateway {
    Gateway::builder(clock())
        .provider(first.clone())
        .provider(second.clone())
        .build()
}

fn tool() -> ToolSpec {
    ToolSpec {
        name: "t".into(),
        description: "d".into(),
        parameters: json!({"type": "object"}),
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_model_is_asked_elsewhere_before_another_model() {
    let down = || bad(Category::Provider);
    let vertex = Scripted::new([down(), down()]);
    let by_key = Scripted::named("gemini-api", [down()]);
    let answer = two(&vertex, &by_key)
        .generate(&ask("standard", "x"), &minute(), &mut ignore())
        .await
        .unwrap();
    let asked: Vec<_> = answer
        .attempts
        .iter()
        .map(|attempt| format!("{}/{}", attempt.provider, attempt.model))
        .collect();
    assert_eq!(
        asked,
        [
            "vertex/gemini-3.8-flash",
            "gemini-api/gemini-3.8-flash",
            "vertex/gemini-3.5-flash",
            "gemini-api/gemini-3.5-flash",
        ]
    );
    assert_eq!(answer.provider, "gemini-api");
}

#[tokio::test(start_paused = true)]
async fn a_breaker_is_of_one_provider_and_model() {
    let vertex = Scripted::new((0..9).map(|_| bad(Category::Provider)));
    let by_key = Scripted::named("gemini-api", []);
    let gateway = two(&vertex, &by_key);
    let request = ask("gemini-3.8-flash", "x");
    for _ in 0..7 {
        let answer = gateway
            .generate(&request, &minute(), &mut ignore())
            .await
            .unwrap();
        assert_eq!(answer.provider, "gemini-api");
    }
    assert_eq!(vertex.models().len(), 5, "then it was let alone");
    assert_eq!(by_key.models().len(), 7);
    let only = ask("vertex/gemini-3.8-flash", "x");
    let error = gateway
        .generate(&only, &minute(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_provider_in_trouble_is_not_asked_three_times_as_much() {
    // Every other call fails twice, so the breaker never opens.
    let outcomes = (0..600).map(|at| {
        if at % 3 == 2 {
            good("ok")
        } else {
            bad(Category::Transient)
        }
    });
    let vertex = Scripted::new(outcomes);
    let gateway = gateway(&vertex);
    let request = ask("gemini-3.8-flash", "x");
    let calls = 100;
    for _ in 0..calls {
        // Some of them fail: that is the point.
        let _ = gateway.generate(&request, &minute(), &mut ignore()).await;
    }
    let retries = vertex.models().len() - calls;
    assert!(
        (10..=20).contains(&retries),
        "{retries}: ten saved, and one for every ten calls"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_stays_where_its_data_may_be() {
    let claude = Scripted::named("vertex-anthropic", [bad(Category::Provider)]);
    let gpt = Scripted::named("openai", []);
    let gateway = two(&claude, &gpt);
    let request = ask("premium", "x");
    let india = minute().within_residency(Arc::new(Residency::google_cloud()));
    let error = gateway
        .generate(&request, &india, &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::Provider);
    assert!(gpt.models().is_empty(), "never the fallback outside");
    let answer = gateway
        .generate(&request, &minute(), &mut ignore())
        .await
        .unwrap();
    assert_eq!(answer.provider, "vertex-anthropic");

    let nowhere = minute().within_residency(Arc::new(Residency::anywhere().locations(["mars"])));
    let error = gateway
        .generate(&request, &nowhere, &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::UnknownModel);

    // The same for all calls of a gateway.
    let gateway = Gateway::builder(clock())
        .provider(claude)
        .provider(gpt)
        .residency(Residency::google_cloud())
        .build();
    assert!(gateway.resolve("fallback").is_err());
    assert_eq!(gateway.resolve("premium").unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_cannot_serve_the_request_is_passed_over() {
    let gpt = Scripted::named("openai", []);
    let gateway = Gateway::builder(clock()).provider(gpt.clone()).build();
    let with_tools = Request {
        tools: vec![tool()],
        ..ask("gpt-6.1-sol", "x")
    };
    let error = gateway
        .generate(&with_tools, &minute(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::InvalidRequest);
    assert!(error.message.contains("no tools"), "{error}");
    assert!(gateway.upper_bound(&with_tools).is_err());

    // About 133,000 tokens: more than gpt-4o reads.
    let long = "x".repeat(400_000);
    let error = gateway.upper_bound(&ask("gpt-4o", &long)).unwrap_err();
    assert!(error.message.contains("128000"), "{error}");
    assert!(gateway.upper_bound(&ask("gpt-6-luna", &long)).is_ok());
    let error = gateway
        .generate(&ask("text-embedding-005", "x"), &minute(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::UnknownModel, "nobody serves it");
    assert!(gpt.models().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_long_prompt_goes_to_the_dear_model_last() {
    let claude = Scripted::named("vertex-anthropic", []);
    let vertex = Scripted::new([]);
    let gateway = two(&claude, &vertex);
    let ask_cheap = async |text: &str| {
        gateway
            .generate(&ask("cheap", text), &minute(), &mut ignore())
            .await
            .unwrap()
            .model
    };
    assert_eq!(ask_cheap("short").await, "claude-haiku-5-5");
    let long = "x".repeat(330_000);
    assert_eq!(ask_cheap(&long).await, "gemini-3.1-flash-lite");
}

#[tokio::test(start_paused = true)]
async fn the_bound_covers_a_prompt_that_is_written_to_the_cache() {
    let claude = Scripted::named("vertex-anthropic", []);
    let gateway = Gateway::builder(clock()).provider(claude).build();
    let plain = Request {
        max_output_tokens: 0,
        ..ask("claude-opus-5-5", &"x".repeat(300_000))
    };
    let marked = Request {
        tools: vec![tool()],
        ..plain.clone()
    };
    let (plain, marked) = (
        gateway.upper_bound(&plain).unwrap(),
        gateway.upper_bound(&marked).unwrap(),
    );
    // 100,000 tokens at 4 or, written, at 5 dollars; and all 128,000 it can write at 20.
    assert!(plain > usd("2.96") && plain < usd("2.97"), "{plain}");
    assert!(marked > usd("3.06") && marked < usd("3.07"), "{marked}");
}

#[tokio::test(start_paused = true)]
async fn the_tier_that_answered_sets_the_price() {
    let answer = |tier| {
        Ok(RawResponse {
            tier,
            usage: used(),
            finish: Finish::Done,
            ..RawResponse::default()
        })
    };
    let outcomes = [Tier::Standard, Tier::Flex, Tier::Priority].map(answer);
    let gateway = gateway(&Scripted::new(outcomes));
    let request = ask("gemini-3.8-flash", "x");
    let mut costs = Vec::new();
    for _ in 0..3 {
        let answer = gateway.generate(&request, &minute(), &mut ignore()).await;
        let attempt = answer.unwrap().attempts.remove(0);
        costs.push((attempt.cost, attempt.price));
    }
    let row = |tier: &str, rest: &str| format!("gemini-3.8-flash/global/{tier}{rest}");
    assert_eq!(
        costs,
        [
            (usd("0.001125"), row("standard", "")),
            (usd("0.000563"), row("flex", "/x0.5")),
            (usd("0.001125"), row("standard", "")),
        ],
        "nobody knows what priority costs"
    );
}

#[tokio::test(start_paused = true)]
async fn retries_are_booked_and_faults_share_their_budget() {
    let fault = || {
        Ok(RawResponse {
            finish: Finish::Fault("broken".into()),
            usage: Usage::default(),
            ..RawResponse::default()
        })
    };
    let vertex = Scripted::new((0..40).map(|_| fault()));
    let gateway = gateway(&vertex);
    let request = ask("gemini-3.8-flash", "x");
    let control = Control::within(Duration::from_secs(600));
    for _ in 0..20 {
        let answer = gateway.generate(&request, &control, &mut ignore()).await;
        assert!(matches!(answer.unwrap().finish, Finish::Fault(_)));
    }
    let asked = vertex.models().len();
    assert!((30..=32).contains(&asked), "{asked}");
}
