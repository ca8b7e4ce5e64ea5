//! All SQL of RaptorFlow. Functions ask for a transaction and call the operations of one table's
//! file; no other crate knows a column. Queries are checked at compile time against `.sqlx/`.
//!
//! - [`Store::tenant`] opens a transaction bound to one workspace: row-level security sees to the rest.
//! - [`Store::sweep`] looks across tenants for work to resume; it can only read (and clear the outbox).
//! - [`Store::plain`] is for the few tables that belong to no tenant (users, refresh tokens, tiers).
//!
//! Messages that follow from a change are given to the transaction; they commit with it and go out
//! after it (see [`outbox`]).

pub mod agents;
pub mod alerts;
pub mod audit;
pub mod billing;
pub mod budgets;
pub mod claims;
pub mod closing;
pub mod cost_watch;
pub mod events;
pub mod executions;
pub mod house_costs;
pub mod idempotency;
pub mod leases;
pub mod ledger;
pub mod messages;
pub mod migrate;
pub mod operating;
pub mod outbox;
pub mod progress;
pub mod rate_limits;
pub mod records;
pub mod replay;
pub mod sessions;
pub mod skill_costs;
pub mod skill_versions;
pub mod submit;
pub mod tiers;
pub mod usage;
pub mod users;
pub mod workspaces;

mod error;
mod tx;

pub use error::{Result, StoreError};
pub use tx::Tx;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::WorkspaceId;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

/// The database role a process works as: one per function, made by the migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DbRole {
    Ingress,
    Route,
    ExecuteSkill,
    Bill,
    PhonepeWebhook,
    GstInvoice,
    Scrape,
    /// The embedded broker: clears the outbox, files dead letters.
    Broker,
    /// A person at the command line: reads, replays.
    Operator,
}

impl DbRole {
    pub const ALL: &'static [Self] = &[
        Self::Ingress,
        Self::Route,
        Self::ExecuteSkill,
        Self::Bill,
        Self::PhonepeWebhook,
        Self::GstInvoice,
        Self::Scrape,
        Self::Broker,
        Self::Operator,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "raptor_ingress",
            Self::Route => "raptor_route",
            Self::ExecuteSkill => "raptor_execute_skill",
            Self::Bill => "raptor_bill",
            Self::PhonepeWebhook => "raptor_phonepe_webhook",
            Self::GstInvoice => "raptor_gst_invoice",
            Self::Scrape => "raptor_scrape",
            Self::Broker => "raptor_broker",
            Self::Operator => "raptor_operator",
        }
    }

    /// The name its messages are sent under: the function's.
    pub fn sender(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Route => "route",
            Self::ExecuteSkill => "execute-skill",
            Self::Bill => "bill",
            Self::PhonepeWebhook => "phonepe-webhook",
            Self::GstInvoice => "gst-invoice",
            Self::Scrape => "scrape",
            Self::Broker => "broker",
            Self::Operator => "operator",
        }
    }
}

/// A pool of connections in one role, and the way out for messages.
#[derive(Clone)]
pub struct Store {
    pool: PgPool,
    role: DbRole,
    relay: Arc<OnceLock<outbox::Relay>>,
}

impl Store {
    /// `url` is a PostgreSQL URL whose user is a member of `role` (or a superuser, locally). Connects
    /// lazily, so a function is ready before its database is.
    pub fn connect(url: &str, role: DbRole, max_connections: u32) -> Result<Self> {
        let options: PgConnectOptions = url.parse().map_err(|_| StoreError::Config(
            "DATABASE_URL is not a PostgreSQL URL: expected postgres://user:password@host/database".into(),
        ))?;
        let options = options.application_name(role.sender()).options([
            ("role", role.as_str()),
            // A transaction here lasts milliseconds. One that doesn't would hold up live updates.
            ("idle_in_transaction_session_timeout", "10000"),
            ("statement_timeout", "30000"),
            // Every statement here finds its rows by key, so its plan never depends on the values; making
            // a plan for each call would cost as much as the call (partitioned tables above all).
            ("plan_cache_mode", "force_generic_plan"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(Duration::from_secs(300))
            // A ping before each use would be one more round trip; `begin` retries instead.
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self {
            pool,
            role,
            relay: Arc::new(OnceLock::new()),
        })
    }

    pub fn role(&self) -> DbRole {
        self.role
    }

    /// Whether the database answers. For readiness.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.plain().await?;
        sqlx::query_scalar!("SELECT 1 AS one")
            .fetch_one(tx.conn())
            .await?;
        Ok(())
    }

    /// A transaction for one workspace. 1 round trip to open.
    pub async fn tenant(&self, workspace: WorkspaceId) -> Result<Tx> {
        Tx::begin(
            self,
            format!("BEGIN; SET LOCAL app.workspace_id = '{workspace}'"),
            Some(workspace),
        )
        .await
    }

    /// As [`Store::tenant`], for a change whose loss in a crash of the database only repeats work:
    /// its commit does not wait for the disk.
    pub async fn tenant_relaxed(&self, workspace: WorkspaceId) -> Result<Tx> {
        let open = format!(
            "BEGIN; SET LOCAL app.workspace_id = '{workspace}'; SET LOCAL synchronous_commit = off"
        );
        Tx::begin(self, open, Some(workspace)).await
    }

    /// A transaction on behalf of a person, before a workspace is chosen: their own memberships.
    pub async fn person(&self, user: domain::UserId) -> Result<Tx> {
        Tx::begin(
            self,
            format!("BEGIN; SET LOCAL app.user_id = '{user}'"),
            None,
        )
        .await
    }

    /// A transaction that reads across tenants for work to resume.
    pub async fn sweep(&self) -> Result<Tx> {
        Tx::begin(
            self,
            "BEGIN; SET LOCAL app.sweep = 'on'; SET LOCAL synchronous_commit = off".into(),
            None,
        )
        .await
    }

    /// A transaction on tables that belong to no tenant.
    pub async fn plain(&self) -> Result<Tx> {
        Tx::begin(self, "BEGIN".into(), None).await
    }

    /// Gives committed messages a way out. Without one they wait in the outbox.
    pub fn attach_relay(&self, relay: outbox::Relay) {
        // The first relay stays: a store has one for the life of its process.
        let _ = self.relay.set(relay);
    }

    pub fn relay(&self) -> Option<&outbox::Relay> {
        self.relay.get()
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}
