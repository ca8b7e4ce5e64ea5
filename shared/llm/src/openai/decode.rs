//! Answers of OpenAI and servers like it. Read as loose JSON: unknown fields and values never fail,
//! and messages are kept as they come.

use serde_json::{Map, Value, json};

use super::{Flags, WIRE};
use crate::estimate::text_tokens;
use crate::failure::{self, Who};
use crate::http::{Answer, Sink};
use crate::names::original;
use crate::response::count;
use crate::{
    Category, Delta, Error, Finish, ModelRow, RawResponse, Tier, ToolCall, ToolSpec, Usage,
};

/// One answer, whole or from the chunks of a stream.
pub(super) struct Reader<'a> {
    who: Who,
    flags: Flags,
    asked: &'a ModelRow,
    tools: &'a [ToolSpec],
    dropped: Vec<String>,
    /// The assistant's message, but for the calls.
    message: Map<String, Value>,
    calls: Vec<Call>,
    choices: bool,
    finish: Option<String>,
    done: bool,
    usage: Option<Usage>,
    tier: Tier,
    model: String,
}

struct Call {
    /// Its place among the calls, which need not come in order.
    index: u64,
    value: Map<String, Value>,
    name: String,
    arguments: String,
}

impl<'a> Reader<'a> {
    pub fn new(
        who: Who,
        flags: Flags,
        asked: &'a ModelRow,
        tools: &'a [ToolSpec],
        dropped: Vec<String>,
    ) -> Self {
        Self {
            who,
            flags,
            asked,
            tools,
            dropped,
            message: Map::new(),
            calls: Vec::new(),
            choices: false,
            finish: None,
            done: false,
            usage: None,
            tier: Tier::Standard,
            model: String::new(),
        }
    }

    /// A chunk or a whole answer; `key` names the part of a choice that holds the message.
    fn take(&mut self, data: &[u8], key: &str, sink: Sink<'_>) -> Result<(), Error> {
        let mut object: Value =
            serde_json::from_slice(data).map_err(|error| failure::unreadable(self.who, &error))?;
        if object.get("error").is_some_and(|error| !error.is_null()) {
            return Err(failure::of_event(self.who, &object, &self.asked.id));
        }
        if let Some(model) = object["model"].as_str() {
            model.clone_into(&mut self.model);
        }
        match object["service_tier"].as_str() {
            Some("flex") => self.tier = Tier::Flex,
            Some("priority" | "fast") => self.tier = Tier::Priority,
            Some("batch") => self.tier = Tier::Batch,
            _ => {}
        }
        if object["usage"].is_object() {
            self.usage = Some(usage(&object["usage"], self.flags));
        }
        let Some(choice) = object.get_mut("choices").and_then(|list| list.get_mut(0)) else {
            return Ok(());
        };
        self.choices = true;
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.finish = Some(reason.to_owned());
        }
        if let Some(Value::Object(said)) = choice.get_mut(key).map(Value::take) {
            self.grow(said, sink);
        }
        Ok(())
    }

    /// Adds what was said to the message: texts grow, lists get longer, the rest is replaced.
    fn grow(&mut self, said: Map<String, Value>, sink: Sink<'_>) {
        for (key, more) in said {
            match (key.as_str(), more) {
                ("role", _) => {}
                ("tool_calls", Value::Array(calls)) => {
                    for call in calls {
                        self.call(call, sink);
                    }
                }
                (_, Value::String(more)) => {
                    if key == "content" && !more.is_empty() {
                        sink(Delta::Text(more.clone()));
                    }
                    match self.message.get_mut(&key) {
                        Some(Value::String(text)) => text.push_str(&more),
                        _ => {
                            self.message.insert(key, more.into());
                        }
                    }
                }
                (_, Value::Array(more)) => match self.message.get_mut(&key) {
                    Some(Value::Array(list)) => list.extend(more),
                    _ => {
                        self.message.insert(key, more.into());
                    }
                },
                (_, Value::Null) => {
                    self.message.entry(key).or_insert(Value::Null);
                }
                (_, more) => {
                    self.message.insert(key, more);
                }
            }
        }
    }

    /// A call or a fragment of one. Fragments are told apart by their index; servers that leave it
    /// out or always say 0 start a new call with a new id.
    fn call(&mut self, fragment: Value, sink: Sink<'_>) {
        let Value::Object(mut fragment) = fragment else {
            return;
        };
        let index = fragment.remove("index").and_then(|index| index.as_u64());
        let id = fragment.get("id").and_then(Value::as_str).unwrap_or("");
        let function = fragment.get("function").cloned().unwrap_or_default();
        let name = function["name"].as_str().unwrap_or("");
        let place = match index {
            Some(index) => self.calls.iter().rposition(|call| call.index == index),
            None if id.is_empty() && name.is_empty() => self.calls.len().checked_sub(1),
            None => None,
        };
        let place = place.filter(|place| {
            let known = self.calls[*place].value.get("id").and_then(Value::as_str);
            id.is_empty() || known.is_none_or(|known| known == id)
        });
        let at = place.unwrap_or_else(|| {
            self.calls.push(Call {
                index: index.unwrap_or(self.calls.len() as u64),
                value: Map::new(),
                name: String::new(),
                arguments: String::new(),
            });
            self.calls.len() - 1
        });
        let call = &mut self.calls[at];
        if call.name.is_empty() && !name.is_empty() {
            sink(Delta::ToolCall(original(self.tools, name)));
            name.clone_into(&mut call.name);
        }
        match &function["arguments"] {
            Value::String(more) => call.arguments += more,
            Value::Null => {}
            // Some servers send the object itself.
            whole => call.arguments = whole.to_string(),
        }
        fragment.remove("function");
        for (key, value) in fragment {
            if !value.is_null() {
                call.value.insert(key, value);
            }
        }
    }

    /// The calls in order, as they are told and as they are kept, and whether one of them is
    /// broken.
    fn calls(&mut self) -> (Vec<ToolCall>, Vec<Value>, bool) {
        let (mut calls, mut kept, mut broken) = (Vec::new(), Vec::new(), false);
        let mut heard = std::mem::take(&mut self.calls);
        heard.sort_by_key(|call| call.index);
        for (at, mut call) in heard.into_iter().enumerate() {
            let args = match call.arguments.trim() {
                "" => Some(json!({})),
                text => serde_json::from_str(text).ok().filter(Value::is_object),
            };
            let Some(args) = args.filter(|_| !call.name.is_empty()) else {
                broken = true;
                continue;
            };
            let id = match call.value.get("id").and_then(Value::as_str) {
                Some(id) if !id.is_empty() => id.to_owned(),
                _ => format!("call_{}", at + 1),
            };
            call.value.insert("id".to_owned(), id.clone().into());
            call.value
                .entry("type")
                .or_insert_with(|| "function".into());
            // As it was written, spaces and all.
            let arguments = if call.arguments.trim().is_empty() {
                "{}".to_owned()
            } else {
                call.arguments
            };
            let function = json!({ "name": call.name, "arguments": arguments });
            call.value.insert("function".to_owned(), function);
            kept.push(call.value.into());
            calls.push(ToolCall {
                id,
                name: original(self.tools, &call.name),
                args,
            });
        }
        (calls, kept, broken)
    }

    fn said(&self, key: &str) -> &str {
        self.message
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

impl Answer for Reader<'_> {
    fn event(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error> {
        if data.trim_ascii() == b"[DONE]" {
            self.done = true;
            return Ok(());
        }
        self.take(data, "delta", sink)
    }

    fn whole(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error> {
        self.take(data, "message", sink)?;
        self.done = true;
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.finish.is_some() || (self.done && self.choices)
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn heard(&self) -> u64 {
        let texts = ["content", "reasoning_content", "reasoning", "refusal"];
        let said: u64 = texts.iter().map(|key| text_tokens(self.said(key))).sum();
        let calls = self.calls.iter();
        said + calls.map(|call| text_tokens(&call.arguments)).sum::<u64>()
    }

    /// # Errors
    /// `Transient` for an answer of nothing.
    fn finish(mut self, counted: Usage) -> Result<RawResponse, Error> {
        let usage = self.usage.unwrap_or(counted);
        if !self.choices {
            let message = format!("{} answered with no choice", self.who.name);
            return Err(Error::new(Category::Transient, message).with_usage(usage));
        }
        let (mut tool_calls, mut kept, broken) = self.calls();
        let refusal = self.said("refusal").to_owned();
        let finish = match self.finish.as_deref().unwrap_or("stop") {
            "length" => Finish::Truncated,
            "content_filter" => Finish::Policy("content_filter".to_owned()),
            _ if !refusal.is_empty() => Finish::Policy(format!("refusal: {refusal}")),
            _ if broken => Finish::Fault("arguments of a call are not JSON".to_owned()),
            "stop" | "tool_calls" | "function_call" if !tool_calls.is_empty() => Finish::ToolCalls,
            "stop" => Finish::Done,
            "tool_calls" | "function_call" => Finish::Fault("tool_calls without a call".to_owned()),
            unknown => {
                tracing::warn!(reason = unknown, "an unknown finish reason");
                Finish::Other(unknown.to_owned())
            }
        };
        // A turn with half a call can't be answered, and so can't be given back.
        if broken {
            tool_calls.clear();
            kept.clear();
        }
        let text = self.said("content").to_owned();
        let mut message = self.message;
        message.insert("role".to_owned(), "assistant".into());
        message.entry("content").or_insert(Value::Null);
        if !kept.is_empty() {
            message.insert("tool_calls".to_owned(), kept.into());
        }
        Ok(RawResponse {
            text,
            tool_calls,
            finish,
            usage,
            tier: self.tier,
            model: self.model,
            raw: Some(json!({ "wire": WIRE, "provider": self.asked.provider, "message": message })),
            dropped: self.dropped,
        })
    }
}

/// Tokens from and to the cache are part of `prompt_tokens`; reasoning is part of
/// `completion_tokens`.
fn usage(usage: &Value, flags: Flags) -> Usage {
    let input = count(&usage["prompt_tokens"]);
    let completion = count(&usage["completion_tokens"]);
    let thinking = count(&usage["completion_tokens_details"]["reasoning_tokens"]).min(completion);
    let details = &usage["prompt_tokens_details"];
    let cached = |key: &str| {
        if flags.cached_tokens {
            count(&details[key])
        } else {
            0
        }
    };
    let cached_input = cached("cached_tokens").min(input);
    Usage {
        input,
        cached_input,
        // Kept for 30 minutes, at one price: counted where the shorter of Claude's are.
        cache_write_5m: cached("cache_write_tokens").min(input - cached_input),
        output: completion - thinking,
        thinking,
        ..Usage::default()
    }
}
