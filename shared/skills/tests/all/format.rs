//! The canonical form: complete, stable, and of the same meaning.

use proptest::prelude::*;
use skills::{Catalogue, Loaded, Skill, Source, formatted};

use crate::old_keys::DRAFT;
use crate::{GOOD, TOOLS, load, shipped};

fn fmt(text: &str) -> String {
    formatted(&Source::new("a/SKILL.md", text))
        .unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
}

fn code(text: &str) -> &'static str {
    formatted(&Source::new("a/SKILL.md", text)).unwrap_err()[0].code
}

/// All that a skill compiles to, the hash of its text aside.
fn meaning(skill: &Skill) -> String {
    let debug = format!("{skill:#?}");
    // Validators say nothing of themselves, and a template is its text.
    let (fields, _) = debug.split_once("\n    template:").unwrap();
    let lines = fields.lines().filter(|line| !line.starts_with("    hash:"));
    format!(
        "{}{}",
        lines.collect::<Vec<_>>().join("\n"),
        skill.inlined()
    )
}

fn same(before: &Loaded, after: &Loaded) {
    assert_eq!(before.errors, after.errors);
    let meanings = |loaded: &Loaded| -> Vec<String> {
        let all = loaded.catalogue.all();
        all.map(|skill| meaning(skill)).collect()
    };
    for (before, after) in meanings(before).iter().zip(meanings(after)) {
        assert!(*before == after, "{before}\n-- became --\n{after}");
    }
    assert_eq!(before.catalogue.len(), after.catalogue.len());
}

#[test]
fn keys_are_put_in_order_and_comments_go_with_them() {
    let text = "\u{feff}---\r
# yaml-language-server: $schema=../../skill.schema.json\r
# about the model\r
model: standard   \r

raptor:
  # why these
  keywords: [a, b]
  title: Test   # people read it

  max_cost_usd: 0.05
  critic:
    rubric: |
      # not a comment
      Look at it.
  # the end
tools: [festival_calendar]
output:
  schema:
    plan: string, the plan
# the id
name: campaign.test
config: { maxOutputTokens: 100, temperature: 0.5 } # small
# last words
---
# MISSION  \r
Plan.


";
    assert_eq!(
        fmt(text),
        "---
# yaml-language-server: $schema=../../skill.schema.json
# the id
name: campaign.test
# about the model
model: standard
config: # small
  temperature: 0.5
  maxOutputTokens: 100
output:
  schema:
    plan: string, the plan
tools: [festival_calendar]
raptor:
  title: Test   # people read it
  max_cost_usd: 0.05
  critic:
    rubric: |
      # not a comment
      Look at it.
  # why these
  keywords: [a, b]
  # the end
# last words
---
# MISSION
Plan.
"
    );
}

#[test]
fn old_keys_become_new_ones_and_nothing_else_changes() {
    let text = DRAFT
        .replace("inputs:", "# what it takes\ninputs:  # old")
        .replace(
            "    values: [\"light\", \"deep\"]",
            "    # how far\n    values: [\"light\", \"deep\"]",
        );
    let new = fmt(&text);
    let schema = (
        "schemas/rival_schema.json",
        r#"{"type": "object", "properties": {"pricing": {"type": "string"}}, "required": ["pricing"]}"#,
    );
    let before = load(&[("x/SKILL.md", &text), schema]);
    let after = load(&[("x/SKILL.md", &new), schema]);
    same(&before, &after);
    assert_eq!(before.errors, []);
    assert!(
        !before.warnings.is_empty() && after.warnings.is_empty(),
        "{new}"
    );
    for kept in ["# what it takes", "# old", "# how far"] {
        assert!(new.contains(kept), "{kept} is lost: {new}");
    }
    for line in [
        "name: \"research.rival.v1\"",
        "  title: Rival research",
        "  max_cost_usd: 0.10",
        "  temperature: 0.7",
        "  indian_focus: true",
    ] {
        assert!(new.lines().any(|found| found == line), "{line}: {new}");
    }
    assert_eq!(fmt(&new), new);
}

#[test]
fn long_lists_stand_below_their_key() {
    let text = GOOD.replace(
        "  examples: [\"Plan a test\"]",
        "  examples: [Plan a test, \"Plan a test of the new counter, with dates and a budget\"] # two\n  \
         unlike: [{ text: Plan something else of quite another kind, skill: none }]\n  keywords: [test, tests]",
    );
    let new = fmt(&text);
    for lines in [
        "  examples: # two\n    - Plan a test\n    - \"Plan a test of the new counter, with dates and a budget\"\n",
        "  unlike:\n    - { text: Plan something else of quite another kind, skill: none }\n",
        "  keywords: [test, tests]\n",
    ] {
        assert!(new.contains(lines), "{new}");
    }
    same(
        &load(&[("a/SKILL.md", &text)]),
        &load(&[("a/SKILL.md", &new)]),
    );
}

#[test]
fn what_can_not_be_put_in_order_is_refused() {
    assert_eq!(code("no head"), "missing-head");
    assert_eq!(code("---\nname: [a\n---\n"), "invalid-yaml");
    assert_eq!(code("---\n{ name: a.b }\n---\n"), "invalid-yaml");
    assert_eq!(code("---\n---\n"), "invalid-yaml");
    let twice = GOOD.replace(
        "model: standard",
        "model: standard\nraptor.max_cost_usd: 0.02",
    );
    assert_eq!(code(&twice), "key-twice");
    let twice = GOOD.replace(
        "name: campaign.test",
        "skill_id: campaign.test\nname: A\nraptor.title: B",
    );
    assert_eq!(code(&twice), "key-twice");
    // Put in order, the alias would stand before its anchor.
    let anchor = GOOD.replace("model: standard", "model: &m standard\nlicense: *m");
    assert_eq!(code(&anchor), "unformattable");
    assert_eq!(code(&format!("{GOOD}{}", "x".repeat(70_000))), "too-long");
}

#[test]
fn shipped_skills_keep_their_meaning() {
    let sources = Source::below(&shipped()).unwrap();
    let before = Catalogue::from_sources(sources.clone(), TOOLS);
    let new = sources.into_iter().map(|source| {
        if !source.path.ends_with("SKILL.md") {
            return source;
        }
        let text = formatted(&source).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(fmt(&text), text, "{}: again changes something", source.path);
        Source { text, ..source }
    });
    let after = Catalogue::from_sources(new.collect(), TOOLS);
    assert!(!before.catalogue.is_empty());
    same(&before, &after);
}

/// Parts of a head in any order, in old words and new, with comments.
fn parts() -> Vec<&'static str> {
    vec![
        "# about the name\nname: campaign.test\n",
        "description: \"What: it does # really\"   \n",
        "temperature: 0.7  # warm\n",
        "max_cost_limit: 0.02\n",
        "raptor.effort: low\n",
        "category: x\n\n",
        "genkit.tags: [a, b]\n",
        "license: MIT\n# stray\n\n",
        "raptor:\n    # four blanks\n    title: T\n\n    trust: { depth: trusted }\n    examples: [\"a, b\", 'it''s a longer text \
         than forty characters, is it not', c]\n",
        "config: { maxOutputTokens: 10 } # few\n",
        "input:\n  default: { depth: deep }\n  # the schema\n  schema:\n    depth?(enum): [light, deep]\n",
        "output:\n  schema:\n    plan: string, the plan\n  # after\n",
        "tools:\n- festival_calendar # dates\n",
        "min_tier: growth\n",
    ]
}

proptest! {
    #[test]
    fn any_order_comes_to_the_same_form(parts in Just(parts()).prop_shuffle(), without in 0usize..14, unix in any::<bool>()) {
        let head: String = parts.iter().enumerate().filter(|(n, part)| *n != without || part.contains("name:") || part.contains("output:")).map(|(_, part)| *part).collect();
        let mut text = format!("---\n{head}---\n# MISSION\nPlan.  \n");
        if !unix {
            text = text.replace('\n', "\r\n");
        }
        let new = fmt(&text);
        prop_assert_eq!(&fmt(&new), &new);
        let (before, after) = (load(&[("a/SKILL.md", &text)]), load(&[("a/SKILL.md", &new)]));
        // Places differ; what is wrong does not.
        let codes = |loaded: &Loaded| loaded.errors.iter().map(|error| error.code).collect::<Vec<_>>();
        prop_assert_eq!(codes(&before), codes(&after));
        let meanings = |loaded: &Loaded| loaded.catalogue.all().map(|skill| meaning(skill)).collect::<Vec<_>>();
        prop_assert_eq!(meanings(&before), meanings(&after));
        for comment in ["# about the name", "# four blanks", "# the schema", "# after", "# dates", "# few", "# warm", "# stray"] {
            prop_assert_eq!(head.matches(comment).count(), new.matches(comment).count(), "{}", comment);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "(---\n)?[a-z: {}\\[\\]\n\"'|>#-]{0,200}(\n---\n)?[a-z{}% ]{0,40}") {
        if let Ok(new) = formatted(&Source::new("a/SKILL.md", text)) {
            prop_assert_eq!(fmt(&new), new);
        }
    }
}
