//! The program as a newcomer runs it: a request to its end, and what can be asked about it afterwards.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use testkit::Database;

use crate::root;

pub async fn raptor(db: &Database, home: &Path, arguments: &[&str]) -> Output {
    let (db, home) = (db.url().to_owned(), home.to_owned());
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| (*argument).to_owned())
        .collect();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raptor"));
        for (name, _) in std::env::vars()
            .filter(|(name, _)| name.starts_with("LLM_") || name == "JWT_SECRET_KEY")
        {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .env("DATABASE_URL", db)
            .env("RAPTORFLOW_HOME", home)
            .env("SKILLS_DIR", root().join("skills"))
            .output()
            .unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

pub fn answer(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{errors}"))
}

#[tokio::test]
async fn three_sentences_are_answered_and_can_be_looked_into() {
    let db = Database::create().await;
    let home = std::env::temp_dir().join(format!("raptor-test-{}", std::process::id()));
    for (sentence, skill, word) in [
        (
            "Plan a Diwali campaign for my handloom store in Jaipur",
            "campaign.diwali",
            "Jaipur",
        ),
        (
            "Split the GST on 50000 rupees at 18% from Rajasthan to Maharashtra",
            "payment.gst",
            "9000",
        ),
        (
            "Score this lead: Mehta Textiles, Surat, wants 500 sarees by October, budget 8 lakh",
            "lead.qualification",
            "warm",
        ),
    ] {
        let output = raptor(&db, &home, &["run", sentence, "--json"]).await;
        let found = answer(&output);
        assert!(output.status.success());
        assert_eq!(found["status"], "completed");
        assert_eq!(found["plan"]["steps"][0]["skill_id"], skill);
        assert_eq!(
            (&found["model"], &found["cost_usd"]),
            (&Value::from("offline"), &Value::from("0"))
        );
        assert!(found["output"].to_string().contains(word), "{found}");
        assert!(found["duration_ms"].as_i64().unwrap() < 60_000);
        // Progress went to standard error.
        assert!(String::from_utf8_lossy(&output.stderr).contains("completed"));
        let id = found["execution_id"].as_str().unwrap();
        let events = raptor(&db, &home, &["events", id, "--json"]).await;
        assert!(events.status.success());
        assert!(String::from_utf8_lossy(&events.stdout).contains("execution.finished"));
    }
    let letters = raptor(&db, &home, &["dlq", "list", "--json"]).await;
    assert!(
        letters.status.success() && letters.stdout.is_empty(),
        "one line for each letter, and there is none"
    );
    let token = answer(&raptor(&db, &home, &["token", "--json"]).await);
    assert!(token["token"].is_string());
    std::fs::remove_dir_all(&home).unwrap();
}

#[tokio::test]
async fn a_dead_letter_is_listed_shown_and_sent_again() {
    let db = Database::create().await;
    let home = std::env::temp_dir();
    let seams = runtime::system_seams();
    let (_, workspace) = db.workspace(&seams, domain::Tier::Starter).await;
    let event = events::TestEventV1 { note: "x".into() };
    let correlation = domain::CorrelationId::from(seams.uuid());
    let message = events::Message::new(&event, "ingress", workspace, correlation, None, &seams);
    let letter = events::DeadLetter {
        subscription: "test-event-v1.route".into(),
        message_id: message.id.to_string(),
        attributes: message.attributes(),
        data: message.data.to_vec(),
        attempts: 10,
        reason: "the handler panicked".into(),
    };
    let broker = db.store(store::DbRole::Broker);
    events::MessageLog::dead_letter(&broker, letter)
        .await
        .unwrap();
    let list = answer(&raptor(&db, &home, &["dlq", "list", "--json"]).await);
    let id = list["id"].as_str().unwrap();
    let shown = answer(&raptor(&db, &home, &["dlq", "show", id, "--json"]).await);
    assert_eq!(shown["reason"], "the handler panicked");
    let sent = answer(&raptor(&db, &home, &["dlq", "replay", id, "--json"]).await);
    assert_eq!(sent["topic"], "test-event-v1");
    // It waits in the outbox, and is not offered again.
    assert_eq!(testkit::open_work(&db).await.outbox, 1);
    assert!(
        raptor(&db, &home, &["dlq", "list", "--json"])
            .await
            .stdout
            .is_empty()
    );
    let unknown = raptor(&db, &home, &["dlq", "show", &seams.uuid().to_string()]).await;
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("dlq list"));
}

#[tokio::test]
async fn what_can_not_be_done_ends_with_a_reason_and_another_code() {
    let db = Database::create().await;
    let home = std::env::temp_dir().join(format!("raptor-test-refused-{}", std::process::id()));
    let output = raptor(
        &db,
        &home,
        &["run", "What should I cook for dinner tonight?"],
    )
    .await;
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("request.out_of_scope") && !errors.contains("backtrace"),
        "{errors}"
    );
    let unknown = raptor(
        &db,
        &home,
        &["events", "01900000-0000-7000-8000-000000000000"],
    )
    .await;
    assert!(!unknown.status.success());
    std::fs::remove_dir_all(&home).unwrap();
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in [
        "up", "run", "events", "dlq", "migrate", "token", "load", "simulate", "route", "skills",
        "models", "gst", "money",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_raptor"))
            .args([command, "--help"])
            .output()
            .unwrap();
        let help = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && help.contains("Example"),
            "raptor {command} --help: {help}"
        );
    }
}
