use std::fmt;

use domain::{Tier, Usd};
use jsonschema::Validator;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::head::{self, line_of};
use crate::picoschema;
use crate::problem::{SkillError, Warning, nearest};
use crate::render::{self, Template};
use crate::source::{Source, split};

/// The largest file that is a skill and not a mistake.
const MAX_BYTES: usize = 64 * 1024;
const MAX_OUTPUT_TOKENS: u32 = 4_096;
const MAX_STEPS: u32 = 4;

/// A skill, compiled.
#[derive(Debug)]
pub struct Skill {
    /// `campaign.diwali`
    pub id: String,
    pub version: String,
    /// SHA-256 of the file's text with Unix line ends, in hex.
    pub hash: String,
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// The first part of its id unless it says otherwise.
    pub category: String,
    /// A model or an alias of one.
    pub model: String,
    pub temperature: Option<f64>,
    pub max_output_tokens: u32,
    pub effort: Option<String>,
    pub fallbacks: Vec<String>,
    pub tools: Vec<String>,
    /// JSON Schema 2020-12.
    pub input_schema: Value,
    /// JSON Schema 2020-12.
    pub output_schema: Value,
    /// What one run may cost, at most.
    pub max_cost: Usd,
    pub min_tier: Tier,
    /// ISO 639-1; empty is any.
    pub languages: Vec<String>,
    pub indian_focus: bool,
    /// Requests that it answers.
    pub examples: Vec<String>,
    pub keywords: Vec<String>,
    /// Rounds of tool calls before it must answer.
    pub max_steps: u32,
    /// The Markdown after the head, unrendered.
    pub body: String,
    /// Inputs that may stand inside the instructions.
    pub(crate) trusted: Vec<String>,
    pub(crate) template: Template,
    input: Validator,
    output: Validator,
}

/// One thing in a value that its schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// A JSON pointer, `/amount`; empty for the whole value.
    pub path: String,
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        write!(f, "{path}: {}", self.message)
    }
}

impl Skill {
    /// Whether `input` fits. Properties that the skill does not know are violations.
    pub fn validate_input(&self, input: &Value) -> Result<(), Vec<Violation>> {
        validate(&self.input, input)
    }

    /// Whether an answer fits.
    pub fn validate_output(&self, output: &Value) -> Result<(), Vec<Violation>> {
        validate(&self.output, output)
    }

    /// Compiles a file. Warnings come with a good one.
    pub(crate) fn compile(
        source: &Source,
        known_tools: &[&str],
    ) -> Result<(Self, Vec<Warning>), SkillError> {
        let text = source.text.replace("\r\n", "\n");
        let at = |line, column, code, message| SkillError {
            file: source.path.clone(),
            line,
            column,
            code,
            message,
        };
        if text.len() > MAX_BYTES {
            return Err(at(
                1,
                1,
                "too-long",
                format!(
                    "the file has {} bytes; a skill has at most {MAX_BYTES}: move reference text to a tool or a partial",
                    text.len()
                ),
            ));
        }
        let parts = split(&text).ok_or_else(|| {
            at(
                1,
                1,
                "missing-head",
                "the file must start with a `---` line, the YAML head, and another `---` line"
                    .into(),
            )
        })?;
        let (head, warnings) = head::read(&source.path, &parts)?;
        let place = |key: &str| line_of(parts.head, key);
        let fault = |key: &str, code, message| {
            let (line, column) = place(key);
            at(line, column, code, message)
        };
        let id = strip_version(&head.name);
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        if !id.contains('.') || !id.chars().all(plain) {
            return Err(fault(
                "name",
                "bad-name",
                format!(
                    "{:?} is not a skill name: write area.job in lower case, as in campaign.diwali",
                    head.name
                ),
            ));
        }
        for tool in &head.tools {
            if !known_tools.contains(&tool.as_str()) {
                let hint = nearest(tool, known_tools).map_or_else(
                    || format!("known are {}", known_tools.join(", ")),
                    |near| format!("did you mean {near}?"),
                );
                return Err(fault(
                    "tools",
                    "unknown-tool",
                    format!("there is no tool {tool:?}: {hint}"),
                ));
            }
        }
        let empty = serde_json::json!({ "type": "object", "properties": {} });
        let input_schema = picoschema::canonical(head.input.schema.as_ref().unwrap_or(&empty))
            .map_err(|error| fault("input", "bad-schema", format!("input.schema: {error}")))?;
        let output = head.output.schema.as_ref().ok_or_else(|| {
            fault(
                "output",
                "missing-output",
                "the skill has no output.schema: say what it answers with".into(),
            )
        })?;
        let output_schema = picoschema::canonical(output)
            .map_err(|error| fault("output", "bad-schema", format!("output.schema: {error}")))?;
        let compile = |key, schema: &Value| {
            jsonschema::draft202012::new(schema).map_err(|error| {
                fault(
                    key,
                    "bad-schema",
                    format!("{key}.schema is not a JSON Schema: {error}"),
                )
            })
        };
        let (input, output) = (
            compile("input", &input_schema)?,
            compile("output", &output_schema)?,
        );
        let ours = head.raptor;
        let mut trusted = Vec::new();
        for (name, trust) in &ours.trust {
            if input_schema["properties"].get(name).is_none() {
                return Err(fault(
                    "trust",
                    "unknown-input",
                    format!("trust names {name:?}, which is not an input"),
                ));
            }
            match trust.as_str() {
                "trusted" => trusted.push(name.clone()),
                "untrusted" => {}
                other => {
                    return Err(fault(
                        "trust",
                        "wrong-type",
                        format!("{name}: {other:?} is neither trusted nor untrusted"),
                    ));
                }
            }
        }
        let template =
            render::compile(parts.body, &input_schema, &trusted).map_err(|(line, message)| {
                at(
                    parts.body_line + line.saturating_sub(1),
                    1,
                    "bad-template",
                    message,
                )
            })?;
        let max_cost = match &ours.max_cost_usd {
            None => Usd(Decimal::new(10, 2)),
            Some(value) => money(value).ok_or_else(|| {
                fault(
                    "max_cost_usd",
                    "wrong-type",
                    "max_cost_usd must be an amount in dollars, as in 0.05".into(),
                )
            })?,
        };
        let min_tier = match ours.min_tier.as_deref() {
            None => Tier::Starter,
            Some(tier) => tier.parse().map_err(|error: domain::UnknownValue| {
                fault("min_tier", "wrong-type", error.to_string())
            })?,
        };
        let category = ours
            .category
            .unwrap_or_else(|| id.split('.').next().unwrap_or_default().to_owned());
        let hash = Sha256::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let skill = Self {
            title: ours.title.unwrap_or_else(|| id.replace('.', " ")),
            id,
            version: head.version,
            hash,
            description: head.description,
            category,
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
            languages: ours.languages,
            indian_focus: ours.indian_focus,
            examples: ours.examples,
            keywords: ours.keywords,
            max_steps: ours.max_steps.unwrap_or(MAX_STEPS),
            body: parts.body.to_owned(),
            trusted,
            template,
            input,
            output,
        };
        Ok((skill, warnings))
    }
}

/// `campaign.diwali.v1` and `campaign.diwali` are the same skill.
pub(crate) fn strip_version(id: &str) -> String {
    match id.rsplit_once(".v") {
        Some((name, version))
            if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) =>
        {
            name.to_owned()
        }
        _ => id.to_owned(),
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

fn validate(validator: &Validator, value: &Value) -> Result<(), Vec<Violation>> {
    if validator.is_valid(value) {
        return Ok(());
    }
    let violations = validator.iter_errors(value);
    Err(violations
        .map(|error| Violation {
            path: error.instance_path().to_string(),
            message: error.to_string(),
        })
        .collect())
}
