//! ingress on a real PostgreSQL, through its router.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod bad_input;
mod live;
mod money;
mod money_access;
mod money_change;
mod money_checkout;
mod money_guards;
mod money_papers;
mod money_refunds;
mod shop;
mod submit;
mod surface;
mod tenancy;
mod watching;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bus::Verify;
use chrono::TimeDelta;
use clap::Parser;
use domain::{ExecutionId, Seams, StepStatus, Tier, Tokens, Usd, UserId, WorkspaceId};
use guard::TokenKeys;
use ingress::{Config, Deps, app};
use serde_json::{Value, json};
use store::DbRole;
use store::claims::{self, CallCost, Finish};
use testkit::{Database, ManualClock, manual_seams};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub const DIWALI: &str = "Plan a Diwali campaign for my handloom store in Jaipur";
pub const PASSWORD: &str = "correct horse battery";

pub struct World {
    pub db: Database,
    pub seams: Seams,
    pub clock: Arc<ManualClock>,
    pub deps: Deps,
    pub app: Router,
    pub stop: CancellationToken,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The paths of the refused fields.
    pub fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["path"].as_str()).collect()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_owned()
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With more arguments for the function.
    pub async fn with(arguments: &[&str]) -> Self {
        let (seams, clock) = manual_seams();
        Self::on(Database::create().await, seams, clock, arguments).await
    }

    /// Another instance on the same database.
    pub async fn beside(&self, arguments: &[&str]) -> Self {
        let (db, seams) = (self.db.clone(), self.seams.clone());
        Self::on(db, seams, self.clock.clone(), arguments).await
    }

    async fn on(db: Database, seams: Seams, clock: Arc<ManualClock>, arguments: &[&str]) -> Self {
        let skills = concat!(env!("CARGO_MANIFEST_DIR"), "/../../skills");
        let fixed = ["ingress", "--skills-dir", skills];
        let all = fixed.iter().chain(arguments);
        let config = Config::try_parse_from(all).expect("arguments");
        let keys = TokenKeys::parse("test:0123456789abcdef0123456789abcdef").expect("keys");
        let stop = CancellationToken::new();
        let tokens = ingress::access_tokens(keys);
        let store = db.store(DbRole::Ingress);
        let deps = Deps::new(&config, store, tokens, seams.clone(), stop.clone())
            .await
            .expect("deps");
        let app = app(&deps, Verify::Off);
        Self {
            db,
            seams,
            clock,
            deps,
            app,
            stop,
        }
    }

    /// A person with a workspace of their own, and a token.
    pub async fn person(&self, tier: Tier) -> (UserId, WorkspaceId, String) {
        let (user, workspace) = self.db.workspace(&self.seams, tier).await;
        (user, workspace, self.token(user))
    }

    pub fn token(&self, user: UserId) -> String {
        self.deps.tokens.issue(&self.seams, user, None).token
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 4 << 20).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        self.call_with(method, path, token, body, &[]).await
    }

    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).expect("a request")).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, Value::Null).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, token, body).await
    }

    pub async fn register(&self, email: &str) -> Answer {
        let body = json!({ "email": email, "password": PASSWORD, "name": "Asha" });
        self.post("/v1/auth/register", "", body).await.expect(201)
    }

    /// Accepted work; its id.
    pub async fn execute(&self, token: &str) -> ExecutionId {
        let answer = self
            .post("/v1/agents/execute", token, json!({ "prompt": DIWALI }))
            .await
            .expect(202);
        answer.text("execution_id").parse().expect("an id")
    }

    /// Does what a worker does with a plan of one step.
    pub async fn work(&self, workspace: WorkspaceId, id: ExecutionId) {
        let worker = self.db.store(DbRole::ExecuteSkill);
        let now = self.seams.now();
        let tx = worker.tenant(workspace).await.expect("a transaction");
        let until = now + TimeDelta::seconds(30);
        let claim = claims::claim(tx, id, 0, self.seams.uuid(), now, until)
            .await
            .expect("a claim");
        let claim = claim.expect("there to be run");
        let cost = Usd("0.001".parse().expect("a number"));
        let call = CallCost {
            model: "fake".into(),
            provider: "fake".into(),
            tokens_input: 100,
            tokens_cached: 0,
            tokens_output: 20,
            certainty: "reported",
            cost,
            at: now,
        };
        let finish = Finish {
            status: StepStatus::Completed,
            output: Some(json!({ "summary": "done" })),
            error_code: None,
            error_detail: None,
            model: Some("fake".into()),
            cost,
            tokens: Tokens {
                input: 100,
                output: 20,
            },
            calls: vec![call],
            events: vec![],
            messages: vec![],
            now,
        };
        let tx = worker.tenant(workspace).await.expect("a transaction");
        assert!(claims::finish(tx, &claim, finish).await.expect("finished"));
    }

    /// Executions and holds that are open, messages that wait.
    pub async fn open_work(&self) -> store::ledger::OpenWork {
        let mut tx = self
            .db
            .store(DbRole::Operator)
            .sweep()
            .await
            .expect("a transaction");
        store::ledger::open_work(&mut tx).await.expect("counts")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
