//! A [`Request`] as a Messages API body. Texts and schemas are borrowed: a long history is written
//! once, into the bytes that are sent.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use serde_json::{Value, json};

use super::{WIRE, schema};
use crate::capabilities::{Caching, GO_ON, IN_WORDS, PREFILL, Thinking, in_words};
use crate::names::plain;
use crate::{Accepted, Effort, ModelRow, Request, ToolCall, ToolResult, Turn};

const VERSION: &str = "vertex-2023-10-16";
/// Required by the API; for requests and models that set no limit.
const OUTPUT_UNSAID: u32 = 8_192;
/// An empty text block is refused.
const NOTHING: &str = "(nothing)";

#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    anthropic_version: &'static str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<[Block<'a>; 1]>,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Cow<'a, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    output_config: OutputConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Value>,
}

impl OutputConfig {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Block<'a> {
    /// As Claude said it.
    Verbatim(&'a Value),
    Made {
        #[serde(flatten)]
        block: Made<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Made<'a> {
    Text {
        text: Cow<'a, str>,
    },
    ToolUse {
        id: String,
        name: Cow<'a, str>,
        input: &'a Value,
    },
    ToolResult {
        tool_use_id: String,
        content: Cow<'a, str>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

/// Kept for five minutes: as long as a tool loop pauses.
#[derive(Debug, Clone, Copy, Serialize)]
struct CacheControl {
    r#type: &'static str,
}

const KEEP: CacheControl = CacheControl {
    r#type: "ephemeral",
};

impl<'a> Block<'a> {
    fn text(text: impl Into<Cow<'a, str>>) -> Self {
        let text = match text.into() {
            text if text.trim().is_empty() => Cow::Borrowed(NOTHING),
            text => text,
        };
        Self::made(Made::Text { text })
    }

    fn made(block: Made<'a>) -> Self {
        Self::Made {
            block,
            cache_control: None,
        }
    }

    fn keep(&mut self) {
        if let Self::Made { cache_control, .. } = self {
            *cache_control = Some(KEEP);
        }
    }
}

/// What the answer must carry to be given back, besides its content.
#[derive(Debug, Default)]
pub(super) struct About {
    pub dropped: Vec<String>,
    /// Tells apart what stood before the conversation: system text and tools.
    pub prefix: String,
    /// The tools as they were sent.
    pub tools: Value,
}

pub(super) fn body<'a>(model: &ModelRow, request: &'a Request, stream: bool) -> (Body<'a>, About) {
    let accepted = model.accept(request);
    let mut dropped = accepted.dropped.clone();
    let mut system = Cow::Borrowed(request.system.as_str());

    let mut output_config = OutputConfig::default();
    if let Some(wanted) = &request.output_schema {
        output_config.format = accepted
            .schema
            .then(|| schema::closed(wanted))
            .flatten()
            .map(|schema| json!({ "type": "json_schema", "schema": schema }));
        if output_config.format.is_none() {
            system.to_mut().push_str(&in_words(wanted));
            if accepted.schema {
                dropped.push(IN_WORDS.to_owned());
            }
        }
    }
    let max_tokens = match accepted.max_output_tokens {
        0 => OUTPUT_UNSAID,
        most => most,
    };
    let thinking = thinking(
        model,
        &accepted,
        max_tokens,
        &mut output_config,
        &mut dropped,
    );
    let temperature = accepted.temperature.map(|wanted| {
        if wanted > 1.0 {
            dropped.push(format!("temperature {wanted} (sent 1)"));
        }
        wanted.min(1.0)
    });
    if !request.labels.is_empty() {
        dropped.push("labels".to_owned());
    }

    let (tools, tool_choice) = tools(request, accepted.tools);
    let prefix = prefix(&system, &tools);
    let mut messages = Conversation::new(model, &prefix).read(&request.turns);
    if messages.last().is_none_or(|last| last.role == "assistant") {
        messages.push(Message {
            role: "user",
            content: vec![Block::text(GO_ON)],
        });
        if matches!(request.turns.last(), Some(Turn::Model { .. })) {
            dropped.push(PREFILL.to_owned());
        }
    }
    let mut system = (!system.is_empty()).then(|| [Block::text(system)]);
    // A tool loop sends the same beginning again: tools and system, and the turns so far.
    if model.capabilities.caching == Caching::Marked && accepted.tools {
        if let Some([block]) = &mut system {
            block.keep();
        }
        if let Some(block) = messages.last_mut().and_then(|last| last.content.last_mut()) {
            block.keep();
        }
    }
    let about = About {
        dropped,
        prefix,
        tools: if tools.is_empty() {
            Value::Null
        } else {
            tools.iter().map(|tool| tool.as_ref().clone()).collect()
        },
    };
    let body = Body {
        anthropic_version: VERSION,
        max_tokens,
        stream,
        system,
        messages,
        tools,
        tool_choice,
        thinking,
        output_config,
        temperature,
    };
    (body, about)
}

fn thinking(
    model: &ModelRow,
    accepted: &Accepted,
    max_tokens: u32,
    output: &mut OutputConfig,
    dropped: &mut Vec<String>,
) -> Option<Value> {
    let effort = accepted.effort?;
    match (model.capabilities.thinking, effort) {
        (Thinking::Adaptive, Effort::Minimal) => {
            output.effort = Some("low");
            let off = model.capabilities.thinking_off.as_ref()?;
            Some(json!({ "type": off }))
        }
        (Thinking::Adaptive, effort) => {
            output.effort = Some(effort.as_str());
            Some(json!({ "type": "adaptive" }))
        }
        (Thinking::Budget, Effort::Minimal) => Some(json!({ "type": "disabled" })),
        (Thinking::Budget, effort) => {
            let wanted: u32 = match effort {
                Effort::Minimal | Effort::Low => 2_048,
                Effort::Medium => 8_192,
                Effort::High => 16_384,
                Effort::Max => 32_768,
            };
            // At least 1,024, and something must be left for the answer.
            let budget = wanted.min(max_tokens / 2);
            if budget < 1_024 {
                dropped.push(format!("effort {}", effort.as_str()));
                return None;
            }
            Some(json!({ "type": "enabled", "budget_tokens": budget }))
        }
        _ => None,
    }
}

/// The tools to declare, and the choice that goes with them.
///
/// A history with calls needs its tools declared even when none may be called any more, and
/// thinking comes back only behind the same tools: those of the last answer, as they were sent. A
/// history from elsewhere gets stubs.
fn tools(request: &Request, declare: bool) -> (Vec<Cow<'_, Value>>, Option<Value>) {
    if declare {
        let declared = request.tools.iter().map(|tool| {
            Cow::Owned(json!({
                "name": plain(&tool.name), "description": tool.description, "input_schema": tool.parameters,
            }))
        });
        return (declared.collect(), None);
    }
    let called: BTreeSet<_> = request
        .turns
        .iter()
        .filter_map(|turn| match turn {
            Turn::Model { tool_calls, .. } => Some(tool_calls),
            _ => None,
        })
        .flatten()
        .map(|call| plain(&call.name))
        .collect();
    if called.is_empty() {
        return (Vec::new(), None);
    }
    let before = request.turns.iter().rev().find_map(|turn| match turn {
        Turn::Model { raw: Some(raw), .. } if raw["wire"] == WIRE => raw["tools"].as_array(),
        _ => None,
    });
    let tools = match before {
        Some(before) => before.iter().map(Cow::Borrowed).collect(),
        None => called
            .into_iter()
            .map(|name| {
                Cow::Owned(json!({
                    "name": name, "description": "Not to be called any more.", "input_schema": { "type": "object" },
                }))
            })
            .collect(),
    };
    (tools, Some(json!({ "type": "none" })))
}

fn prefix(system: &str, tools: &[Cow<'_, Value>]) -> String {
    let mut hasher = DefaultHasher::new();
    system.hash(&mut hasher);
    for tool in tools {
        tool.to_string().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Turns as messages.
struct Conversation<'a, 'b> {
    model: &'b ModelRow,
    prefix: &'b str,
    /// The ids of the last turn's calls, as they were given and as they were sent. Other providers
    /// may give the same id in every turn, which is refused here.
    ids: HashMap<&'a str, String>,
    turn: usize,
}

impl<'a, 'b> Conversation<'a, 'b> {
    fn new(model: &'b ModelRow, prefix: &'b str) -> Self {
        Self {
            model,
            prefix,
            ids: HashMap::new(),
            turn: 0,
        }
    }

    fn read(mut self, turns: &'a [Turn]) -> Vec<Message<'a>> {
        let mut messages: Vec<Message<'a>> = Vec::with_capacity(turns.len() + 1);
        for turn in turns {
            let (role, content) = match turn {
                Turn::User { text } => ("user", vec![Block::text(text.as_str())]),
                Turn::ToolResults(results) => (
                    "user",
                    results.iter().map(|answer| self.result(answer)).collect(),
                ),
                Turn::Model {
                    text,
                    tool_calls,
                    raw,
                } => {
                    self.turn += 1;
                    self.ids.clear();
                    let said = raw.as_ref().filter(|raw| raw["wire"] == WIRE);
                    let content = match said {
                        Some(raw) => self.verbatim(raw),
                        None => self.rebuilt(text, tool_calls),
                    };
                    ("assistant", content)
                }
            };
            if content.is_empty() {
                continue;
            }
            // Results must follow their calls at once, so turns of one role become one message.
            match messages.last_mut().filter(|last| last.role == role) {
                Some(last) => last.content.extend(content),
                None => messages.push(Message { role, content }),
            }
        }
        messages
    }

    /// Thinking belongs to the model that thought it, behind the same system text and tools; a
    /// request that brings it back elsewhere is refused.
    fn verbatim(&self, raw: &'a Value) -> Vec<Block<'a>> {
        let same = |key: &str, now: &str| raw[key].as_str().is_none_or(|then| then == now);
        let bound = same("model", &self.model.id) && same("prefix", self.prefix);
        let thought = |block: &Value| {
            matches!(
                block["type"].as_str(),
                Some("thinking" | "redacted_thinking")
            )
        };
        let blocks = raw["content"].as_array().into_iter().flatten();
        blocks
            .filter(|block| bound || !thought(block))
            .map(Block::Verbatim)
            .collect()
    }

    fn rebuilt(&mut self, text: &'a str, calls: &'a [ToolCall]) -> Vec<Block<'a>> {
        let mut blocks = Vec::new();
        if !text.trim().is_empty() {
            blocks.push(Block::text(text));
        }
        for (at, call) in calls.iter().enumerate() {
            let id = format!("call_{}_{}", self.turn, at + 1);
            self.ids.insert(&call.id, id.clone());
            blocks.push(Block::made(Made::ToolUse {
                id,
                name: plain(&call.name),
                input: &call.args,
            }));
        }
        blocks
    }

    fn result(&self, answer: &'a ToolResult) -> Block<'a> {
        let sent = self.ids.get(answer.call_id.as_str());
        Block::made(Made::ToolResult {
            tool_use_id: sent.cloned().unwrap_or_else(|| answer.call_id.clone()),
            content: match &answer.content {
                Value::String(text) => Cow::Borrowed(text),
                other => Cow::Owned(other.to_string()),
            },
            is_error: answer.is_error,
        })
    }
}
