use std::time::Duration;

use domain::Usd;
use llm::{Category, Certainty, Control, Error, Finish, Gateway, RawResponse, Usage};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::scripted::{Scripted, bad, gateway, good, limited, minute, used};
use super::support::{ask, clock, ignore, usd};

#[tokio::test(start_paused = true)]
async fn a_failed_call_is_retried_twice_with_growing_waits_and_all_is_accounted_for() {
    let failed = || {
        Err(Error::new(Category::Transient, "cut").with_usage(Usage {
            certainty: Certainty::Estimated,
            ..used()
        }))
    };
    let provider = Scripted::new([failed(), failed(), good("third")]);
    let mut heard = Vec::new();
    let answer = gateway(&provider)
        .generate(&ask("gemini-3.8-flash", "x"), &minute(), &mut |delta| {
            heard.push(delta)
        })
        .await
        .unwrap();
    assert_eq!(answer.text, "third");
    let waits = provider.waits();
    assert!(
        waits[0] >= Duration::from_secs(1) && waits[1] >= Duration::from_secs(2),
        "{waits:?}"
    );
    assert_eq!(heard.len(), 2, "what was heard before is void");
    // 1000 x .75 + 100 x 3.75 = 1,125 micro-dollars, three times.
    assert_eq!((answer.cost, answer.usage.input), (usd("0.003375"), 3_000));
    assert_eq!(answer.usage.certainty, Certainty::Estimated);
    let outcomes: Vec<_> = answer
        .attempts
        .iter()
        .map(|attempt| attempt.outcome.as_str())
        .collect();
    assert_eq!(outcomes, ["transient", "transient", "done"]);
    assert_eq!(answer.attempts[0].price, "gemini-3.8-flash/global/standard");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_but_never_past_the_deadline() {
    let provider = Scripted::new([limited(20)]);
    gateway(&provider)
        .generate(&ask("gemini-3.8-flash", "x"), &minute(), &mut ignore())
        .await
        .unwrap();
    assert!(provider.waits()[0] >= Duration::from_secs(20));

    let provider = Scripted::new([limited(90)]);
    let began = Instant::now();
    let error = gateway(&provider)
        .generate(&ask("gemini-3.8-flash", "x"), &minute(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(
        error.category,
        Category::RateLimited {
            retry_after: Some(Duration::from_secs(90))
        }
    );
    assert_eq!(
        (provider.models().len(), began.elapsed()),
        (1, Duration::ZERO)
    );
}

#[tokio::test(start_paused = true)]
async fn the_next_candidate_is_asked_when_one_is_gone() {
    let provider = Scripted::new([bad(Category::UnknownModel)]);
    let answer = gateway(&provider)
        .generate(&ask("standard", "x"), &minute(), &mut ignore())
        .await
        .unwrap();
    assert_eq!(provider.models(), ["gemini-3.8-flash", "gemini-3.5-flash"]);
    assert_eq!(answer.model, "gemini-3.5-flash");

    let provider = Scripted::new([bad(Category::Policy)]);
    let error = gateway(&provider)
        .generate(&ask("standard", "x"), &minute(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(
        (error.category, provider.models().len()),
        (Category::Policy, 1),
        "another model is no way round a policy"
    );
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_retried_once_then_another_model_is_asked() {
    let fault = || {
        Ok(RawResponse {
            finish: Finish::Fault("MALFORMED_FUNCTION_CALL".into()),
            usage: used(),
            ..RawResponse::default()
        })
    };
    let provider = Scripted::new([fault(), fault(), good("ok")]);
    let answer = gateway(&provider)
        .generate(&ask("standard", "x"), &minute(), &mut ignore())
        .await
        .unwrap();
    assert_eq!(
        provider.models(),
        ["gemini-3.8-flash", "gemini-3.8-flash", "gemini-3.5-flash"]
    );
    assert_eq!((answer.text.as_str(), answer.attempts.len()), ("ok", 3));

    let provider = Scripted::new([fault(), fault()]);
    let answer = gateway(&provider)
        .generate(&ask("gemini-3.8-flash", "x"), &minute(), &mut ignore())
        .await
        .unwrap();
    assert!(
        matches!(answer.finish, Finish::Fault(_)),
        "with no other model the fault is returned"
    );
}

#[tokio::test(start_paused = true)]
async fn the_cost_limit_stops_before_the_attempt_that_could_pass_it() {
    let provider = Scripted::new([]);
    let gateway = gateway(&provider);
    let request = ask("gemini-3.8-flash", "x");
    let bound = gateway.upper_bound(&request).unwrap();
    let error = gateway
        .generate(
            &request,
            &minute().max_cost(bound - usd("0.000001")),
            &mut ignore(),
        )
        .await
        .unwrap_err();
    assert_eq!(
        (error.category, provider.models().len()),
        (Category::OverBudget, 0)
    );
    gateway
        .generate(&request, &minute().max_cost(bound), &mut ignore())
        .await
        .unwrap();

    // A retry after something was spent no longer fits.
    let spent = Err(Error::new(Category::Transient, "cut").with_usage(used()));
    let provider = Scripted::new([spent]);
    let error = self::gateway(&provider)
        .generate(&request, &minute().max_cost(bound), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(
        (error.category, provider.models().len()),
        (Category::OverBudget, 1)
    );
    assert_eq!(
        error.spent.cost,
        usd("0.001125"),
        "what the first attempt cost is still told"
    );
}

#[tokio::test(start_paused = true)]
async fn five_failures_open_the_breaker_of_that_model_alone() {
    let time = clock();
    let provider = Scripted::new((0..6).map(|_| bad(Category::Provider)));
    let gateway = Gateway::builder(time.clone())
        .provider(provider.clone())
        .build();
    let request = ask("gemini-3.8-flash", "x");
    for _ in 0..5 {
        let error = gateway
            .generate(&request, &minute(), &mut ignore())
            .await
            .unwrap_err();
        assert_eq!(error.category, Category::Provider);
    }
    let error = gateway
        .generate(&request, &minute(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(
        (error.category, error.retryable(), provider.models().len()),
        (Category::Unavailable, true, 5)
    );
    provider.outcomes.lock().unwrap().clear();
    let answer = gateway
        .generate(&ask("standard", "x"), &minute(), &mut ignore())
        .await
        .unwrap();
    assert_eq!(answer.model, "gemini-3.5-flash", "the alias passes it over");
    time.advance(61);
    assert!(
        gateway
            .generate(&request, &minute(), &mut ignore())
            .await
            .is_ok(),
        "one probe, and it is closed"
    );
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_the_wait_for_a_retry() {
    let provider = Scripted::new([limited(30)]);
    let cancel = CancellationToken::new();
    let control = Control {
        cancel: cancel.clone(),
        ..minute()
    };
    let gateway = gateway(&provider);
    let request = ask("gemini-3.8-flash", "x");
    let mut sink = ignore();
    let (outcome, ()) = tokio::join!(gateway.generate(&request, &control, &mut sink), async {
        while provider.models().is_empty() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    });
    assert_eq!(outcome.unwrap_err().category, Category::Cancelled);
    assert_eq!(provider.models().len(), 1);
}

#[tokio::test]
async fn without_a_provider_everything_is_offline_and_free() {
    let gateway = Gateway::builder(clock()).build();
    assert!(gateway.is_offline());
    for name in ["standard", "premium", "lord", "gemini-3.8-flash", "offline"] {
        let answer = gateway
            .generate(&ask(name, "hello"), &minute(), &mut ignore())
            .await
            .unwrap();
        assert_eq!(
            (answer.model.as_str(), answer.provider, answer.cost),
            ("offline", "offline", Usd::ZERO),
            "{name}"
        );
        assert_eq!(gateway.upper_bound(&ask(name, "hello")).unwrap(), Usd::ZERO);
    }
    let error = gateway
        .generate(&ask("gpt-9", "hello"), &minute(), &mut ignore())
        .await
        .unwrap_err();
    assert_eq!(error.category, Category::UnknownModel);
}

#[test]
fn with_a_provider_only_its_models_are_candidates_and_retired_ones_say_so() {
    let gateway = gateway(&Scripted::new([]));
    let ids = |name: &str| {
        gateway
            .resolve(name)
            .map(|rows| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>())
    };
    assert_eq!(
        ids("cheap").unwrap(),
        ["gemini-3.1-flash-lite"],
        "the first needs a provider that isn't there"
    );
    assert_eq!(ids("offline").unwrap(), ["offline"]);
    assert!(
        ids("gemini-2.5-pro")
            .unwrap_err()
            .message
            .contains("retired")
    );
    assert!(
        ids("fallback")
            .unwrap_err()
            .message
            .contains("no configured provider")
    );
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_asked_when_all_of_the_name_fail_and_an_unknown_one_is_passed_over() {
    let provider = Scripted::new([bad(Category::Provider), good("second")]);
    let request = llm::Request {
        fallbacks: vec!["no-such-model".into(), "gemini-3.5-flash".into()],
        ..ask("gemini-3.8-flash", "hi")
    };
    let answer = gateway(&provider)
        .generate(&request, &minute(), &mut ignore())
        .await
        .unwrap();
    assert_eq!(answer.text, "second");
    assert_eq!(provider.models(), ["gemini-3.8-flash", "gemini-3.5-flash"]);
}
