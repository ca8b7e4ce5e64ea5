use domain::ExecutionId;
use serde_json::{Value, json};
use tools::RECORD_KINDS;
use uuid::Uuid;

use crate::support::{Desk, Search, workspace};

fn lead() -> Value {
    json!({ "kind": "lead", "data": { "name": "Asha", "phone": "9876543210", "city": "Surat" } })
}

#[tokio::test]
async fn a_record_is_kept_and_found_again() {
    let desk = Desk::new();
    let kept = desk.ok("database_writer", lead()).await;
    assert_eq!(
        (&kept["kind"], &kept["new"]),
        (&json!("lead"), &json!(true))
    );
    let found = desk
        .ok(
            "database_reader",
            json!({ "kind": "lead", "equals": { "city": "Surat" } }),
        )
        .await;
    assert_eq!(
        found,
        json!({ "kind": "lead", "count": 1, "records": [lead()["data"]] })
    );
    let elsewhere = desk
        .ok(
            "database_reader",
            json!({ "kind": "lead", "equals": { "city": "Pune" } }),
        )
        .await;
    assert_eq!(
        elsewhere,
        json!({ "kind": "lead", "count": 0, "records": [] })
    );
}

#[tokio::test]
async fn the_same_record_twice_is_one_record() {
    let desk = Desk::new();
    let first = desk.ok("database_writer", lead()).await;
    let mut again = lead();
    again["data"]["grade"] = json!("hot");
    let second = desk.ok("database_writer", again.clone()).await;
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        (&first["new"], &second["new"]),
        (&json!(true), &json!(false))
    );
    let kept = desk.shelf.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].data, again["data"], "the later one counts");
}

#[tokio::test]
async fn the_first_key_field_that_is_there_counts() {
    for (kind, data, key) in [
        (
            "lead",
            json!({ "name": "Asha", "email": "a@x.in", "phone": "98" }),
            "phone:98",
        ),
        (
            "lead",
            json!({ "name": "Asha", "email": "a@x.in" }),
            "email:a@x.in",
        ),
        (
            "lead",
            json!({ "name": "Asha", "email": "a@x.in", "phone": "  " }),
            "email:a@x.in",
        ),
        (
            "lead",
            json!({ "name": "Asha", "phone": null }),
            "name:asha",
        ),
        (
            "company",
            json!({ "name": "Mills", "website": "mills.in" }),
            "website:mills.in",
        ),
        (
            "company",
            json!({ "name": "Mills", "website": "mills.in", "gstin": "24X" }),
            "gstin:24x",
        ),
        (
            "finding",
            json!({ "title": "Sarees sell in October", "text": "…" }),
            "title:sarees sell in october",
        ),
    ] {
        let desk = Desk::new();
        desk.ok("database_writer", json!({ "kind": kind, "data": data }))
            .await;
        assert_eq!(desk.shelf.kept()[0].natural_key, key, "{data}");
    }
}

#[tokio::test]
async fn case_and_blanks_around_a_key_make_no_second_record() {
    let desk = Desk::new();
    for email in ["asha@example.in", " Asha@Example.IN "] {
        desk.ok(
            "database_writer",
            json!({ "kind": "contact", "data": { "email": email } }),
        )
        .await;
    }
    assert_eq!(desk.shelf.kept().len(), 1);
}

#[tokio::test]
async fn a_phone_written_as_a_number_is_the_same_phone() {
    let desk = Desk::new();
    for phone in [json!("9876543210"), json!(9_876_543_210_u64)] {
        desk.ok(
            "database_writer",
            json!({ "kind": "lead", "data": { "phone": phone } }),
        )
        .await;
    }
    let keys: Vec<String> = desk
        .shelf
        .kept()
        .into_iter()
        .map(|row| row.natural_key)
        .collect();
    assert_eq!(keys, ["phone:9876543210"]);
}

#[tokio::test]
async fn one_key_in_two_kinds_is_two_records() {
    let desk = Desk::new();
    for kind in ["lead", "contact"] {
        desk.ok(
            "database_writer",
            json!({ "kind": kind, "data": { "phone": "98" } }),
        )
        .await;
    }
    assert_eq!(desk.shelf.kept().len(), 2);
}

#[tokio::test]
async fn a_record_without_a_key_is_refused_with_the_keys_it_could_have() {
    for data in [
        json!({ "city": "Surat" }),
        json!({ "name": "  " }),
        json!({ "name": ["Asha"] }),
    ] {
        let desk = Desk::new();
        let error = desk
            .refused("database_writer", json!({ "kind": "lead", "data": data }))
            .await;
        assert_eq!(error.code, "record.no_key", "{data}");
        assert_eq!(error.message, "a lead needs one of phone, email, name");
        assert!(desk.shelf.kept().is_empty());
    }
}

#[tokio::test]
async fn a_key_that_no_index_could_hold_is_refused() {
    let desk = Desk::new();
    let data =
        |length: usize| json!({ "kind": "finding", "data": { "title": "ह".repeat(length) } });
    desk.ok("database_writer", data(300)).await;
    let error = desk.refused("database_writer", data(2_000)).await;
    assert_eq!(
        (error.code, error.retryable),
        ("record.key_too_long", false)
    );
    assert!(error.message.contains("title"), "{error}");
    assert_eq!(desk.shelf.kept().len(), 1);
}

#[tokio::test]
async fn an_unknown_kind_is_refused_by_both() {
    for tool in ["database_writer", "database_reader"] {
        let mut args = json!({ "kind": "user" });
        if tool == "database_writer" {
            args["data"] = json!({ "name": "root" });
        }
        let desk = Desk::new();
        let error = desk.refused(tool, args).await;
        assert_eq!(error.code, "args.invalid", "{tool}");
        assert!(
            error.message.contains("/kind") && error.message.contains("\"user\""),
            "{error}"
        );
        assert!(
            error.message.contains("lead"),
            "the known ones are named: {error}"
        );
        assert!(desk.shelf.kept().is_empty() && desk.shelf.searches().is_empty());
    }
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_both() {
    let desk = Desk::new();
    let write = json!({ "kind": "contact", "data": { "name": "Asha", "grade": "hot" } });
    let read = json!({ "kind": "contact", "equals": { "grade": "hot" } });
    for (tool, args) in [("database_writer", write), ("database_reader", read)] {
        let error = desk.refused(tool, args).await;
        assert_eq!(
            (error.code, error.retryable),
            ("field.unknown", false),
            "{tool}"
        );
        assert!(
            error
                .message
                .starts_with("a contact has no field \"grade\"; it has name, company"),
            "{error}"
        );
    }
    assert!(desk.shelf.kept().is_empty() && desk.shelf.searches().is_empty());
}

#[tokio::test]
async fn a_field_of_another_tenant_can_not_be_asked_for() {
    for field in [
        "workspace_id",
        "id",
        "data->>'phone'",
        "name' OR '1'='1",
        "",
    ] {
        let desk = Desk::new();
        let error = desk
            .refused(
                "database_reader",
                json!({ "kind": "lead", "equals": { field: "x" } }),
            )
            .await;
        assert_eq!(error.code, "field.unknown", "{field}");
        assert!(desk.shelf.searches().is_empty());
    }
}

#[tokio::test]
async fn a_record_larger_than_16_kib_is_refused() {
    let desk = Desk::new();
    let sized = |bytes: usize| {
        let around = json!({ "name": "Asha", "notes": "" }).to_string().len();
        json!({ "kind": "lead", "data": { "name": "Asha", "notes": "x".repeat(bytes - around) } })
    };
    desk.ok("database_writer", sized(16 * 1024)).await;
    let error = desk.refused("database_writer", sized(16 * 1024 + 1)).await;
    assert_eq!((error.code, error.retryable), ("record.too_large", false));
    assert!(error.message.contains("16384 bytes"), "{error}");
    assert_eq!(
        desk.shelf.kept()[0].data,
        sized(16 * 1024)["data"],
        "the larger one was not kept"
    );
}

#[tokio::test]
async fn the_tenant_and_the_execution_are_passed_on() {
    let mut desk = Desk::new();
    desk.ok("database_writer", lead()).await;
    desk.context.workspace_id = workspace(7);
    desk.context.execution_id = None;
    let theirs = desk.ok("database_writer", lead()).await;
    assert_eq!(
        theirs["new"], true,
        "another tenant's record is not the same record"
    );
    let kept = desk.shelf.kept();
    assert_eq!(kept[0].workspace, workspace(1));
    assert_eq!(kept[0].execution, Some(ExecutionId(Uuid::from_u128(3))));
    assert_eq!((kept[1].workspace, kept[1].execution), (workspace(7), None));

    desk.context.workspace_id = workspace(8);
    let found = desk.ok("database_reader", json!({ "kind": "lead" })).await;
    assert_eq!(found["count"], 0);
    assert_eq!(desk.shelf.searches()[0].workspace, workspace(8));
}

#[tokio::test]
async fn a_search_is_passed_on_as_it_was_asked() {
    let desk = Desk::new();
    desk.ok("database_reader", json!({ "kind": "company" }))
        .await;
    let args =
        json!({ "kind": "lead", "equals": { "city": "Surat" }, "text": "silk", "limit": 50 });
    desk.ok("database_reader", args).await;
    let search = |kind: &str, equals: Value, text: Option<&str>, limit| Search {
        workspace: workspace(1),
        kind: kind.to_owned(),
        equals,
        text: text.map(str::to_owned),
        limit,
    };
    assert_eq!(
        desk.shelf.searches(),
        [
            search("company", json!({}), None, 20),
            search("lead", json!({ "city": "Surat" }), Some("silk"), 50),
        ]
    );
}

#[tokio::test]
async fn a_database_that_is_down_is_a_retry_and_its_words_stay_inside() {
    let desk = Desk::new();
    desk.shelf.take_down();
    for (tool, args) in [
        ("database_writer", lead()),
        ("database_reader", json!({ "kind": "lead" })),
    ] {
        let error = desk.refused(tool, args).await;
        assert_eq!(
            (error.code, error.retryable),
            ("database.unavailable", true),
            "{tool}"
        );
        assert!(!error.message.contains("password"), "{error}");
    }
}

#[tokio::test]
async fn every_kind_can_be_written_by_each_of_its_keys() {
    for kind in RECORD_KINDS {
        for key in kind.key {
            assert!(
                kind.fields.contains(key),
                "{} has its key {key} as a field",
                kind.name
            );
            let desk = Desk::new();
            desk.ok(
                "database_writer",
                json!({ "kind": kind.name, "data": { *key: "x" } }),
            )
            .await;
            assert_eq!(desk.shelf.kept()[0].natural_key, format!("{key}:x"));
        }
    }
}
