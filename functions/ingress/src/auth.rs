//! Signing up, in, on and out.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Tier, UserId, WorkspaceId};
use guard::{PasswordError, RefreshToken, Verdict, check_policy};
use runtime::{Json, Problem};
use serde::{Deserialize, Serialize};
use store::sessions::{self, NewToken, Spend};
use store::users::{self, NewUser};
use utoipa::ToSchema;

use crate::caller::{Caller, Origin};
use crate::money::begin_trial;
use crate::workspaces::{self, created};
use crate::{Deps, audit, problem};

/// A sign-in that is not used for this long has to be made again.
const REFRESH_LIFE: TimeDelta = TimeDelta::days(30);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// At most 255 characters.
    email: String,
    /// 12 to 128 characters, and not the e-mail address.
    password: String,
    #[serde(default)]
    name: String,
    /// +91 and ten digits, or another number in E.164.
    phone: Option<String>,
    /// The name of the first workspace. Default: the person's name, or the e-mail address.
    workspace_name: Option<String>,
    /// Accepted for compatibility and ignored: only billing sets a tier.
    #[serde(default, rename = "tier")]
    _tier: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    email: String,
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    refresh_token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logout {
    /// The sign-in to end.
    refresh_token: String,
    /// End all sign-ins of this person.
    #[serde(default)]
    everywhere: bool,
}

/// An access token for half an hour and the token that renews it, once.
#[derive(Serialize, ToSchema)]
pub struct Session {
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    refresh_token: String,
    refresh_expires_at: DateTime<Utc>,
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    /// The workspace made with a new account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    workspace_id: Option<WorkspaceId>,
}

#[derive(Serialize, ToSchema)]
pub struct Person {
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    email: String,
    name: String,
    created_at: DateTime<Utc>,
}

/// Makes an account with a first workspace and signs in.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = Register, security(()),
    responses((status = 201, body = Session), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn register(
    State(deps): State<Deps>,
    origin: Origin,
    Json(body): Json<Register>,
) -> Result<(StatusCode, axum::Json<Session>), Problem> {
    deps.limits.stranger(&deps, &origin.address)?;
    let email = body.email.trim().to_lowercase();
    check_new(&body, &email)?;
    let hash = deps
        .passwords
        .hash(&body.password)
        .await
        .map_err(password)?;
    let now = deps.seams.now();
    let (user, workspace) = (UserId(deps.seams.uuid()), WorkspaceId(deps.seams.uuid()));
    let name = body.name.trim();
    let workspace_name = [
        body.workspace_name.as_deref().unwrap_or_default().trim(),
        name,
        &email,
    ]
    .into_iter()
    .find(|text| !text.is_empty())
    .unwrap_or_default()
    .to_owned();
    let mut tx = deps.store.tenant(workspace).await.map_err(problem)?;
    let new = NewUser {
        id: user,
        email: &email,
        name,
        phone: body.phone.as_deref(),
        password_hash: &hash,
        now,
    };
    users::insert(&mut tx, &new).await.map_err(|error| {
        if error.violates("users_email_key") {
            Problem::conflict("There is an account with this e-mail address: sign in.")
                .code("auth.email_taken")
        } else if error.violates("users_phone_key") {
            Problem::conflict("There is an account with this phone number.")
                .code("auth.phone_taken")
        } else {
            problem(error)
        }
    })?;
    let slug = workspaces::slug(&workspace_name, workspace);
    store::workspaces::insert(&mut tx, user, &workspace_name, &slug, Tier::Starter, now)
        .await
        .map_err(problem)?;
    begin_trial(&deps, &mut tx, Tier::Starter, now).await?;
    let session = open(&deps, &mut tx, user, deps.seams.uuid(), &origin).await?;
    audit::note(
        &deps,
        &mut tx,
        Some(user),
        &origin,
        "auth.register",
        &email_mark(&email),
        true,
    )
    .await?;
    tx.emit(created(&deps, workspace, &workspace_name, user));
    tx.commit().await.map_err(problem)?;
    let session = Session {
        workspace_id: Some(workspace),
        ..session
    };
    Ok((StatusCode::CREATED, axum::Json(session)))
}

fn check_new(body: &Register, email: &str) -> Result<(), Problem> {
    let mut found = Problem::validation("The account can't be made like this.");
    if !is_plausible_email(email) {
        found = found.field(
            "email",
            "invalid",
            "expected an address such as asha@example.in",
        );
    }
    if let Err(violation) = check_policy(&body.password, email) {
        found = found.field("password", violation.code(), violation.to_string());
    }
    let lengths = [
        ("name", Some(body.name.as_str())),
        ("workspace_name", body.workspace_name.as_deref()),
    ];
    for (field, text) in lengths {
        if text.is_some_and(|text| text.chars().count() > 120) {
            found = found.field(field, "too_long", "at most 120 characters");
        }
    }
    let number = |phone: &str| {
        let digits = phone.strip_prefix('+').unwrap_or_default();
        (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    if body.phone.as_deref().is_some_and(|phone| !number(phone)) {
        found = found.field(
            "phone",
            "invalid",
            "expected a number such as +919876543210",
        );
    }
    if found.errors().is_empty() {
        Ok(())
    } else {
        Err(found)
    }
}

/// Whether a text has the shape of an e-mail address. Whether anybody reads it, only a letter shows.
pub fn is_plausible_email(email: &str) -> bool {
    email.len() <= 255
        && !email.contains(char::is_whitespace)
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !domain.contains('@')
        })
}

/// Signs in.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, security(()),
    responses((status = 200, body = Session), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn login(
    State(deps): State<Deps>,
    origin: Origin,
    Json(body): Json<Login>,
) -> Result<axum::Json<Session>, Problem> {
    let email = body.email.trim().to_lowercase();
    deps.limits.sign_in(&deps, &email, &origin.address).await?;
    let mut tx = deps.store.plain().await.map_err(problem)?;
    let user = users::by_email(&mut tx, &email).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
    // Accounts that sign in elsewhere have a mark instead of a hash.
    let stored = stored.filter(|hash| hash.starts_with('$'));
    let verdict = deps
        .passwords
        .verify_or_dummy(&body.password, stored)
        .await
        .map_err(password)?;
    let (Some(user), Verdict::Match { rehash }) = (user, verdict) else {
        metrics::counter!("sign_ins_total", "outcome" => "refused").increment(1);
        tracing::warn!(
            account = email_mark(&email),
            address = origin.address,
            "sign-in refused"
        );
        return Err(
            Problem::unauthenticated("The e-mail address or the password is wrong.")
                .code("auth.credentials"),
        );
    };
    let mut tx = deps.store.plain().await.map_err(problem)?;
    if rehash {
        let hash = deps
            .passwords
            .hash(&body.password)
            .await
            .map_err(password)?;
        users::set_password_hash(&mut tx, user.id, &hash)
            .await
            .map_err(problem)?;
    }
    let session = open(&deps, &mut tx, user.id, deps.seams.uuid(), &origin).await?;
    tx.commit().await.map_err(problem)?;
    metrics::counter!("sign_ins_total", "outcome" => "accepted").increment(1);
    Ok(axum::Json(session))
}

/// Renews an access token. The refresh token is spent; the answer has the next one. A spent one that comes
/// back ends the whole sign-in.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = Refresh, security(()),
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
pub async fn refresh(
    State(deps): State<Deps>,
    origin: Origin,
    Json(body): Json<Refresh>,
) -> Result<axum::Json<Session>, Problem> {
    deps.limits.stranger(&deps, &origin.address)?;
    let refused = || {
        Problem::unauthenticated("This refresh token is not good any more: sign in again.")
            .code("auth.refresh_refused")
    };
    let hash = RefreshToken::hash_of(&body.refresh_token).ok_or_else(refused)?;
    let now = deps.seams.now();
    let mut tx = deps.store.plain().await.map_err(problem)?;
    let spent = sessions::spend(&mut tx, &hash, now)
        .await
        .map_err(problem)?;
    let session = match spent {
        Spend::Spent { family_id, user_id } => {
            open(&deps, &mut tx, user_id, family_id, &origin).await
        }
        Spend::Reused { user_id } => {
            metrics::counter!("refresh_reuse_total").increment(1);
            tracing::warn!(user.id = %user_id, "a spent refresh token came back; its sign-in is ended");
            Err(Problem::unauthenticated(
                "This refresh token was used before, so its sign-in is ended: sign in again.",
            )
            .code("auth.refresh_reused"))
        }
        Spend::Refused => Err(refused()),
    };
    // A reuse has revoked the family: that stands, whatever is answered.
    tx.commit().await.map_err(problem)?;
    session.map(axum::Json)
}

/// Ends a sign-in. Access tokens run out within half an hour.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = Logout, security(()),
    responses((status = 204, description = "Signed out, or there was nothing to end.")))]
pub async fn logout(
    State(deps): State<Deps>,
    origin: Origin,
    Json(body): Json<Logout>,
) -> Result<StatusCode, Problem> {
    deps.limits.stranger(&deps, &origin.address)?;
    let Some(hash) = RefreshToken::hash_of(&body.refresh_token) else {
        return Ok(StatusCode::NO_CONTENT);
    };
    let now = deps.seams.now();
    let mut tx = deps.store.plain().await.map_err(problem)?;
    if let Some((family, user)) = sessions::family_of(&mut tx, &hash).await.map_err(problem)? {
        if body.everywhere {
            sessions::revoke_all(&mut tx, user, now)
                .await
                .map_err(problem)?;
        } else {
            sessions::revoke_family(&mut tx, family, now)
                .await
                .map_err(problem)?;
        }
        tx.commit().await.map_err(problem)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who is signed in.
#[utoipa::path(get, path = "/auth/me", tag = "auth",
    responses((status = 200, body = Person), (status = 401, body = Problem)))]
pub async fn me(State(deps): State<Deps>, caller: Caller) -> Result<axum::Json<Person>, Problem> {
    let mut tx = deps.store.plain().await.map_err(problem)?;
    let user = users::by_id(&mut tx, caller.user_id)
        .await
        .map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let user =
        user.ok_or_else(|| Problem::unauthenticated("The account does not exist any more."))?;
    Ok(axum::Json(Person {
        user_id: user.id,
        email: user.email,
        name: user.name,
        created_at: user.created_at,
    }))
}

/// Issues both tokens; the caller commits.
async fn open(
    deps: &Deps,
    tx: &mut store::Tx,
    user_id: UserId,
    family_id: uuid::Uuid,
    origin: &Origin,
) -> Result<Session, Problem> {
    let now = deps.seams.now();
    let refresh = RefreshToken::generate(&*deps.seams.ids);
    let expires_at = now + REFRESH_LIFE;
    let token = NewToken {
        hash: &refresh.hash,
        family_id,
        user_id,
        expires_at,
        user_agent: &origin.user_agent,
        now,
    };
    sessions::insert(tx, &token).await.map_err(problem)?;
    let access = deps.tokens.issue(&deps.seams, user_id, None);
    Ok(Session {
        access_token: access.token,
        token_type: "Bearer",
        expires_in: guard::ACCESS_TOKEN_LIFE.num_seconds(),
        refresh_token: refresh.plain.to_string(),
        refresh_expires_at: expires_at,
        user_id,
        workspace_id: None,
    })
}

fn password(error: PasswordError) -> Problem {
    match error {
        PasswordError::Busy => {
            Problem::unavailable("Many people are signing in. Try again.").retry_after(2)
        }
        other => Problem::internal(other),
    }
}

/// An account as logs may name it: `a…@example.in`.
fn email_mark(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    format!("{}…@{domain}", local.chars().next().unwrap_or('?'))
}
