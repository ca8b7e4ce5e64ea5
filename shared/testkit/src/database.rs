//! A database of its own for each test: a clone of a migrated template on a real PostgreSQL server.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use domain::{Tier, UserId, WorkspaceId};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use store::{DbRole, Store};

/// A migrated, empty database. It is dropped when its process is gone, by the next test that makes one:
/// a run of all tests holds a few at a time, not one for each test.
#[derive(Debug, Clone)]
pub struct Database {
    url: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);
const TEMPLATE: &str = "raptor_template";
const PREFIX: &str = "raptor_test_";
/// Serialises making the template, over all processes on the server.
const LOCK: i64 = 0x0072_6170_746f_7231;

impl Database {
    /// Needs `DATABASE_URL`: a server on which its user may create databases and roles.
    pub async fn create() -> Self {
        Self::try_create().await.expect("a test database")
    }

    async fn try_create() -> Result<Self> {
        let server = std::env::var("DATABASE_URL").context(
            "DATABASE_URL is not set: run the tests with scripts/test, which starts a server",
        )?;
        let options = PgConnectOptions::from_str(&server)?.disable_statement_logging();
        let mut admin = PgConnection::connect_with(&options.clone().database("postgres")).await?;
        let template = template_name();
        // CREATE DATABASE fails while another session makes or copies the template; take turns.
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(&mut admin)
            .await?;
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(&template)
                .fetch_one(&mut admin)
                .await?;
        if !exists {
            let building = format!("{template}_building");
            execute(
                &mut admin,
                format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)"),
            )
            .await?;
            execute(&mut admin, format!("CREATE DATABASE {building}")).await?;
            store::migrate::migrate(&with_database(&server, &building)?).await?;
            execute(
                &mut admin,
                format!("ALTER DATABASE {building} RENAME TO {template}"),
            )
            .await?;
        }
        drop_abandoned(&mut admin).await?;
        let name = format!(
            "{PREFIX}{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        execute(
            &mut admin,
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )
        .await?;
        execute(
            &mut admin,
            format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await?;
        sqlx::query("SELECT pg_advisory_unlock($1)")
            .bind(LOCK)
            .execute(&mut admin)
            .await?;
        admin.close().await?;
        Ok(Self {
            url: with_database(&server, &name)?,
        })
    }

    /// As its owner, who bypasses row-level security: for looking at what is really there.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn owner(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(4)
            .connect(&self.url)
            .await
            .expect("the owner connects")
    }

    /// As a function connects.
    pub fn store(&self, role: DbRole) -> Store {
        Store::connect(&self.url, role, 8).expect("a valid URL")
    }

    /// A person with a workspace of their own.
    pub async fn workspace(&self, seams: &domain::Seams, tier: Tier) -> (UserId, WorkspaceId) {
        let store = self.store(DbRole::Ingress);
        let (user, workspace) = (UserId(seams.uuid()), WorkspaceId(seams.uuid()));
        let mut tx = store.tenant(workspace).await.expect("a transaction");
        let email = format!("{}@example.in", user.0.simple());
        store::users::insert(
            &mut tx,
            &store::users::NewUser {
                id: user,
                email: &email,
                name: "Asha",
                phone: None,
                password_hash: "none",
                now: seams.now(),
            },
        )
        .await
        .expect("a user");
        let slug = workspace.0.simple().to_string();
        store::workspaces::insert(&mut tx, user, "Jaipur Looms", &slug, tier, seams.now())
            .await
            .expect("a workspace");
        tx.commit().await.expect("commit");
        (user, workspace)
    }
}

/// Changes with the migrations, so that a stale template is never used.
fn template_name() -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for migration in store::migrate::checksums() {
        for byte in migration {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{TEMPLATE}_{hash:016x}")
}

fn with_database(server: &str, name: &str) -> Result<String> {
    let (base, query) = server
        .split_once('?')
        .map_or((server, None), |(base, query)| (base, Some(query)));
    let (host, _) = base
        .rsplit_once('/')
        .context("DATABASE_URL has no database")?;
    Ok(match query {
        Some(query) => format!("{host}/{name}?{query}"),
        None => format!("{host}/{name}"),
    })
}

async fn execute(connection: &mut PgConnection, sql: String) -> Result<()> {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Drops the databases of test processes that are gone, and templates of other migrations.
async fn drop_abandoned(admin: &mut PgConnection) -> Result<()> {
    let current = template_name();
    let names: Vec<String> =
        sqlx::query_scalar("SELECT datname FROM pg_database WHERE datname LIKE 'raptor\\_te%'")
            .fetch_all(&mut *admin)
            .await?;
    for name in names {
        let process = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('_').next());
        let abandoned = match process {
            Some(id) => !std::path::Path::new("/proc").join(id).exists(),
            None => name != current,
        };
        if abandoned {
            execute(
                admin,
                format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            )
            .await?;
        }
    }
    Ok(())
}
