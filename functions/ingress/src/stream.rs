//! The events of one execution as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::{ExecutionId, WorkspaceId};
use futures::StreamExt;
use runtime::{Path, Problem, context};
use serde_json::json;
use store::events::{self, ExecutionEvent, LoggedEvent};
use store::executions;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::caller::Member;
use crate::executions::{ById, missing};
use crate::live::{Update, Watch};
use crate::{Deps, problem};

/// A comment this often keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const BATCH: i64 = 500;
/// After the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The events of an execution as they happen, from its first or from after `Last-Event-ID`, until it is
/// finished. 204 when the client has seen the last one.
#[utoipa::path(get, path = "/executions/{execution_id}/events", tag = "executions",
    params(("execution_id" = uuid::Uuid, Path),
        ("Last-Event-ID" = Option<i32>, Header, description = "The last event seen.")),
    responses((status = 200, description = "A stream of `id`, `event` (the kind) and `data` (JSON).", content_type = "text/event-stream"),
        (status = 204, description = "There is nothing after that event."), (status = 404, body = Problem)))]
pub async fn events(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ById>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = path.execution_id;
    let seen = last_event_id(&headers)?;
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let execution = executions::get(&mut tx, id).await.map_err(missing)?;
    tx.rollback().await.map_err(problem)?;
    if execution.status.is_final() && seen >= execution.event_seq {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let (sender, receiver) = mpsc::channel(64);
    let follower = Follower {
        deps,
        workspace: member.workspace_id,
        id,
        seen,
        sender,
    };
    context::spawn(follower.run());
    let stream = ReceiverStream::new(receiver).map(|event| Ok::<_, Infallible>(frame(&event)));
    let stream = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Proxies must not hold events back.
    Ok((
        [("x-accel-buffering", "no"), ("cache-control", "no-store")],
        stream,
    )
        .into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<i32, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(0);
    };
    let number = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok());
    number.filter(|n| *n >= 0).ok_or_else(|| {
        Problem::validation("The stream can't be taken up there.").field(
            "Last-Event-ID",
            "invalid",
            "expected the id of an event of this execution",
        )
    })
}

fn frame(event: &LoggedEvent) -> Event {
    let value = json!(event.event);
    Event::default()
        .id(event.seq.to_string())
        .event(value["kind"].as_str().unwrap_or_default())
        .data(value["data"].to_string())
}

struct Follower {
    deps: Deps,
    workspace: WorkspaceId,
    id: ExecutionId,
    /// The last event that was sent.
    seen: i32,
    sender: mpsc::Sender<LoggedEvent>,
}

/// The stream is over: the client is gone, the execution finished or the process stops.
struct Over;

impl Follower {
    async fn run(mut self) {
        let stop = self.deps.shutdown.clone();
        let sender = self.sender.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = sender.closed() => {}
            Over = self.follow() => {}
        }
    }

    async fn follow(&mut self) -> Over {
        loop {
            // Watch first, read then: what happens in between comes twice rather than never.
            let mut watch = self.deps.hub.execution(self.id).await;
            match self.catch_up().await {
                Ok(()) => {}
                Err(Some(over)) => return over,
                Err(None) => continue,
            }
            if let Err(over) = self.follow_watch(&mut watch).await {
                return over;
            }
        }
    }

    /// Sends what the log has after `seen`. `Err(None)`: the database failed, begin again.
    async fn catch_up(&mut self) -> Result<(), Option<Over>> {
        loop {
            let read = async {
                let mut tx = self.deps.store.tenant(self.workspace).await?;
                let batch = events::of_execution(&mut tx, self.id, self.seen, BATCH).await?;
                tx.rollback().await?;
                Ok::<_, store::StoreError>(batch)
            };
            let batch = match read.await {
                Ok(batch) => batch,
                Err(error) => {
                    tracing::warn!(%error, "a stream waits for the database");
                    tokio::time::sleep(PAUSE).await;
                    return Err(None);
                }
            };
            let more = i64::try_from(batch.len()).is_ok_and(|count| count == BATCH);
            for event in batch {
                self.send(event).await.map_err(Some)?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Until the watch ends because this client is slow, or an event is missing: then read the log again.
    async fn follow_watch(&mut self, watch: &mut Watch) -> Result<(), Over> {
        while let Some(update) = watch.next().await {
            let Update::Event(event) = update else {
                continue;
            };
            if event.logged.seq > self.seen + 1 {
                return Ok(());
            }
            if event.logged.seq > self.seen {
                self.send(event.logged.clone()).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, event: LoggedEvent) -> Result<(), Over> {
        let last = matches!(event.event, ExecutionEvent::Finished { .. });
        self.seen = event.seq;
        self.sender.send(event).await.map_err(|_| Over)?;
        if last { Err(Over) } else { Ok(()) }
    }
}
