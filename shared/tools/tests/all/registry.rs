use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::Usd;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::time::Instant;
use tools::{
    Bound, Rate, Registry, STANDARD_NAMES, Spec, Tool, ToolContext, ToolError, UnknownTool,
};

use crate::support::{Desk, Log, context, workspace};

/// Answers, fails or hangs, as its arguments ask; counts how often it ran.
pub struct Puppet {
    spec: Spec,
    runs: AtomicU32,
}

pub const COST: Usd = Usd(Decimal::from_parts(25, 0, 0, false, 4));

impl Puppet {
    pub fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self {
            spec: Spec {
                name,
                description: "Does what it is told.",
                parameters: json!({
                    "type": "object", "additionalProperties": false, "required": ["say"],
                    "properties": { "say": { "enum": ["yes", "no", "never", "echo"] }, "what": { "maxLength": 1_000 } }
                }),
                cost: COST,
                timeout: Duration::from_secs(7),
                rate: Rate {
                    calls: 3,
                    per: Duration::from_secs(60),
                },
            },
            runs: AtomicU32::new(0),
        })
    }

    pub fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Tool for Puppet {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        match args["say"].as_str().unwrap() {
            "yes" => Ok(json!("yes")),
            "echo" => Ok(args["what"].clone()),
            "no" => Err(ToolError::new("puppet.no", format!("no: {}", args["what"])).retryable()),
            _ => pending().await,
        }
    }
}

fn bound(puppet: &Arc<Puppet>) -> Bound {
    let registry = Registry::new(vec![puppet.clone()], Arc::new(Log::default()));
    registry.bind(&["puppet".to_owned()]).unwrap()
}

#[test]
fn the_standard_tools_have_the_names_that_skills_are_checked_against() {
    let desk = Desk::new();
    let names: Vec<&str> = desk.bound.specs().map(|spec| spec.name).collect();
    assert_eq!(names, STANDARD_NAMES);
}

#[test]
fn a_run_gets_only_the_tools_it_declares() {
    let tools: Vec<Arc<dyn Tool>> = vec![Puppet::new("puppet"), Puppet::new("other")];
    let registry = Registry::new(tools, Arc::new(Log::default()));
    assert_eq!(registry.names().collect::<Vec<_>>(), ["other", "puppet"]);
    let bound = registry.bind(&["puppet".to_owned()]).unwrap();
    assert_eq!(
        bound.specs().map(|spec| spec.name).collect::<Vec<_>>(),
        ["puppet"]
    );
    let unknown = registry
        .bind(&["puppet".to_owned(), "shell".to_owned()])
        .err()
        .unwrap();
    assert_eq!(unknown, UnknownTool("shell".to_owned()));
    assert_eq!(unknown.to_string(), "there is no tool \"shell\"");
}

#[test]
#[should_panic(expected = "two tools are called puppet")]
fn two_tools_of_one_name_are_a_mistake_in_the_program() {
    let tools: Vec<Arc<dyn Tool>> = vec![Puppet::new("puppet"), Puppet::new("puppet")];
    Registry::new(tools, Arc::new(Log::default()));
}

#[tokio::test]
async fn a_tool_that_was_not_declared_is_not_called() {
    let (puppet, other) = (Puppet::new("puppet"), Puppet::new("other"));
    let tools: Vec<Arc<dyn Tool>> = vec![puppet.clone(), other.clone()];
    let registry = Registry::new(tools, Arc::new(Log::default()));
    let (context, _) = context();
    for (declared, may) in [(vec!["puppet".to_owned()], "puppet"), (vec![], "nothing")] {
        let bound = registry.bind(&declared).unwrap();
        for name in ["other", "no_such_tool", ""] {
            let outcome = bound.call(&context, name, json!({ "say": "yes" })).await;
            let error = outcome.result.unwrap_err();
            assert_eq!(
                (error.code, error.retryable),
                ("tool.not_declared", false),
                "{name}"
            );
            assert_eq!(
                error.message,
                format!("this skill may not call {name:?}; it may call {may}")
            );
            assert_eq!(outcome.cost, Usd::ZERO);
        }
    }
    assert_eq!((puppet.runs(), other.runs()), (0, 0));
}

#[tokio::test]
async fn a_call_that_is_made_costs_what_the_tool_costs_even_when_it_fails() {
    let puppet = Puppet::new("puppet");
    let bound = bound(&puppet);
    let (context, _) = context();
    for (say, ok) in [("yes", true), ("no", false)] {
        let outcome = bound.call(&context, "puppet", json!({ "say": say })).await;
        assert_eq!((outcome.result.is_ok(), outcome.cost), (ok, COST), "{say}");
    }
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused_before_the_call_and_cost_nothing() {
    let puppet = Puppet::new("puppet");
    let bound = bound(&puppet);
    let (context, _) = context();
    for (args, said) in [
        (
            json!({}),
            "puppet: the arguments: \"say\" is a required property",
        ),
        (
            json!({ "say": "yes", "shout": true }),
            "puppet: the arguments: Additional properties are not allowed ('shout' was unexpected)",
        ),
        (
            json!({ "say": "maybe" }),
            "puppet: argument /say: \"maybe\" is not one of",
        ),
        (
            json!("yes"),
            "puppet: the arguments: \"yes\" is not of type \"object\"",
        ),
        (
            Value::Null,
            "puppet: the arguments: null is not of type \"object\"",
        ),
        (
            json!([]),
            "puppet: the arguments: [] is not of type \"object\"",
        ),
    ] {
        let outcome = bound.call(&context, "puppet", args.clone()).await;
        let error = outcome.result.unwrap_err();
        assert_eq!(
            (error.code, error.retryable),
            ("args.invalid", false),
            "{args}"
        );
        assert!(error.message.starts_with(said), "{error}");
        assert_eq!(outcome.cost, Usd::ZERO, "{args}");
    }
    assert_eq!(puppet.runs(), 0);
}

#[tokio::test]
async fn a_refusal_does_not_repeat_an_argument_of_any_length() {
    let puppet = Puppet::new("puppet");
    let (context, _) = context();
    let args = json!({ "say": "yes", "what": "x".repeat(100_000) });
    let outcome = bound(&puppet).call(&context, "puppet", args).await;
    let error = outcome.result.unwrap_err();
    assert_eq!(error.code, "args.invalid");
    assert!(
        error.message.starts_with("puppet: argument /what: "),
        "{}",
        &error.message[..80]
    );
    assert!(
        error.message.len() < 2_000,
        "{} bytes go to the model",
        error.message.len()
    );
}

#[tokio::test]
async fn every_standard_tool_refuses_an_argument_it_does_not_know() {
    let desk = Desk::new();
    for (tool, mut args) in [
        ("scraper", json!({ "url": "http://127.0.0.1/" })),
        ("database_reader", json!({ "kind": "lead" })),
        (
            "database_writer",
            json!({ "kind": "lead", "data": { "name": "Asha" } }),
        ),
        (
            "gst_calculator",
            json!({ "amount_inr": 100, "supplier_state": "Goa" }),
        ),
        ("festival_calendar", json!({})),
    ] {
        args["workspace_id"] = json!("00000000-0000-0000-0000-000000000007");
        let outcome = desk.call(tool, args).await;
        let error = outcome.result.unwrap_err();
        assert_eq!(
            (error.code, outcome.cost),
            ("args.invalid", Usd::ZERO),
            "{tool}"
        );
        assert!(error.message.starts_with(&format!("{tool}: ")), "{error}");
        assert!(
            error.message.contains("'workspace_id' was unexpected"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn every_standard_tool_names_an_argument_that_is_missing() {
    let desk = Desk::new();
    for (tool, args, missing) in [
        ("scraper", json!({ "selectors": {} }), "url"),
        ("database_reader", json!({ "text": "silk" }), "kind"),
        (
            "database_writer",
            json!({ "data": { "name": "Asha" } }),
            "kind",
        ),
        ("database_writer", json!({ "kind": "lead" }), "data"),
        (
            "gst_calculator",
            json!({ "supplier_state": "Goa" }),
            "amount_inr",
        ),
    ] {
        let error = desk.refused(tool, args).await;
        assert_eq!(error.code, "args.invalid", "{tool}");
        assert_eq!(
            error.message,
            format!("{tool}: the arguments: \"{missing}\" is a required property")
        );
    }
}

#[tokio::test]
async fn every_standard_tool_points_at_an_argument_of_the_wrong_shape() {
    let desk = Desk::new();
    for (tool, args, place) in [
        ("scraper", json!({ "url": 7 }), "/url"),
        (
            "scraper",
            json!({ "url": format!("https://example.com/{}", "x".repeat(2_048)) }),
            "/url",
        ),
        (
            "scraper",
            json!({ "url": "https://example.com", "selectors": ["h1"] }),
            "/selectors",
        ),
        (
            "scraper",
            json!({ "url": "https://example.com", "selectors": { "a": 1 } }),
            "/selectors/a",
        ),
        (
            "database_reader",
            json!({ "kind": "lead", "limit": 0 }),
            "/limit",
        ),
        (
            "database_reader",
            json!({ "kind": "lead", "limit": 51 }),
            "/limit",
        ),
        (
            "database_reader",
            json!({ "kind": "lead", "equals": "city" }),
            "/equals",
        ),
        (
            "database_reader",
            json!({ "kind": "lead", "text": "x".repeat(201) }),
            "/text",
        ),
        (
            "database_writer",
            json!({ "kind": "lead", "data": {} }),
            "/data",
        ),
        (
            "database_writer",
            json!({ "kind": "lead", "data": [] }),
            "/data",
        ),
        (
            "gst_calculator",
            json!({ "amount_inr": [100] }),
            "/amount_inr",
        ),
        (
            "gst_calculator",
            json!({ "amount_inr": 100, "tax_inclusive": "yes" }),
            "/tax_inclusive",
        ),
        (
            "gst_calculator",
            json!({ "amount_inr": 100, "supply": "gift" }),
            "/supply",
        ),
        ("festival_calendar", json!({ "festival": 1 }), "/festival"),
        ("festival_calendar", json!({ "from": 20_261_108 }), "/from"),
    ] {
        let error = desk.refused(tool, args).await;
        assert_eq!(error.code, "args.invalid", "{tool} {place}");
        assert!(
            error
                .message
                .starts_with(&format!("{tool}: argument {place}: ")),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_does_not_answer_is_left_after_its_time() {
    let puppet = Puppet::new("puppet");
    let (context, _) = context();
    let before = Instant::now();
    let outcome = bound(&puppet)
        .call(&context, "puppet", json!({ "say": "never" }))
        .await;
    let error = outcome.result.unwrap_err();
    assert_eq!((error.code, error.retryable), ("tool.timeout", true));
    assert_eq!(error.message, "puppet did not answer within 7s");
    assert_eq!(outcome.cost, COST, "it was made");
    for took in [before.elapsed(), outcome.duration] {
        assert_eq!(took.as_secs(), 7);
    }
}

#[tokio::test]
async fn calls_past_the_rate_are_refused_until_the_window_has_passed() {
    let puppet = Puppet::new("puppet");
    let bound = bound(&puppet);
    let (context, clock) = context();
    for _ in 0..3 {
        bound
            .call(&context, "puppet", json!({ "say": "yes" }))
            .await
            .result
            .unwrap();
        clock.advance(TimeDelta::seconds(10));
    }
    let outcome = bound
        .call(&context, "puppet", json!({ "say": "yes" }))
        .await;
    let error = outcome.result.unwrap_err();
    assert_eq!(
        (error.code, error.retryable, outcome.cost),
        ("rate.limited", true, Usd::ZERO)
    );
    assert_eq!(
        error.message,
        "puppet may be called 3 times in 60s; try again in 31 s"
    );
    clock.advance(TimeDelta::seconds(29));
    bound
        .call(&context, "puppet", json!({ "say": "yes" }))
        .await
        .result
        .unwrap_err();
    clock.advance(TimeDelta::seconds(1));
    bound
        .call(&context, "puppet", json!({ "say": "yes" }))
        .await
        .result
        .unwrap();
    assert_eq!(puppet.runs(), 4);
}

#[tokio::test]
async fn what_is_refused_does_not_count_against_the_rate() {
    let puppet = Puppet::new("puppet");
    let bound = bound(&puppet);
    let (context, _) = context();
    for _ in 0..10 {
        bound
            .call(&context, "puppet", json!({ "say": "maybe" }))
            .await
            .result
            .unwrap_err();
    }
    bound
        .call(&context, "puppet", json!({ "say": "yes" }))
        .await
        .result
        .unwrap();
}

#[tokio::test]
async fn a_rate_is_shared_by_the_runs_of_a_workspace_and_not_by_workspaces() {
    let puppet = Puppet::new("puppet");
    let registry = Registry::new(vec![puppet.clone()], Arc::new(Log::default()));
    let (mut context, _) = context();
    for _ in 0..3 {
        let bound = registry.bind(&["puppet".to_owned()]).unwrap();
        bound
            .call(&context, "puppet", json!({ "say": "yes" }))
            .await
            .result
            .unwrap();
    }
    let bound = registry.bind(&["puppet".to_owned()]).unwrap();
    let error = bound
        .call(&context, "puppet", json!({ "say": "yes" }))
        .await
        .result
        .unwrap_err();
    assert_eq!(error.code, "rate.limited");
    context.workspace_id = workspace(9);
    bound
        .call(&context, "puppet", json!({ "say": "yes" }))
        .await
        .result
        .unwrap();
}
