use std::time::Duration;

use domain::Usd;
use llm::{Category, Certainty, Control, Delta, Gateway};
use serde_json::json;

use super::super::models::{Reply, Script};
use super::super::support::{ask, clock, ignore};
use super::fixture::{
    THESE, Wire, World, hurried, is_well, long, outcomes, soon, stoppable, text, world,
};

fn fine() -> Reply {
    Reply::Text("fine".into())
}

/// The replies, then a good one: what the attempts came to and how long lay between them.
async fn after(wire: Wire, replies: Vec<Reply>) -> (World, llm::Response) {
    let script = Script {
        then: fine(),
        ..Script::of(replies)
    };
    let world = World::of(&[wire], script).await;
    let answer = hurried(world.good(&wire.ask("x"))).await;
    assert_eq!(answer.text, "fine");
    (world, answer)
}

pub async fn nobody_there_is_transient_and_costs_nothing(wire: Wire) {
    let clock = clock();
    let builder = Gateway::builder(clock);
    // Port 1 is nobody's.
    let gateway = wire.join(builder, "http://127.0.0.1:1").build();
    let (request, control) = (wire.ask("x"), Control::within(Duration::from_millis(500)));
    let mut sink = ignore();
    let error = gateway
        .generate(&request, &control, &mut sink)
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::Transient, "{error}");
    assert!(error.spent.usage.is_zero() && error.retryable());
}

pub async fn an_answer_of_nothing_is_tried_again(wire: Wire) {
    let surprise = Reply::Raw(json!({"surprise": true}));
    let (_, answer) = after(wire, vec![surprise]).await;
    assert_eq!(outcomes(&answer.attempts), ["transient", "done"]);
    let world = world(wire, [Reply::Raw(json!([])), fine()]).await;
    let request = wire.ask("x");
    let whole = hurried(world.ask(&request, &long().unary())).await.unwrap();
    assert_eq!(outcomes(&whole.attempts), ["transient", "done"]);
}

pub async fn a_rate_limit_is_waited_out(wire: Wire) {
    let limited = Reply::RateLimited { retry_after: 30 };
    let (world, answer) = after(wire, vec![limited]).await;
    is_well(&answer, "fine");
    assert_eq!(outcomes(&answer.attempts), ["rate_limited", "done"]);
    assert_eq!(
        answer.attempts[0].cost,
        Usd::ZERO,
        "a refusal costs nothing"
    );
    let pause = world.pauses()[0];
    assert!((30..60).contains(&pause.as_secs()), "{pause:?}");
}

pub async fn a_wait_in_milliseconds_is_obeyed(wire: Wire) {
    let limited = Reply::Refused {
        status: 429,
        message: "slow down".into(),
        headers: vec![
            ("retry-after-ms", "25500".into()),
            ("retry-after", "1".into()),
        ],
    };
    let (world, _) = after(wire, vec![limited]).await;
    let pause = world.pauses()[0];
    assert!(pause >= Duration::from_millis(25_500), "{pause:?}");
}

pub async fn a_provider_may_forbid_another_try(wire: Wire) {
    let never = Reply::Refused {
        status: 500,
        message: "don't".into(),
        headers: vec![("x-should-retry", "false".into())],
    };
    let world = world(wire, [never, fine()]).await;
    let error = world.ask(&wire.ask("x"), &long()).await.unwrap_err();
    assert_eq!(
        (error.category, error.spent.attempts.len()),
        (Category::Provider, 1)
    );
}

pub async fn a_server_error_is_tried_again(wire: Wire) {
    let (world, answer) = after(wire, vec![Reply::ServerError, Reply::refused(503)]).await;
    assert_eq!(
        outcomes(&answer.attempts),
        ["transient", "transient", "done"]
    );
    let pauses = world.pauses();
    assert!(
        pauses[0] >= Duration::from_secs(1) && pauses[1] >= Duration::from_secs(2),
        "{pauses:?}"
    );
}

pub async fn an_overloaded_model_is_tried_again(wire: Wire) {
    let (_, answer) = after(wire, vec![Reply::Overloaded]).await;
    assert_eq!(outcomes(&answer.attempts), ["transient", "done"]);
}

pub async fn an_error_in_the_middle_is_tried_again(wire: Wire) {
    let world = world(wire, [Reply::ErrorAfter("well begun".into()), fine()]).await;
    let request = wire.ask("x");
    let (answer, heard) = hurried(world.heard(&request)).await;
    let answer = answer.unwrap();
    assert_eq!(answer.text, "fine");
    assert_eq!(outcomes(&answer.attempts), ["transient", "done"]);
    let first = &answer.attempts[0].usage;
    assert!(first.input > 0, "the prompt was read: {first:?}");
    let restart = heard
        .iter()
        .position(|delta| matches!(delta, Delta::Restarted { .. }))
        .unwrap();
    assert_eq!(
        (text(&heard[..restart]), text(&heard[restart..])),
        ("well begun".into(), "fine".into())
    );
}

pub async fn a_cut_answer_is_an_error_with_an_estimate(wire: Wire) {
    let cut = Reply::CutMidEvent("half of an answer".into());
    let world = World::of(&[wire], Script::always(cut)).await;
    let request = wire.ask("tell me");
    let (outcome, heard) = hurried(world.heard(&request)).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.category, Category::Transient);
    assert_eq!(outcomes(&error.spent.attempts), ["transient"; 3]);
    assert_eq!(text(&heard), "half of an answer".repeat(3));
    let usage = error.spent.usage;
    assert_eq!(usage.certainty, Certainty::Estimated);
    assert!(usage.input > 0 && usage.output >= 3 * 5, "{usage:?}");
    assert_eq!(error.spent.cost == Usd::ZERO, wire == Wire::Local);

    let error = hurried(world.ask(&request, &long().unary()))
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::Transient);
}

pub async fn a_stalled_call_ends_at_the_deadline(wire: Wire) {
    for (reply, least) in [
        (Reply::Stall, 0),
        (Reply::StallAfter("half of it".into()), 3),
    ] {
        let world = World::of(&[wire], Script::always(reply)).await;
        let control = Control::within(Duration::from_secs(90));
        let error = hurried(world.ask(&wire.ask("x"), &control))
            .await
            .unwrap_err();
        assert_eq!(
            (error.category, error.spent.attempts.len()),
            (Category::Deadline, 1)
        );
        let usage = error.spent.usage;
        assert_eq!(usage.certainty, Certainty::Estimated);
        assert!(usage.input > 0 && usage.output >= least, "{usage:?}");
        soon(world.fake.abandoned(1)).await;
    }
}

pub async fn a_cancelled_call_closes_the_connection(wire: Wire) {
    for reply in [Reply::Stall, Reply::StallAfter("half of it".into())] {
        for stream in [true, false] {
            let world = World::of(&[wire], Script::always(reply.clone())).await;
            let (control, cancel) = stoppable();
            let control = Control { stream, ..control };
            let request = wire.ask("x");
            let stopped = async {
                world.fake.arrived(1).await;
                cancel.cancel();
            };
            let (outcome, ()) =
                soon(async { tokio::join!(world.ask(&request, &control), stopped) }).await;
            let error = outcome.unwrap_err();
            assert_eq!(
                (error.category, error.spent.attempts.len()),
                (Category::Cancelled, 1)
            );
            assert!(error.spent.usage.input > 0, "the prompt was probably read");
            soon(world.fake.abandoned(1)).await;
        }
    }
}

pub async fn a_model_that_is_gone_falls_over_to_the_next_provider(wire: Wire) {
    for next in Wire::ALL.into_iter().filter(|next| *next != wire) {
        let script = Script {
            then: fine(),
            ..Script::of([Reply::refused(404)])
        };
        let world = World::of(&[wire, next], script).await;
        let request = ask(THESE, "x");
        let answer = world.good(&request).await;
        assert_eq!(
            (answer.text.as_str(), answer.provider),
            ("fine", next.provider())
        );
        assert_eq!(outcomes(&answer.attempts), ["unknown_model", "done"]);
        assert_eq!(answer.attempts[0].provider, wire.provider());
    }

    // Nobody else to ask.
    let world = self::world(wire, [Reply::refused(404)]).await;
    let error = world.ask(&wire.ask("x"), &long()).await.unwrap_err();
    assert_eq!(
        (error.category, error.retryable()),
        (Category::UnknownModel, false)
    );
    assert!(error.message.contains(wire.model()), "{error}");
}

pub async fn a_refusal_of_our_own_making_is_not_repeated(wire: Wire) {
    for (status, category) in [
        (400, Category::InvalidRequest),
        (401, Category::Provider),
        (403, Category::Provider),
        (413, Category::InvalidRequest),
    ] {
        let world = world(wire, [Reply::refused(status), fine()]).await;
        let error = world.ask(&wire.ask("x"), &long()).await.unwrap_err();
        assert_eq!(
            (error.category, error.spent.attempts.len()),
            (category, 1),
            "{error}"
        );
        assert!(error.spent.usage.is_zero() && !error.retryable());
        assert!(
            error
                .message
                .contains(&format!("The fake refuses with {status}."))
        );
    }
}

pub async fn five_failures_open_the_breaker_and_one_probe_is_let_through(wire: Wire) {
    let refusals = (0..5).map(|_| Reply::refused(403));
    let world = world(wire, refusals.chain([Reply::Stall])).await;
    let request = wire.ask("x");
    for _ in 0..5 {
        let error = world.ask(&request, &long()).await.unwrap_err();
        assert_eq!(error.category, Category::Provider);
    }
    let unavailable = async || {
        let error = soon(world.ask(&request, &long())).await.unwrap_err();
        assert_eq!(
            (error.category, error.retryable()),
            (Category::Unavailable, true)
        );
    };
    unavailable().await;
    assert_eq!(world.fake.requests().len(), 5, "nothing was sent");
    world.clock.advance(61);
    let (control, cancel) = stoppable();
    let beside_the_probe = async {
        world.fake.arrived(6).await;
        unavailable().await;
        cancel.cancel();
    };
    let probe = async { tokio::join!(world.ask(&request, &control), beside_the_probe) };
    let (outcome, ()) = soon(probe).await;
    assert_eq!(outcome.unwrap_err().category, Category::Cancelled);
    assert_eq!(world.fake.requests().len(), 6, "one probe");
    // The probe told nothing, so the next one decides, and all is well again.
    for _ in 0..2 {
        world.good(&request).await;
    }
}
