//! Keys of the first drafts, and of other programs.

use serde_json::json;

use crate::{GOOD, compile, load};

/// As the first plan wrote it.
pub const DRAFT: &str = "---
skill_id: \"research.rival.v1\"
name: Rival research
model: standard
temperature: 0.7
max_cost_limit: 0.10
category: research
indian_specific: true
tools: [\"web_search\", \"scraper\", \"database_writer\"]
inputs:
  - name: \"competitor_url\"
    type: \"string\"
    required: true
  - name: \"research_depth\"
    type: \"enum\"
    values: [\"light\", \"deep\"]
    default: \"light\"
outputs:
  - name: \"analysis\"
    type: \"json\"
    schema: \"rival_schema\"
---
# IDENTITY
You know rivals.
";

#[test]
fn old_keys_work_with_a_warning() {
    let text = GOOD
        .replace(
            "name: campaign.test",
            "skill_id: campaign.test.v1\ntemperature: 0.7\nmax_cost_limit: 0.10",
        )
        .replace("  max_cost_usd: 0.05\n", "");
    let loaded = load(&[("a", &text)]);
    assert_eq!((loaded.errors, loaded.warnings.len()), (vec![], 3));
    let catalogue = loaded.catalogue;
    let skill = catalogue.get("campaign.test").unwrap();
    assert_eq!(
        (skill.temperature, skill.max_cost.to_string().as_str()),
        (Some(0.7), "$0.1")
    );
}

#[test]
fn a_draft_of_the_first_plan_compiles_with_its_fixes_named() {
    let draft = DRAFT;
    let schema = r#"{"type": "object", "properties": {"pricing": {"type": "string"}}, "required": ["pricing"]}"#;
    let loaded = load(&[("x/SKILL.md", draft), ("schemas/rival_schema.json", schema)]);
    assert_eq!(loaded.errors, []);
    let told: Vec<(usize, &str)> = loaded
        .warnings
        .iter()
        .map(|warning| (warning.line, warning.message.as_str()))
        .collect();
    assert!(
        told.contains(&(2, "write `name` in place of `skill_id`"))
            && told.contains(&(10, "write `input.schema` in place of `inputs`"))
            && told.len() == 8,
        "{told:?}"
    );
    let skill = loaded.catalogue.get("research.rival").unwrap();
    assert_eq!(skill.title, "Rival research");
    assert!(
        skill.validate_input(&json!({})).is_err(),
        "the address is required"
    );
    let input = skill.with_defaults(&json!({ "competitor_url": "https://a.example" }));
    assert_eq!(input["research_depth"], "light");
    assert!(
        skill
            .validate_output(&json!({ "analysis": { "pricing": "low" } }))
            .is_ok()
    );
    assert!(skill.validate_output(&json!({ "analysis": {} })).is_err());

    let wrong = draft
        .replace("type: \"enum\"", "type: \"choice\"")
        .replace("required: true", "requird: true");
    let loaded = load(&[
        ("x/SKILL.md", &wrong),
        ("schemas/rival_schema.json", schema),
    ]);
    let places: Vec<(usize, &str)> = loaded.errors.iter().map(|e| (e.line, e.code)).collect();
    assert_eq!(places, [(13, "unknown-key"), (15, "bad-schema")]);
}

#[test]
fn dotted_keys_are_ours_or_somebody_elses() {
    let text = GOOD.replace("  max_cost_usd: 0.05\n", "").replace(
        "model: standard",
        "model: standard\nraptor.max_cost_usd: 0.02\ngenkit.tag: x",
    );
    let skill = compile(&text).unwrap();
    assert_eq!(skill.max_cost.to_string(), "$0.02");
    let error = compile(&GOOD.replace(
        "model: standard",
        "model: standard\nraptor.max_cots_usd: 0.02",
    ));
    assert_eq!(error.unwrap_err().code, "unknown-key");
}
