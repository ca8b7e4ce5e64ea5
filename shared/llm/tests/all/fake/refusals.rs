//! What it refuses.

use serde_json::{Value, json};

use super::super::models::{Reply, Script, Wire};
use super::{CHAT, CLAUDE, Client, GEMINI, chat, claude, festival, gemini, merge, user_parts};

#[tokio::test]
async fn callers_without_credentials_are_turned_away_and_seen() {
    let client = Client::auto().await;
    let keyed = "v1beta/models/gemini-3.8-flash:generateContent";
    for (path, body, status, words) in [
        (GEMINI, gemini(), 401, "UNAUTHENTICATED"),
        (keyed, gemini(), 403, "unregistered callers"),
        (CLAUDE, claude(), 401, "UNAUTHENTICATED"),
        (CHAT, chat(), 401, "didn't provide an API key"),
    ] {
        let url = format!("{}/{path}", client.fake.base_url());
        let response = client.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        let text = response.text().await.unwrap();
        assert!(text.contains(words), "{text}");
        client.good(path, &body).await;
    }
    let local = merge(&chat(), json!({"model": "qwen3:8b"}));
    let url = format!("{}/{CHAT}", client.fake.base_url());
    let response = client.http.post(url).json(&local).send().await.unwrap();
    assert_eq!(response.status(), 200, "local servers ask for no key");
    let seen = client.fake.requests();
    assert_eq!(
        (seen.len(), seen[0].wire, seen[4].wire),
        (9, Wire::Gemini, Wire::Claude)
    );
    assert_eq!(
        (seen[1].project.as_str(), seen[1].location.as_str()),
        ("p", "global")
    );
    assert!(seen[0].authorization.is_none() && seen[8].model == "qwen3:8b");
}

#[tokio::test]
async fn models_that_are_gone_are_not_found() {
    let client = Client::auto().await;
    let gone = |path: &str, from: &str, to: &str| path.replace(from, to);
    for (path, body, words) in [
        (
            gone(GEMINI, "gemini-3.8-flash", "gemini-2.5-pro"),
            gemini(),
            "Publisher Model",
        ),
        (
            gone(GEMINI, "global", "asia-south1"),
            gemini(),
            "asia-south1",
        ),
        (
            "v1beta/models/gemini-2.5-pro:generateContent".to_owned(),
            gemini(),
            "v1beta",
        ),
        (
            gone(CLAUDE, "sonnet-5-5", "haiku-4-5"),
            claude(),
            "publishers/anthropic",
        ),
        (
            CHAT.to_owned(),
            merge(&chat(), json!({"model": "gpt-4"})),
            "model_not_found",
        ),
        ("v1/nonsense".to_owned(), json!({}), "nothing at this path"),
    ] {
        let (status, answer) = client.post(&path, &body).await;
        let text = answer.to_string();
        assert!(status == 404 && text.contains(words), "{status} {text}");
    }
}

#[tokio::test]
async fn gemini_refuses_what_the_real_one_refuses() {
    let client = Client::auto().await;
    let config = |config: Value| json!({"generationConfig": config});
    let level = merge(
        &gemini(),
        config(json!({"thinkingConfig": {"thinkingLevel": "LOW"}})),
    );
    let both = config(json!({"thinkingConfig": {"thinkingBudget": 5}}));
    client
        .refuses(GEMINI, &level, both, "only set one of")
        .await;
    let minimal = config(json!({"thinkingConfig": {"thinkingLevel": "MINIMAL"}}));
    client.refuses(GEMINI, &level, minimal, "MINIMAL").await;
    let argon = GEMINI.replace("gemini-3.8-flash", "gemini-4-argon");
    let budget = config(json!({"thinkingConfig": {"thinkingBudget": 100}}));
    client
        .refuses(&argon, &gemini(), budget, "budget is not supported")
        .await;
    let typed = merge(
        &gemini(),
        config(
            json!({"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}}),
        ),
    );
    let two = config(json!({"responseSchema": {"type": "object"}}));
    client.refuses(GEMINI, &typed, two, "Only one of").await;
    let untyped = config(json!({"responseMimeType": null}));
    client
        .refuses(GEMINI, &typed, untyped, "application/json")
        .await;
    let tool = |tool: Value| json!({"tools": [{"functionDeclarations": [tool]}]});
    let tools = tool(json!({"name": "t", "parameters": {}, "parametersJsonSchema": {}}));
    client
        .refuses(GEMINI, &gemini(), tools, "only one of parameters")
        .await;
    let labels = json!({"labels": {"Skill": "Campaign.Diwali"}});
    client
        .refuses(GEMINI, &gemini(), labels, "Invalid label")
        .await;
    client
        .refuses(GEMINI, &gemini(), json!({"system": "x"}), "Unknown name")
        .await;
    client
        .refuses(GEMINI, &gemini(), json!({"contents": []}), "contents")
        .await;
    let role = json!({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]});
    client.refuses(GEMINI, &gemini(), role, "valid role").await;

    let keyed = "v1beta/models/gemini-3.8-flash:generateContent";
    let labels = json!({"labels": {"skill": "x"}});
    client.good(GEMINI, &merge(&gemini(), labels.clone())).await;
    client
        .refuses(keyed, &gemini(), labels, "Unknown name")
        .await;
}

#[tokio::test]
async fn gemini_wants_its_signatures_back_where_they_were() {
    let call = |name: &str| (name.to_owned(), json!({"n": 1}));
    let script = Script::of([
        Reply::Calls(vec![call("a"), call("b")]),
        Reply::Text("signed".into()),
    ]);
    let client = Client::of(script).await;
    let called = client.good(GEMINI, &gemini()).await;
    let called = called["candidates"][0]["content"].clone();
    let answer =
        |name: &str| json!({"functionResponse": {"name": name, "response": {"output": 1}}});
    let with = |content: &Value| {
        let results = json!({"role": "user", "parts": [answer("a"), answer("b")]});
        json!({"contents": [user_parts(), content, results]})
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut content = called.clone();
        change(&mut content["parts"]);
        with(&content)
    };
    let good = with(&called);
    let signature = called["parts"][0]["thoughtSignature"].clone();
    assert!(signature.is_string() && called["parts"][1].get("thoughtSignature").is_none());
    for (body, because) in [
        (
            changed(&|parts| parts[0]["thoughtSignature"] = Value::Null),
            "missing a thought_signature",
        ),
        (
            changed(&|parts| parts[0]["thoughtSignature"] = json!("made up")),
            "Corrupted",
        ),
        (
            changed(&|parts| parts[1]["thoughtSignature"] = signature.clone()),
            "Corrupted",
        ),
        (
            changed(&|parts| parts[0]["functionCall"]["args"] = json!({"n": 2})),
            "Corrupted",
        ),
        (
            merge(&good, json!({"contents": [user_parts(), called]})),
            "number of function response parts",
        ),
    ] {
        let (status, answer) = client.post(GEMINI, &body).await;
        let text = answer.to_string();
        assert!(status == 400 && text.contains(because), "{text}\n{because}");
    }
    // A call of another model carries the placeholder.
    let foreign =
        changed(&|parts| parts[0]["thoughtSignature"] = json!("skip_thought_signature_validator"));
    let said = client.good(GEMINI, &foreign).await["candidates"][0]["content"].clone();
    client.good(GEMINI, &good).await;
    let last = |said: &Value| json!({"contents": [user_parts(), said, user_parts()]});
    let mut bare = said.clone();
    let parts = bare["parts"].as_array_mut().unwrap();
    parts
        .last_mut()
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("thoughtSignature")
        .unwrap();
    client.good(GEMINI, &last(&said)).await;
    let (status, _) = client.post(GEMINI, &last(&bare)).await;
    assert_eq!(status, 400, "signed text comes back signed");
}

#[tokio::test]
async fn claude_refuses_what_the_real_one_refuses() {
    let client = Client::auto().await;
    let refuses = |change: Value, because: &'static str| {
        let client = &client;
        async move { client.refuses(CLAUDE, &claude(), change, because).await }
    };
    refuses(json!({"model": "claude-sonnet-5-5"}), "model: Extra inputs").await;
    refuses(
        json!({"anthropic_version": null}),
        "anthropic_version: Field required",
    )
    .await;
    refuses(json!({"max_tokens": null}), "max_tokens: Field required").await;
    refuses(json!({"temperature": 0.2}), "`temperature`").await;
    refuses(json!({"top_k": 4}), "`top_k`").await;
    refuses(
        json!({"thinking": {"type": "disabled"}}),
        "thinking.type.disabled",
    )
    .await;
    refuses(
        json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        "thinking.type.enabled",
    )
    .await;
    refuses(
        json!({"output_config": {"effort": "minimal"}}),
        "output_config.effort",
    )
    .await;
    let prefill = json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]);
    refuses(json!({"messages": prefill}), "prefill").await;
    let empty = json!([{"role": "user", "content": [{"type": "text", "text": ""}]}]);
    refuses(json!({"messages": empty}), "non-empty").await;
    let stray = json!([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x"}]}]);
    refuses(json!({"messages": stray}), "unexpected `tool_use_id`").await;
    let tools = json!([{"name": "t", "input_schema": festival()}]);
    let forced = json!({"tools": tools, "tool_choice": {"type": "any"}});
    refuses(forced.clone(), "forced tool use").await;
    let haiku = CLAUDE.replace("sonnet-5-5", "haiku-5-5");
    client.good(&haiku, &merge(&claude(), forced)).await;

    let format = |schema: Value| json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}});
    let good = merge(&claude(), format(festival()));
    let open = format(json!({"additionalProperties": true}));
    client
        .refuses(CLAUDE, &good, open, "additionalProperties")
        .await;
    let limit = format(json!({"properties": {"festival": {"maxLength": 5}}}));
    client
        .refuses(CLAUDE, &good, limit, "'maxLength' is not supported")
        .await;

    let older = CLAUDE.replace("sonnet-5-5", "sonnet-4-6");
    let cool = merge(&claude(), json!({"temperature": 0.2}));
    client.good(&older, &cool).await;
    let thinking = json!({"thinking": {"type": "adaptive"}});
    client
        .refuses(&older, &cool, thinking, "when thinking is enabled")
        .await;
    let counted = json!({"model": "claude-sonnet-5-5", "messages": claude()["messages"]});
    let count = CLAUDE.replace("claude-sonnet-5-5", "count-tokens");
    assert!(
        client.good(&count, &counted).await["input_tokens"]
            .as_u64()
            .unwrap()
            > 0
    );
}

#[tokio::test]
async fn claude_wants_its_thoughts_and_every_call_answered() {
    let client = Client::auto().await;
    let tools = json!({"tools": [{"name": "calendar", "input_schema": festival()}]});
    let ask = merge(&claude(), tools);
    let said = client.good(CLAUDE, &ask).await;
    assert_eq!(said["stop_reason"], "tool_use");
    let content = said["content"].clone();
    assert_eq!(
        (
            &content[0]["type"],
            &content[0]["thinking"],
            &content[1]["input"]
        ),
        (
            &json!("thinking"),
            &json!(""),
            &json!({"festival": "Diwali"})
        )
    );
    let with = |content: &Value, id: &Value| {
        let result = json!({"type": "tool_result", "tool_use_id": id, "content": "2027-10-29"});
        let messages = json!([{"role": "user", "content": "hello"}, {"role": "assistant", "content": content}, {"role": "user", "content": [result]}]);
        merge(&ask, json!({ "messages": messages }))
    };
    let id = content[1]["id"].clone();
    let answer = client.good(CLAUDE, &with(&content, &id)).await;
    assert_eq!(answer["stop_reason"], "end_turn");

    let (mut changed, mut forged) = (content.clone(), content.clone());
    changed.as_array_mut().unwrap().remove(0);
    forged[0]["signature"] = json!("forged");
    for (body, because) in [
        (with(&changed, &id), "cannot be modified"),
        (with(&forged, &id), "Invalid `signature`"),
        (with(&content, &json!("other")), "unexpected `tool_use_id`"),
        (
            merge(&with(&content, &id), json!({"system": "another"})),
            "Invalid `signature`",
        ),
    ] {
        let (status, answer) = client.post(CLAUDE, &body).await;
        let text = answer.to_string();
        assert!(status == 400 && text.contains(because), "{text}");
    }
    let (status, answer) = client
        .post(&CLAUDE.replace("sonnet", "opus"), &with(&content, &id))
        .await;
    assert!(
        status == 400,
        "thoughts belong to the model that had them: {answer}"
    );
}

#[tokio::test]
async fn openai_refuses_what_the_real_one_refuses() {
    let client = Client::auto().await;
    let refuses = |change: Value, because: &'static str| {
        let client = &client;
        async move { client.refuses(CHAT, &chat(), change, because).await }
    };
    refuses(json!({"max_tokens": 5}), "max_completion_tokens").await;
    refuses(
        json!({"stream_options": {"include_usage": true}}),
        "stream_options",
    )
    .await;
    refuses(json!({"tools": []}), "empty array").await;
    refuses(
        json!({"reasoning_effort": "minimal"}),
        "does not support 'minimal'",
    )
    .await;
    refuses(json!({"temperature": 0.2}), "Only the default (1)").await;
    let tools =
        json!([{"type": "function", "function": {"name": "calendar", "parameters": festival()}}]);
    refuses(json!({"tools": tools}), "set reasoning_effort to 'none'").await;
    let stray = json!([{"role": "user", "content": "x"}, {"role": "tool", "tool_call_id": "x", "content": "1"}]);
    refuses(json!({"messages": stray}), "must be a response").await;
    let format = |schema: Value| json!({"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": schema}}});
    let good = merge(&chat(), format(festival()));
    let open = format(json!({"additionalProperties": true}));
    client
        .refuses(CHAT, &good, open, "additionalProperties")
        .await;
    let optional = format(json!({"required": []}));
    client
        .refuses(CHAT, &good, optional, "Missing 'festival'")
        .await;

    let older = merge(
        &chat(),
        json!({"model": "gpt-4o", "max_tokens": 5, "temperature": 0.2}),
    );
    client.good(CHAT, &older).await;
    let local = merge(
        &chat(),
        json!({"model": "qwen3:8b", "max_tokens": 5, "tools": tools}),
    );
    let called = client.good(CHAT, &local).await["choices"][0]["message"].clone();
    let messages = |more: &[Value]| {
        let mut messages = vec![chat()["messages"][0].clone(), called.clone()];
        messages.extend(more.iter().cloned());
        merge(&local, json!({ "messages": messages }))
    };
    let result =
        json!({"role": "tool", "tool_call_id": called["tool_calls"][0]["id"], "content": "1"});
    client.good(CHAT, &messages(&[result])).await;
    let (status, answer) = client.post(CHAT, &messages(&[])).await;
    assert!(
        status == 400
            && answer
                .to_string()
                .contains("must be followed by tool messages")
    );
}
