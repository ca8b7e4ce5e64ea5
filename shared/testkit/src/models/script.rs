//! What the fake answers, and in which order.

use std::collections::VecDeque;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};

/// One answer. Each wire tells it in its provider's own way.
#[derive(Debug, Clone, Default)]
pub enum Reply {
    /// The first declared tool once, then an answer that fits the response schema, or text.
    #[default]
    Auto,
    Text(String),
    Json(Value),
    Call {
        name: String,
        args: Value,
    },
    /// Several calls at once. Gemini gives them no ids and signs the first.
    Calls(Vec<(String, Value)>),
    /// Text, with exactly these counts.
    Counted(String, Count),
    /// Text, calls and thoughts in an order no client should rely on. OpenAI's fragments of several
    /// calls come interleaved, so do Claude's blocks.
    Reordered {
        text: String,
        calls: Vec<(String, Value)>,
    },
    /// 429, with `retry-after` in seconds.
    RateLimited {
        retry_after: u64,
    },
    /// 500; Google wraps it in an array of one, as some of its front ends do.
    ServerError,
    /// 529 from Claude, 503 from the others.
    Overloaded,
    /// Any other refusal, with headers such as `retry-after-ms` or `x-should-retry`.
    Refused {
        status: u16,
        message: String,
        headers: Vec<(&'static str, String)>,
    },
    /// Refused by policy before anything was written: Gemini answers 200 without candidates, Claude
    /// stops with `refusal`, OpenAI with `content_filter`. Only Gemini tells the reason.
    Blocked(String),
    /// Nothing, until the client gives up.
    Stall,
    /// This text, then nothing more until the client gives up.
    StallAfter(String),
    /// This text, then an error object in the stream.
    ErrorAfter(String),
    /// This text, then the connection breaks inside an event.
    CutMidEvent(String),
    /// Most of this text; then the stream ends, as if well, where the final count was due.
    CutBeforeUsage(String),
    /// A whole answer that tells no counts at all, as some local servers do.
    UsageMissing(String),
    /// The headers at once, then silence (Claude pings) this long, then the other reply.
    SlowStart(Duration, Box<Reply>),
    /// Thinks until the output limit is reached; no text.
    ThinkToMaxTokens,
    /// A call whose arguments are no JSON. Gemini notices it itself.
    MalformedCall,
    /// Text, with fields and values no client can know.
    UnknownEnums(String),
    /// This exact response object, in one piece.
    Raw(Value),
}

impl Reply {
    /// A refusal with this status and no headers of note.
    pub fn refused(status: u16) -> Self {
        Self::Refused {
            status,
            message: format!("The fake refuses with {status}."),
            headers: Vec::new(),
        }
    }
}

/// Names of replies, as [`Reply::from_str`] takes them beside any status from 400 to 599.
pub const NAMES: &[&str] = &[
    "auto",
    "429",
    "500",
    "overloaded",
    "stall",
    "stall-after",
    "error-after",
    "cut",
    "cut-before-usage",
    "no-usage",
    "slow",
    "blocked",
    "think",
    "malformed",
    "unknown",
    "reordered",
];

impl FromStr for Reply {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let text = || "Half of an answer from the fake model.".to_owned();
        Ok(match name {
            "auto" => Self::Auto,
            "429" => Self::RateLimited { retry_after: 2 },
            "500" => Self::ServerError,
            "overloaded" => Self::Overloaded,
            "stall" => Self::Stall,
            "stall-after" => Self::StallAfter(text()),
            "error-after" => Self::ErrorAfter(text()),
            "cut" => Self::CutMidEvent(text()),
            "cut-before-usage" => Self::CutBeforeUsage(text()),
            "no-usage" => Self::UsageMissing(text()),
            "slow" => Self::SlowStart(Duration::from_secs(5), Box::default()),
            "blocked" => Self::Blocked("PROHIBITED_CONTENT".to_owned()),
            "think" => Self::ThinkToMaxTokens,
            "malformed" => Self::MalformedCall,
            "unknown" => Self::UnknownEnums(text()),
            "reordered" => Self::Reordered {
                text: text(),
                calls: vec![
                    ("first".to_owned(), json!({ "n": 1 })),
                    ("second".to_owned(), json!({ "n": 2 })),
                ],
            },
            status => match status.parse() {
                Ok(status @ 400..=599) => Self::refused(status),
                _ => {
                    return Err(format!(
                        "expected a status from 400 to 599, or one of {}",
                        NAMES.join(", ")
                    ));
                }
            },
        })
    }
}

/// Tokens a reply says were used. Every wire tells them in its provider's arithmetic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// All that was read, what came from a cache and what was written to one included.
    pub read: u64,
    pub cached: u64,
    /// Written to caches. Gemini doesn't tell, OpenAI tells the sum.
    pub written_5m: u64,
    pub written_1h: u64,
    /// What was written as the answer, without thinking.
    pub output: u64,
    pub thinking: u64,
}

/// What is answered: the replies in order, then the last resort for ever.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub replies: VecDeque<Reply>,
    /// The same for requests for embeddings, of which refusals and [`Reply::Stall`] mean something;
    /// anything else is a good answer.
    pub embeddings: VecDeque<Reply>,
    pub then: Reply,
    /// Before each answer begins.
    pub delay: Duration,
    /// Between two events of a stream.
    pub pace: Duration,
    /// In place of `then`, this share of the time.
    pub fails: Option<Fails>,
    /// Model ids to accept beside the real ones; on OpenAI's wire they are a local server's.
    pub models: Vec<String>,
}

/// How often something else is answered.
#[derive(Debug, Clone)]
pub struct Fails {
    /// 0.0 to 1.0, spread evenly: 0.25 is every fourth request.
    pub share: f64,
    pub with: Reply,
    owed: f64,
}

impl Fails {
    pub fn new(share: f64, with: Reply) -> Self {
        Self {
            share,
            with,
            owed: 0.0,
        }
    }

    fn due(&mut self) -> Option<Reply> {
        self.owed += self.share;
        // Tenths add up to a little less than one.
        (self.owed > 1.0 - 1e-9).then(|| {
            self.owed -= 1.0;
            self.with.clone()
        })
    }
}

impl Script {
    /// Answers everything by itself, at once.
    pub fn auto() -> Self {
        Self::default()
    }

    /// These replies, then [`Reply::Auto`].
    pub fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: replies.into_iter().collect(),
            ..Self::default()
        }
    }

    pub fn always(then: Reply) -> Self {
        Self {
            then,
            ..Self::default()
        }
    }

    pub(super) fn next(&mut self) -> Reply {
        let scripted = self.replies.pop_front();
        scripted.unwrap_or_else(|| self.at_last())
    }

    pub(super) fn next_embedding(&mut self) -> Reply {
        let scripted = self.embeddings.pop_front();
        scripted.unwrap_or_else(|| self.at_last())
    }

    fn at_last(&mut self) -> Reply {
        let fault = self.fails.as_mut().and_then(Fails::due);
        fault.unwrap_or_else(|| self.then.clone())
    }
}
