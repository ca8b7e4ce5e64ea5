//! How it answers.

use serde_json::{Value, json};

use super::super::models::{Count, Fails, NAMES, Reply, Script};
use super::{CHAT, CLAUDE, Client, GEMINI, chat, claude, gemini, merge};

#[tokio::test]
async fn each_wire_counts_as_its_provider_does() {
    let count = Count {
        read: 1_000,
        cached: 300,
        written_5m: 50,
        written_1h: 20,
        output: 40,
        thinking: 60,
    };
    let client = Client::of(Script::always(Reply::Counted("x".into(), count))).await;
    let usage = &client.good(GEMINI, &gemini()).await["usageMetadata"];
    let of = |usage: &Value, names: &[&str]| -> Vec<u64> {
        names
            .iter()
            .map(|name| usage.pointer(name).and_then(Value::as_u64).unwrap())
            .collect()
    };
    let names = [
        "/promptTokenCount",
        "/cachedContentTokenCount",
        "/candidatesTokenCount",
        "/thoughtsTokenCount",
        "/totalTokenCount",
    ];
    assert_eq!(of(usage, &names), [1_000, 300, 40, 60, 1_100]);
    let usage = &client.good(CLAUDE, &claude()).await["usage"];
    let names = [
        "/input_tokens",
        "/cache_read_input_tokens",
        "/cache_creation_input_tokens",
        "/cache_creation/ephemeral_1h_input_tokens",
        "/output_tokens",
    ];
    assert_eq!(of(usage, &names), [630, 300, 70, 20, 100]);
    let usage = &client.good(CHAT, &chat()).await["usage"];
    let names = [
        "/prompt_tokens",
        "/prompt_tokens_details/cached_tokens",
        "/prompt_tokens_details/cache_write_tokens",
        "/completion_tokens",
        "/completion_tokens_details/reasoning_tokens",
    ];
    assert_eq!(of(usage, &names), [1_000, 300, 70, 100, 60]);
}

#[tokio::test]
async fn streams_carry_what_the_whole_answer_does() {
    let client = Client::of(Script::always(Reply::Text("one two three".into()))).await;
    let path = GEMINI.replace("generateContent", "streamGenerateContent");
    let (status, _) = client.post(&path, &gemini()).await;
    assert_eq!(status, 400, "without alt=sse it would be an array");
    let events = client.stream(&format!("{path}?alt=sse"), &gemini()).await;
    let text: String = events
        .iter()
        .filter_map(|event| event["candidates"][0]["content"]["parts"][0]["text"].as_str())
        .collect();
    assert_eq!((text.as_str(), events.len()), ("one two three", 3));
    assert!(events[1]["candidates"][0].get("finishReason").is_none());
    assert_eq!(events[2]["candidates"][0]["finishReason"], "STOP");

    let path = CLAUDE.replace("rawPredict", "streamRawPredict");
    let body = merge(&claude(), json!({"stream": true}));
    let kinds: Vec<Value> = client
        .stream(&path, &body)
        .await
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(kinds.first().unwrap(), "message_start");
    assert_eq!(kinds[kinds.len() - 2..], ["message_delta", "message_stop"]);

    let body = merge(&chat(), json!({"stream": true}));
    let counts = |events: &[Value]| {
        events
            .iter()
            .filter(|event| event["usage"].is_object())
            .count()
    };
    let events = client.stream(CHAT, &body).await;
    assert_eq!(counts(&events), 0, "nobody asked for usage");
    let body = merge(&body, json!({"stream_options": {"include_usage": true}}));
    let events = client.stream(CHAT, &body).await;
    assert_eq!(
        (counts(&events), &events.last().unwrap()["choices"]),
        (1, &json!([]))
    );
}

#[tokio::test]
async fn embeddings_come_in_every_shape() {
    let client = Client::auto().await;
    let path = |model: &str, method: &str| {
        GEMINI.replace(
            "gemini-3.8-flash:generateContent",
            &format!("{model}:{method}"),
        )
    };
    let instances = json!({"instances": [{"content": "silk"}, {"content": "cotton"}], "parameters": {"outputDimensionality": 256}});
    let answer = client
        .good(&path("text-embedding-005", "predict"), &instances)
        .await;
    assert_eq!(answer["predictions"].as_array().unwrap().len(), 2);
    assert_eq!(
        answer["predictions"][0]["embeddings"]["values"]
            .as_array()
            .unwrap()
            .len(),
        256
    );
    let (status, _) = client
        .post(&path("gemini-embedding-2", "predict"), &instances)
        .await;
    assert_eq!(status, 400);
    let content = json!({"content": {"parts": [{"text": "silk"}]}, "embedContentConfig": {"outputDimensionality": 768}});
    let answer = client
        .good(&path("gemini-embedding-2", "embedContent"), &content)
        .await;
    assert_eq!(answer["embedding"]["values"].as_array().unwrap().len(), 768);
    assert!(
        answer["usageMetadata"]["promptTokenCount"]
            .as_u64()
            .unwrap()
            > 0
    );
    let long = json!({"content": {"parts": [{"text": "x".repeat(9_000)}]}, "embedContentConfig": {"autoTruncate": false}});
    let (status, _) = client
        .post(&path("gemini-embedding-001", "embedContent"), &long)
        .await;
    assert_eq!(status, 400, "what is too long is not cut in silence");
    let keyed = "v1beta/models/gemini-embedding-001:batchEmbedContents";
    let batch = json!({"requests": [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 8}, {"content": {"parts": [{"text": "b"}]}}]});
    let answer = client.good(keyed, &batch).await;
    assert_eq!(
        answer["embeddings"][0]["values"].as_array().unwrap().len(),
        8
    );
    let texts = json!({"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 16});
    let answer = client.good("v1/embeddings", &texts).await;
    assert_eq!(answer["data"][1]["embedding"].as_array().unwrap().len(), 16);
}

#[tokio::test]
async fn a_share_fails_and_the_rest_is_well() {
    let script = Script {
        fails: Some(Fails::new(0.25, "429".parse().unwrap())),
        ..Script::auto()
    };
    let client = Client::of(script).await;
    let mut failed = 0;
    for _ in 0..20 {
        let response = client.send(CHAT, &chat()).await;
        if response.status() == 429 {
            assert_eq!(response.headers()["retry-after"], "2");
            failed += 1;
        }
    }
    assert_eq!(failed, 5);
    for name in NAMES {
        assert!(name.parse::<Reply>().is_ok(), "{name}");
    }
    assert!("nonsense".parse::<Reply>().unwrap_err().contains("stall"));
}
