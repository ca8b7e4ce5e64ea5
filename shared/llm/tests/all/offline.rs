//! The offline model on whole requests, tool loop included.

use llm::{
    Certainty, Finish, Gateway, OfflineFacts, Request, Response, ToolCall, ToolResult, ToolSpec,
    Turn,
};
use serde_json::{Value, json};

use super::support::{ask, clock, ignore, soon};

pub(super) fn tool(name: &str, parameters: Value) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: String::new(),
        parameters,
    }
}

pub(super) fn gst_calculator() -> ToolSpec {
    tool(
        "gst_calculator",
        json!({
            "type": "object",
            "properties": {
                "amount": {"type": "string", "pattern": r"^\d+(\.\d{1,2})?$"},
                "rate": {"type": "number", "enum": [0, 5, 12, 18, 28, 40]},
                "from_state": {"type": "string"},
                "to_state": {"type": "string"},
                "inclusive": {"type": "boolean"},
            },
            "required": ["amount", "rate", "from_state", "to_state"],
            "additionalProperties": false,
        }),
    )
}

pub(super) fn festival_calendar() -> ToolSpec {
    tool(
        "festival_calendar",
        json!({
            "type": "object",
            "properties": {"festival": {"type": "string"}, "from": {"type": "string", "format": "date"}, "months_ahead": {"type": "integer"}},
            "additionalProperties": false,
        }),
    )
}

pub(super) fn database_writer() -> ToolSpec {
    tool(
        "database_writer",
        json!({
            "type": "object",
            "properties": {"kind": {"enum": ["lead", "competitor", "finding"]}, "title": {"type": "string"}, "data": {"type": "object"}},
            "required": ["kind", "data"],
        }),
    )
}

pub(super) fn request(skill: &str, prompt: &str, tools: Vec<ToolSpec>, schema: Value) -> Request {
    Request {
        system: "You are a skill.".into(),
        tools,
        output_schema: Some(schema),
        facts: OfflineFacts {
            skill_id: skill.into(),
            prompt: Some(prompt.into()),
            inputs: json!({}),
            today: "2027-09-01".parse().unwrap(),
            ..OfflineFacts::default()
        },
        ..ask("standard", prompt)
    }
}

/// Runs the tool loop with `answer` as the tools, and returns the calls made and the last answer.
pub(super) async fn run(
    mut request: Request,
    answer: impl Fn(&ToolCall) -> Result<Value, Value>,
) -> (Vec<ToolCall>, Response, Value) {
    let gateway = Gateway::builder(clock()).build();
    let mut calls = Vec::new();
    for _ in 0..6 {
        let response = gateway
            .generate(&request, &soon(), &mut ignore())
            .await
            .unwrap();
        if response.finish != Finish::ToolCalls {
            let value = serde_json::from_str(&response.text).unwrap();
            return (calls, response, value);
        }
        request.turns.push(response.turn());
        let results = response.tool_calls.iter().map(|call| {
            let (content, is_error) = match answer(call) {
                Ok(content) => (content, false),
                Err(content) => (content, true),
            };
            ToolResult {
                call_id: call.id.clone(),
                name: call.name.clone(),
                content,
                is_error,
            }
        });
        request.turns.push(Turn::results(results.collect()));
        calls.extend(response.tool_calls);
    }
    panic!("the tool loop does not end: {calls:?}");
}

fn campaign_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "campaign_name": {"type": "string"},
            "summary": {"type": "string"},
            "festival_date": {"type": "string", "format": "date"},
            "audience": {"type": "string"},
            "budget_inr": {"type": ["number", "null"]},
            "ideas": {
                "type": "array", "minItems": 3, "maxItems": 5,
                "items": {
                    "type": "object",
                    "properties": {
                        "title": {"type": "string"}, "channel": {"type": "string"}, "message": {"type": "string", "maxLength": 160},
                        "when": {"type": "string"}, "metric": {"type": "string"},
                    },
                    "required": ["title", "channel", "message", "when"], "additionalProperties": false,
                },
            },
            "limits": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["campaign_name", "summary", "audience", "ideas", "limits"],
        "additionalProperties": false,
    })
}

#[tokio::test]
async fn a_diwali_campaign() {
    let request = request(
        "campaign.diwali",
        "Plan a Diwali campaign for my handloom store in Jaipur",
        vec![festival_calendar()],
        campaign_schema(),
    );
    let (calls, response, answer) = run(request, |_| Ok(json!({"festivals": [{"name": "Dhanteras", "date": "2027-10-27"}, {"name": "Diwali", "date": "2027-10-29", "confirmed": true}]}))).await;
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].args,
        json!({"festival": "Diwali", "from": "2027-09-01"})
    );
    assert_eq!(
        (response.model.as_str(), response.usage.certainty),
        ("offline", Certainty::Estimated)
    );
    assert_eq!(answer["festival_date"], "2027-10-29");
    let text = answer.to_string();
    for word in [
        "Diwali",
        "handloom",
        "Jaipur",
        "29 October 2027",
        "2027-10-08",
    ] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    let ideas = answer["ideas"].as_array().unwrap();
    assert_eq!(ideas.len(), 5);
    assert!(ideas.iter().all(|idea| idea["metric"].is_string()));
    assert!(
        answer.get("budget_inr").is_none(),
        "no budget was given, so none is made up"
    );
    assert!(
        answer["limits"][0]
            .as_str()
            .unwrap()
            .contains("offline model")
    );
}

#[tokio::test]
async fn a_gst_split() {
    let schema = json!({
        "type": "object",
        "properties": {
            "taxable_value": {"type": "number"}, "gst_rate": {"type": "number"},
            "cgst": {"type": "number"}, "sgst": {"type": "number"}, "igst": {"type": "number"},
            "total_tax": {"type": "number"}, "total": {"type": "number"},
            "supply_type": {"enum": ["intra_state", "inter_state"]},
            "explanation": {"type": "string"},
            "hsn_code": {"type": ["string", "null"]},
        },
        "required": ["taxable_value", "gst_rate", "cgst", "sgst", "igst", "total", "supply_type", "explanation", "hsn_code"],
    });
    let prompt = "Split 18% GST on ₹25,000 from Rajasthan to Maharashtra";
    let asked = request(
        "payment.gst",
        prompt,
        vec![gst_calculator()],
        schema.clone(),
    );
    let result = json!({"taxable": "25000.00", "rate": "18", "cgst": "0.00", "sgst": "0.00", "igst": "4500.00", "total_tax": "4500.00", "total": "29500.00"});
    let (calls, _, answer) = run(asked, |_| Ok(result.clone())).await;
    assert_eq!(
        calls[0].args,
        json!({"amount": "25000", "rate": 18, "from_state": "Rajasthan", "to_state": "Maharashtra"})
    );
    assert_eq!(
        (&answer["igst"], &answer["total"], &answer["total_tax"]),
        (&json!(4500), &json!(29500), &json!(4500))
    );
    assert_eq!(answer["supply_type"], "inter_state");
    assert_eq!(answer["hsn_code"], Value::Null);

    // When the calculator fails, no figure is made up for it.
    let failed = request(
        "payment.gst",
        prompt,
        vec![gst_calculator()],
        json!({"type": "object", "properties": {"igst": {"type": ["number", "null"]}, "limits": {"type": "array", "items": {"type": "string"}}}, "required": ["igst", "limits"]}),
    );
    let (_, _, answer) = run(failed, |_| Err(json!("timeout"))).await;
    assert_eq!(answer["igst"], Value::Null);
    let limits = answer["limits"].to_string();
    assert!(
        limits.contains("gst_calculator gave no result") && limits.contains("igst"),
        "{limits}"
    );
}

#[tokio::test]
async fn competitors_are_read_only_where_an_address_is_given() {
    let scraper = tool(
        "scraper",
        json!({"type": "object", "properties": {"url": {"type": "string", "format": "uri"}, "selectors": {"type": "object", "additionalProperties": {"type": "string"}}}, "required": ["url"]}),
    );
    let schema = json!({
        "type": "object",
        "properties": {
            "competitors": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "findings": {"type": "array", "items": {"type": "string"}}, "strengths": {"type": "array", "items": {"type": "string"}}}, "required": ["name", "strengths"]}},
            "summary": {"type": "string"}, "sources": {"type": "array", "items": {"type": "string"}}, "confidence": {"enum": ["low", "medium", "high"]},
        },
        "required": ["competitors", "summary", "sources", "confidence"],
    });
    let ask = |prompt: &str| {
        request(
            "research.competitor",
            prompt,
            vec![scraper.clone()],
            schema.clone(),
        )
    };
    let (calls, _, answer) = run(
        ask("Compare my boutique with Fabindia (https://www.fabindia.com) and jaypore.com"),
        |call| match call.args["url"].as_str() {
            Some("https://www.fabindia.com") => Ok(json!({"url": "https://www.fabindia.com", "title": "Fabindia", "text": "Everything is handmade by weavers we know."})),
            _ => Err(json!("the page can't be read")),
        },
    )
    .await;
    let urls: Vec<_> = calls
        .iter()
        .map(|call| call.args["url"].as_str().unwrap())
        .collect();
    assert_eq!(urls, ["https://www.fabindia.com", "https://jaypore.com"]);
    let competitors = &answer["competitors"];
    assert_eq!(
        (&competitors[0]["name"], &competitors[1]["name"]),
        (&json!("Fabindia"), &json!("Jaypore"))
    );
    assert!(competitors[0]["findings"].to_string().contains("handmade"));
    assert_eq!(
        competitors[0]["strengths"],
        json!([]),
        "what is a strength is a judgement"
    );
    assert!(
        competitors[1].get("findings").is_none(),
        "nothing was read about it"
    );
    assert!(answer["sources"].to_string().contains("fabindia.com"));
    assert_eq!(answer["confidence"], "low");

    let (calls, _, answer) = run(ask("Who are my competitors?"), |_| Ok(json!({}))).await;
    assert!(calls.is_empty(), "nothing to read");
    assert_eq!(answer["competitors"], json!([]), "none is made up");
}

#[tokio::test]
async fn hindi_is_answered_in_hindi() {
    let asked = request(
        "campaign.diwali",
        "जयपुर में मेरी हथकरघा दुकान के लिए दीवाली अभियान बनाइए",
        vec![festival_calendar()],
        campaign_schema(),
    );
    let (calls, _, answer) = run(asked, |_| {
        Ok(json!({"name": "Diwali", "date": "2027-10-29"}))
    })
    .await;
    assert_eq!(calls[0].args["festival"], "Diwali");
    let summary = answer["summary"].as_str().unwrap();
    assert!(summary.contains("के लिए मसौदा"), "{summary}");
    let idea = &answer["ideas"][0];
    assert!(idea["title"].as_str().unwrap().contains("हथकरघा"), "{idea}");
    assert!(
        idea["when"]
            .as_str()
            .unwrap()
            .contains("दिवाली से 21 दिन पहले"),
        "{idea}"
    );
    let limits = answer["limits"].to_string();
    assert!(
        limits.contains("lists and reasons are in English"),
        "{limits}"
    );
}

#[tokio::test]
async fn the_same_request_has_the_same_answer_and_required_calls_come_first() {
    let mut asked = request(
        "campaign.diwali",
        "Plan a Holi sale",
        vec![festival_calendar(), database_writer()],
        campaign_schema(),
    );
    asked.facts.required_tools = vec![(
        "database_writer".into(),
        json!({"kind": "finding", "data": {}}),
    )];
    let once = run(asked.clone(), |_| Ok(json!({"ok": true}))).await;
    let twice = run(asked, |_| Ok(json!({"ok": true}))).await;
    assert_eq!((&once.0, &once.2), (&twice.0, &twice.2));
    assert_eq!(once.0[0].name, "database_writer");
    assert_eq!(
        once.0
            .iter()
            .filter(|call| call.name == "database_writer")
            .count(),
        1
    );
}

#[tokio::test]
async fn without_a_schema_the_answer_is_text() {
    let gateway = Gateway::builder(clock()).build();
    let answer = gateway
        .generate(
            &ask(
                "standard",
                "Plan a Diwali campaign for my handloom store in Jaipur",
            ),
            &soon(),
            &mut ignore(),
        )
        .await
        .unwrap();
    assert!(
        answer.text.contains("Diwali Handloom campaign, Jaipur")
            && answer.text.contains("offline model"),
        "{}",
        answer.text
    );
}
