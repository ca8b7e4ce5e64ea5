//! Each skill with the offline model: sensible, free, and without any key.

use domain::{ExecutionStatus, Usd};
use serde_json::{Value, json};

use crate::{DIWALI, World};

async fn answer(prompt: &str, skill: &str, input: Value) -> Value {
    let world = World::offline().await;
    let id = world.submit(prompt, &[skill], input).await;
    world.run(id).await.unwrap();
    let (execution, _) = world.asker.look(id).await;
    assert_eq!(
        execution.status,
        ExecutionStatus::Completed,
        "{:?}",
        execution.error_detail
    );
    assert_eq!(
        (execution.cost_usd, execution.model.as_deref()),
        (Usd::ZERO, Some("offline"))
    );
    execution.output.unwrap()
}

#[tokio::test]
async fn a_diwali_campaign_has_the_days_from_the_calendar() {
    let output = answer(DIWALI, "campaign.diwali", json!({})).await;
    let days: Vec<&str> = output["festival_dates"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|day| day["festival"].as_str())
        .collect();
    assert!(days.contains(&"Diwali"), "{days:?}");
    let date = output["festival_dates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|day| day["festival"] == "Diwali")
        .unwrap()["date"]
        .as_str()
        .unwrap()
        .to_owned();
    let main: chrono::NaiveDate = date.parse().unwrap();
    assert!(
        output["summary"]
            .as_str()
            .unwrap()
            .contains(&main.format("%-d %B %Y").to_string()),
        "{output}"
    );
    assert!(
        output["messages"][0]["text"]
            .as_str()
            .unwrap()
            .contains("Jaipur"),
        "{output}"
    );
}

#[tokio::test]
async fn gst_is_split_by_the_calculator() {
    let prompt = "Split the GST on 50000 rupees at 18% from Rajasthan to Maharashtra";
    let output = answer(prompt, "payment.gst", json!({})).await;
    assert_eq!(
        (&output["igst"], &output["total"]),
        (&json!("9000"), &json!("59000")),
        "{output}"
    );
    let prompt = "GST on 1000 rupees at 5% within Gujarat, from Gujarat to Gujarat";
    let output = answer(prompt, "payment.gst", json!({})).await;
    assert_eq!(
        (&output["cgst"], &output["sgst"]),
        (&json!("25.00"), &json!("25.00")),
        "{output}"
    );
}

#[tokio::test]
async fn a_lead_is_graded_with_reasons_and_kept() {
    let prompt =
        "Score this lead: Mehta Textiles, Surat, wants 500 sarees by October, budget 8 lakh";
    let world = World::offline().await;
    let id = world
        .submit(prompt, &["lead.qualification"], json!({}))
        .await;
    world.run(id).await.unwrap();
    let lead = world.asker.look(id).await.0.output.unwrap()["leads"][0].clone();
    assert_eq!(
        (&lead["name"], &lead["grade"], &lead["budget_inr"]),
        (&json!("Mehta Textiles"), &json!("warm"), &json!(800_000))
    );
    assert!(!lead["reasons"].as_array().unwrap().is_empty());
    let mut tx = world
        .deps
        .store
        .tenant(world.asker.workspace)
        .await
        .unwrap();
    let kept = store::records::find(&mut tx, "lead", &json!({ "city": "Surat" }), None, 5)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
}

#[tokio::test]
async fn records_are_cleaned_and_duplicates_named() {
    let records = json!([
        { "name": "ravi kumar", "phone": "98765 43210", "city": "jaipur" },
        { "name": "Ravi Kumar", "phone": "+919876543210", "city": "Jaipur" },
        { "name": "Meera Shah", "phone": "9123456789", "city": "Surat" },
    ]);
    let output = answer(
        "Clean up my customer list",
        "data.cleanup",
        json!({ "records": records }),
    )
    .await;
    // Nothing is thrown away: the rows that are one person are named.
    assert_eq!(output["counts"]["rows"], 3, "{output}");
    assert_eq!(output["duplicates"][0]["rows"], json!([1, 2]), "{output}");
    assert_eq!(output["records"][0]["phone"], "+919876543210", "{output}");
}

#[tokio::test]
async fn what_is_not_known_is_said_and_not_made_up() {
    let output = answer(
        "Research my competitor FabIndia",
        "research.competitor",
        json!({}),
    )
    .await;
    assert!(
        !output["unknowns"].as_array().unwrap().is_empty(),
        "{output}"
    );
    assert_eq!(output["pricing"], json!([]));
}
