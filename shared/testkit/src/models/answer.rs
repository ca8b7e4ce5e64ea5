//! One reply in the fake's own words, before a wire writes it down.

use serde_json::{Value, json};

use super::plausible::plausible;
use super::script::{Count, Reply};

/// What a request asks for, read off its wire.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    /// The first declared tool and the schema of its arguments.
    pub tool: Option<(String, Value)>,
    /// Whether a tool was answered already.
    pub answered: bool,
    /// What the answer must fit.
    pub schema: Option<Value>,
    /// Limit of what may be written.
    pub most: u64,
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Whether thoughts are counted, and whether they are a part of the answer.
    pub thinks: bool,
    pub shows_thoughts: bool,
    /// Whether that part comes without its text.
    pub hides_text: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// In the order written. Texts that follow each other are pieces of one.
    pub pieces: Vec<Piece>,
    pub end: End,
    /// What the wire tells of usage; nothing when it tells none.
    pub count: Option<Count>,
    /// Fields and values no client can know.
    pub strange: bool,
    /// Pieces that belong together may be told apart from each other.
    pub scattered: bool,
    pub model: String,
    /// Differs between any two answers of a fake: identifiers and signatures are made from it.
    pub serial: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Thought(String),
    Text(String),
    Call {
        name: String,
        args: Value,
        /// Whether Gemini gives it an id; the others always do.
        id: bool,
    },
    /// A call of this tool whose arguments end in the middle.
    BrokenCall(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Length,
    /// Nothing was written; the reason where the wire tells one.
    Blocked(String),
    Malformed,
    /// A reason that doesn't exist.
    Strange,
}

/// What happens to the events of an answer on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Arrives,
    /// Ends inside the event that holds [`REST`].
    Cut,
    /// Stops before that event.
    Stalls,
    /// An error comes in place of that event.
    Fails,
    /// Ends before the final count.
    NoCount,
}

/// What never arrives of an answer that is broken off.
pub(super) const REST: &str = " The rest of the answer.";

const THOUGHT: &str = "Let me think about it.";
/// Tokens of a short thought.
const THINKING: u64 = 8;

/// The answer to a reply that is one.
pub(super) fn answer(reply: Reply, ask: &Ask, model: &str, serial: u64) -> (Answer, Fate) {
    let mut fate = Fate::Arrives;
    let mut end = End::Done;
    let mut told = None;
    let mut tells = true;
    let (mut strange, mut scattered) = (false, false);
    let broken_off = |text: String| vec![Piece::Text(text), Piece::Text(REST.to_owned())];
    let calls = |calls: Vec<(String, Value)>| {
        calls
            .into_iter()
            .map(|(name, args)| Piece::Call {
                name,
                args,
                id: false,
            })
            .collect::<Vec<_>>()
    };
    let mut pieces = match reply {
        Reply::Auto => auto(ask),
        Reply::Text(text) => thirds(&text),
        Reply::Json(value) => thirds(&value.to_string()),
        Reply::Call { name, args } => vec![Piece::Call {
            name,
            args,
            id: true,
        }],
        Reply::Calls(list) => calls(list),
        Reply::Counted(text, count) => {
            told = Some(count);
            thirds(&text)
        }
        Reply::Reordered { text, calls: list } => {
            scattered = true;
            disorder(&text, calls(list), thought(ask))
        }
        Reply::Blocked(reason) => {
            end = End::Blocked(reason);
            vec![]
        }
        Reply::StallAfter(text) => {
            fate = Fate::Stalls;
            broken_off(text)
        }
        Reply::ErrorAfter(text) => {
            fate = Fate::Fails;
            broken_off(text)
        }
        Reply::CutMidEvent(text) => {
            fate = Fate::Cut;
            broken_off(text)
        }
        Reply::CutBeforeUsage(text) => {
            fate = Fate::NoCount;
            thirds(&text)
        }
        Reply::UsageMissing(text) => {
            tells = false;
            thirds(&text)
        }
        Reply::ThinkToMaxTokens => {
            end = End::Length;
            told = Some(Count {
                read: ask.prompt,
                thinking: ask.most,
                ..Count::default()
            });
            vec![]
        }
        Reply::MalformedCall => {
            end = End::Malformed;
            let name = ask
                .tool
                .as_ref()
                .map_or("no_such_tool", |(name, _)| name.as_str());
            vec![Piece::BrokenCall(name.to_owned())]
        }
        Reply::UnknownEnums(text) => {
            (strange, end) = (true, End::Strange);
            thirds(&text)
        }
        // These are no answers; see `serve`.
        Reply::RateLimited { .. }
        | Reply::ServerError
        | Reply::Overloaded
        | Reply::Refused { .. }
        | Reply::Stall
        | Reply::SlowStart(..)
        | Reply::Raw(_) => vec![],
    };
    let shown = ask.shows_thoughts && !matches!(end, End::Blocked(_)) && !scattered;
    if shown {
        pieces.insert(0, thought(ask));
    }
    let blocked = matches!(end, End::Blocked(_));
    let count = told.unwrap_or_else(|| Count {
        read: ask.prompt,
        output: pieces.iter().map(Piece::tokens).sum(),
        thinking: if ask.thinks && !blocked { THINKING } else { 0 },
        ..Count::default()
    });
    let answer = Answer {
        pieces,
        end,
        count: tells.then_some(count),
        strange,
        scattered,
        model: model.to_owned(),
        serial,
    };
    (answer, fate)
}

impl Answer {
    pub fn calls(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Call { .. } | Piece::BrokenCall(_)))
    }

    /// All text, without thoughts.
    pub fn text(&self) -> String {
        let texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

impl Piece {
    fn tokens(&self) -> u64 {
        let bytes = match self {
            Self::Thought(_) => return 0,
            Self::Text(text) => text.len(),
            Self::Call { name, args, .. } => name.len() + args.to_string().len(),
            Self::BrokenCall(name) => name.len(),
        };
        bytes as u64 / 4 + 1
    }
}

fn thought(ask: &Ask) -> Piece {
    let text = if ask.hides_text { "" } else { THOUGHT };
    Piece::Thought(text.to_owned())
}

/// What the fake says by itself: the first declared tool once, then the answer.
fn auto(ask: &Ask) -> Vec<Piece> {
    if let (Some((name, schema)), false) = (&ask.tool, ask.answered) {
        return vec![Piece::Call {
            name: name.clone(),
            args: plausible(schema, schema, "", 0),
            id: true,
        }];
    }
    match &ask.schema {
        Some(schema) => thirds(&plausible(schema, schema, "", 0).to_string()),
        None => thirds("A plausible answer from the fake model."),
    }
}

/// The text in three pieces, as a stream would bring it.
fn thirds(text: &str) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let size = letters.len().div_ceil(3).max(1);
    letters
        .chunks(size)
        .map(|piece| Piece::Text(piece.iter().collect()))
        .collect()
}

/// A call, a thought, half of the text, the other calls, the other half.
fn disorder(text: &str, calls: Vec<Piece>, thought: Piece) -> Vec<Piece> {
    let mut letters: Vec<char> = text.chars().collect();
    let last = letters.split_off(letters.len() / 2);
    let mut calls = calls.into_iter();
    let mut pieces: Vec<Piece> = calls.next().into_iter().collect();
    pieces.push(thought);
    pieces.push(Piece::Text(letters.into_iter().collect()));
    pieces.extend(calls);
    pieces.push(Piece::Text(last.into_iter().collect()));
    pieces
}

/// The beginning of some arguments.
pub(super) const BROKEN_ARGS: &str = "{\"festival\": \"Di";

/// One token for four bytes of everything the model reads.
pub(super) fn tokens(body: &Value, read: &[&str]) -> u64 {
    read.iter()
        .filter(|key| !body[**key].is_null())
        .map(|key| body[*key].to_string().len() as u64)
        .sum::<u64>()
        / 4
}

/// Nothing known about arguments: any object will do.
pub(super) fn schema_or_object(schema: &Value) -> Value {
    if schema.is_object() {
        schema.clone()
    } else {
        json!({ "type": "object" })
    }
}
