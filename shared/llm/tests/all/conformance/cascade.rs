//! One call, several providers.

use std::time::Duration;

use domain::Usd;
use llm::{Category, Control, Delta, Request};
use serde_json::Value;

use super::super::models::{Reply, Script};
use super::super::support::{ask, usd};
use super::fixture::{THESE, Wire, World, festival_tool, hurried, outcomes, results, text};

const EVERY: [Wire; 5] = Wire::ALL;

#[tokio::test]
async fn a_call_goes_on_until_somebody_answers_and_all_is_paid() {
    let script = Script::of([
        // Three times each: a call is tried again twice.
        Reply::ErrorAfter("one".into()),
        Reply::ServerError,
        Reply::RateLimited { retry_after: 9 },
        Reply::refused(403),
        Reply::refused(404),
        Reply::MalformedCall,
        Reply::MalformedCall,
        Reply::Text("at last".into()),
    ]);
    let world = World::of(&EVERY, script).await;
    let request = ask(THESE, "x");
    let (outcome, heard) = hurried(world.heard(&request)).await;
    let answer = outcome.unwrap();
    assert_eq!((answer.text.as_str(), answer.provider), ("at last", "own"));
    let asked: Vec<_> = answer
        .attempts
        .iter()
        .map(|attempt| attempt.provider)
        .collect();
    assert_eq!(
        asked,
        [
            "vertex",
            "vertex",
            "vertex",
            "gemini-api",
            "vertex-anthropic",
            "openai",
            "openai",
            "own"
        ]
    );
    assert_eq!(
        outcomes(&answer.attempts),
        [
            "transient",
            "transient",
            "rate_limited",
            "provider",
            "unknown_model",
            "fault",
            "fault",
            "done"
        ]
    );
    let sum = answer
        .attempts
        .iter()
        .fold(Usd::ZERO, |sum, attempt| sum + attempt.cost);
    assert_eq!(answer.cost, sum);
    // What was heard, and two faults; refusals and one's own server are free.
    let paid = answer
        .attempts
        .iter()
        .filter(|attempt| attempt.cost > Usd::ZERO);
    assert_eq!(paid.count(), 3, "{:?}", answer.attempts);
    let restarts = heard
        .iter()
        .filter(|delta| matches!(delta, Delta::Restarted { .. }));
    assert_eq!((restarts.count(), text(&heard).as_str()), (7, "oneat last"));
}

/// Claude's thoughts belong to the model that had them, behind the same system text: the fake refuses
/// them elsewhere.
#[tokio::test]
async fn a_turn_of_one_claude_is_taken_up_by_another() {
    let world = World::of(&[Wire::Claude], Script::auto()).await;
    let mut request = Wire::Claude.ask("plan");
    request.system = "You plan festivals.".into();
    request.tools = vec![festival_tool()];
    let called = world.good(&request).await;
    let thoughts = |said: Value| said["messages"].to_string().matches("\"thinking\"").count();
    request.turns.extend([called.turn(), results(&called)]);
    world.good(&request).await;
    assert!(thoughts(world.sent()) > 0, "its own come back");
    for model in ["claude-sonnet-5-5", "claude-opus-5-5"] {
        let other = Request {
            model: model.into(),
            ..request.clone()
        };
        let answer = world.good(&other).await;
        assert_eq!(answer.model, model);
        assert_eq!(thoughts(world.sent()), 0);
    }
    request.system = "You plan weddings.".into();
    world.good(&request).await;
    assert_eq!(thoughts(world.sent()), 0);
}

#[tokio::test]
async fn nobody_is_asked_who_would_pass_the_limit() {
    let script = Script {
        then: Reply::refused(403),
        ..Script::auto()
    };
    let request = ask(THESE, "x");
    let control = || Control::within(Duration::from_secs(60)).max_cost(usd("0.000001"));
    let world = World::of(&[Wire::Claude, Wire::Vertex], script.clone()).await;
    let error = world.ask(&request, &control()).await.unwrap_err();
    assert_eq!(error.category, Category::OverBudget, "{error}");
    assert_eq!(world.fake.requests().len(), 0);

    // One that costs nothing is asked all the same.
    let world = World::of(&[Wire::Claude, Wire::Vertex, Wire::Local], script).await;
    world.ask(&request, &control()).await.unwrap_err();
    assert_eq!(world.fake.requests().len(), 1);
}

#[tokio::test]
async fn a_breaker_is_one_providers_own() {
    let refusals = (0..5).map(|_| Reply::refused(403));
    let world = World::of(&[Wire::GeminiApi, Wire::Vertex], Script::of(refusals)).await;
    for _ in 0..5 {
        let request = Wire::GeminiApi.ask("x");
        let control = Control::within(Duration::from_secs(60));
        world.ask(&request, &control).await.unwrap_err();
    }
    let answer = world.good(&ask(THESE, "x")).await;
    assert_eq!(
        (answer.provider, answer.attempts.len()),
        ("vertex", 1),
        "the same model by another door"
    );
}
