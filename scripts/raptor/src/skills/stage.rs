//! Running a skill without a database: the engine of the real thing, with tools that answer from a case.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use async_trait::async_trait;
use domain::{Seams, WorkspaceId};
use execute_skill::{Attempt, Engine, Job, News};
use serde_json::Value;
use skills::Skill;
use tokio_util::sync::CancellationToken;
use tools::{Audit, AuditEntry, Registry, Spec, Tool, ToolContext, ToolError};
use uuid::Uuid;

use super::render::NoRecords;

/// Tools that only compute: they are never stood in for.
const PURE: &[&str] = &[
    "gst_calculator",
    "festival_calendar",
    "business_calculator",
    "lead_scorer",
    "record_cleaner",
];
/// Seconds a run may take.
const LONGEST: u32 = 300;

/// A run and the tools it called, in order.
pub struct Ran {
    pub attempt: Attempt,
    pub called: Vec<String>,
}

/// What runs are made with.
pub struct Stage {
    gateway: Arc<llm::Gateway>,
    settings: tools::Settings,
    seams: Seams,
}

impl Stage {
    pub fn new(models: &llm::Settings, settings: tools::Settings) -> Result<Self> {
        let seams = runtime::system_seams();
        let project = std::env::var("GCP_PROJECT_ID").ok();
        let gateway = models
            .gateway(project.as_deref(), seams.clock.clone())
            .context("the models can't be set up")?;
        Ok(Self {
            gateway: Arc::new(gateway),
            settings,
            seams,
        })
    }

    pub fn is_offline(&self) -> bool {
        self.gateway.is_offline()
    }

    /// Runs a skill. Tools that reach outside answer what `recorded` has for them, in order; `live` ones are
    /// really asked.
    pub async fn run(
        &self,
        skill: &Arc<Skill>,
        prompt: &str,
        input: &Value,
        recorded: &BTreeMap<String, Vec<Value>>,
        live: bool,
        tell: &(dyn Fn(News<'_>) + Send + Sync),
    ) -> Result<Ran> {
        let real = self
            .settings
            .tools(tools::scrape::Policy::default(), Arc::new(NoRecords))
            .map_err(anyhow::Error::msg)?;
        let all = real.into_iter().map(|tool| -> Arc<dyn Tool> {
            let name = tool.spec().name;
            if PURE.contains(&name) || (live && !recorded.contains_key(name)) {
                return tool;
            }
            let replies = recorded.get(name).cloned().unwrap_or_default();
            Arc::new(Recorded {
                spec: tool.spec().clone(),
                replies: Mutex::new(replies.into()),
            })
        });
        let engine = Engine {
            gateway: self.gateway.clone(),
            tools: Arc::new(Registry::new(all.collect(), Arc::new(Nobody))),
            seams: self.seams.clone(),
            step_seconds: LONGEST,
        };
        let context = ToolContext {
            workspace_id: WorkspaceId(Uuid::nil()),
            actor_user_id: None,
            agent_id: Some(skill.id.clone()),
            execution_id: None,
            step: None,
            correlation_id: None,
            seams: self.seams.clone(),
        };
        let job = Job {
            skill: skill.clone(),
            prompt,
            input,
            prior: &[],
            context,
        };
        let called = Mutex::new(Vec::new());
        let hear = |news: News<'_>| {
            if let News::Tool { name, .. } = &news {
                let mut called = called.lock().unwrap_or_else(PoisonError::into_inner);
                called.push((*name).to_owned());
            }
            tell(news);
        };
        let attempt = engine.run(job, &CancellationToken::new(), &hear).await;
        let called = called.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Ran { attempt, called })
    }
}

/// A tool that says what was written down for it, once each.
struct Recorded {
    spec: Spec,
    replies: Mutex<VecDeque<Value>>,
}

#[async_trait]
impl Tool for Recorded {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, _: Value) -> Result<Value, ToolError> {
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        replies.pop_front().ok_or_else(|| {
            ToolError::new(
                "tool.unavailable",
                "this tool reaches outside and nothing is recorded for it",
            )
        })
    }
}

/// Keeps nothing.
struct Nobody;

#[async_trait]
impl Audit for Nobody {
    async fn record(&self, _: AuditEntry) -> Result<(), String> {
        Ok(())
    }
}
