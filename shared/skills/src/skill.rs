use std::fmt;

use domain::{Priority, Tier, Usd};
use jsonschema::Validator;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::head::{Critic, Unlike};
use crate::template::Template;

/// A skill, compiled.
#[derive(Debug)]
pub struct Skill {
    /// `campaign.diwali`
    pub id: String,
    /// Semantic.
    pub version: String,
    /// SHA-256, in hex, of its normalised text, the partials it takes in and its schemas: whatever can
    /// change what it does. Line ends and blanks at line ends don't count.
    pub hash: String,
    /// The file it came from, as its source names it.
    pub file: String,
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// The first part of its id unless it says otherwise.
    pub category: String,
    pub owner: Option<String>,
    /// Under which others may use it.
    pub license: Option<String>,
    /// A model or an alias of one.
    pub model: String,
    pub temperature: Option<f64>,
    pub max_output_tokens: u32,
    pub effort: Option<String>,
    /// Models or aliases to ask when `model` can't be had, in this order.
    pub fallbacks: Vec<String>,
    pub tools: Vec<String>,
    /// JSON Schema 2020-12.
    pub input_schema: Value,
    /// JSON Schema 2020-12.
    pub output_schema: Value,
    /// What one run may cost, at most.
    pub max_cost: Usd,
    pub min_tier: Tier,
    /// Of a request that names none.
    pub priority: Priority,
    /// ISO 639-1; empty is any.
    pub languages: Vec<String>,
    pub indian_focus: bool,
    /// When a person must look before the answer is released.
    pub approval: Approval,
    /// For how many seconds the same request may be answered from before.
    pub cache_seconds: Option<u64>,
    pub memory: Memory,
    pub critic: Option<Critic>,
    pub data_class: DataClass,
    /// Off: it can be looked at and checked, not run.
    pub enabled: bool,
    /// Requests that it answers.
    pub examples: Vec<String>,
    pub keywords: Vec<String>,
    /// Requests that look like its own and are not.
    pub unlike: Vec<Unlike>,
    /// Rounds of tool calls before it must answer.
    pub max_steps: u32,
    /// The Markdown after the head, unrendered.
    pub body: String,
    /// Inputs that stand in for ones that are not given.
    pub(crate) defaults: Map<String, Value>,
    /// Inputs that may stand inside the instructions.
    pub(crate) trusted: Vec<String>,
    pub(crate) template: Template,
    pub(crate) input: Validator,
    pub(crate) output: Validator,
}

/// Values of a key that takes fixed words, with their names as a head writes them.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$note])* $variant),+ }

        impl $name {
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub(crate) fn read(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// When a person must look before the answer is released.
    Approval { #[default] None = "none", BeforeRelease = "before_release" }
}
words! {
    /// What a run may remember, and for whom.
    Memory { None = "none", Execution = "execution", #[default] Workspace = "workspace" }
}
words! {
    /// The most delicate data a run handles.
    DataClass { Public = "public", #[default] Business = "business", Personal = "personal", Sensitive = "sensitive" }
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

    /// The input with what the skill says for properties that are not given.
    pub fn with_defaults(&self, input: &Value) -> Value {
        let mut input = input.clone();
        if let Some(given) = input.as_object_mut() {
            for (name, value) in &self.defaults {
                if given.get(name).is_none_or(Value::is_null) {
                    given.insert(name.clone(), value.clone());
                }
            }
        }
        input
    }

    /// The inputs that may stand inside the instructions.
    pub fn trusted(&self) -> &[String] {
        &self.trusted
    }

    /// The partials it takes in, by name.
    pub fn partials(&self) -> &[String] {
        &self.template.partials
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
