use domain::Usd;
use llm::{Certainty, Finish, Usage};

use super::super::models::{Count, Reply, Script};
use super::fixture::{Wire, World, long, world};

/// In micro-dollars, at the prices of 2026-11-20 by hand, rounded up.
pub async fn counts_and_cost_are_the_providers_own(wire: Wire) {
    let count = Count {
        read: 1_000,
        cached: 300,
        written_5m: 50,
        written_1h: 20,
        output: 40,
        thinking: 60,
    };
    let world = World::of(&[wire], Script::always(Reply::Counted("x".into(), count))).await;
    let usage = Usage {
        input: 1_000,
        cached_input: 300,
        output: 40,
        thinking: 60,
        ..Usage::default()
    };
    let (expected, micros) = match wire {
        // Writes to its caches are not told: 700 x .75 + 300 x .075 + 100 x 3.75 = 922.5
        Wire::Vertex | Wire::GeminiApi => (usage, 923),
        // 630 x .10 + 300 x .01 + 50 x .125 + 20 x .20 + 100 x .50 = 126.25
        Wire::Claude => {
            let written = Usage {
                cache_write_5m: 50,
                cache_write_1h: 20,
                ..usage
            };
            (written, 127)
        }
        // 630 x 1 + 300 x .05 + 70 x 1.25 + 100 x 5 = 1,232.5
        Wire::OpenAi => {
            let written = Usage {
                cache_write_5m: 70,
                ..usage
            };
            (written, 1_233)
        }
        // What such a server says of caches is not believed, and costs nothing.
        Wire::Local => {
            let plain = Usage {
                cached_input: 0,
                ..usage
            };
            (plain, 0)
        }
    };
    let cost = Usd(rust_decimal::Decimal::new(micros, 6));
    for control in [long(), long().unary()] {
        let answer = world.ask(&wire.ask("x"), &control).await.unwrap();
        assert_eq!((answer.usage, answer.cost), (expected, cost));
    }
}

pub async fn an_answer_without_a_count_is_estimated(wire: Wire) {
    let uncounted = Reply::UsageMissing("an answer of some length".into());
    let world = World::of(&[wire], Script::always(uncounted)).await;
    for control in [long(), long().unary()] {
        let answer = world.ask(&wire.ask("x"), &control).await.unwrap();
        assert_eq!(
            (answer.text.as_str(), &answer.finish),
            ("an answer of some length", &Finish::Done)
        );
        assert_eq!(answer.usage.certainty, Certainty::Estimated);
        assert!(answer.usage.input > 0 && answer.usage.output >= 6);
        assert_eq!(answer.cost == Usd::ZERO, wire == Wire::Local);
    }
}

/// OpenAI's wire has said by then why it stopped, so the answer stands; the others have not.
pub async fn a_stream_that_ends_before_its_count_is_estimated(wire: Wire) {
    let text = "an answer of some length";
    let world = world(
        wire,
        [
            Reply::CutBeforeUsage(text.into()),
            Reply::Text("again".into()),
        ],
    )
    .await;
    let answer = super::fixture::hurried(world.good(&wire.ask("x"))).await;
    let first = &answer.attempts[0];
    assert_eq!(first.usage.certainty, Certainty::Estimated);
    assert!(first.usage.input > 0 && first.usage.output > 0, "{first:?}");
    if matches!(wire, Wire::OpenAi | Wire::Local) {
        assert_eq!((answer.text.as_str(), answer.attempts.len()), (text, 1));
    } else {
        assert_eq!((answer.text.as_str(), answer.attempts.len()), ("again", 2));
        assert_eq!(first.outcome, "transient");
    }
}
