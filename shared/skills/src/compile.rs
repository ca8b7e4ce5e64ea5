//! From a file to a [`Skill`].

use std::collections::BTreeMap;

use domain::{Priority, Tier, UnknownValue, Usd};
use jsonschema::Validator;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::head::{self, Head};
use crate::picoschema::{self, Named};
use crate::problem::{Findings, hint};
use crate::skill::{Approval, DataClass, Memory, Skill, strip_version};
use crate::source::{MAX_BYTES, Source, folder_of, normalised, split};
use crate::template::{self, Partials};

const MAX_OUTPUT_TOKENS: u32 = 4_096;
const MAX_STEPS: u32 = 4;
pub(crate) const EFFORTS: &[&str] = &["minimal", "low", "medium", "high", "max"];

/// What a skill may refer to besides itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The tools there are.
    pub tools: &'a [&'a str],
    /// Models and their aliases; empty is any.
    pub models: &'a [&'a str],
    /// Skills that are on whatever their file says.
    pub enabled: &'a [&'a str],
}

impl<'a> Known<'a> {
    pub fn tools(tools: &'a [&'a str]) -> Self {
        Self {
            tools,
            ..Self::default()
        }
    }
}

/// What files of one catalogue share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub partials: Partials,
    pub schemas: Named,
    /// By the folder they stand in.
    pub examples: BTreeMap<String, Vec<String>>,
}

/// Compiles a file. Everything that is wrong is in `findings`; with errors there is no skill.
pub(crate) fn compile(
    source: &Source,
    shared: &Shared,
    known: Known<'_>,
    findings: &mut Findings,
) -> Option<Skill> {
    if source.text.len() > MAX_BYTES {
        let said = format!(
            "the file has more than {MAX_BYTES} bytes; a skill has at most that: move reference text to a tool \
             or a partial"
        );
        findings.error((1, 1), "too-long", said);
        return None;
    }
    let text = normalised(&source.text);
    let Some(parts) = split(&text) else {
        let said = "the file must start with a `---` line, the YAML head, and another `---` line";
        findings.error((1, 1), "missing-head", said);
        return None;
    };
    let head = head::read(&parts, findings)?;
    let mut maker = Maker {
        head: &head,
        findings,
        known,
    };
    let id = maker.id();
    maker.version();
    maker.tools();
    maker.models();
    let empty = json!({ "type": "object", "properties": {} });
    let input = maker.schema("input", head.input.schema.as_ref().or(Some(&empty)), shared);
    let output = maker.schema("output", head.output.schema.as_ref(), shared);
    let ours = &head.raptor;
    let max_cost = maker.max_cost();
    let min_tier = maker.parsed("min_tier", ours.min_tier.as_deref(), Tier::Starter);
    let priority = maker.parsed("priority", ours.priority.as_deref(), Priority::Standard);
    let approval = maker.word(
        "approval",
        ours.approval.as_deref(),
        Approval::WORDS,
        Approval::read,
    );
    let memory = maker.word(
        "memory",
        ours.memory.as_deref(),
        Memory::WORDS,
        Memory::read,
    );
    let data_class = maker.word(
        "data_class",
        ours.data_class.as_deref(),
        DataClass::WORDS,
        DataClass::read,
    );
    maker.word("effort", ours.effort.as_deref(), EFFORTS, |word| {
        EFFORTS.contains(&word).then(String::new)
    });
    maker.critic();
    let (mut input_schema, input) = input?;
    let (output_schema, output) = output?;
    let trusted = maker.trusted(&input_schema);
    let defaults = maker.defaults(&mut input_schema, &input);
    let template = template::compile(
        parts.body,
        parts.body_line,
        &shared.partials,
        &input_schema,
        &trusted,
        findings,
    )?;
    if !findings.errors.is_empty() {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update(&text);
    for name in &template.partials {
        hash.update(format!("\0{name}\0{}", shared.partials[name].text));
    }
    hash.update(format!("\0{input_schema}\0{output_schema}"));
    let hash = hash.finalize();
    let id = id?;
    let ours = head.raptor;
    Some(Skill {
        title: ours.title.unwrap_or_else(|| id.replace(['.', '_'], " ")),
        category: ours
            .category
            .unwrap_or_else(|| id.split('.').next().unwrap_or_default().to_owned()),
        version: head.version,
        hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        file: source.path.clone(),
        description: head.description,
        owner: ours.owner,
        license: head.license,
        model: head.model,
        temperature: head.config.temperature,
        max_output_tokens: head.config.max_output_tokens.unwrap_or(MAX_OUTPUT_TOKENS),
        effort: ours.effort,
        fallbacks: ours.fallbacks,
        tools: head.tools,
        input_schema,
        output_schema,
        max_cost,
        min_tier,
        priority,
        languages: ours.languages,
        indian_focus: ours.indian_focus,
        approval: approval.unwrap_or_default(),
        cache_seconds: ours.cache.map(|cache| cache.ttl_seconds),
        memory: memory.unwrap_or_default(),
        critic: ours.critic,
        data_class: data_class.unwrap_or_default(),
        enabled: ours.enabled.unwrap_or(true) || known.enabled.contains(&id.as_str()),
        // They bring requests to it and change nothing it does: they are not in the hash.
        examples: ours
            .examples
            .into_iter()
            .chain(
                shared
                    .examples
                    .get(folder_of(&source.path))
                    .cloned()
                    .unwrap_or_default(),
            )
            .collect(),
        keywords: ours.keywords,
        unlike: ours.unlike,
        max_steps: ours.max_steps.unwrap_or(MAX_STEPS),
        body: parts.body.to_owned(),
        defaults,
        trusted,
        template,
        input,
        output,
        id,
    })
}

/// Reads one part of a head after the other, noting what is wrong.
struct Maker<'a> {
    head: &'a Head,
    findings: &'a mut Findings,
    known: Known<'a>,
}

impl Maker<'_> {
    fn error(&mut self, path: &[&str], code: &'static str, said: impl Into<String>) {
        self.findings.error(self.head.places.of(path), code, said);
    }

    fn id(&mut self) -> Option<String> {
        let id = strip_version(&self.head.name);
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let parts = id.split('.').count();
        if parts < 2 || id.split('.').any(str::is_empty) || !id.chars().all(plain) {
            let said = format!(
                "{:?} is not a skill name: write area.job in lower case, as in campaign.diwali",
                self.head.name
            );
            let key = if self.head.places.of(&["skill_id"]) > (2, 1) {
                "skill_id"
            } else {
                "name"
            };
            self.error(&[key], "bad-name", said);
            return None;
        }
        Some(id)
    }

    fn version(&mut self) {
        let version = &self.head.version;
        let (numbers, _) = version.split_once(['-', '+']).unwrap_or((version, ""));
        let count = numbers.split('.').count();
        let plain = numbers
            .split('.')
            .all(|n| !n.is_empty() && n.len() <= 9 && n.bytes().all(|b| b.is_ascii_digit()));
        // "1.0" is the drafts' way.
        if !plain || !(2..=3).contains(&count) {
            let said = format!("{version:?} is not a version: write three numbers, as in 1.0.0");
            self.error(&["version"], "bad-version", said);
        }
    }

    fn tools(&mut self) {
        for (n, tool) in self.head.tools.iter().enumerate() {
            if !self.known.tools.contains(&tool.as_str()) {
                let said = format!(
                    "there is no tool {tool:?}: {}",
                    hint(tool, self.known.tools)
                );
                self.error(&["tools", &n.to_string()], "unknown-tool", said);
            }
        }
    }

    fn models(&mut self) {
        if self.known.models.is_empty() {
            return;
        }
        let named = std::iter::once((vec!["model".to_owned()], &self.head.model));
        let fallbacks = self.head.raptor.fallbacks.iter().enumerate();
        let fallbacks = fallbacks.map(|(n, model)| {
            (
                vec!["raptor".to_owned(), "fallbacks".to_owned(), n.to_string()],
                model,
            )
        });
        for (path, model) in named.chain(fallbacks) {
            if !self.known.models.contains(&model.as_str()) {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let said = format!(
                    "{model:?} is neither an alias nor a model: {}",
                    hint(model, self.known.models)
                );
                self.error(&path, "unknown-model", said);
            }
        }
    }

    fn schema(
        &mut self,
        key: &str,
        schema: Option<&Value>,
        shared: &Shared,
    ) -> Option<(Value, Validator)> {
        let Some(schema) = schema else {
            let said = "the skill has no output.schema: say what it answers with";
            self.error(&["output"], "missing-output", said);
            return None;
        };
        let canonical = match picoschema::canonical(schema, &shared.schemas) {
            Ok(canonical) => canonical,
            Err(error) => {
                // `city: "strin" is ...` begins with the property.
                let property = error.split(':').next().unwrap_or_default().to_owned();
                let said = format!("{key}.schema: {error}");
                let optional = format!("{property}?");
                let mut place = self.head.places.of(&[key, "schema", &property]);
                if place == self.head.places.of(&[key, "schema"]) {
                    place = self.head.places.of(&[key, "schema", &optional]);
                }
                self.findings.error(place, "bad-schema", said);
                return None;
            }
        };
        match jsonschema::draft202012::new(&canonical) {
            Ok(validator) => Some((canonical, validator)),
            Err(error) => {
                let path = error.instance_path().to_string();
                let mut place = vec![key, "schema"];
                place.extend(path.split('/').filter(|step| !step.is_empty()));
                let said = format!("{key}.schema is not a JSON Schema: {error}");
                self.error(&place, "bad-schema", said);
                None
            }
        }
    }

    fn max_cost(&mut self) -> Usd {
        let Some(value) = &self.head.raptor.max_cost_usd else {
            return Usd(Decimal::new(10, 2));
        };
        money(value).unwrap_or_else(|| {
            let said = "max_cost_usd must be an amount in dollars, as in 0.05";
            self.error(&["raptor", "max_cost_usd"], "wrong-type", said);
            Usd::ZERO
        })
    }

    fn parsed<T: std::str::FromStr<Err = UnknownValue>>(
        &mut self,
        key: &str,
        word: Option<&str>,
        default: T,
    ) -> T {
        match word.map(str::parse::<T>) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                self.error(&["raptor", key], "wrong-value", error.to_string());
                default
            }
        }
    }

    fn word<T>(
        &mut self,
        key: &str,
        word: Option<&str>,
        words: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let word = word?;
        let value = read(word);
        if value.is_none() {
            let said = format!("{word:?} is not a value of {key}: {}", hint(word, words));
            self.error(&["raptor", key], "wrong-value", said);
        }
        value
    }

    fn critic(&mut self) {
        if let Some(critic) = &self.head.raptor.critic
            && !(0.0..=1.0).contains(&critic.threshold)
        {
            self.error(
                &["raptor", "critic", "threshold"],
                "wrong-value",
                "threshold is a share, 0 to 1",
            );
        }
    }

    fn trusted(&mut self, input_schema: &Value) -> Vec<String> {
        let mut trusted = Vec::new();
        for (name, trust) in &self.head.raptor.trust {
            let path = ["raptor", "trust", name.as_str()];
            let input = &input_schema["properties"][name];
            if input.is_null() {
                let said = format!("trust names {name:?}, which is not an input");
                self.error(&path, "unknown-input", said);
                continue;
            }
            match trust.as_str() {
                "trusted" => {
                    let fixed = input.get("enum").is_some()
                        || matches!(
                            input["type"].as_str(),
                            Some("boolean" | "integer" | "number")
                        );
                    if !fixed {
                        let said = format!(
                            "{name} is trusted and takes any text: whoever asks could write instructions in it; give it \
                             a list of values (enum)"
                        );
                        self.findings
                            .warn(self.head.places.of(&path), "free-trusted-input", said);
                    }
                    trusted.push(name.clone());
                }
                "untrusted" => {}
                other => {
                    let said = format!("{name}: {other:?} is neither trusted nor untrusted");
                    self.error(&path, "wrong-value", said);
                }
            }
        }
        trusted
    }

    /// From `input.default` and from `default` in the schema, which then says both.
    fn defaults(&mut self, input_schema: &mut Value, input: &Validator) -> Map<String, Value> {
        for (name, value) in &self.head.input.default {
            match input_schema["properties"].get_mut(name) {
                Some(property) => property["default"] = value.clone(),
                None => {
                    let said = format!("default names {name:?}, which is not an input");
                    self.error(&["input", "default", name], "unknown-input", said);
                }
            }
        }
        let properties = input_schema["properties"].as_object();
        let defaults: Map<String, Value> = properties
            .into_iter()
            .flatten()
            .filter_map(|(name, property)| Some((name.clone(), property.get("default")?.clone())))
            .collect();
        for (name, value) in &defaults {
            // Each alone: others may be required.
            let wrong = input
                .iter_errors(&json!({ (name.as_str()): value }))
                .find(|error| error.instance_path().to_string().trim_start_matches('/') == name)
                .map(|error| error.to_string());
            if let Some(said) = wrong {
                self.error(
                    &["input", "default", name],
                    "wrong-default",
                    format!("the default of {name}: {said}"),
                );
            }
        }
        defaults
    }
}

fn money(value: &Value) -> Option<Usd> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let amount: Decimal = text.parse().ok()?;
    (!amount.is_sign_negative()).then_some(Usd(amount))
}
