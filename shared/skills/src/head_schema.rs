//! The head of a skill file as JSON Schema, for editors.

use domain::{Priority, Tier};
use serde_json::{Value, json};

use crate::compile::EFFORTS;
use crate::{Approval, DataClass, Known, Memory};

/// JSON Schema 2020-12 of the YAML head: what each key means and which words it takes. Editors complete
/// and check by it; `check` is what decides. Old keys are not in it, so that an editor marks them.
pub fn head_schema(known: Known<'_>) -> Value {
    let model = json!({
        "anyOf": [{ "enum": known.models }, { "type": "string" }],
        "description": "An alias or a model's id.",
    });
    let texts = |about: &str| json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true, "description": about });
    let schema = |about: &str| {
        json!({
            "type": ["object", "string"],
            "description": format!(
                "{about} Short form: `name?: type, what it is`, where ? means optional; `name(array)`, `name(object)` and \
                 `name(enum): [a, b]` for more; or JSON Schema 2020-12; or the name of a file in schemas/. Properties \
                 that are not named are refused."
            ),
        })
    };
    let raptor = raptor(&model, &texts);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Head of a RaptorFlow skill",
        "description": "The YAML between the `---` lines of a SKILL.md.",
        "type": "object",
        "required": ["name", "output"],
        "additionalProperties": false,
        "properties": {
            "name": {
                "type": "string",
                "pattern": "^[a-z0-9_-]+(\\.[a-z0-9_-]+)+$",
                "description": "area.job in lower case, as in campaign.diwali.",
                "examples": ["campaign.diwali"],
            },
            "version": {
                "type": "string",
                "pattern": "^[0-9]+\\.[0-9]+(\\.[0-9]+)?([-+].*)?$",
                "default": "1.0.0",
                "description": "Semantic: raise the first number when callers must change, the second when they can do more, the \
                                third for the rest. `raptor skills diff` says which.",
            },
            "variant": { "type": "string", "description": "For other dotprompt programs; not read here." },
            "description": {
                "type": "string",
                "maxLength": 1024,
                "description": "What it does and when to use it. The router reads it.",
            },
            "license": { "type": "string", "description": "Goes into the Agent Skills export." },
            "model": model,
            "config": {
                "type": "object",
                "additionalProperties": false,
                "description": "Left out where a model does not take it; `raptor skills render` says where.",
                "properties": {
                    "temperature": {
                        "type": "number", "minimum": 0, "maximum": 2,
                        "description": "Many current models ignore it; raptor.effort is the portable knob.",
                    },
                    "maxOutputTokens": {
                        "type": "integer", "minimum": 1, "default": 4096,
                        "description": "The most it may write, thinking included.",
                    },
                },
            },
            "input": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "schema": schema("What it takes."),
                    "default": {
                        "type": "object",
                        "description": "Inputs that stand in for ones that are not given.",
                    },
                },
            },
            "output": {
                "type": "object",
                "additionalProperties": false,
                "required": ["schema"],
                "properties": {
                    "schema": schema("What it answers."),
                    "format": { "type": "string", "description": "For other dotprompt programs; always JSON here." },
                },
            },
            "tools": {
                "type": "array",
                "items": { "enum": known.tools },
                "uniqueItems": true,
                "description": "What it may call. Nothing else can be called.",
            },
            "raptor": raptor,
        },
        "patternProperties": {
            "^raptor\\.[a-z_]+$": { "description": "A key of `raptor`, written at the top." },
            "^(?!raptor\\.)[^.]+\\.": { "description": "Another program's; not read here." },
        },
    })
}

/// What dotprompt has no place for.
fn raptor(model: &Value, texts: &dyn Fn(&str) -> Value) -> Value {
    let words = |words: &[&str], default: &str, about: &str| json!({ "enum": words, "default": default, "description": about });
    let tiers: Vec<&str> = Tier::ALL.iter().map(|tier| tier.as_str()).collect();
    let priorities: Vec<&str> = Priority::ALL.iter().map(|one| one.as_str()).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "description": "What is RaptorFlow's own.",
        "properties": {
            "title": { "type": "string", "description": "What people read in lists." },
            "category": { "type": "string", "description": "The first part of the name unless given." },
            "owner": { "type": "string", "description": "Who looks after it." },
            "max_cost_usd": {
                "type": ["number", "string"], "default": "0.10", "minimum": 0,
                "description": "What one run may cost in US dollars; it is stopped before it costs more.",
            },
            "effort": { "enum": EFFORTS, "description": "How long the model should think; the nearest that it knows is sent." },
            "fallbacks": { "type": "array", "items": model, "description": "Models or aliases to ask when `model` can't be had, in this order." },
            "max_steps": { "type": "integer", "minimum": 1, "default": 4, "description": "Rounds of tool calls before it must answer." },
            "min_tier": words(&tiers, "starter", "The least plan that has it."),
            "priority": words(&priorities, "standard", "Of a request that names none."),
            "languages": {
                "type": "array", "items": { "type": "string", "pattern": "^[a-z]{2,3}$" }, "uniqueItems": true,
                "description": "ISO 639-1 codes of the languages it writes; none is any.",
            },
            "indian_focus": { "type": "boolean", "default": false, "description": "Made for the Indian market." },
            "trust": {
                "type": "object",
                "additionalProperties": { "enum": ["trusted", "untrusted"] },
                "description": "Inputs that may stand inside the text as {{ inputs.NAME }}; give them a fixed list of values. All \
                                others reach the model as data.",
            },
            "approval": words(Approval::WORDS, "none", "When a person must look before the answer is released."),
            "cache": {
                "type": "object",
                "additionalProperties": false,
                "required": ["ttl_seconds"],
                "properties": { "ttl_seconds": { "type": "integer", "minimum": 0 } },
                "description": "For how long the same request may be answered from before.",
            },
            "memory": words(Memory::WORDS, "workspace", "What a run may remember, and for whom."),
            "critic": {
                "type": "object",
                "additionalProperties": false,
                "required": ["rubric"],
                "properties": {
                    "rubric": { "type": "string", "description": "What a reviewer checks." },
                    "threshold": {
                        "type": "number", "minimum": 0, "maximum": 1, "default": 0.7,
                        "description": "The share of the rubric an answer must meet.",
                    },
                },
                "description": "How an answer is reviewed.",
            },
            "data_class": words(DataClass::WORDS, "business", "The most delicate data a run handles."),
            "enabled": { "type": "boolean", "default": true, "description": "Off: it can be looked at and checked, not run." },
            "examples": texts("Requests that it answers, in the words and languages of the people who ask. The router finds it by them."),
            "keywords": texts("Words that point to it."),
            "unlike": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["text", "skill"],
                    "properties": {
                        "text": { "type": "string" },
                        "skill": { "type": "string", "description": "Whose it is; none when no skill's." },
                    },
                },
                "description": "Requests that look like its own and are not.",
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::Source;
    use crate::head::{CONFIG, INPUT, OUTPUT, RAPTOR, TOP};
    use crate::source::{normalised, split};
    use crate::yaml;

    fn ours() -> Value {
        head_schema(Known {
            models: &["standard"],
            ..Known::default()
        })
    }

    #[test]
    fn it_has_the_keys_that_are_read_and_no_others() {
        let schema = ours();
        for (at, keys) in [
            ("", TOP),
            ("/properties/config", CONFIG),
            ("/properties/input", INPUT),
            ("/properties/output", OUTPUT),
            ("/properties/raptor", RAPTOR),
        ] {
            let section = schema.pointer(at).unwrap();
            let described: BTreeSet<&str> = section["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(described, keys.iter().copied().collect(), "{at}");
            assert_eq!(section["additionalProperties"], false, "{at}");
        }
    }

    /// Authors read the README, not this.
    #[test]
    fn the_readme_explains_every_key() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/README.md");
        let readme = std::fs::read_to_string(file).unwrap();
        for key in [TOP, CONFIG, INPUT, OUTPUT, RAPTOR].concat() {
            assert!(
                readme.contains(&format!("`{key}`")),
                "skills/README.md does not explain `{key}`"
            );
        }
    }

    #[test]
    fn every_shipped_head_fits_it() {
        let mut schema = ours();
        // Which tools there are is not known here.
        schema["properties"]["tools"]["items"] = json!({ "type": "string" });
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills");
        let files = Source::below(&folder).unwrap();
        let files = files.iter().filter(|file| file.path.ends_with("SKILL.md"));
        let mut seen = 0;
        for file in files {
            let text = normalised(&file.text);
            let head = yaml::read(split(&text).unwrap().head, 2).unwrap().value();
            let wrong: Vec<String> = validator
                .iter_errors(&head)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", file.path);
            seen += 1;
        }
        assert!(seen > 0);
        for wrong in [
            json!({ "name": "Diwali", "output": { "schema": {} } }),
            json!({ "skill_id": "a.b", "name": "a.b", "output": { "schema": {} } }),
            json!({ "name": "a.b", "output": { "schema": {} }, "raptor": { "effort": "hard" } }),
        ] {
            assert!(!validator.is_valid(&wrong), "{wrong}");
        }
    }
}
