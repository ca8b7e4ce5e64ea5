//! Another workspace's rows can be neither seen nor written, by any role, in any tenant table. The
//! tables are read from the catalogue, so that a new one can't be forgotten.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use store::DbRole;

use crate::World;

/// Every table (partitions too) with a `workspace_id`, and `workspaces` itself.
async fn tenant_tables(connection: &mut PgConnection) -> Vec<(String, String)> {
    sqlx::query(
        "SELECT c.relname, CASE WHEN c.relname = 'workspaces' THEN 'id' ELSE 'workspace_id' END
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
           AND (c.relname = 'workspaces' OR EXISTS (
             SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id'))
         ORDER BY 1",
    )
    .fetch_all(connection)
    .await
    .unwrap()
    .into_iter()
    .map(|row| (row.get(0), row.get(1)))
    .collect()
}

/// Fills every tenant table with a row of this world's workspace, by doing real work.
async fn populate(world: &World, owner: &mut PgConnection) {
    let (id, _) = world.submit(1, "0.10", Some(("key", b"hash"))).await;
    let claim = world.claim(id, 0, 30).await.unwrap();
    world.finish(&claim, "0.01", "done".into()).await;
    let workspace = world.workspace.0;
    for sql in [
        "INSERT INTO dead_letters (subscription, message_id, workspace_id, attributes, data, attempts, reason) VALUES ('s', 'm', $1, '{}', '', 1, 'r')",
        "INSERT INTO rejected_messages (subscription, message_id, workspace_id, attributes, data, code, reason) VALUES ('s', 'm', $1, '{}', '', 'c', 'r')",
        "INSERT INTO budget_alerts VALUES ($1, '2026-11-01', 80, 8, 10, now())",
        "INSERT INTO house_costs (execution_id, workspace_id, purpose, model, provider, tokens_input, tokens_cached, tokens_output, certainty, cost_usd, at)
         VALUES (uuidv7(), $1, 'routing', 'm', 'p', 1, 0, 1, 'reported', 0.001, now())",
        "INSERT INTO agents (workspace_id, agent_key, title, guild) VALUES ($1, 'lord_seer', 'Seer', 'lords')",
        "INSERT INTO records (id, workspace_id, kind, natural_key, data) VALUES (uuidv7(), $1, 'lead', 'k', '{}')",
        "INSERT INTO audit_logs (id, workspace_id, action, ok, at) VALUES (uuidv7(), $1, 'a', true, now())",
        "INSERT INTO memory_embeddings (id, workspace_id, source_kind, source_id, model, dimension, embedding, content)
         VALUES (uuidv7(), $1, 's', 's', 'm', 768, (SELECT array_agg(0.1)::vector FROM generate_series(1, 768)), 'c')",
        "INSERT INTO tax_profiles (workspace_id, kind, legal_name, address_lines, place, state_code, country, updated_at)
         VALUES ($1, 'unregistered', 'Asha', '{}', 'Surat', '24', 'IN', now())",
        "INSERT INTO subscriptions (workspace_id, status, tier, period_start, period_end, anchor_day, created_at, updated_at)
         VALUES ($1, 'active', 'starter', now(), now() + interval '1 month', 1, now(), now())",
        "INSERT INTO mandates (id, workspace_id, max_amount_inr, expires_at, created_at, updated_at) VALUES (uuidv7(), $1, 5, now(), now(), now())",
        "INSERT INTO payments (id, workspace_id, purpose, method, tier, period_start, period_end, taxable_inr, tax_inr, amount_inr, created_at, updated_at)
         VALUES ('00000000-0000-7000-8000-000000000001', $1, 'start', 'checkout', 'starter', now(), now(), 100, 18, 118, now(), now())",
        "INSERT INTO subscription_periods (workspace_id, period_start, period_end, tier, payment_id, created_at)
         VALUES ($1, now(), now(), 'starter', '00000000-0000-7000-8000-000000000001', now())",
        "INSERT INTO refunds (id, workspace_id, payment_id, amount_inr, of_allocated, reason, created_at, updated_at)
         VALUES (uuidv7(), $1, '00000000-0000-7000-8000-000000000001', 1, false, 'r', now(), now())",
        "INSERT INTO money_entries VALUES (uuidv7(), 'received', $1, 'customer', 'held', 118, now())",
        "INSERT INTO payment_callbacks VALUES ('h', $1, 'e', 'm', 'b', now())",
        "INSERT INTO invoices (id, workspace_id, kind, status, series, financial_year, sequence, number, date, payment_id, content, taxable_inr,
           tax_inr, payable_inr, language, needs_registration, created_at)
         VALUES (uuidv7(), $1, 'tax_invoice', 'issued', 'RF', '26-27', 1, 'RF/26-27/000001', '2026-11-21',
           '00000000-0000-7000-8000-000000000001', '{}', 100, 18, 118, 'en', false, now())",
        "INSERT INTO monthly_reports VALUES ($1, '2026-10-01', '{}', NULL, now())",
        "INSERT INTO cost_reviews (id, workspace_id, day, kind, severity, detail, created_at) VALUES (uuidv7(), $1, '2026-11-21', 'abuse', 'review', '{}', now())",
    ] {
        sqlx::query(sql).bind(workspace).execute(&mut *owner).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

#[tokio::test]
async fn another_tenants_rows_can_be_neither_seen_nor_written() {
    let world = World::new().await;
    let (_, other) = world
        .db
        .workspace(&world.seams, domain::Tier::Starter)
        .await;
    let mut owner = PgConnection::connect(world.db.url()).await.unwrap();
    populate(&world, &mut owner).await;
    let tables = tenant_tables(&mut owner).await;
    assert!(tables.len() > 30, "{tables:?}");

    // The owner (a superuser) sees a row of the victim in every table that is not a partition.
    let mut rows = BTreeMap::new();
    for (table, column) in &tables {
        let partition: bool =
            sqlx::query_scalar("SELECT relispartition FROM pg_class WHERE relname = $1")
                .bind(table)
                .fetch_one(&mut owner)
                .await
                .unwrap();
        let (rls, forced): (bool, bool) = sqlx::query_as(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = $1",
        )
        .bind(table)
        .fetch_one(&mut owner)
        .await
        .unwrap();
        assert!(
            rls && forced,
            "{table}: row-level security must be enabled and forced"
        );
        if !partition {
            let sql = format!(
                "SELECT to_jsonb(t) FROM {table} t WHERE {column} = '{}' LIMIT 1",
                world.workspace
            );
            let row: Option<serde_json::Value> = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_optional(&mut owner)
                .await
                .unwrap();
            let row = row.unwrap_or_else(|| {
                panic!("{table} is not covered: make `populate` write a row to it")
            });
            rows.insert(table.clone(), row);
        }
    }

    for role in DbRole::ALL {
        let mut connection = PgConnection::connect(world.db.url()).await.unwrap();
        connection
            .execute(AssertSqlSafe(format!("SET ROLE {}", role.as_str())))
            .await
            .unwrap();
        let (bypass, superuser): (bool, bool) = sqlx::query_as(
            "SELECT rolbypassrls, rolsuper FROM pg_roles WHERE rolname = current_user",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert!(
            !bypass && !superuser,
            "{} must not bypass row-level security",
            role.as_str()
        );
        let owned: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(owned, 0, "{} owns nothing", role.as_str());
        for setting in [
            format!("SET app.workspace_id = '{other}'"),
            "RESET app.workspace_id".to_owned(),
        ] {
            connection
                .execute(AssertSqlSafe(setting.clone()))
                .await
                .unwrap();
            for (table, column) in &tables {
                let place = format!("{} on {table} after {setting}", role.as_str());
                match count(&mut connection, table, column, world.workspace.0).await {
                    Ok(rows) => assert_eq!(rows, 0, "{place}: seen"),
                    Err(error) => assert_denied(&error, &place),
                }
                let victim = world.workspace.0;
                for sql in [
                    format!("UPDATE {table} SET {column} = {column} WHERE {column} = '{victim}'"),
                    format!("DELETE FROM {table} WHERE {column} = '{victim}'"),
                ] {
                    match connection.execute(AssertSqlSafe(sql)).await {
                        Ok(done) => assert_eq!(done.rows_affected(), 0, "{place}: written"),
                        Err(error) => assert_denied(&error, &place),
                    }
                }
                // A copy of one of the victim's rows, complete, so that only its tenant is wrong.
                if let Some(row) = rows.get(table) {
                    let copy = format!(
                        "INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1)"
                    );
                    match sqlx::query(AssertSqlSafe(copy))
                        .bind(row)
                        .execute(&mut connection)
                        .await
                    {
                        Ok(_) => panic!("{place}: inserted"),
                        Err(error) => assert_denied(&error, &place),
                    }
                }
            }
        }
    }
}

async fn count(
    connection: &mut PgConnection,
    table: &str,
    column: &str,
    id: uuid::Uuid,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT count(*) FROM {table} WHERE {column} = '{id}'"
    )))
    .fetch_one(connection)
    .await
}

fn code(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .and_then(|e| e.code())
        .unwrap_or_default()
        .into_owned()
}

fn assert_denied(error: &sqlx::Error, place: &str) {
    assert_eq!(code(error), "42501", "{place}: {error}");
}

#[tokio::test]
async fn a_sweep_reads_across_tenants_but_cannot_write_a_tenants_rows() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.10", None).await;
    for role in DbRole::ALL {
        let mut connection = PgConnection::connect(world.db.url()).await.unwrap();
        connection
            .execute(AssertSqlSafe(format!(
                "SET ROLE {}; SET app.sweep = 'on'",
                role.as_str()
            )))
            .await
            .unwrap();
        for table in [
            "agent_executions",
            "agent_runs",
            "budget_holds",
            "budgets",
            "ledger_entries",
            "records",
            "workspaces",
        ] {
            let sql = format!("UPDATE {table} SET workspace_id = workspace_id");
            let sql = if table == "workspaces" {
                "UPDATE workspaces SET name = 'x'".to_owned()
            } else {
                sql
            };
            match connection.execute(AssertSqlSafe(sql)).await {
                Ok(done) => assert_eq!(done.rows_affected(), 0, "{} on {table}", role.as_str()),
                Err(error) => assert_denied(&error, table),
            }
        }
    }
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    assert_eq!(store::executions::get(&mut tx, id).await.unwrap().id, id);
}

#[tokio::test]
async fn another_tenants_execution_is_not_found() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.10", None).await;
    let (_, other) = world
        .db
        .workspace(&world.seams, domain::Tier::Starter)
        .await;
    let mut tx = world.ingress.tenant(other).await.unwrap();
    assert!(matches!(
        store::executions::get(&mut tx, id).await,
        Err(store::StoreError::NotFound)
    ));
    assert!(
        store::events::of_execution(&mut tx, id, 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
    drop(tx);
    let now = world.seams.now();
    let tx = world.worker.tenant(other).await.unwrap();
    assert!(
        store::claims::claim(tx, id, 0, world.seams.uuid(), now, now)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn the_audit_and_event_logs_are_append_only() {
    let world = World::new().await;
    let (_, _) = world.submit(1, "0.10", None).await;
    for role in DbRole::ALL {
        let mut connection = PgConnection::connect(world.db.url()).await.unwrap();
        let setup = format!(
            "SET ROLE {}; SET app.workspace_id = '{}'",
            role.as_str(),
            world.workspace
        );
        connection.execute(AssertSqlSafe(setup)).await.unwrap();
        for table in [
            "audit_logs",
            "execution_events",
            "ledger_entries",
            "cost_logs",
            "house_costs",
        ] {
            for sql in [
                format!("UPDATE {table} SET workspace_id = workspace_id"),
                format!("DELETE FROM {table}"),
            ] {
                let error = connection
                    .execute(AssertSqlSafe(sql.clone()))
                    .await
                    .unwrap_err();
                assert_denied(&error, &format!("{}: {sql}", role.as_str()));
            }
        }
    }
}
