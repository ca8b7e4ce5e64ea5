//! Workspaces and who belongs to them.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::{CorrelationId, Role, Tier, UserId, WorkspaceId};
use events::{Message, WorkspaceCreatedV1};
use runtime::{Json, Path, Problem, context};
use serde::{Deserialize, Serialize};
use store::users;
use utoipa::ToSchema;

use crate::caller::{Caller, Member, Origin};
use crate::money::begin_trial;
use crate::{Deps, audit, message, problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    /// 1 to 120 characters.
    name: String,
    /// For addresses: small letters, digits and dashes. Made from the name when left out.
    slug: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Workspace {
    #[schema(value_type = String, format = Uuid)]
    id: WorkspaceId,
    name: String,
    slug: String,
    /// starter, growth, agency or enterprise.
    #[schema(value_type = String)]
    tier: Tier,
    /// The caller's role in it.
    #[schema(value_type = String)]
    role: Role,
    #[schema(value_type = String, format = Uuid)]
    owner_id: UserId,
    created_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
pub struct Workspaces {
    /// Oldest membership first; the first is the one used when a request names none.
    workspaces: Vec<Workspace>,
}

impl From<store::workspaces::Workspace> for Workspace {
    fn from(w: store::workspaces::Workspace) -> Self {
        Self {
            id: w.id,
            name: w.name,
            slug: w.slug,
            tier: w.tier,
            role: w.role,
            owner_id: w.owner_id,
            created_at: w.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutMember {
    /// Of an existing account.
    email: String,
    /// admin, operator, analyst or viewer; only an owner makes owners.
    #[schema(value_type = String)]
    role: Role,
}

#[derive(Serialize, ToSchema)]
pub struct OneMember {
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    email: String,
    name: String,
    #[schema(value_type = String)]
    role: Role,
    since: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
pub struct Members {
    members: Vec<OneMember>,
}

#[derive(Deserialize)]
pub struct ByMember {
    user_id: UserId,
}

/// Makes a workspace owned by the caller.
#[utoipa::path(post, path = "/workspaces", tag = "workspaces", request_body = NewWorkspace,
    responses((status = 201, body = Workspace), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    State(deps): State<Deps>,
    caller: Caller,
    origin: Origin,
    Json(body): Json<NewWorkspace>,
) -> Result<(StatusCode, axum::Json<Workspace>), Problem> {
    let name = body.name.trim().to_owned();
    let id = WorkspaceId(deps.seams.uuid());
    let mut found = Problem::validation("The workspace can't be made like this.");
    if name.is_empty() || name.chars().count() > 120 {
        found = found.field("name", "length", "expected 1 to 120 characters");
    }
    let plain = |slug: &str| {
        (1..=63).contains(&slug.len())
            && slug
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if body.slug.as_deref().is_some_and(|slug| !plain(slug)) {
        found = found.field(
            "slug",
            "invalid",
            "expected 1 to 63 small letters, digits and dashes",
        );
    }
    if !found.errors().is_empty() {
        return Err(found);
    }
    let slug = body.slug.unwrap_or_else(|| slug(&name, id));
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(id).await.map_err(problem)?;
    store::workspaces::insert(&mut tx, caller.user_id, &name, &slug, Tier::Starter, now)
        .await
        .map_err(|error| {
            if error.violates("workspaces_slug_key") {
                Problem::conflict("Another workspace has this slug: choose another.")
                    .code("workspace.slug_taken")
            } else {
                problem(error)
            }
        })?;
    begin_trial(&deps, &mut tx, Tier::Starter, now).await?;
    audit::note(
        &deps,
        &mut tx,
        Some(caller.user_id),
        &origin,
        "workspace.create",
        &slug,
        true,
    )
    .await?;
    tx.emit(created(&deps, id, &name, caller.user_id));
    tx.commit().await.map_err(problem)?;
    deps.memberships.forget(caller.user_id).await;
    let workspace = Workspace {
        id,
        name,
        slug,
        tier: Tier::Starter,
        role: Role::Owner,
        owner_id: caller.user_id,
        created_at: now,
    };
    Ok((StatusCode::CREATED, axum::Json(workspace)))
}

/// The caller's workspaces.
#[utoipa::path(get, path = "/workspaces", tag = "workspaces", responses((status = 200, body = Workspaces)))]
pub async fn list(
    State(deps): State<Deps>,
    caller: Caller,
) -> Result<axum::Json<Workspaces>, Problem> {
    let workspaces = of_person(&deps, caller.user_id).await?;
    let workspaces = workspaces.into_iter().map(Workspace::from).collect();
    Ok(axum::Json(Workspaces { workspaces }))
}

/// One workspace of the caller.
#[utoipa::path(get, path = "/workspaces/{workspace_id}", tag = "workspaces", params(("workspace_id" = uuid::Uuid, Path)),
    responses((status = 200, body = Workspace), (status = 403, body = Problem)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
) -> Result<axum::Json<Workspace>, Problem> {
    let workspaces = of_person(&deps, member.user_id).await?;
    let found = workspaces.into_iter().find(|w| w.id == member.workspace_id);
    found
        .map(|w| axum::Json(w.into()))
        .ok_or_else(|| Problem::not_found("There is no such workspace."))
}

async fn of_person(
    deps: &Deps,
    user: UserId,
) -> Result<Vec<store::workspaces::Workspace>, Problem> {
    let mut tx = deps.store.person(user).await.map_err(problem)?;
    let workspaces = store::workspaces::of_person(&mut tx, user)
        .await
        .map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    Ok(workspaces)
}

/// Who belongs to a workspace.
#[utoipa::path(get, path = "/workspaces/{workspace_id}/members", tag = "workspaces", params(("workspace_id" = uuid::Uuid, Path)),
    responses((status = 200, body = Members), (status = 403, body = Problem)))]
pub async fn members(
    State(deps): State<Deps>,
    member: Member,
) -> Result<axum::Json<Members>, Problem> {
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let rows = store::workspaces::members(&mut tx).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let members = rows
        .into_iter()
        .map(|row| OneMember {
            user_id: row.user_id,
            email: row.email,
            name: row.name,
            role: row.role,
            since: row.created_at,
        })
        .collect();
    Ok(axum::Json(Members { members }))
}

/// Adds a member or changes their role. Admins and owners only.
#[utoipa::path(put, path = "/workspaces/{workspace_id}/members", tag = "workspaces", params(("workspace_id" = uuid::Uuid, Path)),
    request_body = PutMember,
    responses((status = 204, description = "The person has the role."), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn put_member(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    Json(body): Json<PutMember>,
) -> Result<StatusCode, Problem> {
    member.require(Role::Admin)?;
    member.require(body.role)?;
    let email = body.email.trim().to_lowercase();
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let user = users::by_email(&mut tx, &email).await.map_err(problem)?;
    let Some(user) = user else {
        return Err(Problem::not_found(
            "Nobody has an account with this e-mail address: ask them to register first.",
        )
        .code("member.unknown"));
    };
    let current = store::workspaces::members(&mut tx).await.map_err(problem)?;
    let had = current
        .iter()
        .find(|m| m.user_id == user.id)
        .map(|m| m.role);
    if had.is_some_and(|had| had > member.role) {
        return Err(Problem::forbidden("This person's role is above yours."));
    }
    let owners = current.iter().filter(|m| m.role == Role::Owner).count();
    if had == Some(Role::Owner) && body.role != Role::Owner && owners == 1 {
        return Err(Problem::conflict(
            "A workspace keeps at least one owner: make another one first.",
        )
        .code("member.last_owner"));
    }
    let changed = store::workspaces::put_member(&mut tx, user.id, body.role, deps.seams.now())
        .await
        .map_err(problem)?;
    if changed {
        let what = format!("{} {}", user.id, body.role);
        audit::note(
            &deps,
            &mut tx,
            Some(member.user_id),
            &origin,
            "member.put",
            &what,
            true,
        )
        .await?;
        tx.commit().await.map_err(problem)?;
        deps.memberships.forget(user.id).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a member. Admins and owners remove others; anyone may leave. The workspace's owner stays.
#[utoipa::path(delete, path = "/workspaces/{workspace_id}/members/{user_id}", tag = "workspaces",
    params(("workspace_id" = uuid::Uuid, Path), ("user_id" = uuid::Uuid, Path)),
    responses((status = 204, description = "Not a member any more."), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn remove_member(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    Path(path): Path<ByMember>,
) -> Result<StatusCode, Problem> {
    let leaves = path.user_id == member.user_id;
    if !leaves {
        member.require(Role::Admin)?;
    }
    let mut tx = deps
        .store
        .tenant(member.workspace_id)
        .await
        .map_err(problem)?;
    let current = store::workspaces::members(&mut tx).await.map_err(problem)?;
    let Some(target) = current.iter().find(|m| m.user_id == path.user_id) else {
        return Err(Problem::not_found("This person is not a member."));
    };
    if target.role > member.role {
        return Err(Problem::forbidden("This person's role is above yours."));
    }
    let removed = store::workspaces::remove_member(&mut tx, path.user_id)
        .await
        .map_err(problem)?;
    if !removed {
        return Err(
            Problem::conflict("The workspace's owner can't be removed.").code("member.owner_stays")
        );
    }
    let what = path.user_id.to_string();
    audit::note(
        &deps,
        &mut tx,
        Some(member.user_id),
        &origin,
        "member.remove",
        &what,
        true,
    )
    .await?;
    tx.commit().await.map_err(problem)?;
    deps.memberships.forget(path.user_id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// `jaipur-looms-3f9c2d1e`: readable, and taken by nobody else.
pub fn slug(name: &str, id: WorkspaceId) -> String {
    let words: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<&str> = words.split('-').filter(|word| !word.is_empty()).collect();
    let mut text = words.join("-");
    text.truncate(40);
    let id = id.0.simple().to_string();
    // The end of a UUIDv7 is random, its beginning is the time.
    let tail = &id[id.len() - 8..];
    if text.is_empty() {
        tail.to_owned()
    } else {
        format!("{}-{tail}", text.trim_end_matches('-'))
    }
}

/// The fact that a workspace exists.
pub fn created(deps: &Deps, id: WorkspaceId, name: &str, owner_id: UserId) -> Message {
    let event = WorkspaceCreatedV1 {
        name: name.to_owned(),
        owner_id,
        tier: Tier::Starter,
    };
    let correlation = context::correlation_id().unwrap_or_else(|| CorrelationId::from(id.0));
    message(deps, id, &correlation, &event)
}
