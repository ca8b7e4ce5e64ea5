//! Claude's answers. Read as loose JSON: unknown events, blocks and values never fail, and blocks
//! are kept as they come.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::encode::About;
use super::{WHO, WIRE};
use crate::estimate::text_tokens;
use crate::failure;
use crate::http::{Answer, Sink};
use crate::names::original;
use crate::response::count;
use crate::{
    Category, Delta, Error, Finish, ModelRow, RawResponse, Tier, ToolCall, ToolSpec, Usage,
};

/// One answer, whole or from the events of a stream.
pub(super) struct Reader<'a> {
    asked: &'a str,
    tools: &'a [ToolSpec],
    about: About,
    /// By their place in the answer; they may come in turns.
    blocks: BTreeMap<u64, Block>,
    counts: Option<Counts>,
    tier: Tier,
    model: String,
    stop: Option<String>,
    stopped: bool,
}

#[derive(Debug)]
struct Block {
    value: Map<String, Value>,
    /// Arguments of a call, as far as they came.
    partial: String,
    /// How much of its text has been told.
    told: usize,
    stopped: bool,
}

/// What was counted. Counts are cumulative: a later one replaces an earlier one.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    fresh: u64,
    cached: u64,
    written: u64,
    written_1h: u64,
    output: u64,
    thinking: u64,
    searches: u64,
}

impl Counts {
    fn take(&mut self, usage: &Value) {
        let set = |place: &mut u64, value: &Value| {
            if value.is_u64() {
                *place = count(value);
            }
        };
        set(&mut self.fresh, &usage["input_tokens"]);
        set(&mut self.cached, &usage["cache_read_input_tokens"]);
        set(&mut self.written, &usage["cache_creation_input_tokens"]);
        // The split may be told at the beginning alone.
        let split = &usage["cache_creation"];
        set(&mut self.written_1h, &split["ephemeral_1h_input_tokens"]);
        set(&mut self.output, &usage["output_tokens"]);
        let details = &usage["output_tokens_details"];
        set(&mut self.thinking, &details["thinking_tokens"]);
        let used = &usage["server_tool_use"];
        set(&mut self.searches, &used["web_search_requests"]);
    }

    /// `input_tokens` leaves out what went to or came from the cache; `output_tokens` includes
    /// thinking.
    fn usage(self) -> Usage {
        let written_1h = self.written_1h.min(self.written);
        let thinking = self.thinking.min(self.output);
        Usage {
            input: self.fresh + self.cached + self.written,
            cached_input: self.cached,
            cache_write_5m: self.written - written_1h,
            cache_write_1h: written_1h,
            output: self.output - thinking,
            thinking,
            searches: self.searches,
            ..Usage::default()
        }
    }
}

impl Block {
    fn new(value: &Value) -> Self {
        Self {
            value: value.as_object().cloned().unwrap_or_default(),
            partial: String::new(),
            told: 0,
            stopped: false,
        }
    }

    fn kind(&self) -> &str {
        self.value
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn text(&self) -> Option<&str> {
        let text = self.value.get("text").and_then(Value::as_str);
        text.filter(|_| self.kind() == "text")
    }

    /// Adds a delta to the fields it names, known or not.
    fn grow(&mut self, delta: &Value) {
        for (key, more) in delta.as_object().into_iter().flatten() {
            match (key.as_str(), more) {
                ("type", _) => {}
                ("partial_json", Value::String(more)) => self.partial += more,
                ("citation", more) => {
                    let list = self.value.entry("citations").or_insert(Value::Null);
                    if !list.is_array() {
                        *list = json!([]);
                    }
                    if let Some(list) = list.as_array_mut() {
                        list.push(more.clone());
                    }
                }
                (key, Value::String(more)) => match self.value.get_mut(key) {
                    Some(Value::String(text)) => text.push_str(more),
                    _ => {
                        self.value.insert(key.to_owned(), more.clone().into());
                    }
                },
                (key, more) => {
                    self.value.insert(key.to_owned(), more.clone());
                }
            }
        }
    }

    /// The call's arguments, put in their place. `None` when they are no object.
    fn input(&mut self) -> Option<Value> {
        let input = if self.partial.is_empty() {
            self.value.get("input").cloned()
        } else {
            serde_json::from_str(&self.partial).ok()
        };
        let input = input.filter(Value::is_object);
        let kept = input.clone().unwrap_or_else(|| json!({}));
        self.value.insert("input".to_owned(), kept);
        input
    }
}

impl<'a> Reader<'a> {
    pub fn new(model: &'a ModelRow, tools: &'a [ToolSpec], about: About) -> Self {
        Self {
            asked: &model.id,
            tools,
            about,
            blocks: BTreeMap::new(),
            counts: None,
            tier: Tier::Standard,
            model: String::new(),
            stop: None,
            stopped: false,
        }
    }

    fn parse(&self, data: &[u8]) -> Result<Value, Error> {
        let object: Value =
            serde_json::from_slice(data).map_err(|error| failure::unreadable(WHO, &error))?;
        if object["type"] == "error" || object["error"].is_object() {
            return Err(failure::of_event(WHO, &object, self.asked));
        }
        Ok(object)
    }

    /// What a message says of itself, without its content.
    fn message(&mut self, message: &Value) {
        if let Some(model) = message["model"].as_str() {
            model.clone_into(&mut self.model);
        }
        if let Some(reason) = message["stop_reason"].as_str() {
            self.stop = Some(reason.to_owned());
        }
        self.count(&message["usage"]);
    }

    fn count(&mut self, usage: &Value) {
        if usage.is_object() {
            self.counts.get_or_insert_default().take(usage);
            match usage["service_tier"].as_str() {
                Some("priority") => self.tier = Tier::Priority,
                Some("batch") => self.tier = Tier::Batch,
                _ => {}
            }
        }
    }

    fn begin(&mut self, index: u64, value: &Value, sink: Sink<'_>) {
        let block = Block::new(value);
        if block.kind() == "tool_use"
            && let Some(name) = block.value.get("name").and_then(Value::as_str)
        {
            sink(Delta::ToolCall(original(self.tools, name)));
        }
        self.blocks.insert(index, block);
        self.tell(sink);
    }

    /// Tells what is new of the text, in the order of its blocks: that of a later one waits until
    /// the earlier ones are whole.
    fn tell(&mut self, sink: Sink<'_>) {
        let over = self.is_complete();
        for block in self.blocks.values_mut() {
            let Some(text) = block.text() else { continue };
            // A text that was replaced meanwhile is told no further.
            let new = text.get(block.told..).unwrap_or_default().to_owned();
            let all = text.len();
            if !new.is_empty() {
                sink(Delta::Text(new));
                block.told = all;
            }
            if !block.stopped && !over {
                return;
            }
        }
    }

    /// The calls, and whether one of them is broken.
    fn calls(&mut self) -> (Vec<ToolCall>, bool) {
        let (mut calls, mut broken) = (Vec::new(), false);
        let tools = self.tools;
        for block in self.blocks.values_mut() {
            if block.kind() != "tool_use" {
                continue;
            }
            let Some(args) = block.input() else {
                broken = true;
                continue;
            };
            let said = |key: &str| block.value.get(key).and_then(Value::as_str).unwrap_or("");
            calls.push(ToolCall {
                id: said("id").to_owned(),
                name: original(tools, said("name")),
                args,
            });
        }
        (calls, broken)
    }
}

impl Answer for Reader<'_> {
    fn event(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error> {
        let event = self.parse(data)?;
        let index = event["index"].as_u64().unwrap_or(0);
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => self.message(&event["message"]),
            "content_block_start" => self.begin(index, &event["content_block"], sink),
            "content_block_delta" => {
                let block = self.blocks.entry(index);
                let block = block.or_insert_with(|| Block::new(&json!({})));
                block.grow(&event["delta"]);
                self.tell(sink);
            }
            "content_block_stop" => {
                if let Some(block) = self.blocks.get_mut(&index) {
                    block.stopped = true;
                }
                self.tell(sink);
            }
            "message_delta" => {
                self.message(&event["delta"]);
                self.count(&event["usage"]);
                self.tell(sink);
            }
            "message_stop" => self.stopped = true,
            // `ping` says nothing, and what is not known yet nothing that is understood.
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error> {
        let message = self.parse(data)?;
        self.message(&message);
        let Some(content) = message["content"].as_array() else {
            let nothing = format!("{} answered with no message", WHO.name);
            return Err(Error::new(Category::Transient, nothing));
        };
        self.stopped = true;
        for (index, block) in (0..).zip(content) {
            self.begin(index, block, sink);
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.stop.is_some() || self.stopped
    }

    fn usage(&self) -> Option<Usage> {
        self.counts.map(Counts::usage)
    }

    fn heard(&self) -> u64 {
        let said = |block: &Block| {
            let written = ["text", "thinking"].into_iter();
            let written = written.filter_map(|key| block.value.get(key).and_then(Value::as_str));
            text_tokens(&block.partial) + written.map(text_tokens).sum::<u64>()
        };
        self.blocks.values().map(said).sum()
    }

    fn finish(mut self, counted: Usage) -> Result<RawResponse, Error> {
        let usage = self.usage().unwrap_or(counted);
        let (mut tool_calls, broken) = self.calls();
        let stop = self.stop.as_deref().unwrap_or("end_turn");
        let finish = match stop {
            "max_tokens" | "model_context_window_exceeded" | "pause_turn" => Finish::Truncated,
            "refusal" => Finish::Policy("refusal".to_owned()),
            _ if broken => Finish::Fault("arguments of a call are not JSON".to_owned()),
            "end_turn" | "stop_sequence" | "tool_use" if !tool_calls.is_empty() => {
                Finish::ToolCalls
            }
            "end_turn" | "stop_sequence" => Finish::Done,
            "tool_use" => Finish::Fault("tool_use without a call".to_owned()),
            unknown => {
                tracing::warn!(reason = unknown, "an unknown stop reason");
                Finish::Other(unknown.to_owned())
            }
        };
        // A turn with half a call can't be answered, and so can't be given back.
        if broken {
            tool_calls.clear();
        }
        let text = self.blocks.values().filter_map(Block::text).collect();
        let content: Vec<Value> = self
            .blocks
            .into_values()
            .filter(|block| !(broken && block.kind() == "tool_use"))
            .map(|block| block.value.into())
            .collect();
        let mut raw = json!({
            "wire": WIRE, "model": self.asked, "prefix": self.about.prefix, "content": content,
        });
        if !self.about.tools.is_null() {
            raw["tools"] = self.about.tools;
        }
        Ok(RawResponse {
            text,
            tool_calls,
            finish,
            usage,
            tier: self.tier,
            model: self.model,
            raw: Some(raw),
            dropped: self.about.dropped,
        })
    }
}
