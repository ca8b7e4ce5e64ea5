//! What each engine is asked, and how its answer is read.

use serde_json::{Value, json};
use testkit::search::{Engine, FakeSearch, Page, Reply, Script, Seen};
use tools::Settings;
use tools::scrape::Policy;

use super::{BRAVE_KEY, GOOGLE_CX, GOOGLE_KEY, desk, desk_of, pages, search, settings, urls};
use crate::support::Desk;

async fn asked(engine: Engine, args: Value) -> Seen {
    let fake = FakeSearch::start(Script::auto()).await;
    desk(&fake).ok("web_search", args).await;
    let mut requests = fake.requests(engine);
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn parameters(seen: &Seen) -> Vec<(&str, &str)> {
    let pairs = seen.query.iter();
    pairs.map(|(name, value)| (&**name, &**value)).collect()
}

#[tokio::test]
async fn brave_is_asked_as_its_api_wants() {
    let args = json!({ "query": "  silk   sarees ", "language": "hi", "freshness": "week", "max_results": 20 });
    let seen = asked(Engine::Brave, args).await;
    assert_eq!(
        parameters(&seen),
        [
            ("count", "20"),
            ("country", "IN"),
            ("freshness", "pw"),
            ("q", "silk sarees"),
            ("search_lang", "hi"),
        ]
    );
    assert_eq!(seen.token.as_deref(), Some(BRAVE_KEY));
    let odia = asked(Engine::Brave, json!({ "query": "silk", "language": "or" })).await;
    assert_eq!(
        parameters(&odia),
        [("count", "10"), ("country", "IN"), ("q", "silk")],
        "a language that it would refuse is not asked for"
    );
}

#[tokio::test]
async fn brave_is_asked_for_fifty_words_at_most() {
    let query = "a ".repeat(60);
    let seen = asked(Engine::Brave, json!({ "query": query })).await;
    assert_eq!(seen.query["q"].split(' ').count(), 50);
}

#[tokio::test]
async fn google_is_asked_as_its_api_wants() {
    let args = json!({ "query": "silk", "language": "fr", "freshness": "year", "max_results": 20 });
    let seen = asked(Engine::Google, args).await;
    assert_eq!(
        parameters(&seen),
        [
            ("cx", GOOGLE_CX),
            ("dateRestrict", "y1"),
            ("gl", "in"),
            ("hl", "fr"),
            ("key", GOOGLE_KEY),
            ("lr", "lang_fr"),
            ("num", "10"),
            ("q", "silk"),
            ("start", "1"),
        ]
    );
    let hindi = asked(Engine::Google, json!({ "query": "silk", "language": "hi" })).await;
    assert_eq!((hindi.query.get("lr"), &*hindi.query["hl"]), (None, "hi"));
}

#[tokio::test]
async fn duckduckgo_is_asked_for_india_and_told_who_asks() {
    let args = json!({ "query": "silk & \"cotton\"", "language": "hi", "freshness": "month" });
    let seen = asked(Engine::DuckDuckGo, args).await;
    assert_eq!(
        parameters(&seen),
        [("df", "m"), ("kl", "in-en"), ("q", "silk & \"cotton\"")]
    );
    assert!(seen.user_agent.unwrap().starts_with("RaptorFlowBot/"));
}

#[tokio::test]
async fn every_freshness_has_its_code_for_every_engine() {
    for (freshness, brave, google, duckduckgo) in [
        ("day", "pd", "d1", "d"),
        ("week", "pw", "w1", "w"),
        ("month", "pm", "m1", "m"),
        ("year", "py", "y1", "y"),
    ] {
        let fake = FakeSearch::start(Script::auto()).await;
        let args = json!({ "query": "silk", "freshness": freshness });
        desk(&fake).ok("web_search", args).await;
        for (engine, name, code) in [
            (Engine::Brave, "freshness", brave),
            (Engine::Google, "dateRestrict", google),
            (Engine::DuckDuckGo, "df", duckduckgo),
        ] {
            assert_eq!(fake.requests(engine)[0].query[name], code, "{engine:?}");
        }
    }
}

#[tokio::test]
async fn each_engine_s_results_are_read_alike() {
    let wanted = Page {
        title: "Silk & <Sons>".to_owned(),
        url: "https://silk.example/a?b=1&c=%20".to_owned(),
        snippet: "Sarees <of> silk & \"gold\" since 1975".to_owned(),
        published: Some("2026-09-03".to_owned()),
    };
    for (engine, name) in [(Engine::Brave, "brave"), (Engine::DuckDuckGo, "duckduckgo")] {
        // JSON carries HTML in Brave's answer: the simulator marks only snippets.
        let title = if engine == Engine::Brave {
            "Silk &amp; &lt;Sons&gt;"
        } else {
            "Silk & <Sons>"
        };
        let said = Page {
            title: title.to_owned(),
            ..wanted.clone()
        };
        let script = Script::auto().reply(engine, Reply::Pages(vec![said]));
        let fake = FakeSearch::start(script).await;
        let answer = search(&desk_of(&fake, name), "silk").await;
        assert_eq!(
            answer["results"],
            json!([{
                "title": wanted.title, "url": wanted.url, "snippet": wanted.snippet,
                "published": "2026-09-03", "engines": [name],
            }])
        );
    }
    let plain = Page {
        title: "Silk & Sons".to_owned(),
        snippet: "Sarees under ₹5,000 & up".to_owned(),
        ..wanted
    };
    let script = Script::auto().reply(Engine::Google, Reply::Pages(vec![plain.clone()]));
    let fake = FakeSearch::start(script).await;
    let answer = search(&desk_of(&fake, "google"), "silk").await;
    assert_eq!(
        answer["results"],
        json!([{
            "title": plain.title, "url": plain.url, "snippet": plain.snippet,
            "published": "2026-09-03", "engines": ["google"],
        }])
    );
}

#[tokio::test]
async fn a_date_that_is_unknown_or_can_not_be_is_left_out() {
    for published in [None, Some("2031-01-01"), Some("0000-00-00"), Some("soon")] {
        let undated = Page {
            published: published.map(str::to_owned),
            ..super::page("https://silk.example/")
        };
        let mut script = Script::auto();
        for engine in [Engine::Brave, Engine::Google, Engine::DuckDuckGo] {
            script = script.reply(engine, Reply::Pages(vec![undated.clone()]));
        }
        let fake = FakeSearch::start(script).await;
        let answer = search(&desk(&fake), "silk").await;
        let result = answer["results"][0].as_object().unwrap();
        assert!(!result.contains_key("published"), "{published:?}: {answer}");
        assert_eq!(result["engines"], json!(["brave", "google", "duckduckgo"]));
    }
}

#[tokio::test]
async fn brave_s_age_for_people_is_read_when_there_is_no_other() {
    let body = json!({ "web": { "results": [
        { "title": "A", "url": "https://a.example/", "age": "September 3, 2026" },
        { "title": "B", "url": "https://b.example/", "age": "3 days ago" },
    ] } });
    let script = Script::auto().reply(Engine::Brave, Reply::Raw(body.to_string()));
    let fake = FakeSearch::start(script).await;
    let answer = search(&desk_of(&fake, "brave"), "silk").await;
    assert_eq!(answer["results"][0]["published"], "2026-09-03");
    assert_eq!(answer["results"][1].get("published"), None);
}

#[tokio::test]
async fn nothing_found_is_an_answer() {
    let mut script = Script::auto();
    for engine in [Engine::Brave, Engine::Google, Engine::DuckDuckGo] {
        script = script.reply(engine, Reply::Nothing);
    }
    let fake = FakeSearch::start(script).await;
    let answer = search(&desk(&fake), "silk").await;
    assert_eq!(answer["results"], json!([]));
    let engines = answer["engines"].as_array().unwrap();
    assert!(
        engines.iter().all(|engine| engine["ok"] == true),
        "{answer}"
    );
}

#[tokio::test]
async fn what_leads_nowhere_on_the_web_is_no_result() {
    let odd = [
        "javascript:alert(1)",
        "ftp://silk.example/",
        "https://asha:pw@silk.example/",
        "nonsense",
        "",
        "https://silk.example/",
    ];
    let long = format!("https://silk.example/{}", "a".repeat(3_000));
    let mut odd: Vec<&str> = odd.to_vec();
    odd.push(&long);
    for (engine, name) in [
        (Engine::Brave, "brave"),
        (Engine::Google, "google"),
        (Engine::DuckDuckGo, "duckduckgo"),
    ] {
        let fake = FakeSearch::start(Script::auto().reply(engine, pages(&odd))).await;
        let answer = search(&desk_of(&fake, name), "silk").await;
        assert_eq!(urls(&answer), ["https://silk.example/"], "{name}");
    }
}

#[tokio::test]
async fn without_keys_only_duckduckgo_is_asked() {
    let fake = FakeSearch::start(Script::auto()).await;
    let keyless = Settings {
        search_brave_api_key: Some("  ".to_owned()),
        search_google_cx: None,
        ..settings(&fake)
    };
    let answer = search(&Desk::of(&keyless, Policy::default()), "silk").await;
    assert_eq!(
        answer["engines"],
        json!([{ "name": "duckduckgo", "ok": true }])
    );
    assert!(fake.requests(Engine::Brave).is_empty() && fake.requests(Engine::Google).is_empty());
}

#[tokio::test]
async fn an_engine_that_is_named_and_has_no_key_is_said_to_lack_it() {
    let fake = FakeSearch::start(Script::auto()).await;
    let lacking = Settings {
        search_engines: "google,brave,duckduckgo".parse().unwrap(),
        search_google_cx: None,
        ..settings(&fake)
    };
    let desk = Desk::of(&lacking, Policy::default());
    let answer = search(&desk, "silk").await;
    assert_eq!(
        answer["engines"],
        json!([
            { "name": "google", "ok": false, "error": "not configured: SEARCH_GOOGLE_CX is not set" },
            { "name": "brave", "ok": true },
            { "name": "duckduckgo", "ok": true },
        ])
    );
    // It will not be back in a minute: the answer is kept as a whole one.
    desk.clock.advance(chrono::TimeDelta::minutes(59));
    assert_eq!(search(&desk, "silk").await, answer);
    assert_eq!(fake.requests(Engine::Brave).len(), 1);
}
