use llm::{Delta, Finish, Request, ToolResult, Turn};
use serde_json::{Value, json};

use super::super::models::{Reply, Script};
use super::fixture::{
    Wire, World, festival_tool, is_well, long, outcomes, plan_schema, results, text, world,
};

fn call(name: &str, n: u64) -> (String, Value) {
    (name.to_owned(), json!({ "n": n }))
}

fn tools(wire: Wire, text: &str) -> Request {
    Request {
        tools: vec![festival_tool()],
        ..wire.ask(text)
    }
}

/// The fake refuses signatures and thoughts that don't come back as they were.
pub async fn a_call_and_its_result_go_round(wire: Wire) {
    let world = world(wire, []).await;
    for control in [long(), long().unary()] {
        let mut request = Request {
            system: "You plan festivals.".into(),
            output_schema: Some(plan_schema()),
            ..tools(wire, "plan")
        };
        let first = world.ask(&request, &control).await.unwrap();
        assert_eq!(
            (&first.finish, first.tool_calls.len()),
            (&Finish::ToolCalls, 1)
        );
        let called = &first.tool_calls[0];
        assert_eq!(
            (called.name.as_str(), &called.args),
            ("festival_calendar", &json!({"festival": "Diwali"}))
        );
        let failed = ToolResult {
            call_id: called.id.clone(),
            name: called.name.clone(),
            content: json!({"message": "no such festival"}),
            is_error: true,
        };
        request.turns.push(first.turn());
        request.turns.push(Turn::results(vec![failed]));
        let second = world.ask(&request, &control).await.unwrap();
        assert_eq!(second.finish, Finish::Done, "{second:?}");
        assert!(world.sent().to_string().contains("no such festival"));
        // The last word without tools: they may not be called any more.
        request.turns.push(second.turn());
        request.turns.push(Turn::user("and in one word?"));
        request.tools.clear();
        let last = world.ask(&request, &control).await.unwrap();
        assert_eq!((last.finish, last.tool_calls.len()), (Finish::Done, 0));
    }
}

pub async fn several_calls_are_answered_together(wire: Wire) {
    let calls = || Reply::Calls(vec![call("a", 1), call("b", 2), call("a", 3)]);
    for control in [long(), long().unary()] {
        let world = world(wire, [calls(), calls(), Reply::Text("done".into())]).await;
        let mut request = tools(wire, "all");
        for _ in 0..2 {
            let called = world.ask(&request, &control).await.unwrap();
            let heard: Vec<_> = called
                .tool_calls
                .iter()
                .map(|call| (call.name.as_str(), &call.args["n"]))
                .collect();
            assert_eq!(
                heard,
                [("a", &json!(1)), ("b", &json!(2)), ("a", &json!(3))]
            );
            let mut ids: Vec<_> = called.tool_calls.iter().map(|call| &call.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 3, "an id each");
            request.turns.extend([called.turn(), results(&called)]);
        }
        is_well(&world.ask(&request, &control).await.unwrap(), "done");
    }
}

pub async fn parts_in_disorder_are_put_together_and_go_back(wire: Wire) {
    let disorder = Reply::Reordered {
        text: "some words on the way".into(),
        calls: vec![call("a", 1), call("b", 2), call("c", 3)],
    };
    let world = world(
        wire,
        [disorder.clone(), disorder, Reply::Text("done".into())],
    )
    .await;
    let mut request = tools(wire, "all");
    let (streamed, heard) = world.heard(&request).await;
    let whole = world.ask(&request, &long().unary()).await.unwrap();
    let streamed = streamed.unwrap();
    assert_eq!(text(&heard), "some words on the way");
    let mut named: Vec<_> = heard
        .iter()
        .filter_map(|delta| match delta {
            Delta::ToolCall(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    named.sort_unstable();
    assert_eq!(named, ["a", "b", "c"]);
    for answer in [&streamed, &whole] {
        assert_eq!(
            (answer.text.as_str(), &answer.finish),
            ("some words on the way", &Finish::ToolCalls)
        );
        let calls: Vec<_> = answer
            .tool_calls
            .iter()
            .map(|call| (call.name.as_str(), call.args.clone()))
            .collect();
        assert_eq!(
            calls,
            [
                ("a", json!({"n": 1})),
                ("b", json!({"n": 2})),
                ("c", json!({"n": 3}))
            ]
        );
    }
    request.turns.extend([streamed.turn(), results(&streamed)]);
    is_well(&world.good(&request).await, "done");
}

pub async fn a_malformed_call_is_tried_again_once(wire: Wire) {
    for control in [long(), long().unary()] {
        let world = world(wire, [Reply::MalformedCall, Reply::Text("better".into())]).await;
        let answer = world.ask(&tools(wire, "x"), &control).await.unwrap();
        is_well(&answer, "better");
        assert_eq!(outcomes(&answer.attempts), ["fault", "done"]);
    }
    let world = World::of(&[wire], Script::always(Reply::MalformedCall)).await;
    let answer = world.good(&tools(wire, "x")).await;
    assert!(matches!(answer.finish, Finish::Fault(_)) && answer.tool_calls.is_empty());
    assert_eq!(outcomes(&answer.attempts), ["fault", "fault"]);
}

/// A run may begin with one model and go on with another.
pub async fn another_wires_history_is_understood(wire: Wire) {
    for other in Wire::ALL {
        let calls = Reply::Calls(vec![call("a", 1), call("b", 2)]);
        let words = Reply::Text("✓".into());
        let script = Script::of([calls, words, Reply::Text("done".into())]);
        let world = World::of(&Wire::ALL, script).await;
        let mut request = tools(other, "begin");
        let called = world.good(&request).await;
        request.turns.extend([called.turn(), results(&called)]);
        let words = world.good(&request).await;
        request.turns.extend([words.turn(), Turn::user("go on")]);
        request.model = wire.row();
        let answer = world.good(&request).await;
        is_well(&answer, "done");
        let sent = world.sent().to_string();
        assert!(
            sent.contains("2027-10-29") && sent.contains("✓"),
            "{other:?} {sent}"
        );
    }
}
