//! The offline model at each kind of work, with the tools' answers as they come.

use llm::{Request, ToolCall, ToolSpec};
use serde_json::{Value, json};

use super::offline::{request, run, tool};

/// Tools whose arguments the offline model knows by the tool's name; the schema only bounds them.
pub fn open(name: &str, required: &str) -> ToolSpec {
    tool(
        name,
        json!({ "type": "object", "properties": { (required): {} }, "required": [required], "additionalProperties": true }),
    )
}

pub fn list(properties: &Value) -> Value {
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({ "type": "array", "items": { "type": "object", "properties": properties, "required": required } })
}

pub fn text() -> Value {
    json!({ "type": "string" })
}

pub fn or_null(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

/// An answer of these properties, each required, with a list of what is not known.
pub fn shape(properties: Value) -> Value {
    let mut properties = properties;
    properties["unknowns"] = json!({ "type": "array", "items": text() });
    let required: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

pub fn ask(
    skill: &str,
    prompt: &str,
    input: Value,
    tools: Vec<ToolSpec>,
    schema: Value,
) -> Request {
    let mut asked = request(skill, prompt, tools, schema);
    asked.facts.inputs = input;
    asked
}

pub fn called<'c>(calls: &'c [ToolCall], name: &str) -> &'c Value {
    let mut of_it = calls.iter().filter(|call| call.name == name);
    let first = of_it
        .next()
        .unwrap_or_else(|| panic!("{name} was not called: {calls:?}"));
    assert!(of_it.next().is_none(), "{name} was called twice");
    &first.args
}

pub fn leads_schema() -> Value {
    shape(json!({
        "summary": text(),
        "leads": list(&json!({
            "name": text(), "need": or_null("string"), "budget_inr": or_null("number"), "score": or_null("integer"),
            "grade": { "enum": ["hot", "warm", "cold", "unknown"] }, "reasons": { "type": "array", "items": text() },
            "missing": { "type": "array", "items": text() }, "next_step": text(),
        })),
    }))
}

#[tokio::test]
async fn leads_are_read_from_a_request_and_scored_by_the_tool() {
    let asked = ask(
        "lead.any",
        "Score this lead: Meera Textiles, Surat, wants 500 sarees by December, budget 4 lakh",
        json!({}),
        vec![open("lead_scorer", "leads")],
        leads_schema(),
    );
    let scored = json!({ "leads": [{
        "name": "Meera Textiles", "score": 54, "grade": "warm", "could_reach": 89, "missing": ["authority"],
        "points": [
            { "factor": "need", "points": 20, "of": 20, "why": "says clearly what is wanted" },
            { "factor": "authority", "points": 0, "of": 10, "why": "not known" },
        ],
    }]});
    let (calls, _, answer) = run(asked, |_| Ok(scored.clone())).await;
    assert_eq!(
        called(&calls, "lead_scorer")["leads"],
        json!([{ "name": "Meera Textiles", "need": "500 sarees", "quantity": 500, "budget_inr": "400000", "timeline_days": 91 }])
    );
    let lead = &answer["leads"][0];
    assert_eq!(
        (&lead["score"], &lead["grade"], &lead["budget_inr"]),
        (&json!(54), &json!("warm"), &json!(400_000))
    );
    assert_eq!(
        lead["reasons"],
        json!(["need: 20 of 20 (says clearly what is wanted)"])
    );
    assert_eq!(lead["missing"], json!(["Who decides?"]));
    assert!(
        answer["summary"].as_str().unwrap().contains("54 of 100"),
        "{answer}"
    );
}

#[tokio::test]
async fn without_a_lead_none_is_scored() {
    let asked = ask(
        "lead.any",
        "lead",
        json!({}),
        vec![open("lead_scorer", "leads")],
        leads_schema(),
    );
    let (calls, _, answer) = run(asked, |_| Ok(json!({}))).await;
    assert!(calls.is_empty());
    assert_eq!(answer["leads"], json!([]));
    assert!(
        answer["unknowns"].to_string().contains("The enquiries"),
        "{answer}"
    );
}

#[tokio::test]
async fn leads_of_the_inputs_go_to_the_scorer_as_they_are_and_come_back_whole() {
    let asked = ask(
        "lead.any",
        "Whom do I call first?",
        json!({ "minimum_budget_inr": "50,000", "leads": [{ "name": "Om Sai", "need": "price of chairs", "phone": "98260 71145", "consent": "no", "authority": "boss" }] }),
        vec![open("lead_scorer", "leads")],
        leads_schema(),
    );
    let (calls, _, answer) = run(asked, |_| {
        Ok(json!({ "leads": [{ "name": "Om Sai", "score": 31, "grade": "cold", "missing": [], "points": [] }] }))
    })
    .await;
    assert_eq!(
        called(&calls, "lead_scorer"),
        &json!({ "minimum_budget_inr": "50000", "leads": [{ "name": "Om Sai", "need": "price of chairs", "contactable": true, "consent": false }] })
    );
    assert_eq!(answer["leads"][0]["need"], "price of chairs");
}

#[tokio::test]
async fn records_are_cleaned_by_the_tool() {
    let schema = shape(json!({
        "summary": text(), "records": { "type": "array", "items": { "type": "object" } },
        "changes": list(&json!({ "row": { "type": "integer" }, "field": text(), "why": text() })),
        "duplicates": list(&json!({ "rows": { "type": "array", "items": { "type": "integer" } }, "why": text() })),
        "counts": { "type": "object", "properties": { "rows": or_null("integer"), "changes": or_null("integer"), "problems": or_null("integer") }, "required": ["rows"] },
    }));
    let prompt = "Clean these:\nname,phone\n meera  shah,098765 43210\nMEERA SHAH,9876543210";
    let asked = ask(
        "data.any",
        prompt,
        json!({}),
        vec![open("record_cleaner", "records")],
        schema,
    );
    let cleaned = json!({
        "records": [{ "name": "Meera Shah", "phone": "+919876543210" }, { "name": "Meera Shah", "phone": "+919876543210" }],
        "changes": [{ "row": 1, "field": "phone", "from": "098765 43210", "to": "+919876543210", "why": "a mobile number" }],
        "duplicates": [{ "rows": [1, 2], "why": "same phone number" }], "ambiguous": [],
        "problems": [{ "row": 2, "field": "city", "message": "is no city" }],
        "counts": { "rows": 2, "changes": 1, "duplicate_rows": 1, "ambiguous_pairs": 0, "problems": 1 },
    });
    let (calls, _, answer) = run(asked, |_| Ok(cleaned.clone())).await;
    assert_eq!(
        called(&calls, "record_cleaner")["records"],
        json!([{ "name": "meera  shah", "phone": "098765 43210" }, { "name": "MEERA SHAH", "phone": "9876543210" }])
    );
    assert_eq!(answer["records"], cleaned["records"]);
    assert_eq!(answer["changes"][0]["why"], "a mobile number");
    assert_eq!(answer["duplicates"], cleaned["duplicates"]);
    assert_eq!(answer["counts"]["problems"], 1);
    assert!(
        answer["unknowns"]
            .to_string()
            .contains("Row 2, city: is no city"),
        "{answer}"
    );
}

pub fn results(call: &ToolCall) -> Value {
    let results = call.args["calculations"].as_array().unwrap().iter();
    let results = results.map(|sum| {
        json!({ "name": sum["name"], "operation": sum["operation"], "value": "12.5", "unit": "percent", "formula": format!("{} = 12.5", sum["values"]) })
    });
    json!({ "results": results.collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_report_works_out_its_changes_and_says_what_went_badly() {
    let schema = shape(json!({
        "headline": text(),
        "figures": list(&json!({ "name": text(), "value": or_null("number"), "previous": or_null("number"), "change_percent": or_null("string") })),
        "worked_out": list(&json!({ "name": text(), "value": text(), "formula": text() })),
        "went_well": list(&json!({ "point": text(), "evidence": text() })),
        "went_badly": list(&json!({ "point": text(), "evidence": text() })),
        "decisions": list(&json!({ "question": text(), "options": { "type": "array", "items": text() }, "amount_inr": or_null("number") })),
    }));
    let input = json!({
        "business": "Bhilwara Suitings Pvt Ltd, fabric",
        "figures": [{ "name": "Sales", "value": 318, "previous": 284 }, { "name": "Old receivables", "value": 64, "previous": 39 }],
        "events": ["One loom was down for 11 days", "Two schools ordered again"],
        "plans": ["A second-hand loom for 24 lakh"],
    });
    let asked = ask(
        "report.any",
        "Board report",
        input,
        vec![open("business_calculator", "calculations")],
        schema,
    );
    let (calls, _, answer) = run(asked, |call| Ok(results(call))).await;
    assert_eq!(
        called(&calls, "business_calculator")["calculations"][0],
        json!({ "name": "Sales: change", "operation": "percent_change", "values": { "from": "284", "to": "318" } })
    );
    assert_eq!(answer["figures"][1]["change_percent"], "12.5");
    assert_eq!(answer["worked_out"][0]["value"], "12.5");
    let (well, badly) = (
        answer["went_well"].to_string(),
        answer["went_badly"].to_string(),
    );
    assert!(
        well.contains("Sales rose") && well.contains("Two schools"),
        "{well}"
    );
    assert!(
        badly.contains("Old receivables rose") && badly.contains("loom was down"),
        "{badly}"
    );
    assert_eq!(answer["decisions"][0]["amount_inr"], 2_400_000);
    assert!(
        answer["headline"]
            .as_str()
            .unwrap()
            .contains("Sales +12.5%"),
        "{answer}"
    );
}

#[tokio::test]
async fn prices_come_from_the_calculator_and_not_from_a_rival() {
    let schema = shape(json!({
        "summary": text(),
        "recommendation": { "type": "object", "properties": { "price_inr": or_null("string"), "margin_percent": or_null("string"), "why": text() }, "required": ["price_inr", "margin_percent", "why"] },
        "market_prices": list(&json!({ "seller": text(), "item": text(), "price": text() })),
    }));
    let input = |target: Value| json!({ "product": "pickle", "cost_inr": 96, "target_margin_percent": target, "rival_prices": [{ "seller": "Griha Udyog", "item": "pickle 500 g", "price_inr": 235 }] });
    let tools = || vec![open("business_calculator", "calculations")];
    let asked = ask(
        "analysis.any",
        "Which price?",
        input(json!(40)),
        tools(),
        schema.clone(),
    );
    let (calls, _, answer) = run(asked, |call| {
        let mut results = results(call);
        results["results"][0]["value"] = json!("160");
        Ok(results)
    })
    .await;
    let first = &called(&calls, "business_calculator")["calculations"][0];
    assert_eq!(
        (&first["operation"], &first["values"]["margin_percent"]),
        (&json!("price_for_margin"), &json!("40"))
    );
    assert_eq!(answer["recommendation"]["price_inr"], "160");
    assert_eq!(
        answer["market_prices"],
        json!([{ "seller": "Griha Udyog", "item": "pickle 500 g", "price": "₹235" }])
    );

    let asked = ask(
        "analysis.any",
        "Which price?",
        input(Value::Null),
        tools(),
        schema,
    );
    let (_, _, answer) = run(asked, |call| Ok(results(call))).await;
    assert_eq!(
        answer["recommendation"]["price_inr"],
        Value::Null,
        "a rival's price is no recommendation"
    );
}

#[tokio::test]
async fn a_search_has_a_query_and_its_pages_become_sources() {
    let schema = shape(json!({
        "summary": text(), "query": or_null("string"),
        "sources": list(&json!({ "title": text(), "url": text(), "published": or_null("string"), "read": { "type": "boolean" } })),
        "demand": list(&json!({ "finding": text(), "source_url": or_null("string") })),
        "prices": list(&json!({ "seller": text(), "price": text() })),
    }));
    let asked = ask(
        "research.any",
        "Is there a market for paper cups in Nagpur?",
        json!({ "product": "paper cups", "place": "Nagpur" }),
        vec![open("web_search", "query")],
        schema,
    );
    let (calls, _, answer) = run(asked, |_| {
        Ok(json!({ "results": [{ "title": "Tea stalls", "url": "https://n.example/tea", "snippet": "The drive covered 1,900 tea stalls in Nagpur.", "published": "2026-09-02" }] }))
    })
    .await;
    assert_eq!(
        called(&calls, "web_search"),
        &json!({ "query": "paper cups Nagpur" })
    );
    assert_eq!(answer["query"], "paper cups Nagpur");
    assert_eq!(
        answer["sources"],
        json!([{ "title": "Tea stalls", "url": "https://n.example/tea", "published": "2026-09-02", "read": false }])
    );
    assert_eq!(
        answer["demand"][0]["finding"],
        "The drive covered 1,900 tea stalls in Nagpur."
    );
    assert_eq!(answer["prices"], json!([]));
}

#[tokio::test]
async fn a_page_is_audited_and_pages_that_refuse_readers_are_not_opened() {
    let schema = shape(json!({
        "summary": text(),
        "page": { "type": "object", "properties": { "title": or_null("string"), "title_length": or_null("integer"), "words": or_null("integer"), "https": or_null("boolean") }, "required": ["title", "title_length", "words", "https"] },
        "problems": list(&json!({ "code": text(), "message": text(), "fix": or_null("string") })),
    }));
    let url = |name: &str| {
        tool(
            name,
            json!({ "type": "object", "properties": { "url": text() }, "required": ["url"] }),
        )
    };
    let ask_about = |address: &str| {
        ask(
            "analysis.any",
            "Check my page",
            json!({ "url": address }),
            vec![url("page_audit"), url("scraper")],
            schema.clone(),
        )
    };
    let audit = json!({ "url": "https://shop.example", "title": "Home", "title_length": 4, "words": 84, "https": true, "problems": [{ "code": "h1.missing", "message": "there is no h1" }] });
    let (calls, _, answer) = run(ask_about("https://shop.example"), |call| {
        match call.name.as_str() {
            "page_audit" => Ok(audit.clone()),
            _ => Err(json!("timeout")),
        }
    })
    .await;
    assert_eq!(
        called(&calls, "page_audit"),
        &json!({ "url": "https://shop.example" })
    );
    assert_eq!(
        answer["page"],
        json!({ "title": "Home", "title_length": 4, "words": 84, "https": true })
    );
    assert_eq!(answer["problems"][0]["code"], "h1.missing");
    assert!(
        answer["unknowns"]
            .to_string()
            .contains("scraper gave no result"),
        "{answer}"
    );

    let (calls, _, answer) = run(ask_about("https://www.linkedin.com/in/x"), |_| {
        Ok(json!({}))
    })
    .await;
    assert!(calls.is_empty(), "{calls:?}");
    assert_eq!(answer["page"]["title"], Value::Null);
}
