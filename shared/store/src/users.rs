//! People. Only ingress may read them.

use chrono::{DateTime, Utc};
use domain::UserId;

use crate::{Result, Tx};

#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
    pub india_specific: bool,
    pub gst_enabled: bool,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct NewUser<'a> {
    pub id: UserId,
    /// Lower case.
    pub email: &'a str,
    pub name: &'a str,
    pub phone: Option<&'a str>,
    pub password_hash: &'a str,
    pub now: DateTime<Utc>,
}

/// A taken e-mail address is a conflict on `users_email_key`, a taken number on `users_phone_key`.
pub async fn insert(tx: &mut Tx, user: &NewUser<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO users (id, email, name, phone, password_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        user.id.0,
        user.email,
        user.name,
        user.phone,
        user.password_hash,
        user.now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<User>> {
    let user = sqlx::query_as!(
        User,
        r#"SELECT id AS "id: uuid::Uuid", email, name, password_hash, india_specific, gst_enabled, created_at
           FROM users WHERE email = $1"#,
        email
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(user)
}

pub async fn by_id(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    let user = sqlx::query_as!(
        User,
        r#"SELECT id AS "id: uuid::Uuid", email, name, password_hash, india_specific, gst_enabled, created_at
           FROM users WHERE id = $1"#,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(user)
}

pub async fn set_password_hash(tx: &mut Tx, id: UserId, hash: &str) -> Result<()> {
    sqlx::query!(
        "UPDATE users SET password_hash = $2 WHERE id = $1",
        id.0,
        hash
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
