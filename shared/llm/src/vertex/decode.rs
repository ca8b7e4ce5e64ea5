//! Gemini's answers. Read as loose JSON: unknown fields and values never fail, and parts are kept
//! verbatim.

use serde_json::{Value, json};

use super::encode::{LOCAL_ID, WIRE};
use super::failure;
use crate::{Category, Delta, Error, Finish, RawResponse, ToolCall, Usage};

/// One answer, from one response object or from the many of a stream.
#[derive(Debug, Default)]
pub(super) struct Answer {
    parts: Vec<Value>,
    text: String,
    calls: Vec<ToolCall>,
    candidates: bool,
    finish: Option<String>,
    finish_message: String,
    blocked: Option<String>,
    /// The latest count: each replaces the one before, they are not to be added.
    pub usage: Option<Usage>,
    /// Web searches Google bills for.
    searches: u64,
    model: String,
}

impl Answer {
    /// Takes in one response object.
    ///
    /// # Errors
    /// `Transient` when it is not JSON, or the error object that came in its place.
    pub fn take(&mut self, json: &[u8], sink: &mut (dyn FnMut(Delta) + Send)) -> Result<(), Error> {
        let object: Value = serde_json::from_slice(json).map_err(|error| {
            Error::new(
                Category::Transient,
                format!("Vertex AI sent no readable JSON: {error}"),
            )
        })?;
        let object = match object {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            other => other,
        };
        if object["error"].is_object() {
            return Err(failure::of_event(&object["error"]));
        }
        if let Some(model) = object["modelVersion"].as_str() {
            model.clone_into(&mut self.model);
        }
        if let Some(reason) = object["promptFeedback"]["blockReason"].as_str() {
            self.blocked = Some(reason.to_owned());
        }
        if object["usageMetadata"].is_object() {
            self.usage = Some(usage(&object["usageMetadata"]));
        }
        let candidate = &object["candidates"][0];
        if !candidate.is_object() {
            return Ok(());
        }
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
        for part in candidate["content"]["parts"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.take_part(part, sink);
        }
        Ok(())
    }

    fn take_part(&mut self, part: &Value, sink: &mut (dyn FnMut(Delta) + Send)) {
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
        self.parts.push(part.clone());
    }

    /// Whether the end of the answer has been heard.
    pub fn is_complete(&self) -> bool {
        self.finish.is_some() || (self.blocked.is_some() && !self.candidates)
    }

    /// Everything written so far, for counting.
    pub fn heard(&self) -> String {
        let mut heard = self.text.clone();
        for call in &self.calls {
            heard += &call.args.to_string();
        }
        heard
    }

    /// The whole answer. `counted` stands in for a count that never came.
    ///
    /// # Errors
    /// `Policy` for a blocked prompt, `Transient` for an answer of nothing.
    pub fn finish(self, counted: Usage) -> Result<RawResponse, Error> {
        let mut usage = self.usage.unwrap_or(counted);
        usage.searches = self.searches;
        if !self.candidates {
            let error = match &self.blocked {
                Some(reason) => Error::new(
                    Category::Policy,
                    format!("Vertex AI blocked the prompt: {reason}"),
                ),
                None => Error::new(Category::Transient, "Vertex AI answered with no candidate"),
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
            model: self.model,
            dropped: Vec::new(),
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
    let count = |name: &str| metadata[name].as_u64().unwrap_or(0);
    Usage {
        input: count("promptTokenCount") + count("toolUsePromptTokenCount"),
        cached_input: count("cachedContentTokenCount"),
        output: count("candidatesTokenCount"),
        thinking: count("thoughtsTokenCount"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certainty;

    fn read(events: &[Value]) -> Result<RawResponse, Error> {
        let mut answer = Answer::default();
        for event in events {
            answer.take(event.to_string().as_bytes(), &mut |_| {})?;
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
                   "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 40, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 50}}),
        ])
        .unwrap();
        assert_eq!(
            (answer.text.as_str(), answer.finish),
            ("Dipawali", Finish::Done)
        );
        assert_eq!(answer.model, "gemini-3.8-flash-002");
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
    fn an_error_inside_a_stream_is_an_error() {
        let event = json!([{"error": {"code": 503, "message": "overloaded"}}]);
        assert_eq!(read(&[event]).unwrap_err().category, Category::Transient);
        assert_eq!(
            Answer::default()
                .take(b"{\"cand", &mut |_| {})
                .unwrap_err()
                .category,
            Category::Transient
        );
    }
}
