//! Skills as TypeScript.

use skills::{Catalogue, Source, typescript};

use crate::{GOOD, TOOLS, load, shipped};

const SHAPES: &str = "---
name: data.shape_test
description: Ends a comment */ early.
model: standard
input:
  schema:
    type: object
    required: [kind]
    properties:
      kind: { enum: [\"it's\", \"a\\\"b\", 3, null] }
      prices: { type: object, additionalProperties: { type: number } }
      free: { type: object }
      days: { type: array, items: { enum: [mon, tue] }, default: [mon] }
      pair: { type: array, prefixItems: [{ type: string }, { type: integer }] }
      either: { anyOf: [{ type: string }, { type: array, items: { type: string } }] }
      other-name: { $ref: \"#/$defs/shop\" }
      maybe: { type: [object, \"null\"], properties: { a: { type: boolean } }, additionalProperties: true }
    $defs:
      shop: { type: object, required: [next], properties: { next: { $ref: \"#/$defs/shop\" } } }
output:
  schema:
    \"(*)\": any
---
# MISSION
";

#[test]
fn each_skill_has_what_it_takes_and_what_it_answers() {
    let loaded = load(&[("a/SKILL.md", GOOD), ("b/SKILL.md", SHAPES)]);
    assert_eq!(loaded.errors, []);
    let text = typescript(&loaded.catalogue);
    for part in [
        "export interface CampaignTestInput {\n  /** where the shop is */\n  city?: string | null;\n  depth?: \"light\" | \"deep\" | null;\n}\n",
        "export interface CampaignTestOutput {\n  ideas: string[];\n  /** the plan */\n  plan: string;\n}\n",
        "  kind: \"it's\" | \"a\\\"b\" | 3 | null;\n",
        "  prices?: Record<string, number>;\n",
        "  free?: Record<string, unknown>;\n",
        "  /** @default [\"mon\"] */\n  days?: (\"mon\" | \"tue\")[];\n",
        "  pair?: [string, number];\n",
        "  either?: string | string[];\n",
        "  \"other-name\"?: {\n    next: {\n",
        "  maybe?: {\n    a?: boolean;\n  } & Record<string, unknown> | null;\n",
        "export type DataShapeTestOutput = Record<string, unknown>;\n",
        " * Ends a comment *\\/ early.\n",
        "  \"campaign.test\": { input: CampaignTestInput; output: CampaignTestOutput };\n",
        "export type SkillId = keyof Skills;\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let again = load(&[("b/SKILL.md", SHAPES), ("a/SKILL.md", GOOD)]);
    assert_eq!(
        typescript(&again.catalogue),
        text,
        "the order of files does not matter"
    );
}

#[test]
fn two_ids_that_make_one_name_stay_two() {
    let loaded = load(&[
        ("a", &GOOD.replace("campaign.test", "a.b_c")),
        ("b", &GOOD.replace("campaign.test", "a_b.c")),
    ]);
    let text = typescript(&loaded.catalogue);
    assert!(
        text.contains("interface ABCInput {") && text.contains("interface ABC_Input {"),
        "{text}"
    );
}

/// Programs import the committed file.
#[test]
fn the_committed_types_are_those_of_the_skills() {
    let sources = Source::below(&shipped()).unwrap();
    let loaded = Catalogue::from_sources(sources, TOOLS);
    let committed = std::fs::read_to_string(shipped().join("types.ts")).unwrap();
    assert!(
        committed == typescript(&loaded.catalogue),
        "skills/types.ts is not what the skills say: run `raptor skills types --out skills/types.ts`"
    );
}
