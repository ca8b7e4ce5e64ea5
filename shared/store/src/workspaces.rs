//! Tenants and who belongs to them.

use chrono::{DateTime, Utc};
use domain::{Role, Tier, UserId, WorkspaceId};

use crate::{Result, StoreError, Tx};

#[derive(Debug, Clone)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    pub slug: String,
    pub tier: Tier,
    pub owner_id: UserId,
    /// The role of the person who asked; the caller's own when read by membership.
    pub role: Role,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub user_id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: DateTime<Utc>,
}

/// What one request needs to know of its caller's place in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    pub workspace_id: WorkspaceId,
    pub role: Role,
    pub tier: Tier,
}

fn parse<T: std::str::FromStr<Err = domain::UnknownValue>>(text: &str) -> Result<T> {
    // The column's check constraint allows only known names.
    text.parse()
        .map_err(|error: domain::UnknownValue| StoreError::Config(error.to_string().into()))
}

/// Creates the workspace of this tenant transaction with its owner as first member.
/// A taken slug is a conflict on `workspaces_slug_key`.
pub async fn insert(
    tx: &mut Tx,
    owner: UserId,
    name: &str,
    slug: &str,
    tier: Tier,
    now: DateTime<Utc>,
) -> Result<()> {
    let id = tx.workspace();
    sqlx::query!(
        "WITH workspace AS (
           INSERT INTO workspaces (id, owner_id, name, slug, tier, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $6))
         INSERT INTO workspace_members (workspace_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $6)",
        id.0,
        owner.0,
        name,
        slug,
        tier.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The workspaces a person is a member of, oldest membership first. Needs [`crate::Store::person`].
pub async fn of_person(tx: &mut Tx, user: UserId) -> Result<Vec<Workspace>> {
    let rows = sqlx::query!(
        "SELECT w.id, w.name, w.slug, w.tier, w.owner_id, w.created_at, m.role
         FROM workspace_members m JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.user_id = $1 ORDER BY m.created_at, w.id",
        user.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Workspace {
                id: row.id.into(),
                name: row.name,
                slug: row.slug,
                tier: parse(&row.tier)?,
                owner_id: row.owner_id.into(),
                role: parse(&row.role)?,
                created_at: row.created_at,
            })
        })
        .collect()
}

pub async fn members(tx: &mut Tx) -> Result<Vec<Member>> {
    let rows = sqlx::query!(
        "SELECT m.user_id, u.email, u.name, m.role, m.created_at
         FROM workspace_members m JOIN users u ON u.id = m.user_id ORDER BY m.created_at, m.user_id"
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Member {
                user_id: row.user_id.into(),
                email: row.email,
                name: row.name,
                role: parse(&row.role)?,
                created_at: row.created_at,
            })
        })
        .collect()
}

/// Adds a member or changes their role. `false` when the person already has it.
pub async fn put_member(tx: &mut Tx, user: UserId, role: Role, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO workspace_members AS m (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role WHERE m.role <> excluded.role",
        tx.workspace().0,
        user.0,
        role.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes a member; the workspace's owner stays. `false` when there was nobody to remove.
pub async fn remove_member(tx: &mut Tx, user: UserId) -> Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM workspace_members m USING workspaces w
         WHERE m.workspace_id = $1 AND m.user_id = $2 AND w.id = m.workspace_id AND w.owner_id <> m.user_id",
        tx.workspace().0,
        user.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
