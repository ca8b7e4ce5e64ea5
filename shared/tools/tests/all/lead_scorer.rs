use std::sync::{Arc, LazyLock};

use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};
use tools::Tool;

use crate::support::{Desk, context, tool};

/// Built once: properties call it thousands of times.
static TOOL: LazyLock<Arc<dyn Tool>> = LazyLock::new(|| tool("lead_scorer"));

async fn scored(args: Value) -> Value {
    Desk::new().ok("lead_scorer", args).await
}

fn points(lead: &Value, factor: &str) -> u64 {
    let found = lead["points"]
        .as_array()
        .unwrap()
        .iter()
        .find(|point| point["factor"] == factor);
    found.unwrap()["points"].as_u64().unwrap()
}

#[tokio::test]
async fn a_lead_gets_points_with_reasons_and_what_is_missing_is_named() {
    let answer = scored(json!({ "leads": [{
        "name": "Meera Textiles", "need": "500 cotton sarees", "budget_inr": "4 lakh", "timeline_days": 45, "quantity": 500,
    }]}))
    .await;
    let lead = &answer["leads"][0];
    assert_eq!(
        (&lead["score"], &lead["grade"]),
        (&json!(54), &json!("warm"))
    );
    assert_eq!(
        lead["missing"],
        json!(["authority", "contactable", "consent", "fit", "source"])
    );
    assert_eq!(lead["could_reach"], 89, "all that is missing at its best");
    let sum: u64 = lead["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["points"].as_u64().unwrap())
        .sum();
    assert_eq!(json!(sum), lead["score"]);
    let text = lead["points"].to_string();
    for said in [
        "a budget of ₹4,00,000; no minimum",
        "wanted in 45 days",
        "names a quantity, 500",
        "not known",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(answer["weights"]["budget"], 20);
    assert_eq!(answer["weights"]["grades"]["hot"], "75 and more");
}

#[tokio::test]
async fn a_full_lead_is_hot_and_an_empty_one_cold() {
    let answer = scored(json!({ "minimum_budget_inr": 100_000, "leads": [
        { "name": "Empty" },
        { "name": "Full", "need": "school uniforms for 400 children", "budget_inr": 200_000, "timeline_days": 10, "authority": "owner",
          "quantity": 400, "contactable": true, "consent": true, "fit": "strong", "source": "referral" },
    ]}))
    .await;
    let leads = &answer["leads"];
    assert_eq!(
        (&leads[0]["name"], &leads[0]["score"], &leads[0]["grade"]),
        (&json!("Full"), &json!(100), &json!("hot"))
    );
    assert_eq!(
        (
            &leads[1]["score"],
            &leads[1]["grade"],
            &leads[1]["could_reach"]
        ),
        (&json!(0), &json!("cold"), &json!(100))
    );
    assert_eq!(leads[0]["missing"], json!([]));
}

#[tokio::test]
async fn leads_come_best_first_and_by_name_when_equal() {
    let answer = scored(json!({ "leads": [
        { "name": "Zoya", "quantity": 3 }, { "name": "Asha", "quantity": 3 }, { "name": "Meera", "quantity": 3, "fit": "strong" },
    ]}))
    .await;
    let names: Vec<_> = answer["leads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| lead["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Meera", "Asha", "Zoya"]);
}

#[tokio::test]
async fn what_does_not_fit_is_cold_whatever_else_is_known() {
    let answer = scored(json!({ "leads": [{ "name": "A", "need": "wedding cards in bulk", "budget_inr": 500_000, "timeline_days": 1,
        "authority": "owner", "quantity": 900, "contactable": true, "consent": true, "fit": "none", "source": "referral" }]})).await;
    let lead = &answer["leads"][0];
    assert_eq!(
        (&lead["score"], &lead["grade"]),
        (&json!(84), &json!("cold"))
    );
}

#[tokio::test]
async fn bad_answers_are_not_missing_ones() {
    let answer = scored(json!({ "minimum_budget_inr": 100_000, "leads": [{ "name": "A", "need": "price?", "budget_inr": 0, "timeline_days": 400,
        "contactable": false, "consent": false, "source": "bought list" }]}))
    .await;
    let lead = &answer["leads"][0];
    assert_eq!(lead["missing"], json!(["authority", "quantity", "fit"]));
    assert_eq!(
        [
            "need",
            "budget",
            "timeline",
            "contactable",
            "consent",
            "source"
        ]
        .map(|factor| points(lead, factor)),
        [6, 0, 2, 0, 0, 0]
    );
}

#[tokio::test]
async fn a_source_is_judged_by_its_kind() {
    for (source, expected) in [
        ("Referral from Mr Shah", 5),
        ("IndiaMART enquiry", 3),
        ("Surat textile exhibitions", 3),
        ("Instagram ad", 2),
        ("walk-in", 4),
        ("bought list", 0),
        ("cold calling", 0),
        ("astrologer", 1),
    ] {
        let answer = scored(json!({ "leads": [{ "name": "A", "source": source }]})).await;
        assert_eq!(points(&answer["leads"][0], "source"), expected, "{source}");
    }
}

#[tokio::test]
async fn wrong_amounts_and_words_are_refused() {
    let desk = Desk::new();
    for (args, said) in [
        (
            json!({ "leads": [{ "name": "A", "budget_inr": "a lot" }]}),
            "budget_inr of \"A\"",
        ),
        (
            json!({ "leads": [{ "name": "A", "budget_inr": -5 }]}),
            "budget_inr",
        ),
        (
            json!({ "leads": [{ "name": "A" }], "minimum_budget_inr": "x" }),
            "minimum_budget_inr",
        ),
        (
            json!({ "leads": [{ "name": "A", "authority": "boss" }]}),
            "authority",
        ),
        (json!({ "leads": [{ "need": "sarees" }]}), "name"),
        (json!({ "leads": [] }), "leads"),
    ] {
        let error = desk.refused("lead_scorer", args.clone()).await;
        assert_eq!(error.code, "args.invalid", "{args}");
        assert!(error.message.contains(said), "{args}: {}", error.message);
    }
}

fn lead() -> impl Strategy<Value = Value> {
    let maybe = |value: BoxedStrategy<Value>| prop::option::of(value);
    (
        maybe("[a-z ]{0,30}".prop_map(Value::from).boxed()),
        maybe((0_u32..1_000_000).prop_map(Value::from).boxed()),
        maybe((0_u32..3650).prop_map(Value::from).boxed()),
        maybe(
            prop::sample::select(vec!["owner", "manager", "staff"])
                .prop_map(Value::from)
                .boxed(),
        ),
        maybe((1_u32..1000).prop_map(Value::from).boxed()),
        maybe(any::<bool>().prop_map(Value::from).boxed()),
        maybe(any::<bool>().prop_map(Value::from).boxed()),
        maybe(
            prop::sample::select(vec!["strong", "partial", "none"])
                .prop_map(Value::from)
                .boxed(),
        ),
        maybe(
            prop::sample::select(vec!["referral", "list", "", "mela", "x"])
                .prop_map(Value::from)
                .boxed(),
        ),
    )
        .prop_map(
            |(need, budget, timeline, authority, quantity, contactable, consent, fit, source)| {
                let mut lead = json!({ "name": "A" });
                for (name, value) in [
                    ("need", need),
                    ("budget_inr", budget),
                    ("timeline_days", timeline),
                    ("authority", authority),
                    ("quantity", quantity),
                    ("contactable", contactable),
                    ("consent", consent),
                    ("fit", fit),
                    ("source", source),
                ] {
                    if let Some(value) = value {
                        lead[name] = value;
                    }
                }
                lead
            },
        )
}

fn score(lead: &Value, minimum: u32) -> Value {
    let (context, _) = context();
    let args = json!({ "leads": [lead], "minimum_budget_inr": minimum });
    block_on(TOOL.call(&context, args)).unwrap()["leads"][0].clone()
}

proptest! {
    #[test]
    fn a_score_is_within_bounds_adds_up_and_repeats(lead in lead(), minimum in 0_u32..500_000) {
        let one = score(&lead, minimum);
        let (score_of, most) = (one["score"].as_u64().unwrap(), one["could_reach"].as_u64().unwrap());
        prop_assert!(score_of <= most && most <= 100, "{}", one);
        let sum: u64 = one["points"].as_array().unwrap().iter().map(|point| point["points"].as_u64().unwrap()).sum();
        prop_assert_eq!(sum, score_of);
        prop_assert!(one["points"].as_array().unwrap().iter().all(|point| point["points"].as_u64() <= point["of"].as_u64()));
        prop_assert_eq!(one, score(&lead, minimum));
    }

    #[test]
    fn a_higher_budget_never_lowers_the_score(lead in lead(), minimum in 0_u32..500_000, budget in 0_u32..1_000_000, more in 0_u32..1_000_000) {
        let with = |budget: Option<u32>| {
            let mut lead = lead.clone();
            match budget {
                Some(budget) => lead["budget_inr"] = json!(budget),
                None => { lead.as_object_mut().unwrap().remove("budget_inr"); }
            }
            score(&lead, minimum)["score"].as_u64().unwrap()
        };
        prop_assert!(with(None) <= with(Some(budget)));
        prop_assert!(with(Some(budget)) <= with(Some(budget + more)));
    }
}
