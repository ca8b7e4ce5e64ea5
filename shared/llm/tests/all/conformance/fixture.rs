use std::sync::Arc;
use std::time::Duration;

use llm::{
    Certainty, Control, Delta, Endpoint, Error, Finish, Gateway, GatewayBuilder, GeminiApi, Models,
    OpenAi, Prices, Request, Response, StaticToken, ToolResult, ToolSpec, Turn, Vertex,
    VertexAnthropic,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::models::{FakeModels, Reply, Script};
use super::super::support::{FixedClock, ask, clock, ignore};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Vertex,
    GeminiApi,
    Claude,
    OpenAi,
    /// OpenAI's wire as a server of one's own speaks it.
    Local,
}

impl Wire {
    pub const ALL: [Self; 5] = [
        Self::Vertex,
        Self::GeminiApi,
        Self::Claude,
        Self::OpenAi,
        Self::Local,
    ];

    pub fn provider(self) -> &'static str {
        match self {
            Self::Vertex => "vertex",
            Self::GeminiApi => "gemini-api",
            Self::Claude => "vertex-anthropic",
            Self::OpenAi => "openai",
            Self::Local => "own",
        }
    }

    pub fn model(self) -> &'static str {
        match self {
            Self::Vertex | Self::GeminiApi => "gemini-3.8-flash",
            Self::Claude => "claude-haiku-5-5",
            Self::OpenAi => "gpt-6.1-terra",
            Self::Local => "qwen3:8b",
        }
    }

    pub fn is_gemini(self) -> bool {
        matches!(self, Self::Vertex | Self::GeminiApi)
    }

    /// Names this wire's row even where others serve the same model.
    pub fn row(self) -> String {
        format!("{}/{}", self.provider(), self.model())
    }

    pub fn ask(self, text: &str) -> Request {
        ask(&self.row(), text)
    }

    pub fn join(self, builder: GatewayBuilder, base_url: &str) -> GatewayBuilder {
        let url = Some(base_url);
        let token = || Arc::new(StaticToken::new("t"));
        match self {
            Self::Vertex => builder.provider(Arc::new(Vertex::new("p", url, token()).unwrap())),
            Self::GeminiApi => builder.provider(Arc::new(GeminiApi::new("k", url).unwrap())),
            Self::Claude => {
                builder.provider(Arc::new(VertexAnthropic::new("p", url, token()).unwrap()))
            }
            Self::OpenAi => builder.provider(Arc::new(OpenAi::new("k", url).unwrap())),
            Self::Local => {
                let line = format!("own={base_url}/v1;model=qwen3:8b;kind=ollama");
                let endpoint = Endpoint::parse_list(&line).unwrap().remove(0);
                let provider = OpenAi::endpoint(&endpoint).unwrap();
                builder.provider(Arc::new(provider)).endpoint(endpoint)
            }
        }
    }
}

/// The alias of a world's wires, in their order.
pub const THESE: &str = "these";

/// A fake that answers by script, and a gateway that knows it by some wires.
pub struct World {
    pub fake: FakeModels,
    pub gateway: Gateway,
    pub clock: Arc<FixedClock>,
}

impl World {
    pub async fn of(wires: &[Wire], script: Script) -> Self {
        let (fake, clock) = (FakeModels::start(script).await, clock());
        let url = fake.base_url();
        let mut models = Models::embedded();
        let rows = wires.iter().map(|wire| wire.row()).collect();
        models.aliases.insert(THESE.to_owned(), rows);
        let builder = Gateway::builder(clock.clone()).data(models, Prices::embedded());
        let builder = wires
            .iter()
            .fold(builder, |builder, wire| wire.join(builder, &url));
        Self {
            gateway: builder.build(),
            fake,
            clock,
        }
    }

    pub async fn ask(&self, request: &Request, control: &Control) -> Result<Response, Error> {
        self.gateway.generate(request, control, &mut ignore()).await
    }

    pub async fn good(&self, request: &Request) -> Response {
        self.ask(request, &long()).await.unwrap()
    }

    /// The answer, and what was heard on the way.
    pub async fn heard(&self, request: &Request) -> (Result<Response, Error>, Vec<Delta>) {
        let mut heard = Vec::new();
        let control = long();
        let outcome = self
            .gateway
            .generate(request, &control, &mut |delta| heard.push(delta))
            .await;
        (outcome, heard)
    }

    /// The body of the latest request.
    pub fn sent(&self) -> Value {
        self.fake.requests().pop().unwrap().body
    }

    /// Time between the requests that came.
    pub fn pauses(&self) -> Vec<Duration> {
        let seen = self.fake.requests();
        seen.windows(2)
            .map(|pair| pair[1].at - pair[0].at)
            .collect()
    }
}

/// One wire, answered by these replies.
pub async fn world(wire: Wire, replies: impl IntoIterator<Item = Reply>) -> World {
    World::of(&[wire], Script::of(replies)).await
}

/// Longer than anything here takes.
pub fn long() -> Control {
    Control::within(Duration::from_secs(600))
}

pub fn stoppable() -> (Control, CancellationToken) {
    let control = long();
    let cancel = control.cancel.clone();
    (control, cancel)
}

/// Runs `work` in a time that is set forward again and again, so that waits of minutes take
/// moments.
///
/// Tokio moves a paused time by itself when nothing can go on, but it takes waiting for a socket for
/// that too: a deadline would pass while an answer is on its way. It leaves time alone while a
/// blocking task runs.
pub async fn hurried<T>(work: impl Future<Output = T>) -> T {
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let holder = tokio::task::spawn_blocking(move || held.recv().is_err());
    tokio::time::pause();
    let mut work = std::pin::pin!(work);
    let done = loop {
        tokio::select! {
            biased;
            done = &mut work => break done,
            () = turns() => tokio::time::advance(Duration::from_millis(50)).await,
        }
    };
    tokio::time::resume();
    drop(let_go);
    holder.await.unwrap();
    done
}

/// Long enough for everything that is ready to happen.
async fn turns() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Fails when `work` takes longer than a test may.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    let until = Instant::now() + Duration::from_secs(20);
    tokio::time::timeout_at(until, work).await.unwrap()
}

pub fn festival_tool() -> ToolSpec {
    ToolSpec {
        name: "festival_calendar".into(),
        description: "Dates of festivals.".into(),
        parameters: json!({
            "type": "object",
            "properties": {"festival": {"type": "string"}},
            "required": ["festival"],
            "additionalProperties": false,
        }),
    }
}

/// With limits that not every provider can hold an answer to.
pub fn plan_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "summary": {"type": "string", "maxLength": 400},
            "score": {"type": "integer", "minimum": 0, "maximum": 100},
            "ideas": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
        "required": ["summary", "score", "ideas"],
        "additionalProperties": false,
    })
}

/// Whatever the tools of this answer would have said.
pub fn results(response: &Response) -> Turn {
    let answer = |call: &llm::ToolCall| ToolResult {
        call_id: call.id.clone(),
        name: call.name.clone(),
        content: json!({"date": "2027-10-29"}),
        is_error: false,
    };
    Turn::results(response.tool_calls.iter().map(answer).collect())
}

pub fn outcomes(attempts: &[llm::Attempt]) -> Vec<&str> {
    let words = attempts.iter().map(|attempt| attempt.outcome.as_str());
    words.collect()
}

pub fn text(deltas: &[Delta]) -> String {
    let texts = deltas.iter().filter_map(|delta| match delta {
        Delta::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

pub fn is_well(response: &Response, text: &str) {
    assert_eq!(
        (response.text.as_str(), &response.finish),
        (text, &Finish::Done)
    );
    assert_eq!(response.usage.certainty, Certainty::Reported);
}
