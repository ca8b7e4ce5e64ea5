//! `/v1/ws`: a person's executions in a workspace as they move, and alerts. Many sockets a person.
//!
//! Messages to the client are JSON with `type` and `timestamp`:
//! - `connected`: once, first.
//! - `execution_update`: `execution_id`, `update` (`seq`, `at`, `kind`, `data`) and `cursor`.
//! - `system_alert`: `alert` (`severity`, `text`, …).
//! - `resync`: more was missed than is sent again; read the lists anew.
//!
//! To take up where a socket ended, connect with `?cursor=` of the last update.

use std::collections::HashSet;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use runtime::{Problem, Query, context};
use serde::Deserialize;
use serde_json::{Value, json};
use store::alerts;
use store::events::{self, FeedCursor, FeedEvent};
use tokio::time::{Instant, interval_at, sleep_until};
use utoipa::IntoParams;

use crate::Deps;
use crate::caller::{Caller, Member, bearer};
use crate::live::{Update, Watch};

const PING: Duration = Duration::from_secs(25);
/// A socket that answers nothing for this long is dead.
const SILENCE: Duration = Duration::from_secs(70);
/// Clients have nothing long to say.
const LONGEST_MESSAGE: usize = 4 * 1024;
/// Events sent again to a client that comes back; one who missed more reads the lists.
const MOST_AGAIN: usize = 5_000;
const BATCH: i64 = 500;
/// What a browser offers, since it can't set headers: `raptorflow`, and `bearer.` with the token.
const PROTOCOL: &str = "raptorflow";
const BEARER: &str = "bearer.";
/// Close codes (RFC 6455 leaves 4000 to 4999 to applications).
const TOKEN_EXPIRED: u16 = 4401;
const GOING_AWAY: u16 = 1001;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SocketQuery {
    /// Of the last `execution_update` seen.
    cursor: Option<String>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

/// Live updates over a WebSocket. The token comes as `Authorization: Bearer …`, or, from a browser, as the
/// subprotocol `bearer.<token>` beside `raptorflow`.
#[utoipa::path(get, path = "/ws", tag = "live", params(SocketQuery),
    responses((status = 101, description = "`connected`, then `execution_update` and `system_alert` messages."),
        (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn socket(State(deps): State<Deps>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let caller = match offered_token(&parts.headers) {
        Some(token) => Caller::of_token(&deps, &token)?,
        None => Caller::of_token(&deps, bearer(&parts.headers)?)?,
    };
    let member = Member::of_parts(&mut parts, &deps, caller).await?;
    let Query(query) = Query::<SocketQuery>::from_request_parts(&mut parts, &deps).await?;
    let cursor = query
        .cursor
        .map(|text| text.parse::<FeedCursor>())
        .transpose();
    let cursor = cursor.map_err(|error| {
        Problem::validation("The socket can't be taken up there.").field(
            "cursor",
            "invalid",
            error.to_string(),
        )
    })?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &deps)
        .await
        .map_err(|rejection| Problem::validation(rejection.body_text()).code("upgrade.required"))?;
    let around = context::current();
    Ok(upgrade
        .protocols([PROTOCOL])
        .max_message_size(LONGEST_MESSAGE)
        .on_upgrade(move |socket| async move {
            let session = Session {
                deps,
                member,
                socket,
                last: cursor,
                alerted: HashSet::new(),
            };
            match around {
                Some(around) => context::scope(around, session.run()).await,
                None => session.run().await,
            }
        }))
}

fn offered_token(headers: &HeaderMap) -> Option<String> {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|one| one.trim().strip_prefix(BEARER))
        .map(str::to_owned)
}

struct Session {
    deps: Deps,
    member: Member,
    socket: WebSocket,
    /// The place of the last update sent, or where the client wants to go on.
    last: Option<FeedCursor>,
    /// Ids of the alerts that were sent.
    alerted: HashSet<String>,
}

/// Why a session ends: the client is gone, or it is told why.
enum End {
    Gone,
    Told(u16, &'static str),
}

impl Session {
    async fn run(mut self) {
        let stop = self.deps.shutdown.clone();
        let end = tokio::select! {
            end = self.serve() => end,
            () = stop.cancelled() => End::Told(GOING_AWAY, "the server restarts; connect again"),
        };
        match end {
            End::Gone => {}
            End::Told(code, reason) => {
                let frame = CloseFrame {
                    code,
                    reason: reason.into(),
                };
                // It is over either way.
                let _ = self.socket.send(Message::Close(Some(frame))).await;
            }
        }
    }

    async fn serve(&mut self) -> End {
        // Before the client is told that it is connected: what happens from then on must reach it.
        let mut watch = self.watch().await;
        if let Err(end) = self.greet().await {
            return end;
        }
        loop {
            if let Err(end) = self.catch_up().await {
                return end;
            }
            // Ends well only when the client was too slow: then what it missed is read from the log.
            if let Err(end) = self.pass_on(&mut watch).await {
                return end;
            }
            watch = self.watch().await;
        }
    }

    async fn watch(&mut self) -> crate::live::Watch {
        let (workspace, user) = (self.member.workspace_id, self.member.user_id);
        self.deps.hub.person(workspace, user).await
    }

    async fn greet(&mut self) -> Result<(), End> {
        self.say(
            "connected",
            json!({ "workspace_id": self.member.workspace_id }),
        )
        .await?;
        let now = self.deps.seams.now();
        let deps = self.deps.clone();
        let read = async {
            let mut tx = deps.store.sweep().await?;
            let alerts = alerts::since(&mut tx, chrono::DateTime::UNIX_EPOCH, now).await?;
            tx.rollback().await?;
            Ok::<_, store::StoreError>(alerts)
        };
        match read.await {
            Ok(alerts) => {
                for alert in alerts {
                    self.alert(&json!(alert)).await?;
                }
            }
            Err(error) => tracing::warn!(%error, "a socket began without the alerts in force"),
        }
        Ok(())
    }

    /// Sends what happened after `last`, if there is one.
    async fn catch_up(&mut self) -> Result<(), End> {
        let Some(mut at) = self.last else {
            return Ok(());
        };
        let mut sent = 0;
        loop {
            let read = async {
                let mut tx = self.deps.store.tenant(self.member.workspace_id).await?;
                let batch = events::feed(&mut tx, at, BATCH).await?;
                tx.rollback().await?;
                Ok::<_, store::StoreError>(batch)
            };
            let (batch, next) = read.await.map_err(|error| {
                tracing::warn!(%error, "a socket could not be taken up");
                End::Told(1011, "the database is not available; connect again")
            })?;
            at = next;
            let more = i64::try_from(batch.len()).is_ok_and(|count| count == BATCH);
            let own = Some(self.member.user_id);
            for event in batch.iter().filter(|event| event.user_id == own) {
                self.update(event).await?;
                sent += 1;
            }
            if !more {
                return Ok(());
            }
            if sent >= MOST_AGAIN {
                self.last = None;
                return self.say("resync", json!({})).await;
            }
        }
    }

    async fn pass_on(&mut self, watch: &mut Watch) -> Result<(), End> {
        let left = (self.member.expires_at - self.deps.seams.now())
            .to_std()
            .unwrap_or_default();
        let expiry = sleep_until(Instant::now() + left);
        tokio::pin!(expiry);
        let mut ping = interval_at(Instant::now() + PING, PING);
        let mut heard = Instant::now();
        let caught_up = self.last;
        loop {
            tokio::select! {
                () = &mut expiry => return Err(End::Told(TOKEN_EXPIRED, "the access token has expired; connect with a new one")),
                _ = ping.tick() => {
                    if heard.elapsed() > SILENCE {
                        return Err(End::Gone);
                    }
                    self.socket.send(Message::Ping(bytes::Bytes::new())).await.map_err(|_| End::Gone)?;
                }
                said = self.socket.recv() => match said {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return Err(End::Gone),
                    Some(Ok(_)) => heard = Instant::now(),
                },
                update = watch.next() => match update {
                    None => return Ok(()),
                    Some(Update::Alert(alert)) => self.alert(&alert).await?,Some(Update::Event(event)) => {
                        if caught_up.is_none_or(|last| event.cursor > last) {
                            self.update(&event).await?;
                        }
                    }
                },
            }
        }
    }

    async fn alert(&mut self, alert: &Value) -> Result<(), End> {
        let id = alert["id"].as_str().unwrap_or_default();
        if !self.alerted.insert(id.to_owned()) {
            return Ok(());
        }
        self.say("system_alert", json!({ "alert": alert })).await
    }

    async fn update(&mut self, event: &FeedEvent) -> Result<(), End> {
        self.last = Some(event.cursor);
        let body = json!({
            "execution_id": event.logged.execution_id,
            "update": event.logged,
            "cursor": event.cursor.to_string(),
        });
        self.say("execution_update", body).await
    }

    async fn say(&mut self, kind: &str, mut body: Value) -> Result<(), End> {
        body["type"] = json!(kind);
        body["timestamp"] = json!(self.deps.seams.now());
        let text = body.to_string();
        self.socket
            .send(Message::Text(text.into()))
            .await
            .map_err(|_| End::Gone)
    }
}
