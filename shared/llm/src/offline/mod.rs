//! The offline model: deterministic, free, and honest about being one. It extracts from the
//! request, calls the tools whose arguments it can fill, and fills the output schema with what it
//! knows, saying where it doesn't.

mod arguments;
mod ask;
mod brief;
mod calls;
mod checklists;
mod drafts;
mod extract;
mod fill;
mod fill_list;
mod ideas;
mod index;
mod language;
mod leads;
mod lists;
mod money;
mod needs;
mod numbers;
mod phrase;
mod phrasebook;
mod pick;
mod plans;
mod replies;
mod roles;
mod schema;
mod summary;
mod sums;
mod tables;
mod tame;
mod vocabulary;

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::estimate::{prompt_tokens, text_tokens};
use crate::{
    Category, Certainty, Control, Delta, Error, Finish, ModelRow, Provider, RawResponse, Request,
    ToolCall, Usage,
};
use brief::Brief;
use schema::Validators;

/// What the offline model works from: the request before it became a prompt. Where a field is
/// empty, it does with what the turns say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfflineFacts {
    /// `campaign.diwali`; picks a few words, never the shape of the answer.
    pub skill_id: String,
    /// The person's own sentence, without the marks and instructions around it.
    pub prompt: Option<String>,
    /// The skill's inputs, an object. A value here is surer than one read from the sentence.
    pub inputs: Value,
    /// Today in India.
    pub today: NaiveDate,
    /// ISO 639-1, when it is known; else it is told by the script.
    pub language: Option<String>,
    /// Calls to make first, with these arguments, each at most once. The other declared tools are
    /// called when their arguments can be filled.
    pub required_tools: Vec<(String, Value)>,
}

/// The `offline` provider.
#[derive(Default)]
pub struct Offline {
    validators: Validators,
}

impl Offline {
    pub fn new() -> Self {
        Self::default()
    }

    fn answer(&self, request: &Request) -> Result<RawResponse, Error> {
        let brief = Brief::of(request);
        let answer = match &request.output_schema {
            Some(schema) => fill::answer(&brief, schema, &self.validators).map_err(|reason| {
                let message = format!("the offline model can't fill this output schema: {reason}");
                Error::new(Category::InvalidRequest, message)
            })?,
            None => Value::String(plain_answer(&brief)),
        };
        let outline = request
            .output_schema
            .as_ref()
            .map(ask::outline)
            .unwrap_or_default();
        let calls = calls::wanted(&brief, &request.tools, &outline, &answer, &self.validators);
        let tool_calls: Vec<ToolCall> = calls
            .into_iter()
            .enumerate()
            .map(|(at, (name, args))| ToolCall {
                id: format!("offline-{}", brief.called.len() + at + 1),
                name,
                args,
            })
            .collect();
        let text = match &answer {
            _ if !tool_calls.is_empty() => String::new(),
            Value::String(text) if request.output_schema.is_none() => text.clone(),
            answer => answer.to_string(),
        };
        let finish = if tool_calls.is_empty() {
            Finish::Done
        } else {
            Finish::ToolCalls
        };
        let args: u64 = tool_calls
            .iter()
            .map(|call| text_tokens(&call.args.to_string()))
            .sum();
        let usage = Usage {
            input: prompt_tokens(request),
            output: text_tokens(&text) + args,
            certainty: Certainty::Estimated,
            ..Usage::default()
        };
        Ok(RawResponse {
            text,
            tool_calls,
            finish,
            usage,
            model: "offline".to_owned(),
            ..RawResponse::default()
        })
    }
}

/// Without a schema: the summary, then what is missing.
fn plain_answer(brief: &Brief<'_>) -> String {
    let mut lines = vec![summary::of(brief)];
    lines.extend(
        lists::next_steps(brief)
            .into_iter()
            .map(|step| format!("- {step}")),
    );
    lines.push(brief.say("draft", &[]));
    lines.join("\n")
}

#[async_trait]
impl Provider for Offline {
    fn name(&self) -> &'static str {
        "offline"
    }

    async fn generate(
        &self,
        _model: &ModelRow,
        request: &Request,
        control: &Control,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<RawResponse, Error> {
        let answer = control.run(async { self.answer(request) }).await??;
        for call in &answer.tool_calls {
            sink(Delta::ToolCall(call.name.clone()));
        }
        if !answer.text.is_empty() {
            sink(Delta::Text(answer.text.clone()));
        }
        Ok(answer)
    }
}
