//! What the command line shows of models.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use llm::doctor::{examine, list, price};
use llm::{
    Category, Control, Delta, EmbedRequest, Error, Gateway, ModelRow, Provider, RawEmbeddings,
    RawResponse, Request, Tier, Usage,
};

use super::support::clock;

/// Answers for every model but one.
struct Lively;

#[async_trait]
impl Provider for Lively {
    fn name(&self) -> &'static str {
        "vertex"
    }

    async fn generate(
        &self,
        model: &ModelRow,
        request: &Request,
        _: &Control,
        _: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<RawResponse, Error> {
        assert!(request.max_output_tokens <= 512, "a probe is small");
        if model.id == "gemini-3.5-flash" {
            return Err(Error::new(Category::UnknownModel, "gone"));
        }
        let usage = Usage {
            input: 10,
            output: 2,
            ..Usage::default()
        };
        Ok(RawResponse {
            text: "OK".into(),
            usage,
            ..RawResponse::default()
        })
    }

    async fn embed(
        &self,
        _: &ModelRow,
        request: &EmbedRequest<'_>,
        _: &Control,
    ) -> Result<RawEmbeddings, Error> {
        let dimensions = request.dimensions.unwrap();
        Ok(RawEmbeddings {
            vectors: vec![vec![1.0; dimensions]],
            usage: None,
        })
    }
}

fn gateway() -> Gateway {
    Gateway::builder(clock()).provider(Arc::new(Lively)).build()
}

#[test]
fn the_list_has_every_row_with_its_price_of_today() {
    let rows = list(&gateway());
    let row = |provider: &str, model: &str| {
        let mut rows = rows.0.iter();
        rows.find(|row| row.provider == provider && row.model == model)
            .unwrap()
    };
    let flash = row("vertex", "gemini-3.8-flash");
    assert!(flash.configured && !flash.retired && flash.aliases == ["standard"]);
    assert_eq!(flash.price.as_ref().unwrap().input, "0.75".parse().unwrap());
    assert!(!row("gemini-api", "gemini-3.8-flash").configured);
    let gpt = row("openai", "gpt-4o");
    assert_eq!((gpt.days_left, gpt.configured), (Some(55), false));
    assert!(row("vertex", "gemini-2.5-pro").retired);

    let table = rows.to_string();
    let line = table
        .lines()
        .find(|line| line.contains("gemini-4-argon"))
        .unwrap();
    assert!(line.contains("ready") && line.contains("premium"), "{line}");
    let json = serde_json::to_value(&rows).unwrap();
    assert_eq!(json[0]["model"], "offline");
}

#[test]
fn a_price_is_quoted_for_every_provider_of_the_model() {
    let usage = Usage {
        input: 1_000_000,
        cached_input: 500_000,
        output: 100_000,
        ..Usage::default()
    };
    let gateway = gateway();
    let ask = |name: &str, on: &str| {
        price(
            &gateway,
            name,
            &usage,
            Some(on.parse().unwrap()),
            Tier::Standard,
        )
    };
    let quotes = ask("gemini-4-argon", "2026-11-30").unwrap();
    // 500,000 x 2 + 500,000 x .10 + 100,000 x 10
    assert_eq!(quotes.0.len(), 2);
    assert_eq!(quotes.0[0].cost.to_string(), "$2.05");
    assert!(quotes.to_string().contains("$2.05"));
    let later = &ask("vertex/gemini-4-argon", "2026-12-01").unwrap().0;
    assert_eq!(
        (later.len(), later[0].cost.to_string()),
        (1, "$4.10".to_owned())
    );
    assert!(later[0].row.ends_with("2026-12-01"));
    assert!(ask("gpt-9", "2026-12-01").is_err());
    assert!(
        ask("gemini-2.5-pro", "2026-12-01")
            .unwrap_err()
            .message
            .contains("no standard price")
    );
    let odd = Usage {
        cached_input: 2,
        input: 1,
        ..Usage::default()
    };
    assert!(price(&gateway, "gemini-4-argon", &odd, None, Tier::Standard).is_err());
}

#[tokio::test(start_paused = true)]
async fn the_doctor_looks_at_what_is_configured() {
    let report = examine(&gateway(), None).await;
    assert!(report.is_healthy() && !report.offline);
    let ids: Vec<_> = report
        .models
        .iter()
        .map(|model| model.model.as_str())
        .collect();
    assert!(ids.contains(&"gemini-3.8-flash") && ids.contains(&"text-embedding-005"));
    assert!(!ids.contains(&"gpt-4o") && !ids.contains(&"gemini-2.5-pro"));
    assert!(report.models.iter().all(|model| model.probe.is_none()));
    let standard = report
        .aliases
        .iter()
        .find(|(alias, _)| alias == "standard")
        .unwrap();
    assert_eq!(
        standard.1,
        ["vertex/gemini-3.8-flash", "vertex/gemini-3.5-flash"]
    );
    let text = report.to_string();
    assert!(text.contains("warning model.ends openai/gpt-4o"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_probe_asks_each_model_once_and_tells_its_cost() {
    let report = examine(&gateway(), Some(Duration::from_secs(5))).await;
    let probe = |id: &str| {
        let model = report
            .models
            .iter()
            .find(|model| model.model == id)
            .unwrap();
        model.probe.clone()
    };
    let flash = probe("gemini-3.8-flash").unwrap();
    assert!(flash.ok && flash.outcome == "gemini-3.8-flash");
    // 10 x .75 + 2 x 3.75
    assert_eq!(flash.cost.to_string(), "$0.000015");
    let gone = probe("gemini-3.5-flash").unwrap();
    assert!(!gone.ok && gone.outcome.contains("gone"));
    assert_eq!(
        probe("text-embedding-005").unwrap().outcome,
        "768 dimensions"
    );
    assert!(probe("offline").is_none());
    assert!(!report.is_healthy() && report.cost() > flash.cost);
    assert!(report.to_string().contains("failed in"));
}

#[tokio::test]
async fn with_nothing_configured_it_says_so() {
    let report = examine(
        &Gateway::builder(clock()).build(),
        Some(Duration::from_secs(1)),
    )
    .await;
    assert!(report.offline && report.is_healthy());
    assert!(report.to_string().starts_with("No provider is configured"));
}
