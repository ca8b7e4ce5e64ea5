//! From a file to a skill, and every way to get one wrong.

use serde_json::{Value, json};
use skills::check_dir;

use crate::{GOOD, TOOLS, compile, load, wrong};

#[test]
fn picoschema_becomes_json_schema() {
    let skill = compile(GOOD).unwrap();
    assert_eq!(
        skill.input_schema["properties"]["city"]["type"],
        json!(["string", "null"])
    );
    assert_eq!(
        skill.input_schema["properties"]["depth"]["enum"],
        json!(["light", "deep", null])
    );
    assert_eq!(
        skill.output_schema["required"],
        json!(["ideas", "plan"]).clone()
    );
    assert!(
        skill
            .validate_output(&json!({ "plan": "p", "ideas": ["a"] }))
            .is_ok()
    );
    let violations = skill
        .validate_output(&json!({ "plan": 7, "ideas": [], "more": 1 }))
        .unwrap_err();
    assert_eq!(violations.len(), 2, "{violations:?}");
    assert_eq!(
        skill
            .validate_input(&json!({ "citty": "x" }))
            .unwrap_err()
            .len(),
        1,
        "unknown inputs are refused"
    );
    assert_eq!(skill.hash.len(), 64);
}

#[test]
fn an_output_schema_with_nested_objects_is_closed_everywhere() {
    let skill = compile(&GOOD.replace(
        "    ideas(array): string",
        "    ideas(array):\n      title: string\n      day?: string",
    ))
    .unwrap();
    assert_eq!(
        skill.output_schema["properties"]["ideas"]["items"]["additionalProperties"],
        Value::Bool(false)
    );
}

#[test]
fn line_ends_do_not_change_the_hash_and_words_do() {
    let hash = compile(GOOD).unwrap().hash.clone();
    assert_eq!(compile(&GOOD.replace('\n', "\r\n")).unwrap().hash, hash);
    assert_ne!(
        compile(&GOOD.replace("Be ", "Be very ")).unwrap().hash,
        hash
    );
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let error = wrong("description:", "descripton:");
    assert_eq!((error.code, error.line), ("unknown-key", 3));
    assert!(
        error.message.contains("did you mean `description`?"),
        "{error}"
    );

    let error = wrong("max_cost_usd: 0.05", "max_cost_uds: 0.05");
    assert_eq!(
        (error.code, error.line, error.column),
        ("unknown-key", 15, 3),
        "{error}"
    );

    let error = wrong("tools: [festival_calendar]", "tools: [festival_calender]");
    assert_eq!(error.code, "unknown-tool");
    assert!(
        error.message.contains("did you mean `festival_calendar`?"),
        "{error}"
    );

    let cases = [
        ("tools: [festival_calendar]", "tools: 7", "wrong-type"),
        ("model: standard", "model: [a, b]", "wrong-type"),
        ("max_cost_usd: 0.05", "max_cost_usd: cheap", "wrong-type"),
        ("name: campaign.test\n", "", "missing-name"),
        ("name: campaign.test", "name: Campaign Test", "bad-name"),
        ("city?: string", "city?: strin", "bad-schema"),
        ("model: standard", "model: [unclosed", "invalid-yaml"),
        ("---\nname", "name", "missing-head"),
        (
            "{{ inputs.depth }}",
            "{{ inputs.depht }}",
            "undefined-variable",
        ),
        ("{{ inputs.depth }}", "{{ inputs.depth ", "bad-template"),
        (
            "{{ inputs.depth }}",
            "{{ user.name }}",
            "undefined-variable",
        ),
        ("model: standard", "model: standrad", "unknown-model"),
        (
            "model: standard",
            "model: standard\nversion: one",
            "bad-version",
        ),
        ("max_cost_usd: 0.05", "approval: maybe", "wrong-value"),
        ("max_cost_usd: 0.05", "effort: hard", "wrong-value"),
        ("max_cost_usd: 0.05", "min_tier: gold", "wrong-value"),
        ("max_cost_usd: 0.05", "max_cost_usd: -1", "wrong-type"),
        ("max_cost_usd: 0.05", "critic: { rubrik: x }", "wrong-type"),
        (
            "model: standard",
            "model: standard\nmodel: cheap",
            "invalid-yaml",
        ),
        (
            "Be {{",
            "{% include 'partials/none.md' %} {{",
            "unknown-partial",
        ),
        ("depth: trusted", "deep: trusted", "unknown-input"),
        ("depth: trusted", "depth: sure", "wrong-value"),
    ];
    for (from, to, code) in cases {
        let error = wrong(from, to);
        assert_eq!(error.code, code, "{to}: {error}");
        assert!(error.line >= 1 && !error.message.is_empty());
    }
    let error = wrong("{{ inputs.depth }}", "{{ inputs.city }}");
    assert_eq!(error.code, "untrusted-variable");
    assert!(
        error.message.contains("trust: city: trusted"),
        "it says what to do: {error}"
    );
    let error = compile(&format!("{GOOD}{}", "x".repeat(70_000))).unwrap_err();
    assert_eq!(error.code, "too-long");
}

#[test]
fn several_mistakes_are_told_at_once_with_their_places() {
    let text = GOOD
        .replace("description:", "descripton:")
        .replace("max_cost_usd", "max_cots_usd")
        .replace("model: standard", "model: 7\nvariants: x");
    let loaded = load(&[("a/SKILL.md", &text)]);
    let mut places: Vec<(usize, usize, &str)> = loaded
        .errors
        .iter()
        .map(|e| (e.line, e.column, e.code))
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            (3, 1, "unknown-key"),
            (4, 1, "wrong-type"),
            (5, 1, "unknown-key"),
            (16, 3, "unknown-key"),
        ]
    );
}

#[test]
fn defaults_fill_in_and_must_fit() {
    let with = |default: &str| {
        compile(&GOOD.replace(
            "output:\n",
            &format!("  default: {{ depth: {default} }}\noutput:\n"),
        ))
    };
    let skill = with("light").unwrap();
    assert_eq!(
        skill.with_defaults(&json!({ "city": "Surat" })),
        json!({ "city": "Surat", "depth": "light" })
    );
    assert_eq!(
        skill.with_defaults(&json!({ "depth": "deep" }))["depth"],
        "deep"
    );
    assert_eq!(with("sideways").unwrap_err().code, "wrong-default");
}

#[test]
fn a_bad_file_disturbs_no_other_and_the_second_of_two_is_named() {
    let loaded = load(&[
        ("a", GOOD),
        ("b", "nonsense"),
        ("c", GOOD),
        ("d", &GOOD.replace("campaign.test", "data.test")),
    ]);
    let (catalogue, errors) = (loaded.catalogue, loaded.errors);
    assert_eq!(catalogue.len(), 2);
    let codes: Vec<_> = errors.iter().map(|e| (e.file.as_str(), e.code)).collect();
    assert_eq!(codes, [("b", "missing-head"), ("c", "duplicate-id")]);
    assert!(errors[1].message.contains("already defined in a"));
}

#[test]
fn a_huge_file_is_read_only_as_far_as_it_may_go() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("big")).unwrap();
    std::fs::write(
        folder.path().join("big/SKILL.md"),
        format!("{GOOD}{}", "x".repeat(5 << 20)),
    )
    .unwrap();
    let report = check_dir(folder.path(), TOOLS);
    let codes: Vec<&str> = report.errors.iter().map(|error| error.code).collect();
    assert_eq!((report.skills, codes), (0, vec!["too-long"]));
}
