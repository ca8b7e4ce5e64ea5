//! What a change of a skill means for those who use it.

use skills::{Case, Diff, Step};

use crate::{GOOD, compile};

/// From `GOOD` with one thing written otherwise.
fn changed(from: &str, to: &str) -> Diff {
    assert!(GOOD.contains(from), "{from}");
    between(GOOD, &GOOD.replacen(from, to, 1))
}

fn between(old: &str, new: &str) -> Diff {
    let (old, new) = (compile(old).unwrap(), compile(new).unwrap());
    Diff::of((&old, &[]), (&new, &[]))
}

#[test]
fn each_change_asks_for_its_step() {
    use Step::{Major, Minor, Patch};
    for (from, to, what, step) in [
        // What it takes: less breaks those who ask.
        (
            "city?: string, where the shop is",
            "city: string, where the shop is",
            "input.city",
            Major,
        ),
        (
            "city?: string, where the shop is",
            "city?: number, where the shop is",
            "input.city",
            Major,
        ),
        (
            "    city?: string, where the shop is\n",
            "",
            "input.city",
            Major,
        ),
        ("[light, deep]", "[light]", "input.depth", Major),
        (
            "[light, deep]",
            "[light, deep, deeper]",
            "input.depth",
            Minor,
        ),
        (
            "city?: string, where",
            "town?: string, which\n    city?: string, where",
            "input.town",
            Minor,
        ),
        (
            "city?: string, where",
            "town: string, which\n    city?: string, where",
            "input.town",
            Major,
        ),
        ("where the shop is", "where it is", "input.city", Patch),
        (
            "output:\n",
            "  default: { depth: deep }\noutput:\n",
            "input.depth",
            Minor,
        ),
        // What it answers: more breaks those who read.
        ("plan: string", "plan?: string", "output.plan", Major),
        ("    ideas(array): string\n", "", "output.ideas", Major),
        (
            "ideas(array): string",
            "ideas(array): number",
            "output.ideas[]",
            Major,
        ),
        (
            "ideas(array): string",
            "ideas(array): string\n    more: string",
            "output.more",
            Minor,
        ),
        (
            "ideas(array): string",
            "ideas(array):\n      title: string",
            "output.ideas[]",
            Major,
        ),
        // The rest of the head, and the text.
        ("name: campaign.test", "name: campaign.other", "name", Major),
        ("model: standard", "model: premium", "model", Minor),
        (
            "tools: [festival_calendar]",
            "tools: [scraper]",
            "tools",
            Minor,
        ),
        (
            "max_cost_usd: 0.05",
            "max_cost_usd: 0.06",
            "max_cost_usd",
            Minor,
        ),
        (
            "max_cost_usd: 0.05",
            "max_cost_usd: 0.05\n  min_tier: growth",
            "min_tier",
            Major,
        ),
        (
            "max_cost_usd: 0.05",
            "max_cost_usd: 0.05\n  languages: [hi]",
            "languages",
            Major,
        ),
        (
            "max_cost_usd: 0.05",
            "max_cost_usd: 0.05\n  enabled: false",
            "enabled",
            Major,
        ),
        ("Plan a test", "Plan one", "examples", Patch),
        ("Plans a test.", "Makes a test.", "description", Patch),
        ("Be {{", "Be very {{", "text", Patch),
    ] {
        let diff = changed(from, to);
        let steps: Vec<Step> = diff
            .changes
            .iter()
            .filter(|change| change.what == what)
            .map(|change| change.step)
            .collect();
        assert!(steps.contains(&step), "{from} -> {to}: {diff}");
        assert_eq!(diff.suggested, step, "{from} -> {to}: {diff}");
        assert_eq!(diff.raised, Step::None);
        assert!(diff.advice().unwrap().contains("not raised"), "{diff}");
    }
}

#[test]
fn json_schemas_are_compared_by_what_they_let_through() {
    use Step::{Major, Minor};
    let with = |side: &str, schema: &str| {
        let (from, at) = match side {
            "input" => (
                "    city?: string, where the shop is\n    depth?(enum): [light, deep]\n",
                "x",
            ),
            _ => (
                "    plan: string, the plan\n    ideas(array): string\n",
                "x",
            ),
        };
        let json = format!("    type: object\n    properties:\n      {at}: {schema}\n");
        GOOD.replace(from, &json)
            .replace("  trust: { depth: trusted }\n", "")
            .replace("Be {{ inputs.depth }}.", "Be.")
    };
    for (old, new, input, output) in [
        (
            "{ type: number, minimum: 0 }",
            "{ type: number, minimum: 1 }",
            Major,
            Minor,
        ),
        (
            "{ type: number, maximum: 5 }",
            "{ type: number }",
            Minor,
            Major,
        ),
        ("{ type: integer }", "{ type: number }", Minor, Major),
        (
            "{ type: string }",
            "{ type: [string, \"null\"] }",
            Minor,
            Major,
        ),
        (
            "{ type: string }",
            "{ type: string, maxLength: 9 }",
            Major,
            Minor,
        ),
        ("{ type: string }", "{ enum: [a, b] }", Major, Minor),
        (
            "{ type: string, format: date }",
            "{ type: string, pattern: x }",
            Major,
            Major,
        ),
        (
            "{ type: string }",
            "{ anyOf: [{ type: string }, { type: number }] }",
            Major,
            Major,
        ),
        (
            "{ type: object, additionalProperties: false }",
            "{ type: object }",
            Minor,
            Major,
        ),
        (
            "{ type: array, items: { type: string } }",
            "{ type: array, items: { type: string }, minItems: 1 }",
            Major,
            Minor,
        ),
    ] {
        for (side, step) in [("input", input), ("output", output)] {
            let diff = between(&with(side, old), &with(side, new));
            assert_eq!(diff.suggested, step, "{side}: {old} -> {new}: {diff}");
        }
    }
}

#[test]
fn the_version_is_watched() {
    let version = |version: &str| {
        GOOD.replace(
            "model: standard",
            &format!("model: premium\nversion: \"{version}\""),
        )
    };
    let old = GOOD.replace("model: standard", "model: standard\nversion: 1.4.2");
    let advice = |new: &str| between(&old, &version(new)).advice();
    assert_eq!(advice("1.5.0"), None);
    assert_eq!(advice("2.0.0"), None);
    assert!(
        advice("1.4.3")
            .unwrap()
            .contains("raised too little: make it 1.5.0 (minor)")
    );
    assert!(
        advice("1.4.2")
            .unwrap()
            .contains("not raised: make it 1.5.0")
    );
    assert!(advice("1.3.9").unwrap().contains("went back"));
    let same = between(GOOD, GOOD);
    assert!(same.is_empty() && same.advice().is_none(), "{same}");
}

#[test]
fn cases_and_tokens_are_counted() {
    let case = |name: &str, prompt: &str| -> Case {
        let case = serde_json::json!({ "about": "x", "prompt": prompt });
        Case {
            name: name.into(),
            ..serde_json::from_value(case).unwrap()
        }
    };
    let old = compile(GOOD).unwrap();
    let new = compile(&GOOD.replace("Be {{", "Be quick, be brief, be {{")).unwrap();
    let diff = Diff::of(
        (&old, &[case("usual", "a"), case("sparse", "b")]),
        (&new, &[case("usual", "c"), case("hindi", "d")]),
    );
    assert_eq!(
        (diff.cases_added, diff.cases_removed, diff.cases_changed),
        (
            vec!["hindi".to_owned()],
            vec!["sparse".to_owned()],
            vec!["usual".to_owned()]
        )
    );
    let more = diff.new_tokens - diff.old_tokens;
    assert!((6..=7).contains(&more), "{more}: 20 more bytes");
}
