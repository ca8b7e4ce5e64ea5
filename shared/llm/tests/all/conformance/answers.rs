use std::time::Duration;

use domain::Usd;
use llm::{Category, Certainty, Delta, Effort, Finish, Request};
use serde_json::{Value, json};

use super::super::models::{Reply, Script};
use super::fixture::{Wire, World, hurried, is_well, long, plan_schema, text, world};

const NAMASTE: &str = "नमस्ते from Jaipur";

pub async fn a_request_goes_to_its_place_with_its_credentials(wire: Wire) {
    let world = world(wire, []).await;
    world.good(&wire.ask("x")).await;
    world.ask(&wire.ask("x"), &long().unary()).await.unwrap();
    let [streamed, whole] = &world.fake.requests()[..] else {
        panic!("two requests");
    };
    let methods = match wire {
        Wire::Vertex | Wire::GeminiApi => ("streamGenerateContent", "generateContent"),
        Wire::Claude => ("streamRawPredict", "rawPredict"),
        Wire::OpenAi | Wire::Local => ("chat/completions", "chat/completions"),
    };
    assert_eq!((streamed.method.as_str(), whole.method.as_str()), methods);
    let place = match wire {
        Wire::Vertex | Wire::Claude => ("p", "global"),
        _ => ("", ""),
    };
    for seen in [streamed, whole] {
        assert_eq!((seen.project.as_str(), seen.location.as_str()), place);
        assert_eq!(seen.model, wire.model());
        let bearer = seen.authorization.as_deref();
        let key = seen.headers.get("x-goog-api-key");
        match wire {
            Wire::Vertex | Wire::Claude => assert_eq!(bearer, Some("Bearer t")),
            Wire::GeminiApi => assert_eq!((bearer, key.unwrap().as_bytes()), (None, &b"k"[..])),
            Wire::OpenAi => assert_eq!(bearer, Some("Bearer k")),
            Wire::Local => assert_eq!(bearer, None),
        }
    }
}

pub async fn plain_text_comes_whole(wire: Wire) {
    let world = world(wire, [Reply::Text(NAMASTE.into())]).await;
    let request = wire.ask("hello");
    let answer = world.ask(&request, &long().unary()).await.unwrap();
    is_well(&answer, NAMASTE);
    assert_eq!(
        (answer.provider, answer.model.as_str()),
        (wire.provider(), wire.model())
    );
    assert!(answer.tool_calls.is_empty() && answer.dropped.is_empty());
    let [attempt] = &answer.attempts[..] else {
        panic!("{:?}", answer.attempts);
    };
    assert_eq!((attempt.cost, attempt.usage), (answer.cost, answer.usage));
    let bound = world.gateway.upper_bound(&request).unwrap();
    let free = wire == Wire::Local;
    assert!(bound > answer.cost || free, "{bound} {}", answer.cost);
    assert_eq!(answer.cost == Usd::ZERO, free);
}

pub async fn streamed_text_comes_in_pieces(wire: Wire) {
    let world = World::of(&[wire], Script::always(Reply::Text(NAMASTE.into()))).await;
    let request = wire.ask("hello");
    let (streamed, heard) = world.heard(&request).await;
    let streamed = streamed.unwrap();
    is_well(&streamed, NAMASTE);
    assert_eq!((text(&heard).as_str(), heard.len()), (NAMASTE, 3));
    let whole = world.ask(&request, &long().unary()).await.unwrap();
    assert_eq!(
        (&whole.text, &whole.usage, whole.cost),
        (&streamed.text, &streamed.usage, streamed.cost)
    );
}

pub async fn an_answer_fits_the_schema(wire: Wire) {
    let world = world(wire, []).await;
    let request = Request {
        output_schema: Some(plan_schema()),
        ..wire.ask("plan")
    };
    let answer = world.good(&request).await;
    let value: Value = serde_json::from_str(&answer.text).unwrap();
    assert!(jsonschema::is_valid(&plan_schema(), &value), "{value}");
    assert!(answer.dropped.is_empty(), "{:?}", answer.dropped);
}

pub async fn an_effort_is_sent_and_what_is_not_taken_is_told(wire: Wire) {
    let world = world(wire, []).await;
    let request = Request {
        effort: Some(Effort::High),
        temperature: Some(0.25),
        ..wire.ask("think")
    };
    let answer = world.good(&request).await;
    let sent = world.sent();
    let (place, word) = match wire {
        Wire::Vertex | Wire::GeminiApi => {
            ("/generationConfig/thinkingConfig/thinkingLevel", "HIGH")
        }
        Wire::Claude => ("/output_config/effort", "high"),
        Wire::OpenAi | Wire::Local => ("/reasoning_effort", "high"),
    };
    assert_eq!(sent.pointer(place), Some(&json!(word)), "{sent}");
    let cool = ["/temperature", "/generationConfig/temperature"]
        .iter()
        .find_map(|place| sent.pointer(place));
    if wire == Wire::Local {
        assert_eq!(cool, Some(&json!(0.25)));
        assert!(answer.dropped.is_empty(), "{:?}", answer.dropped);
    } else {
        assert_eq!(
            (cool, answer.dropped),
            (None, vec!["temperature 0.25".to_owned()])
        );
    }

    let least = Request {
        effort: Some(Effort::Minimal),
        ..wire.ask("don't think")
    };
    let told = world.good(&least).await.dropped;
    match wire {
        Wire::OpenAi | Wire::Local => assert_eq!(world.sent()["reasoning_effort"], "none"),
        _ => assert_eq!(told, ["effort minimal (sent low)"]),
    }
}

pub async fn unknown_fields_and_values_do_no_harm(wire: Wire) {
    let strange = Reply::UnknownEnums("fine".into());
    let world = World::of(&[wire], Script::always(strange)).await;
    for control in [long(), long().unary()] {
        let answer = world.ask(&wire.ask("x"), &control).await.unwrap();
        assert_eq!(answer.text, "fine");
        let Finish::Other(reason) = &answer.finish else {
            panic!("{:?}", answer.finish);
        };
        assert_eq!(reason.to_lowercase(), "stars_misaligned");
        assert_eq!(answer.usage.certainty, Certainty::Reported);
    }
}

pub async fn a_slow_start_is_waited_for(wire: Wire) {
    let slow = || {
        Reply::SlowStart(
            Duration::from_secs(40),
            Box::new(Reply::Text("late".into())),
        )
    };
    let world = world(wire, [slow(), slow()]).await;
    hurried(async {
        for control in [long(), long().unary()] {
            let answer = world.ask(&wire.ask("x"), &control).await.unwrap();
            is_well(&answer, "late");
            assert_eq!(answer.attempts.len(), 1);
        }
    })
    .await;
}

pub async fn thinking_to_the_limit_is_truncated_and_billed(wire: Wire) {
    let world = World::of(&[wire], Script::always(Reply::ThinkToMaxTokens)).await;
    for control in [long(), long().unary()] {
        let answer = world.ask(&wire.ask("x"), &control).await.unwrap();
        assert_eq!(
            (answer.finish, answer.text.as_str()),
            (Finish::Truncated, "")
        );
        let usage = answer.usage;
        assert_eq!((usage.output, usage.thinking), (0, 500));
        assert_eq!(answer.cost == Usd::ZERO, wire == Wire::Local);
    }
}

/// Gemini says so in place of an answer; the others say why they stopped.
pub async fn a_blocked_prompt_is_policy_and_was_counted(wire: Wire) {
    let blocked = Reply::Blocked("PROHIBITED_CONTENT".into());
    let world = World::of(&[wire], Script::always(blocked)).await;
    for control in [long(), long().unary()] {
        match world.ask(&wire.ask("x"), &control).await {
            Err(error) if wire.is_gemini() => {
                assert_eq!(error.category, Category::Policy);
                assert!(!error.retryable() && error.message.contains("PROHIBITED_CONTENT"));
                assert!(error.spent.usage.input > 0 && error.spent.cost > Usd::ZERO);
                assert_eq!(error.spent.attempts.len(), 1);
            }
            Ok(answer) if !wire.is_gemini() => {
                assert!(
                    matches!(answer.finish, Finish::Policy(_)),
                    "{:?}",
                    answer.finish
                );
                assert!(answer.usage.input > 0 && answer.text.is_empty());
                assert_eq!(answer.attempts.len(), 1);
            }
            outcome => panic!("{outcome:?}"),
        }
    }
    let heard = world.heard(&wire.ask("x")).await.1;
    assert_eq!(heard, Vec::<Delta>::new());
}
