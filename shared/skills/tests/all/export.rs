//! Skills as Agent Skills folders. The rules are those of the format's specification.

use serde_json::{Value, json};
use skills::{Catalogue, Source};

use crate::{GOOD, TOOLS, load, shipped};

/// The lines of the head.
fn head(text: &str) -> Vec<&str> {
    let lines = text.lines().skip(1);
    lines.take_while(|line| *line != "---").collect()
}

#[test]
fn every_shipped_skill_fits_the_format() {
    let sources = Source::below(&shipped()).unwrap();
    let catalogue = Catalogue::from_sources(sources, TOOLS).catalogue;
    for skill in catalogue.all() {
        let exported = skill.agent_skill().unwrap();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(
            exported.name.chars().all(plain) && exported.name.len() <= 64,
            "{}",
            exported.name
        );
        assert_eq!(exported.name, skill.id.replace(['.', '_'], "-"));
        let (file, text) = &exported.files[0];
        assert_eq!(file, "SKILL.md");
        for line in head(text) {
            let key = line.trim_start().split(':').next().unwrap();
            let top = [
                "name",
                "description",
                "license",
                "compatibility",
                "allowed-tools",
                "metadata",
            ];
            assert!(line.starts_with("  ") || top.contains(&key), "{line}");
            assert!(
                !line.contains(": [") && !line.contains(": {"),
                "block style only: {line}"
            );
        }
        for mark in ["{{", "{%", "<<<"] {
            assert!(!text.contains(mark), "{}: {mark} is left", skill.id);
        }
        let schema: Value = serde_json::from_str(&exported.files[2].1).unwrap();
        assert_eq!(schema, skill.output_schema);
    }
}

#[test]
fn partials_and_schemas_are_taken_in() {
    let text = GOOD
        .replace(
            "name: campaign.test",
            "name: campaign.test\nlicense: \"MIT: really\"",
        )
        .replace(
            "Be {{ inputs.depth }}.",
            "Be {{ inputs.depth or \"light\" }} on {{ today }}.\n{% include 'partials/a.md' %}",
        );
    let loaded = load(&[
        ("a/SKILL.md", &text),
        ("partials/a.md", "Say what you don't know."),
    ]);
    assert_eq!(loaded.errors, []);
    let skill = loaded.catalogue.get("campaign.test").unwrap();
    let exported = skill.agent_skill().unwrap();
    let text = &exported.files[0].1;
    assert_eq!(
        head(text)[..6],
        [
            "name: campaign-test",
            "description: Plans a test.",
            "license: \"MIT: really\"",
            "compatibility: \"Made for these tools of RaptorFlow: festival_calendar.\"",
            "allowed-tools: festival_calendar",
            "metadata:",
        ]
    );
    for part in [
        "  version: \"1.0.0\"\n",
        "Be light on [the date].\nSay what you don't know.\n",
        "- `depth` (one of light, deep, optional)\n",
        "- `plan` (text): the plan\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(
        skill.inlined().matches("Say what you don't know.").count(),
        1
    );
}

#[test]
fn what_the_format_has_no_room_for_is_said() {
    let long = GOOD.replace("campaign.test", &format!("campaign.{}", "x".repeat(70)));
    let bare = GOOD.replace("description: Plans a test.\n", "");
    for (text, said) in [(long, "64 characters"), (bare, "needs a description")] {
        let loaded = load(&[("a/SKILL.md", &text)]);
        let error = loaded
            .catalogue
            .all()
            .next()
            .unwrap()
            .agent_skill()
            .unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    let wordy = GOOD.replace("Plans a test.", &"Plans a test. ".repeat(200));
    let loaded = load(&[("a/SKILL.md", &wordy)]);
    let exported = loaded
        .catalogue
        .all()
        .next()
        .unwrap()
        .agent_skill()
        .unwrap();
    let description = head(&exported.files[0].1)[1]
        .strip_prefix("description: ")
        .unwrap();
    assert!(
        description.chars().count() <= 1024 && description.ends_with('…'),
        "{description}"
    );
    assert_eq!(json!(exported.files.len()), 3);
}
