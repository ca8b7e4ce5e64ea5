//! Events and objects on their way to the client, and what can happen to them there.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::Fake;
use super::answer::{Fate, REST};

/// The events of one answer, each a whole one with its blank line.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub all: Vec<String>,
    /// The first event that tells the final count.
    pub count_at: usize,
}

/// One step of a body.
enum Step {
    Send(String),
    Wait(Duration),
    /// Lets what was sent leave before what comes.
    Flush,
    Break,
    Never,
}

/// Counts the request as abandoned when it is dropped before it was done.
pub(super) struct Open {
    fake: Fake,
    done: bool,
}

impl Open {
    pub fn new(fake: &Fake) -> Self {
        Self {
            fake: fake.clone(),
            done: false,
        }
    }

    pub fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.done {
            self.fake
                .progress
                .send_modify(|progress| progress.abandoned += 1);
        }
    }
}

/// How the events of a stream go out.
pub(super) struct Manner {
    pub fate: Fate,
    /// Between two events.
    pub pace: Duration,
    /// Before the first, with this sent at the beginning and the middle of it.
    pub silence: Duration,
    pub ping: Option<&'static str>,
    /// In place of what fails.
    pub error: String,
}

pub(super) fn events(events: Events, manner: &Manner, open: Open) -> Response {
    let whole = manner.fate == Fate::Arrives && manner.pace.is_zero() && manner.silence.is_zero();
    let body = if whole {
        open.done();
        Body::from(events.all.concat())
    } else {
        body(plan(events, manner), open)
    };
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// The object of an unstreamed answer. Whatever breaks it, breaks it in the middle.
pub(super) fn object(object: Value, manner: &Manner, open: Open) -> Response {
    let mut steps = Vec::new();
    if !manner.silence.is_zero() {
        steps.extend([Step::Flush, Step::Wait(manner.silence)]);
    }
    let text = object.to_string();
    match manner.fate {
        Fate::Arrives if steps.is_empty() => {
            open.done();
            return Json(object).into_response();
        }
        Fate::Arrives => steps.push(Step::Send(text)),
        Fate::Stalls => steps.extend([Step::Send(half(&text)), Step::Never]),
        Fate::Cut | Fate::NoCount | Fate::Fails => {
            steps.extend([Step::Send(half(&text)), Step::Flush, Step::Break]);
        }
    }
    ([(CONTENT_TYPE, "application/json")], body(steps, open)).into_response()
}

fn plan(events: Events, manner: &Manner) -> Vec<Step> {
    let mut steps = Vec::new();
    if !manner.silence.is_zero() {
        for _ in 0..2 {
            steps.extend(manner.ping.map(|ping| Step::Send(ping.to_owned())));
            steps.extend([Step::Flush, Step::Wait(manner.silence / 2)]);
        }
    }
    let rest = events.all.iter().position(|event| event.contains(REST));
    let rest = rest.unwrap_or(events.all.len());
    let upto = match manner.fate {
        Fate::Arrives => events.all.len(),
        Fate::NoCount => events.count_at,
        Fate::Cut | Fate::Stalls | Fate::Fails => rest,
    };
    let cut = events.all.get(rest).map(|event| half(event));
    for (at, event) in events.all.into_iter().take(upto).enumerate() {
        if at > 0 && !manner.pace.is_zero() {
            steps.push(Step::Wait(manner.pace));
        }
        steps.push(Step::Send(event));
    }
    match manner.fate {
        Fate::Arrives | Fate::NoCount => {}
        Fate::Stalls => steps.push(Step::Never),
        Fate::Fails => steps.push(Step::Send(manner.error.clone())),
        Fate::Cut => {
            steps.extend(cut.map(Step::Send));
            steps.extend([Step::Flush, Step::Break]);
        }
    }
    steps
}

/// The first half, cut where it may hurt: inside the JSON.
fn half(text: &str) -> String {
    let mut end = text.len() / 2;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

fn body(steps: Vec<Step>, open: Open) -> Body {
    let sent = stream::iter(steps)
        .then(take)
        .filter_map(|sent| async { sent });
    Body::from_stream(Guarded {
        inner: Box::pin(sent),
        open: Some(open),
    })
}

async fn take(step: Step) -> Option<Result<Bytes, io::Error>> {
    match step {
        Step::Send(text) => Some(Ok(text.into())),
        Step::Wait(time) => {
            tokio::time::sleep(time).await;
            None
        }
        Step::Flush => {
            // The server writes out what it has whenever the body is not ready.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            None
        }
        Step::Break => Some(Err(io::Error::other("cut"))),
        Step::Never => std::future::pending().await,
    }
}

/// A body that knows whether it was read to its end.
struct Guarded {
    inner: Pin<Box<dyn Stream<Item = Result<Bytes, io::Error>> + Send>>,
    open: Option<Open>,
}

impl Stream for Guarded {
    type Item = Result<Bytes, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.inner.poll_next_unpin(context);
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            self.open.take().into_iter().for_each(Open::done);
        }
        next
    }
}
