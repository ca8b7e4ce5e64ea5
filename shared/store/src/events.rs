//! The append-only log of executions: what happened, in order. An execution can be rebuilt from it
//! (see [`crate::replay`]) and live updates are read from it.

use chrono::{DateTime, Utc};
use domain::{
    ExecutionId, ExecutionStatus, Priority, StepStatus, Tokens, Usd, UserId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Result, StoreError, Tx};

/// One thing that happened to an execution. Written as `kind` and `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data")]
pub enum ExecutionEvent {
    #[serde(rename = "execution.accepted")]
    Accepted {
        user_id: UserId,
        prompt: String,
        skill_id: Option<String>,
        input: Value,
        priority: Priority,
        estimate_usd: Usd,
        /// `None` while `route` still has to make one.
        plan: Option<Planned>,
    },
    #[serde(rename = "plan.made")]
    PlanMade(Planned),
    #[serde(rename = "step.ready")]
    StepReady { step: i32 },
    #[serde(rename = "step.started")]
    StepStarted { step: i32, attempt: i32 },
    /// A piece of text as the model writes it, or a note of what is being done.
    #[serde(rename = "step.progress")]
    StepProgress { step: i32, note: String },
    #[serde(rename = "tool.called")]
    ToolCalled {
        step: i32,
        tool: String,
        ok: bool,
        cost_usd: Usd,
        duration_ms: i64,
    },
    #[serde(rename = "step.finished")]
    StepFinished {
        step: i32,
        status: StepStatus,
        output: Option<Value>,
        error_code: Option<String>,
        error_detail: Option<String>,
        model: Option<String>,
        cost_usd: Usd,
        tokens: Tokens,
    },
    #[serde(rename = "execution.cancel_requested")]
    CancelRequested { by: UserId },
    #[serde(rename = "execution.finished")]
    Finished {
        status: ExecutionStatus,
        error_code: Option<String>,
        error_detail: Option<String>,
    },
}

/// The plan as the log keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    pub steps: Vec<PlannedStep>,
    /// Why these skills, and what they were estimated to take: for people who ask later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    pub step: i32,
    pub skill_id: String,
    pub version: String,
    pub hash: String,
    pub depends_on: Vec<i32>,
    pub input: Value,
}

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedEvent {
    pub execution_id: ExecutionId,
    /// From 1, without gaps, within its execution.
    pub seq: i32,
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub event: ExecutionEvent,
}

/// Columns of several events, for `unnest`.
pub(crate) struct EventRows {
    pub kinds: Vec<String>,
    pub data: Vec<Value>,
    pub count: i32,
}

impl EventRows {
    pub fn new(events: &[ExecutionEvent]) -> Self {
        let mut rows = Self {
            kinds: Vec::new(),
            data: Vec::new(),
            count: 0,
        };
        for event in events {
            let (kind, data) = split(event);
            rows.kinds.push(kind);
            rows.data.push(data);
            rows.count += 1;
        }
        rows
    }
}

fn split(event: &ExecutionEvent) -> (String, Value) {
    let Ok(Value::Object(mut object)) = serde_json::to_value(event) else {
        unreachable!("an adjacently tagged enum is an object")
    };
    let data = object.remove("data").unwrap_or_default();
    let Some(Value::String(kind)) = object.remove("kind") else {
        unreachable!("every event has a kind")
    };
    (kind, data)
}

fn join(
    execution_id: ExecutionId,
    seq: i32,
    at: DateTime<Utc>,
    kind: String,
    data: Value,
) -> Result<LoggedEvent> {
    let event = serde_json::from_value(serde_json::json!({ "kind": kind, "data": data })).map_err(
        |error| {
            StoreError::Config(
                format!("event {execution_id}/{seq} is not readable: {error}").into(),
            )
        },
    )?;
    Ok(LoggedEvent {
        execution_id,
        seq,
        at,
        event,
    })
}

/// Appends events to an execution of this tenant. 1 round trip.
pub async fn append(
    tx: &mut Tx,
    execution: ExecutionId,
    events: &[ExecutionEvent],
    now: DateTime<Utc>,
) -> Result<()> {
    let rows = EventRows::new(events);
    let done = sqlx::query!(
        "WITH execution AS (
           UPDATE agent_executions SET event_seq = event_seq + $3 WHERE id = $1 RETURNING event_seq)
         INSERT INTO execution_events (execution_id, seq, workspace_id, kind, data, at)
         SELECT $1, execution.event_seq - $3 + ev.n::int, $2, ev.kind, ev.data, $6
         FROM execution, unnest($4::text[], $5::jsonb[]) WITH ORDINALITY AS ev (kind, data, n)",
        execution.0,
        tx.workspace().0,
        rows.count,
        &rows.kinds,
        &rows.data,
        now,
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        Err(StoreError::NotFound)
    } else {
        Ok(())
    }
}

/// The events of one execution after `seq`, in order. Works in a tenant or an operator's transaction.
pub async fn of_execution(
    tx: &mut Tx,
    execution: ExecutionId,
    after: i32,
    limit: i64,
) -> Result<Vec<LoggedEvent>> {
    let rows = sqlx::query!(
        "SELECT seq, at, kind, data FROM execution_events
         WHERE execution_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        execution.0,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| join(execution, row.seq, row.at, row.kind, row.data))
        .collect()
}

/// A place in the log of all executions: the transaction and the row last seen in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedCursor {
    tx: i64,
    execution: uuid::Uuid,
    seq: i32,
}

impl std::fmt::Display for FeedCursor {
    /// Opaque to clients; [`FeedCursor::from_str`] reads it back.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.tx, self.execution.simple(), self.seq)
    }
}

/// A text that is not a cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor that this service gave out")]
pub struct BadCursor;

impl std::str::FromStr for FeedCursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> std::result::Result<Self, BadCursor> {
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(BadCursor);
        let cursor = Self {
            tx: next()?.parse().map_err(|_| BadCursor)?,
            execution: next()?.parse().map_err(|_| BadCursor)?,
            seq: next()?.parse().map_err(|_| BadCursor)?,
        };
        if cursor.tx < 0 {
            Err(BadCursor)
        } else {
            Ok(cursor)
        }
    }
}

/// An event as the live feed carries it.
#[derive(Debug, Clone)]
pub struct FeedEvent {
    pub workspace_id: WorkspaceId,
    /// Who asked for the execution.
    pub user_id: Option<UserId>,
    /// Its place in the feed: reading goes on after it.
    pub cursor: FeedCursor,
    pub logged: LoggedEvent,
}

/// Where the log ends now.
pub async fn feed_end(tx: &mut Tx) -> Result<FeedCursor> {
    let end = sqlx::query_scalar!(
        r#"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "end!""#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(FeedCursor {
        tx: end,
        execution: uuid::Uuid::nil(),
        seq: 0,
    })
}

/// New events of all tenants after `cursor`, exactly once each. Only events of transactions older
/// than every open one are given: a lower transaction number can no longer appear behind the cursor.
/// One query, whoever watches: all tenants in a sweeping transaction, one in a tenant's.
pub async fn feed(
    tx: &mut Tx,
    cursor: FeedCursor,
    limit: i64,
) -> Result<(Vec<FeedEvent>, FeedCursor)> {
    let rows = sqlx::query!(
        r#"SELECT e.tx::text::bigint AS "tx!", e.execution_id, e.seq, e.workspace_id, x.user_id AS "user_id?", e.at, e.kind, e.data
           FROM execution_events e LEFT JOIN agent_executions x ON x.id = e.execution_id
           WHERE e.tx >= $1::text::xid8 AND e.tx < pg_snapshot_xmin(pg_current_snapshot())
             AND (e.tx, e.execution_id, e.seq) > ($1::text::xid8, $2, $3)
           ORDER BY e.tx, e.execution_id, e.seq LIMIT $4"#,
        cursor.tx.to_string(),
        cursor.execution,
        cursor.seq,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut next = cursor;
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        next = FeedCursor {
            tx: row.tx,
            execution: row.execution_id,
            seq: row.seq,
        };
        let logged = join(
            ExecutionId(row.execution_id),
            row.seq,
            row.at,
            row.kind,
            row.data,
        )?;
        events.push(FeedEvent {
            workspace_id: WorkspaceId(row.workspace_id),
            user_id: row.user_id.map(UserId),
            cursor: next,
            logged,
        });
    }
    Ok((events, next))
}
