//! Gemini's answers. Read as loose JSON: unknown fields and values never fail, and parts are kept
//! verbatim.

use serde_json::{Value, json};

use super::WIRE;
use super::encode::LOCAL_ID;
use crate::estimate::text_tokens;
use crate::failure::{self, Who};
use crate::http::{Answer, Sink};
use crate::response::count;
use crate::{Category, Delta, Error, Finish, RawResponse, Tier, ToolCall, Usage};

/// One answer, from one response object or from the many of a stream.
pub(super) struct Reader<'a> {
    who: Who,
    asked: &'a str,
    dropped: Vec<String>,
    parts: Vec<Value>,
    text: String,
    calls: Vec<ToolCall>,
    candidates: bool,
    finish: Option<String>,
    finish_message: String,
    blocked: Option<String>,
    /// The latest count: each replaces the one before, they are not to be added.
    usage: Option<Usage>,
    tier: Tier,
    /// Web searches Google bills for.
    searches: u64,
    model: String,
}

impl<'a> Reader<'a> {
    /// `asked` is the model's id.
    pub fn new(who: Who, asked: &'a str, dropped: Vec<String>) -> Self {
        Self {
            who,
            asked,
            dropped,
            parts: Vec::new(),
            text: String::new(),
            calls: Vec::new(),
            candidates: false,
            finish: None,
            finish_message: String::new(),
            blocked: None,
            usage: None,
            tier: Tier::Standard,
            searches: 0,
            model: String::new(),
        }
    }

    fn take_candidate(&mut self, candidate: &mut Value, sink: Sink<'_>) {
        self.candidates = true;
        if let Some(reason) = candidate["finishReason"].as_str() {
            self.finish = Some(reason.to_owned());
        }
        if let Some(message) = candidate["finishMessage"].as_str() {
            message.clone_into(&mut self.finish_message);
        }
        if let Some(queries) = candidate["groundingMetadata"]["webSearchQueries"].as_array() {
            self.searches = queries.len() as u64;
        }
        if let Some(parts) = candidate
            .get_mut("content")
            .and_then(|content| content.get_mut("parts"))
            .and_then(Value::as_array_mut)
        {
            for part in std::mem::take(parts) {
                self.take_part(part, sink);
            }
        }
    }

    fn take_part(&mut self, part: Value, sink: Sink<'_>) {
        let thought = part["thought"].as_bool().unwrap_or(false);
        if let Some(text) = part["text"]
            .as_str()
            .filter(|text| !thought && !text.is_empty())
        {
            self.text += text;
            sink(Delta::Text(text.to_owned()));
        }
        let call = &part["functionCall"];
        if let Some(name) = call["name"].as_str() {
            let id = match call["id"].as_str() {
                Some(id) if !id.is_empty() => id.to_owned(),
                _ => format!("{LOCAL_ID}{}", self.calls.len() + 1),
            };
            let args = if call["args"].is_object() {
                call["args"].clone()
            } else {
                json!({})
            };
            self.calls.push(ToolCall {
                id,
                name: name.to_owned(),
                args,
            });
            sink(Delta::ToolCall(name.to_owned()));
        }
        self.parts.push(part);
    }
}

impl Answer for Reader<'_> {
    fn event(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error> {
        let object: Value =
            serde_json::from_slice(data).map_err(|error| failure::unreadable(self.who, &error))?;
        let mut object = match object {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            other => other,
        };
        if object["error"].is_object() {
            return Err(failure::of_event(self.who, &object, self.asked));
        }
        if let Some(model) = object["modelVersion"].as_str() {
            model.clone_into(&mut self.model);
        }
        if let Some(reason) = object["promptFeedback"]["blockReason"].as_str() {
            self.blocked = Some(reason.to_owned());
        }
        if object["usageMetadata"].is_object() {
            self.usage = Some(usage(&object["usageMetadata"]));
            self.tier = tier(&object["usageMetadata"]);
        }
        if let Some(candidate) = object
            .get_mut("candidates")
            .and_then(|list| list.get_mut(0))
            .filter(|candidate| candidate.is_object())
        {
            self.take_candidate(candidate, sink);
        }
        Ok(())
    }

    fn whole(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error> {
        self.event(data, sink)
    }

    fn is_complete(&self) -> bool {
        self.finish.is_some() || (self.blocked.is_some() && !self.candidates)
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn heard(&self) -> u64 {
        let args = self.calls.iter().map(|call| call.args.to_string());
        text_tokens(&self.text) + args.map(|args| text_tokens(&args)).sum::<u64>()
    }

    /// # Errors
    /// `Policy` for a blocked prompt, `Transient` for an answer of nothing.
    fn finish(self, counted: Usage) -> Result<RawResponse, Error> {
        let mut usage = self.usage.unwrap_or(counted);
        usage.searches = self.searches;
        if !self.candidates {
            let name = self.who.name;
            let error = match &self.blocked {
                Some(reason) => Error::new(
                    Category::Policy,
                    format!("{name} blocked the prompt: {reason}"),
                ),
                None => Error::new(
                    Category::Transient,
                    format!("{name} answered with no candidate"),
                ),
            };
            return Err(error.with_usage(usage));
        }
        let reason = self.finish.as_deref().unwrap_or("STOP");
        Ok(RawResponse {
            finish: class(reason, &self.finish_message, !self.calls.is_empty()),
            raw: Some(json!({ "wire": WIRE, "content": { "role": "model", "parts": self.parts } })),
            text: self.text,
            tool_calls: self.calls,
            usage,
            tier: self.tier,
            model: self.model,
            dropped: self.dropped,
        })
    }
}

/// The class of a `finishReason`.
fn class(reason: &str, message: &str, calls: bool) -> Finish {
    let said = || {
        if message.is_empty() {
            reason.to_owned()
        } else {
            format!("{reason}: {message}")
        }
    };
    match reason {
        "STOP" | "FINISH_REASON_UNSPECIFIED" if calls => Finish::ToolCalls,
        "STOP" | "FINISH_REASON_UNSPECIFIED" => Finish::Done,
        "MAX_TOKENS" | "CONTINUATION" => Finish::Truncated,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "MODEL_ARMOR" => {
            Finish::Policy(said())
        }
        image if image.starts_with("IMAGE_") => Finish::Policy(said()),
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MALFORMED_RESPONSE"
        | "OTHER" => Finish::Fault(said()),
        unknown => {
            tracing::warn!(reason = unknown, "an unknown finish reason");
            Finish::Other(said())
        }
    }
}

/// `promptTokenCount` includes cached tokens; `candidatesTokenCount` excludes thoughts; what tool
/// results added to the prompt is counted apart. Absent means 0.
fn usage(metadata: &Value) -> Usage {
    let count = |name: &str| count(&metadata[name]);
    Usage {
        input: count("promptTokenCount") + count("toolUsePromptTokenCount"),
        cached_input: count("cachedContentTokenCount"),
        output: count("candidatesTokenCount"),
        thinking: count("thoughtsTokenCount"),
        ..Usage::default()
    }
}

/// `trafficType` tells the tier that served the call, whatever was asked for.
fn tier(metadata: &Value) -> Tier {
    match metadata["trafficType"].as_str() {
        Some("ON_DEMAND_FLEX") => Tier::Flex,
        Some("ON_DEMAND_PRIORITY") => Tier::Priority,
        _ => Tier::Standard,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Certainty;
    use crate::loose::json_of;

    const WHO: Who = Who {
        name: "Vertex AI",
        refused: "",
    };

    fn read(events: &[Value]) -> Result<RawResponse, Error> {
        let mut answer = Reader::new(WHO, "m", Vec::new());
        for event in events {
            answer.event(event.to_string().as_bytes(), &mut |_| {})?;
        }
        answer.finish(Usage {
            input: 9,
            certainty: Certainty::Estimated,
            ..Usage::default()
        })
    }

    fn ends(reason: &str) -> Finish {
        read(&[json!({"candidates": [{"finishReason": reason}]})])
            .unwrap()
            .finish
    }

    #[test]
    fn a_stream_is_one_answer_and_the_last_count_stands() {
        let signed = json!({"text": "", "thoughtSignature": "sig", "future": {"x": 1}});
        let answer = read(&[
            json!({"candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "Dip"}]}}], "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1}}),
            json!({"candidates": [{"content": {"parts": [{"text": "awali"}]}}], "modelVersion": "gemini-3.8-flash-002"}),
            json!({"candidates": [{"content": {"parts": [signed]}, "finishReason": "STOP"}],
                   "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 40, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 50, "trafficType": "ON_DEMAND_FLEX"}}),
        ])
        .unwrap();
        assert_eq!(
            (answer.text.as_str(), answer.finish),
            ("Dipawali", Finish::Done)
        );
        assert_eq!(answer.model, "gemini-3.8-flash-002");
        assert_eq!(answer.tier, Tier::Flex);
        let usage = answer.usage;
        assert_eq!(
            (
                usage.input,
                usage.cached_input,
                usage.output,
                usage.thinking
            ),
            (105, 40, 3, 50)
        );
        assert_eq!(usage.tokens().output, 53);
        let parts = answer.raw.unwrap()["content"]["parts"].clone();
        assert_eq!(parts.as_array().unwrap().len(), 4);
        assert_eq!(
            parts[3], signed,
            "verbatim, unknown fields and signature included"
        );
    }

    #[test]
    fn every_reason_has_its_class() {
        assert_eq!(ends("STOP"), Finish::Done);
        assert_eq!(ends("MAX_TOKENS"), Finish::Truncated);
        assert_eq!(ends("IMAGE_SAFETY"), Finish::Policy("IMAGE_SAFETY".into()));
        assert_eq!(
            ends("MALFORMED_FUNCTION_CALL"),
            Finish::Fault("MALFORMED_FUNCTION_CALL".into())
        );
        assert_eq!(ends("TIRED"), Finish::Other("TIRED".into()));
    }

    #[test]
    fn a_blocked_prompt_has_no_candidate_and_keeps_its_usage() {
        let blocked = json!({"promptFeedback": {"blockReason": "JAILBREAK"}, "usageMetadata": {"promptTokenCount": 12}});
        let error = read(&[blocked]).unwrap_err();
        assert_eq!(error.category, Category::Policy);
        assert_eq!(error.spent.usage.input, 12);
        assert_eq!(
            read(&[json!({"candidates": []})]).unwrap_err().category,
            Category::Transient
        );
    }

    #[test]
    fn calls_without_ids_get_one_and_a_missing_count_is_estimated() {
        let parts = json!([{"functionCall": {"name": "a"}}, {"functionCall": {"id": "x", "name": "b", "args": {"n": 1}}}]);
        let answer =
            read(&[json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]})])
                .unwrap();
        assert_eq!(answer.finish, Finish::ToolCalls);
        assert_eq!(
            (answer.tool_calls[0].id.as_str(), &answer.tool_calls[0].args),
            ("local-1", &json!({}))
        );
        assert_eq!(answer.tool_calls[1].id, "x");
        assert_eq!(
            (answer.usage.input, answer.usage.certainty),
            (9, Certainty::Estimated)
        );
    }

    #[test]
    fn thinking_to_the_limit_is_paid_for() {
        let answer = read(&[json!({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}], "usageMetadata": {"promptTokenCount": 10, "thoughtsTokenCount": 500}})]).unwrap();
        assert_eq!(
            (answer.finish, answer.usage.output, answer.usage.thinking),
            (Finish::Truncated, 0, 500)
        );
    }

    #[test]
    fn impossible_counts_break_nothing() {
        let most = u64::MAX;
        let answer = read(&[json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": most, "toolUsePromptTokenCount": most, "thoughtsTokenCount": most, "candidatesTokenCount": most}})]).unwrap();
        let mut sum = answer.usage;
        sum += answer.usage;
        assert!(sum.tokens().total() > 1 << 40);
    }

    #[test]
    fn searches_are_counted() {
        let grounding = json!({"webSearchQueries": ["a", "b"]});
        let answer = read(&[
            json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "groundingMetadata": grounding, "finishReason": "STOP"}]}),
        ]);
        assert_eq!(answer.unwrap().usage.searches, 2);
    }

    #[test]
    fn an_error_inside_a_stream_is_an_error() {
        let event = json!([{"error": {"code": 503, "message": "overloaded"}}]);
        assert_eq!(read(&[event]).unwrap_err().category, Category::Transient);
        let mut answer = Reader::new(WHO, "m", Vec::new());
        let cut = answer.event(b"{\"cand", &mut |_| {}).unwrap_err();
        assert_eq!(cut.category, Category::Transient);
    }

    #[test]
    fn loose_json_never_fails() {
        for odd in [
            json!(3),
            json!([]),
            json!({"candidates": 3}),
            json!({"candidates": [3]}),
            json!({"candidates": [{"content": {"parts": [7, {"functionCall": 1}]}}], "usageMetadata": 4}),
            json!({"usageMetadata": {"promptTokenCount": "many"}, "error": "text"}),
        ] {
            let mut answer = Reader::new(WHO, "m", Vec::new());
            answer
                .event(odd.to_string().as_bytes(), &mut |_| {})
                .unwrap();
        }
    }

    const WORDS: &[&str] = &[
        "candidates",
        "content",
        "parts",
        "text",
        "thought",
        "thoughtSignature",
        "functionCall",
        "id",
        "name",
        "args",
        "finishReason",
        "STOP",
        "finishMessage",
        "groundingMetadata",
        "webSearchQueries",
        "usageMetadata",
        "promptTokenCount",
        "cachedContentTokenCount",
        "toolUsePromptTokenCount",
        "candidatesTokenCount",
        "trafficType",
        "promptFeedback",
        "blockReason",
        "modelVersion",
        "error",
    ];

    proptest! {
        #[test]
        fn no_response_is_too_strange(events in prop::collection::vec(json_of(WORDS), 1..8)) {
            let _ = read(&events);
        }
    }
}
