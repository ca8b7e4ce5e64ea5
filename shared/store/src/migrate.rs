//! Migrations, partitions and logins: run by the owner of the database, before new code serves.

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};

use crate::{DbRole, Result, StoreError, Tx};

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// What a migration run did.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Migrated {
    pub applied: usize,
    pub total: usize,
    pub partitions_made: i32,
}

/// How many months ahead partitions are made.
pub const MONTHS_AHEAD: i32 = 6;

/// Applies what is missing, under an advisory lock, so that several at once are safe; then makes the
/// coming months' partitions.
pub async fn migrate(url: &str) -> Result<Migrated> {
    let pool = owner(url).await?;
    let before = applied(&pool).await;
    MIGRATOR.run(&pool).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) => error.into(),
        other => StoreError::Config(format!(
            "migrations can't be applied: {other}. A migration that was applied must never be edited; add a new one."
        ).into()),
    })?;
    let partitions_made =
        sqlx::query_scalar!(r#"SELECT make_partitions($1) AS "made!""#, MONTHS_AHEAD)
            .fetch_one(&pool)
            .await?;
    let after = applied(&pool).await;
    pool.close().await;
    Ok(Migrated {
        applied: after - before,
        total: after,
        partitions_made,
    })
}

async fn applied(pool: &PgPool) -> usize {
    // The table is made by the first run.
    sqlx::query_scalar::<_, i64>("SELECT count(*) FROM _sqlx_migrations")
        .fetch_one(pool)
        .await
        .map_or(0, |count| usize::try_from(count).unwrap_or(0))
}

/// Makes a login user a member of a function's role. With a password the user is made, or given that
/// password; without one it must exist. Repeating it changes nothing.
pub async fn grant_login(
    url: &str,
    role: DbRole,
    login: &str,
    password: Option<&str>,
) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@');
    if login.is_empty() || !login.chars().all(plain) {
        return Err(StoreError::Config(
            format!("{login:?} is not a user name").into(),
        ));
    }
    let pool = owner(url).await?;
    if let Some(password) = password {
        // These statements take no parameters: the server itself quotes what goes into them.
        let mut connection = pool.acquire().await?;
        sqlx::query(
            "SELECT set_config('app.login', $1, false), set_config('app.password', $2, false)",
        )
        .bind(login)
        .bind(password)
        .execute(&mut *connection)
        .await?;
        sqlx::query(MAKE_LOGIN).execute(&mut *connection).await?;
    }
    sqlx::query(AssertSqlSafe(format!(
        "GRANT {} TO \"{login}\"",
        role.as_str()
    )))
    .execute(&pool)
    .await?;
    pool.close().await;
    Ok(())
}

const MAKE_LOGIN: &str = r"DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_setting('app.login')) THEN
    EXECUTE format('CREATE ROLE %I LOGIN', current_setting('app.login'));
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', current_setting('app.login'), current_setting('app.password'));
END $$";

/// Makes the coming months' partitions; `bill`'s daily schedule.
pub async fn make_partitions(tx: &mut Tx) -> Result<i32> {
    Ok(
        sqlx::query_scalar!(r#"SELECT make_partitions($1) AS "made!""#, MONTHS_AHEAD)
            .fetch_one(tx.conn())
            .await?,
    )
}

async fn owner(url: &str) -> Result<PgPool> {
    let options: PgConnectOptions = url.parse().map_err(|_| {
        StoreError::Config(
            "DATABASE_URL is not a PostgreSQL URL: expected postgres://user:password@host/database"
                .into(),
        )
    })?;
    let options = options
        .application_name("raptor-migrate")
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(2)
        .connect_with(options)
        .await?)
}

/// A checksum per migration: changes when they do.
pub fn checksums() -> impl Iterator<Item = Vec<u8>> {
    MIGRATOR.iter().map(|migration| migration.checksum.to_vec())
}

/// Transactions committed in this database so far, as PostgreSQL counts them. Statistics of a
/// connection appear when it has been idle for a moment.
pub async fn commits(url: &str) -> Result<i64> {
    let pool = owner(url).await?;
    let commits = sqlx::query_scalar!(
        r#"SELECT xact_commit AS "commits!" FROM pg_stat_database WHERE datname = current_database()"#
    )
    .fetch_one(&pool)
    .await?;
    pool.close().await;
    Ok(commits)
}
