//! `keyword_data` against a SEMrush on loopback.

use domain::Usd;
use serde_json::{Value, json};
use testkit::search::{Engine, FakeSearch, Reply, Script};
use tools::scrape::Policy;
use tools::{Settings, ToolError};

use crate::support::Desk;

const KEY: &str = "semrush-key-4711";

fn desk(fake: &FakeSearch) -> Desk {
    let settings = Settings {
        semrush_api_key: Some(KEY.to_owned()),
        semrush_base_url: Some(fake.base_url()),
        ..Settings::default()
    };
    Desk::of(&settings, Policy::default())
}

async fn said(body: &str) -> Result<Value, ToolError> {
    let reply = Reply::Raw(body.to_owned());
    let fake = FakeSearch::start(Script::auto().reply(Engine::Semrush, reply)).await;
    let args = json!({ "phrases": ["Silk  Saree", "kanjivaram", "silk saree"] });
    desk(&fake).call("keyword_data", args).await.result
}

#[tokio::test]
async fn phrases_come_with_what_is_known_of_them() {
    let body = "Keyword;Search Volume;CPC;Competition\r\nsilk saree;74000;0.21;1.00\r\n";
    let answer = said(body).await.unwrap();
    assert_eq!(
        answer,
        json!({ "phrases": [
            { "phrase": "silk saree", "volume": 74_000, "cpc_usd": "0.21", "competition": 1.0 },
            { "phrase": "kanjivaram", "volume": null, "cpc_usd": null, "competition": null },
        ] })
    );
}

#[tokio::test]
async fn semrush_is_asked_as_its_api_wants_and_once_for_a_phrase() {
    let fake = FakeSearch::start(Script::auto()).await;
    let desk = desk(&fake);
    let args = json!({ "phrases": ["Silk saree", "silk  saree", "kurti"], "country": "gb" });
    let answer = desk.ok("keyword_data", args).await;
    assert_eq!(answer["phrases"].as_array().unwrap().len(), 2);
    assert!(answer["phrases"][1]["volume"].is_u64(), "{answer}");
    let seen = &fake.requests(Engine::Semrush)[0].query;
    let pairs: Vec<(&str, &str)> = seen.iter().map(|(a, b)| (&**a, &**b)).collect();
    assert_eq!(
        pairs,
        [
            ("database", "uk"),
            ("export_columns", "Ph,Nq,Cp,Co"),
            ("key", KEY),
            ("phrase", "silk saree;kurti"),
            ("type", "phrase_these"),
        ]
    );
    desk.ok("keyword_data", json!({ "phrases": ["kurti"] }))
        .await;
    assert_eq!(fake.requests(Engine::Semrush)[1].query["database"], "in");
}

#[tokio::test]
async fn nothing_found_is_an_answer() {
    let answer = said("ERROR 50 :: NOTHING FOUND").await.unwrap();
    assert_eq!(answer["phrases"][0]["volume"], Value::Null);
}

#[tokio::test]
async fn what_is_no_number_is_not_known() {
    let body = "Keyword;Search Volume;CPC;Competition\nsilk saree;n/a;-1;7\nkanjivaram;5\n";
    let answer = said(body).await.unwrap();
    assert_eq!(
        answer["phrases"],
        json!([
            { "phrase": "silk saree", "volume": null, "cpc_usd": null, "competition": null },
            { "phrase": "kanjivaram", "volume": 5, "cpc_usd": null, "competition": null },
        ])
    );
}

#[tokio::test]
async fn a_refusal_is_told_by_its_number() {
    for body in [
        "ERROR 120 :: WRONG KEY - ID PAIR",
        "ERROR 132 :: API UNITS BALANCE IS ZERO",
    ] {
        let error = said(body).await.unwrap_err();
        assert_eq!((error.code, error.retryable), ("keyword.refused", false));
        assert!(error.message.contains(&body[6..9]), "{error}");
    }
}

#[tokio::test]
async fn a_bad_day_may_pass() {
    for (reply, retryable, message) in [
        (Reply::RateLimited, true, "SEMrush rate limited"),
        (Reply::ServerError, true, "SEMrush answered 500"),
        (Reply::Refused(403), false, "SEMrush answered 403"),
        (
            Reply::Garbage,
            true,
            "SEMrush gave an answer that could not be read",
        ),
        (
            Reply::Raw("x".repeat(3 << 20)),
            true,
            "SEMrush gave an answer of more than 2 MiB",
        ),
    ] {
        let fake = FakeSearch::start(Script::auto().reply(Engine::Semrush, reply)).await;
        let desk = desk(&fake);
        let error = desk
            .refused("keyword_data", json!({ "phrases": ["silk"] }))
            .await;
        assert_eq!(
            (error.code, error.retryable, error.message.as_str()),
            ("keyword.unavailable", retryable, message)
        );
        let entry = desk.log.only();
        assert!(!entry.output.to_string().contains(KEY));
        assert_eq!(
            entry.cost,
            Usd("0.010".parse().unwrap()),
            "ten lines at most"
        );
    }
}

#[tokio::test]
async fn without_a_key_it_is_disabled_costs_nothing_and_says_what_to_set() {
    for key in [None, Some(" ".to_owned())] {
        let settings = Settings {
            semrush_api_key: key,
            ..Settings::default()
        };
        let desk = Desk::of(&settings, Policy::default());
        let outcome = desk
            .call("keyword_data", json!({ "phrases": ["silk"] }))
            .await;
        let error = outcome.result.unwrap_err();
        assert_eq!((error.code, error.retryable), ("tool.disabled", false));
        assert_eq!(
            error.message,
            "keyword_data is disabled: SEMRUSH_API_KEY is not set"
        );
        assert_eq!(outcome.cost, Usd::ZERO);
    }
}

#[tokio::test]
async fn phrases_of_the_wrong_shape_are_refused() {
    let fake = FakeSearch::start(Script::auto()).await;
    let desk = desk(&fake);
    for args in [
        json!({ "phrases": [] }),
        json!({ "phrases": vec!["silk"; 11] }),
        json!({ "phrases": [""] }),
        json!({ "phrases": ["  "] }),
        json!({ "phrases": ["silk;cotton"] }),
        json!({ "phrases": ["x".repeat(81)] }),
        json!({ "phrases": ["silk"], "country": "IN" }),
        json!({ "phrases": ["silk"], "country": "india" }),
    ] {
        let error = desk.refused("keyword_data", args.clone()).await;
        assert_eq!(error.code, "args.invalid", "{args}");
    }
    assert!(fake.requests(Engine::Semrush).is_empty());
}
