use std::sync::Arc;

use chrono::TimeDelta;
use domain::Usd;
use serde_json::{Value, json};
use tools::{Bound, Registry};

use crate::registry::{COST, Puppet};
use crate::support::{Desk, Log, context, start};

fn puppet() -> (Bound, Arc<Log>) {
    let log = Arc::new(Log::default());
    let registry = Registry::new(vec![Puppet::new("puppet")], log.clone());
    (registry.bind(&["puppet".to_owned()]).unwrap(), log)
}

#[tokio::test]
async fn each_call_is_one_entry_whatever_comes_of_it() {
    let (bound, log) = puppet();
    let (context, _) = context();
    for (tool, args, code, cost) in [
        ("puppet", json!({ "say": "yes" }), None, COST),
        ("puppet", json!({ "say": "no" }), Some("puppet.no"), COST),
        (
            "puppet",
            json!({ "say": "maybe" }),
            Some("args.invalid"),
            Usd::ZERO,
        ),
        (
            "shell",
            json!({ "run": "id" }),
            Some("tool.not_declared"),
            Usd::ZERO,
        ),
        ("puppet", json!({ "say": "yes" }), None, COST),
        (
            "puppet",
            json!({ "say": "yes" }),
            Some("rate.limited"),
            Usd::ZERO,
        ),
    ] {
        let outcome = bound.call(&context, tool, args.clone()).await;
        let entry = log.only();
        assert_eq!((entry.tool.as_str(), &entry.input), (tool, &args));
        assert_eq!(
            (entry.ok, entry.error_code.as_deref(), entry.cost),
            (code.is_none(), code, cost),
            "{args}"
        );
        assert_eq!(
            (entry.cost, entry.duration),
            (outcome.cost, outcome.duration)
        );
        match outcome.result {
            Ok(value) => assert_eq!(entry.output, value),
            Err(error) => assert_eq!(entry.output, json!({ "error": error.message })),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_timed_out_is_written_down_with_the_time_it_took() {
    let (bound, log) = puppet();
    let (context, _) = context();
    bound
        .call(&context, "puppet", json!({ "say": "never" }))
        .await
        .result
        .unwrap_err();
    let entry = log.only();
    assert_eq!(
        (entry.ok, entry.error_code.as_deref(), entry.cost),
        (false, Some("tool.timeout"), COST)
    );
    assert_eq!(entry.duration.as_secs(), 7);
}

#[tokio::test]
async fn an_entry_says_on_whose_behalf_and_when() {
    let (bound, log) = puppet();
    let (context, clock) = context();
    clock.advance(TimeDelta::minutes(5));
    bound
        .call(&context, "puppet", json!({ "say": "yes" }))
        .await
        .result
        .unwrap();
    let entry = log.only();
    assert_eq!(entry.at, start() + TimeDelta::minutes(5));
    assert_eq!(entry.context.workspace_id, context.workspace_id);
    assert_eq!(entry.context.actor_user_id, context.actor_user_id);
    assert_eq!(entry.context.agent_id.as_deref(), Some("lead.finder"));
    assert_eq!(
        (entry.context.execution_id, entry.context.step),
        (context.execution_id, Some(4))
    );
    assert_eq!(entry.context.correlation_id, context.correlation_id);
}

#[tokio::test]
async fn personal_data_is_masked_in_what_went_in_and_what_came_out() {
    let desk = Desk::new();
    let data = json!({ "name": "Asha", "phone": "+91 98765 43210", "email": "asha.k@example.in", "notes": "PAN ABCPD1234E" });
    desk.ok("database_writer", json!({ "kind": "lead", "data": data }))
        .await;
    let entry = desk.log.only();
    let masked = json!({ "name": "Asha", "phone": "***210", "email": "a***@example.in", "notes": "PAN *****1234E" });
    assert_eq!(entry.input, json!({ "kind": "lead", "data": masked }));
    let found = desk.ok("database_reader", json!({ "kind": "lead" })).await;
    assert_eq!(found["records"], json!([data]), "the caller gets it whole");
    assert_eq!(desk.log.only().output["records"], json!([masked]));
}

#[tokio::test]
async fn personal_data_is_masked_in_what_an_error_repeats() {
    let desk = Desk::new();
    for (tool, args, code) in [
        (
            "scraper",
            json!({ "url": "asha.k@example.in" }),
            "url.invalid",
        ),
        (
            "database_reader",
            json!({ "kind": "asha.k@example.in" }),
            "args.invalid",
        ),
        (
            "gst_calculator",
            json!({ "amount_inr": 1, "supplier_state": "asha.k@example.in" }),
            "state.unknown",
        ),
        (
            "festival_calendar",
            json!({ "festival": "asha.k@example.in" }),
            "festival.unknown",
        ),
        ("asha.k@example.in", json!({}), "tool.not_declared"),
    ] {
        let error = desk.refused(tool, args).await;
        assert!(
            error.code == code && error.message.contains("asha.k@example.in"),
            "{error}"
        );
        let entry = desk.log.only();
        let written = entry.output["error"].as_str().unwrap();
        assert!(
            written.contains("a***@example.in") && !written.contains("asha.k"),
            "{written}"
        );
    }
}

#[tokio::test]
async fn an_entry_holds_nothing_that_the_database_would_refuse() {
    let (bound, log) = puppet();
    let (context, _) = context();
    let what = json!(["a\0b"]);
    let outcome = bound
        .call(&context, "puppet", json!({ "say": "echo", "what": what }))
        .await;
    assert_eq!(outcome.result.unwrap(), what);
    let entry = log.only();
    assert_eq!(entry.input["what"], json!(["a\u{fffd}b"]));
    assert_eq!(entry.output, json!(["a\u{fffd}b"]));
}

#[tokio::test]
async fn long_texts_are_cut_in_the_entry_and_not_in_the_answer() {
    let (bound, log) = puppet();
    let (context, _) = context();
    let what = json!(["x".repeat(9_000), "y"]);
    let outcome = bound
        .call(&context, "puppet", json!({ "say": "echo", "what": what }))
        .await;
    assert_eq!(outcome.result.unwrap(), what);
    let entry = log.only();
    for kept in [&entry.input["what"], &entry.output] {
        let first = kept[0].as_str().unwrap();
        assert!(
            first.len() < 8_300 && first.ends_with("(9000 bytes in all)"),
            "{} bytes",
            first.len()
        );
        assert_eq!(kept[1], "y");
    }
}

#[tokio::test]
async fn the_name_of_a_tool_that_does_not_exist_is_cut_to_64_characters() {
    let (bound, log) = puppet();
    let (context, _) = context();
    bound
        .call(&context, &"ह".repeat(1_000), Value::Null)
        .await
        .result
        .unwrap_err();
    assert_eq!(log.only().tool, "ह".repeat(64));
}

#[tokio::test]
async fn a_call_that_can_not_be_written_down_is_not_used_but_its_cost_counts() {
    let desk = Desk::new();
    let (bound, log) = puppet();
    log.take_down();
    let outcome = bound
        .call(&desk.context, "puppet", json!({ "say": "yes" }))
        .await;
    let error = outcome.result.unwrap_err();
    assert_eq!((error.code, error.retryable), ("audit.unavailable", true));
    assert!(!error.message.contains("connection refused"), "{error}");
    assert_eq!(outcome.cost, COST);
    let refused = bound.call(&desk.context, "shell", json!({})).await;
    assert_eq!(
        (refused.result.unwrap_err().code, refused.cost),
        ("audit.unavailable", Usd::ZERO)
    );
}
