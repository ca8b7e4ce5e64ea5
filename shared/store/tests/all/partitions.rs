use sqlx::Row;

use crate::World;

#[tokio::test]
async fn partitions_are_made_ahead_for_every_append_only_table_and_only_once() {
    let world = World::new().await;
    let owner = world.db.owner().await;
    let rows = sqlx::query(
        "SELECT p.relname, count(*) AS parts FROM pg_inherits i
         JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r'
         GROUP BY 1 ORDER BY 1",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    let parents: Vec<String> = rows.iter().map(|r| r.get(0)).collect();
    assert_eq!(
        parents,
        [
            "audit_logs",
            "cost_logs",
            "execution_events",
            "ledger_entries"
        ]
    );
    for row in &rows {
        let parts: i64 = row.get(1);
        assert_eq!(
            parts,
            i64::from(store::migrate::MONTHS_AHEAD) + 2,
            "last month, this one and those ahead"
        );
    }
    let mut tx = world.bill.plain().await.unwrap();
    assert_eq!(store::migrate::make_partitions(&mut tx).await.unwrap(), 0);
    tx.commit().await.unwrap();
    // A row of the last month made ahead has a place.
    sqlx::query(
        "INSERT INTO audit_logs (id, workspace_id, action, ok, at)
         SELECT uuidv7_floor(now() + make_interval(months => $1)), gen_random_uuid(), 'a', true, now()",
    )
    .bind(store::migrate::MONTHS_AHEAD)
    .execute(&owner)
    .await
    .unwrap();
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let world = World::new().await;
    let owner = world.db.owner().await;
    let missing: Vec<String> = sqlx::query_scalar(
        "SELECT format('%s(%s)', c.conrelid::regclass, c.conname) FROM pg_constraint c
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND NOT EXISTS (
           SELECT FROM pg_index i WHERE i.indrelid = c.conrelid
             AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let world = World::new().await;
    let migrated = store::migrate::migrate(world.db.url()).await.unwrap();
    assert_eq!((migrated.applied, migrated.partitions_made), (0, 0));
    assert!(migrated.total > 5);
}
