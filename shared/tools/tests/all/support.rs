use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use chrono::{DateTime, Utc};
use domain::{CorrelationId, ExecutionId, Seams, UserId, WorkspaceId};
use rust_decimal::Decimal;
use serde_json::Value;
use testkit::ManualClock;
use tokio::net::TcpListener;
use tools::scrape::Policy;
use tools::{
    Audit, AuditEntry, Bound, Outcome, Records, RecordsError, Registry, STANDARD_NAMES, Settings,
    StoredRecord, Tool, ToolContext, ToolError,
};
use uuid::Uuid;

pub fn start() -> DateTime<Utc> {
    "2026-10-01T06:00:00Z".parse().unwrap()
}

pub fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(number))
}

/// A call from workspace 1, at [`start`] until the clock is moved.
pub fn context() -> (ToolContext, Arc<ManualClock>) {
    let clock = ManualClock::at(start());
    let (system, _) = testkit::manual_seams();
    let context = ToolContext {
        workspace_id: workspace(1),
        actor_user_id: Some(UserId(Uuid::from_u128(2))),
        agent_id: Some("lead.finder".to_owned()),
        execution_id: Some(ExecutionId(Uuid::from_u128(3))),
        step: Some(4),
        correlation_id: CorrelationId::parse("req-5"),
        seams: Seams {
            clock: clock.clone(),
            ids: system.ids,
        },
    };
    (context, clock)
}

/// What was written down, in memory.
#[derive(Default)]
pub struct Log {
    entries: Mutex<Vec<AuditEntry>>,
    down: AtomicBool,
}

impl Log {
    /// Refuses to write from now on.
    pub fn take_down(&self) {
        self.down.store(true, Ordering::SeqCst);
    }

    /// What was written since the last look.
    pub fn take(&self) -> Vec<AuditEntry> {
        std::mem::take(&mut self.entries.lock().unwrap())
    }

    /// The one entry written since the last look.
    pub fn only(&self) -> AuditEntry {
        let mut entries = self.take();
        assert_eq!(entries.len(), 1, "one call is one entry");
        entries.remove(0)
    }
}

#[async_trait]
impl Audit for Log {
    async fn record(&self, entry: AuditEntry) -> Result<(), String> {
        if self.down.load(Ordering::SeqCst) {
            return Err("connection refused".to_owned());
        }
        self.entries.lock().unwrap().push(entry);
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub struct Kept {
    pub id: Uuid,
    pub workspace: WorkspaceId,
    pub execution: Option<ExecutionId>,
    pub kind: String,
    pub natural_key: String,
    pub data: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    pub workspace: WorkspaceId,
    pub kind: String,
    pub equals: Value,
    pub text: Option<String>,
    pub limit: i64,
}

/// Records in memory, with the table's own rule: one for each workspace, kind and natural key.
#[derive(Default)]
pub struct Shelf {
    kept: Mutex<Vec<Kept>>,
    searches: Mutex<Vec<Search>>,
    down: AtomicBool,
}

impl Shelf {
    pub fn take_down(&self) {
        self.down.store(true, Ordering::SeqCst);
    }

    pub fn kept(&self) -> Vec<Kept> {
        self.kept.lock().unwrap().clone()
    }

    pub fn searches(&self) -> Vec<Search> {
        self.searches.lock().unwrap().clone()
    }

    fn answers(&self) -> Result<(), RecordsError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(RecordsError(
                "password authentication failed for raptor_execute_skill".to_owned(),
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Records for Shelf {
    async fn upsert(
        &self,
        workspace: WorkspaceId,
        execution: Option<ExecutionId>,
        kind: &str,
        natural_key: &str,
        data: &Value,
    ) -> Result<(Uuid, bool), RecordsError> {
        self.answers()?;
        let mut kept = self.kept.lock().unwrap();
        let same = |row: &&mut Kept| {
            row.workspace == workspace && row.kind == kind && row.natural_key == natural_key
        };
        if let Some(row) = kept.iter_mut().find(same) {
            row.data = data.clone();
            row.execution = execution;
            return Ok((row.id, false));
        }
        let id = Uuid::from_u128(1000 + kept.len() as u128);
        kept.push(Kept {
            id,
            workspace,
            execution,
            kind: kind.to_owned(),
            natural_key: natural_key.to_owned(),
            data: data.clone(),
        });
        Ok((id, true))
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        kind: &str,
        equals: &Value,
        text: Option<&str>,
        limit: i64,
    ) -> Result<Vec<StoredRecord>, RecordsError> {
        self.answers()?;
        self.searches.lock().unwrap().push(Search {
            workspace,
            kind: kind.to_owned(),
            equals: equals.clone(),
            text: text.map(str::to_owned),
            limit,
        });
        let wanted = equals.as_object().unwrap();
        let found = self.kept().into_iter().filter(|row| {
            row.workspace == workspace
                && row.kind == kind
                && wanted
                    .iter()
                    .all(|(field, value)| row.data[field] == *value)
                && text.is_none_or(|text| row.data.to_string().contains(text))
        });
        let found = found.take(usize::try_from(limit).unwrap());
        Ok(found
            .map(|row| StoredRecord {
                id: row.id,
                kind: row.kind,
                natural_key: row.natural_key,
                data: row.data,
                updated_at: start(),
            })
            .collect())
    }
}

/// The standard tools, bound, with everything around them in memory.
pub struct Desk {
    pub bound: Bound,
    pub log: Arc<Log>,
    pub shelf: Arc<Shelf>,
    pub context: ToolContext,
    pub clock: Arc<ManualClock>,
}

impl Desk {
    pub fn new() -> Self {
        Self::with(Policy::default())
    }

    pub fn with(policy: Policy) -> Self {
        Self::of(&Settings::default(), policy)
    }

    pub fn of(settings: &Settings, policy: Policy) -> Self {
        let (log, shelf) = (Arc::new(Log::default()), Arc::new(Shelf::default()));
        let tools = settings.tools(policy, shelf.clone()).unwrap();
        let registry = Registry::new(tools, log.clone());
        let names: Vec<String> = STANDARD_NAMES
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        let bound = registry.bind(&names).unwrap();
        let (context, clock) = context();
        Self {
            bound,
            log,
            shelf,
            context,
            clock,
        }
    }

    pub async fn call(&self, tool: &str, args: Value) -> Outcome {
        self.bound.call(&self.context, tool, args).await
    }

    pub async fn ok(&self, tool: &str, args: Value) -> Value {
        self.call(tool, args).await.result.unwrap()
    }

    pub async fn refused(&self, tool: &str, args: Value) -> ToolError {
        self.call(tool, args).await.result.unwrap_err()
    }
}

/// One of the standard tools, without the registry around it.
pub fn tool(name: &str) -> Arc<dyn Tool> {
    tools::standard(Policy::default(), Arc::new(Shelf::default()))
        .into_iter()
        .find(|tool| tool.spec().name == name)
        .unwrap()
}

/// An amount in an answer, whatever zeros trail it.
pub fn money(answer: &Value) -> Decimal {
    answer.as_str().unwrap().parse().unwrap()
}

/// A site on loopback that remembers what it was asked.
pub struct Site {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub async fn serve(routes: Router) -> Self {
        Self::serve_at("127.0.0.1:0".parse().unwrap(), routes).await
    }

    pub async fn serve_at(address: SocketAddr, routes: Router) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(vec![]));
        let noted = seen.clone();
        let routes = routes.layer(middleware::from_fn(move |request: Request, next: Next| {
            noted.lock().unwrap().push(request.uri().to_string());
            next.run(request)
        }));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Only this site may be reached besides the public internet, as often as a test likes.
    pub fn policy(&self) -> Policy {
        Policy {
            allow: vec![self.address],
            at_once: true,
            ..Policy::default()
        }
    }

    /// The paths that were asked for, in order.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|seen| *seen == path).count()
    }
}
