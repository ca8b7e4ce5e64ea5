//! The development identity: a user, a workspace and a signing key that live in the state folder.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use domain::{Seams, Tier, UserId, WorkspaceId};
use store::{DbRole, Store};

/// Where state lives: `RAPTORFLOW_HOME`, or `.raptorflow/` here.
pub fn home() -> PathBuf {
    std::env::var_os("RAPTORFLOW_HOME").map_or_else(|| PathBuf::from(".raptorflow"), PathBuf::from)
}

/// Where invoices and reports are kept: `INVOICES_DIR`, or a folder beside the other state.
pub fn invoices() -> PathBuf {
    std::env::var_os("INVOICES_DIR").map_or_else(|| home().join("invoices"), PathBuf::from)
}

/// The database's address, or what to do about it.
pub fn database_url() -> Result<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()).context(
        "DATABASE_URL is not set. scripts/run starts a private PostgreSQL and sets it; by hand, give postgres://user:password@host/database",
    )
}

/// `JWT_SECRET_KEY`, or the key in the state folder, made at first use and readable by its owner only.
pub fn signing_key(home: &Path, seams: &Seams) -> Result<String> {
    if let Ok(key) = std::env::var("JWT_SECRET_KEY")
        && !key.is_empty()
    {
        return Ok(key);
    }
    let path = home.join("jwt-signing-key");
    if let Ok(key) = std::fs::read_to_string(&path) {
        return Ok(key.trim().to_owned());
    }
    std::fs::create_dir_all(home).with_context(|| format!("can't make {}", home.display()))?;
    let mut bytes = [0_u8; 32];
    seams.ids.fill(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("dev:{hex}");
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    match file {
        Ok(mut file) => std::io::Write::write_all(&mut file, key.as_bytes())?,
        // Another process was first.
        Err(_) => return Ok(std::fs::read_to_string(&path)?.trim().to_owned()),
    }
    Ok(key)
}

/// The person and workspace that development tokens speak for.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    pub user: UserId,
    pub workspace: WorkspaceId,
}

pub const EMAIL: &str = "dev@raptorflow.local";

/// The development identity, made if it is not there. It can't sign in with a password.
pub async fn identity(store: &Store, seams: &Seams) -> Result<Identity> {
    person(store, seams, EMAIL, "Development", Tier::Agency).await
}

/// A person with a workspace of their own, made if the address is new.
pub async fn person(
    store: &Store,
    seams: &Seams,
    email: &str,
    name: &str,
    tier: Tier,
) -> Result<Identity> {
    let mut tx = store.plain().await?;
    let known = store::users::by_email(&mut tx, email).await?;
    tx.rollback().await?;
    if let Some(user) = known {
        let mut tx = store.person(user.id).await?;
        let workspaces = store::workspaces::of_person(&mut tx, user.id).await?;
        let workspace = workspaces
            .first()
            .context("the development user has no workspace")?
            .id;
        return Ok(Identity {
            user: user.id,
            workspace,
        });
    }
    let identity = Identity {
        user: UserId(seams.uuid()),
        workspace: WorkspaceId(seams.uuid()),
    };
    let mut tx = store.tenant(identity.workspace).await?;
    let now = seams.now();
    // No password hash verifies against this.
    let user = store::users::NewUser {
        id: identity.user,
        email,
        name,
        phone: None,
        password_hash: "!",
        now,
    };
    store::users::insert(&mut tx, &user).await?;
    let slug = format!("dev-{}", identity.workspace.0.simple());
    store::workspaces::insert(&mut tx, identity.user, name, &slug, tier, now).await?;
    tx.emit(events::Message::new(
        &events::WorkspaceCreatedV1 {
            name: name.to_owned(),
            owner_id: identity.user,
            tier,
        },
        "ingress",
        identity.workspace,
        domain::CorrelationId::from(identity.workspace.0),
        None,
        seams,
    ));
    tx.commit().await?;
    Ok(identity)
}

/// The store as ingress connects, for making identities.
pub fn ingress_store(url: &str) -> Result<Store> {
    Ok(Store::connect(url, DbRole::Ingress, 4)?)
}

/// The store as an operator connects.
pub fn operator_store(url: &str) -> Result<Store> {
    Ok(Store::connect(url, DbRole::Operator, 4)?)
}
