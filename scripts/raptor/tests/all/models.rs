//! What can be asked about models.

use std::process::{Command, Output};

use serde_json::{Value, json};
use testkit::models::{FakeModels, Reply, Script};

use crate::{program, text};

/// Runs `raptor models` with no other setting than these.
async fn models(arguments: &[&str], variables: &[(&str, String)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raptor"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LLM_")) {
        command.env_remove(name);
    }
    command.arg("models").args(arguments);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let run = move || command.output().unwrap();
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_call_is_priced_at_the_day_without_any_provider() {
    for (day, cost) in [("2026-12-31", "1.23"), ("2027-01-01", "3")] {
        let call = [
            "price",
            "gemini-api/gemini-3.8-flash",
            "--input=1000000",
            "--cached=400000",
            "--output=100000",
            "--thinking=100000",
            "--on",
            day,
            "--json",
        ];
        let quotes = program::answer(&models(&call, &[]).await);
        let [quote] = quotes.as_array().unwrap().as_slice() else {
            panic!("one row: {quotes}");
        };
        let found: domain::Usd = serde_json::from_value(quote["cost"].clone()).unwrap();
        let wanted: domain::Usd = serde_json::from_value(json!(cost)).unwrap();
        assert_eq!((found, &quote["on"]), (wanted, &json!(day)));
    }
    let alias = models(&["price", "standard", "--input", "1000"], &[]).await;
    let table = said(&alias);
    assert!(
        alias.status.success() && table.lines().count() > 2,
        "{table}"
    );
    let unknown = models(&["price", "gpt-0", "--input", "1"], &[]).await;
    assert!(!unknown.status.success() && said(&unknown).contains("gpt-0"));
}

#[tokio::test]
async fn all_models_are_listed_and_those_that_are_configured_marked() {
    let configured = |list: &Value, id: &str| {
        let rows = list.as_array().unwrap().iter();
        let mut of = rows.filter(|row| row["model"] == id);
        of.next().unwrap()["configured"].clone()
    };
    let none = program::answer(&models(&["list", "--json"], &[]).await);
    assert_eq!(configured(&none, "gpt-6-luna"), false);
    let key = [
        ("LLM_PROVIDERS", "openai".to_owned()),
        ("OPENAI_API_KEY", "k".to_owned()),
    ];
    let openai = program::answer(&models(&["list", "--json"], &key).await);
    assert_eq!(configured(&openai, "gpt-6-luna"), true);
    assert!(said(&models(&["list"], &[]).await).contains("gpt-6-luna"));
}

/// Of a data file, the rows of two models whose prices have no end: what is said of them is the same on
/// every day.
fn two_of(file: &str, list: &str, id: &str) -> Value {
    let mut data: Value = serde_json::from_str(&text(file)).unwrap();
    let rows = data[list].as_array_mut().unwrap();
    rows.retain(|row| ["offline", "gpt-6-luna"].contains(&row[id].as_str().unwrap()));
    data
}

#[tokio::test]
async fn the_doctor_ends_with_1_when_something_is_wrong_now() {
    let folder = tempfile::tempdir().unwrap();
    let keep = |name: &str, data: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, data.to_string()).unwrap();
        path.display().to_string()
    };
    let mut rows = two_of("shared/llm/data/models.json", "models", "id");
    rows["aliases"] = json!({ "standard": ["gpt-6-luna"] });
    let mut prices = two_of("shared/llm/data/prices.json", "prices", "model");
    let data = [
        ("LLM_MODELS_FILE", keep("models.json", &rows)),
        ("LLM_PRICES_FILE", keep("prices.json", &prices)),
    ];
    let offline = models(&["doctor"], &data).await;
    let report = said(&offline);
    assert!(
        offline.status.success() && report.contains("No provider is configured"),
        "{report}"
    );

    let fake = FakeModels::start(Script::auto()).await;
    let mut provided = data.to_vec();
    provided.extend([
        ("LLM_PROVIDERS", "openai".to_owned()),
        ("OPENAI_API_KEY", "k".to_owned()),
        ("LLM_OPENAI_BASE_URL", fake.base_url() + "/v1"),
    ]);
    let well = models(&["doctor", "--probe"], &provided).await;
    let report = said(&well);
    assert!(
        well.status.success() && report.contains("Providers: openai\n"),
        "{report}"
    );
    assert_eq!(fake.requests().len(), 1);

    fake.push(Reply::refused(401));
    let refused = models(&["doctor", "--probe", "--json"], &provided).await;
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    let report = program::answer(&refused);
    let luna = report["models"].as_array().unwrap().iter();
    let mut luna = luna.filter(|model| model["model"] == "gpt-6-luna");
    assert_eq!(luna.next().unwrap()["probe"]["ok"], false);

    // A model that nobody knows the price of.
    let left = prices["prices"].as_array_mut().unwrap();
    left.retain(|row| row["model"] == "offline");
    keep("prices.json", &prices);
    let unpriced = models(&["doctor"], &provided).await;
    assert_eq!(unpriced.status.code(), Some(1));
    assert!(said(&unpriced).contains("model.unpriced openai/gpt-6-luna"));

    let keyless = [("LLM_PROVIDERS", "openai".to_owned())];
    let keyless = models(&["doctor"], &keyless).await;
    assert!(!keyless.status.success() && said(&keyless).contains("OPENAI_API_KEY"));
}
