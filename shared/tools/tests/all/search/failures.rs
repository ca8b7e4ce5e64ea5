//! Engines on bad days.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use testkit::search::{Engine, FakeSearch, Reply, Script};
use tools::Settings;
use tools::scrape::Policy;

use super::{SECRETS, desk, desk_of, pages, search, settings, urls};
use crate::support::Desk;

const ALL: [(Engine, &str); 3] = [
    (Engine::Brave, "brave"),
    (Engine::Google, "google"),
    (Engine::DuckDuckGo, "duckduckgo"),
];

fn bad_days() -> Vec<(Reply, &'static str)> {
    vec![
        (Reply::RateLimited, "rate limited"),
        (Reply::ServerError, "answered 500"),
        (Reply::Refused(401), "answered 401"),
        (Reply::Refused(302), "answered 302"),
        (Reply::Garbage, "gave an answer that could not be read"),
        (
            Reply::Raw(String::new()),
            "gave an answer that could not be read",
        ),
        (
            Reply::Raw("{\"web\":".to_owned()),
            "gave an answer that could not be read",
        ),
        (
            Reply::Raw("x".repeat(3 << 20)),
            "gave an answer of more than 2 MiB",
        ),
    ]
}

#[tokio::test]
async fn an_engine_that_fails_is_named_and_the_others_are_kept() {
    for (engine, name) in ALL {
        for (reply, said) in bad_days() {
            let script = Script::auto().always(engine, reply.clone());
            let fake = FakeSearch::start(script).await;
            let answer = search(&desk(&fake), "silk").await;
            let failed: Vec<_> = answer["engines"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|engine| engine["ok"] == false)
                .collect();
            assert_eq!(
                failed,
                [&json!({ "name": name, "ok": false, "error": said })]
            );
            assert!(!urls(&answer).is_empty(), "{name} {said}");
            let told = answer.to_string();
            assert!(SECRETS.iter().all(|key| !told.contains(key)), "{told}");
        }
    }
}

#[tokio::test]
async fn a_page_that_asks_for_a_person_is_a_failure() {
    let challenge =
        "<html><body><form id=\"challenge-form\" action=\"//duckduckgo.com/anomaly.js?x\">";
    for reply in [Reply::Anomaly, Reply::Raw(challenge.to_owned())] {
        let script = Script::auto().always(Engine::DuckDuckGo, reply);
        let fake = FakeSearch::start(script).await;
        let answer = search(&desk(&fake), "silk").await;
        assert_eq!(
            answer["engines"][2],
            json!({ "name": "duckduckgo", "ok": false, "error": "took the request for a robot's" })
        );
    }
}

#[tokio::test]
async fn a_page_built_to_take_long_is_left() {
    let nested = "<div class=result>".repeat(20_000);
    let script = Script::auto().always(Engine::DuckDuckGo, Reply::Raw(nested));
    let fake = FakeSearch::start(script).await;
    let error = desk_of(&fake, "duckduckgo")
        .refused("web_search", json!({ "query": "silk" }))
        .await;
    assert_eq!(error.code, "search.unavailable");
}

#[tokio::test]
async fn when_all_fail_each_is_named_and_the_call_may_be_tried_again() {
    let script = Script::auto()
        .always(Engine::Brave, Reply::RateLimited)
        .always(Engine::Google, Reply::ServerError)
        .always(Engine::DuckDuckGo, Reply::Anomaly);
    let fake = FakeSearch::start(script).await;
    let desk = desk(&fake);
    let error = desk.refused("web_search", json!({ "query": "silk" })).await;
    assert_eq!((error.code, error.retryable), ("search.unavailable", true));
    assert_eq!(
        error.message,
        "no search engine answered; brave: rate limited; google: answered 500; duckduckgo: took the request for a robot's"
    );
    let entry = desk.log.only();
    assert_eq!(entry.error_code.as_deref(), Some("search.unavailable"));
    let written = entry.output.to_string();
    assert!(
        SECRETS.iter().all(|key| !written.contains(key)),
        "{written}"
    );
}

#[tokio::test]
async fn a_failure_of_all_is_not_kept() {
    let script = Script::auto().reply(Engine::Brave, Reply::ServerError);
    let fake = FakeSearch::start(script).await;
    let desk = desk_of(&fake, "brave");
    desk.refused("web_search", json!({ "query": "silk" })).await;
    assert!(!urls(&search(&desk, "silk").await).is_empty());
    assert_eq!(fake.requests(Engine::Brave).len(), 2);
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_left_after_six_seconds() {
    let fake = FakeSearch::start(Script::auto().always(Engine::Brave, Reply::Stall)).await;
    let desk = desk_of(&fake, "brave");
    let asking =
        tokio::spawn(async move { desk.refused("web_search", json!({ "query": "silk" })).await });
    while fake.requests(Engine::Brave).is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    let error = asking.await.unwrap();
    // The runtime's clock counts whole milliseconds, upwards.
    assert!(before.elapsed() <= Duration::from_millis(6_010));
    assert!(
        error.message.ends_with("brave: did not answer within 6s"),
        "{error}"
    );
}

#[tokio::test]
async fn an_engine_that_can_not_be_reached_is_left() {
    let fake = FakeSearch::start(Script::auto()).await;
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let unreachable = Settings {
        search_google_base_url: Some(gone),
        ..settings(&fake)
    };
    let answer = search(&Desk::of(&unreachable, Policy::default()), "silk").await;
    assert_eq!(
        answer["engines"][1],
        json!({ "name": "google", "ok": false, "error": "could not be reached" })
    );
}

#[tokio::test]
async fn a_wrong_key_is_a_refusal_of_that_engine_alone() {
    let script = Script::auto()
        .always(
            Engine::Brave,
            Reply::Refused(StatusCode::UNPROCESSABLE_ENTITY.as_u16()),
        )
        .always(Engine::Google, pages(&["https://silk.example/"]));
    let fake = FakeSearch::start(script).await;
    let answer = search(&desk_of(&fake, "brave,google"), "silk").await;
    assert_eq!(answer["engines"][0]["error"], "answered 422");
    assert_eq!(urls(&answer), ["https://silk.example/"]);
}

#[tokio::test]
async fn with_no_engine_set_up_the_tool_says_which_variable_is_missing() {
    let keyless = Settings {
        search_engines: "brave,google".parse().unwrap(),
        ..Settings::default()
    };
    let error = Desk::of(&keyless, Policy::default())
        .refused("web_search", json!({ "query": "silk" }))
        .await;
    assert_eq!((error.code, error.retryable), ("tool.disabled", false));
    assert_eq!(
        error.message,
        "no search engine is set up; brave: not configured: SEARCH_BRAVE_API_KEY is not set; google: not configured: SEARCH_GOOGLE_API_KEY is not set"
    );
}

#[tokio::test]
async fn five_failures_in_a_row_spare_the_engine() {
    let fake = FakeSearch::start(Script::auto().always(Engine::Brave, Reply::ServerError)).await;
    let desk = desk(&fake);
    for number in 0..8 {
        let answer = search(&desk, &format!("silk {number}")).await;
        let said = if number < 5 {
            "answered 500"
        } else {
            "failed again and again, and rests for a minute"
        };
        assert_eq!(answer["engines"][0]["error"], said, "{number}");
    }
    assert_eq!(fake.requests(Engine::Brave).len(), 5);
    assert_eq!(fake.requests(Engine::Google).len(), 8);
}
