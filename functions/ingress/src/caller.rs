//! Who is asking, for which workspace, and whether they may. Extractors, in order: [`Caller`] (a person
//! with a good token), [`Member`] (their place in a workspace), and the role a handler asks for.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams};
use axum::http::{HeaderMap, header, request::Parts};
use domain::{Role, Tier, UserId, WorkspaceId};
use moka::future::Cache;
use runtime::{Problem, context};
use store::workspaces::Membership;

use crate::{Deps, problem};

const HEADER: &str = "x-workspace-id";
/// A change of members shows on other instances after this long at most.
const CACHED: Duration = Duration::from_secs(30);

/// A person with a good token. As an extractor, within their rate limit too.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub user_id: UserId,
    /// The workspace the token was issued for, if it was for one.
    pub token_workspace: Option<WorkspaceId>,
    pub expires_at: chrono::DateTime<chrono::Utc>,
}

impl Caller {
    /// From an access token, uncounted.
    pub fn of_token(deps: &Deps, token: &str) -> Result<Self, Problem> {
        let claims = deps
            .tokens
            .verify(token, deps.seams.now())
            .map_err(|error| Problem::unauthenticated(error.to_string()).code(error.code()))?;
        context::update(|context| context.user_id = Some(claims.user_id));
        Ok(Self {
            user_id: claims.user_id,
            token_workspace: claims.workspace_id,
            expires_at: claims.expires_at,
        })
    }
}

impl FromRequestParts<Deps> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, Problem> {
        let caller = Self::of_token(deps, bearer(&parts.headers)?)?;
        deps.limits.request(deps, caller.user_id, None)?;
        Ok(caller)
    }
}

/// The token of `Authorization: Bearer …`.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let missing = || {
        Problem::unauthenticated(
            "Send `Authorization: Bearer <access token>`; POST /v1/auth/login gives one.",
        )
    };
    let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
    let text = value.to_str().map_err(|_| missing())?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(missing()),
    }
}

/// A person's place in the workspace a request is about.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub user_id: UserId,
    pub workspace_id: WorkspaceId,
    pub role: Role,
    pub tier: Tier,
    pub expires_at: chrono::DateTime<chrono::Utc>,
}

impl Member {
    /// 403 unless this member has at least `role`.
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        Err(Problem::forbidden(format!(
            "This needs the role {role} or higher in the workspace; you are {}.",
            self.role
        )))
    }

    /// The place of `caller` in the workspace that the sources agree on: header, query, path, the token's
    /// own, else the person's oldest membership.
    async fn find(deps: &Deps, caller: Caller, named: Vec<WorkspaceId>) -> Result<Self, Problem> {
        let wanted = named.first().copied();
        if named.iter().any(|id| Some(*id) != wanted) {
            return Err(Problem::validation(
                "The header X-Workspace-Id, the query workspace_id and the path name different workspaces.",
            )
            .code("workspace.ambiguous"));
        }
        if let (Some(wanted), Some(own)) = (wanted, caller.token_workspace)
            && wanted != own
        {
            return Err(Problem::forbidden(
                "The token was issued for another workspace: sign in again.",
            )
            .code("auth.token_workspace"));
        }
        let wanted = wanted.or(caller.token_workspace);
        let membership = deps.memberships.get(deps, caller.user_id, wanted).await?;
        let tier = membership.map(|membership| membership.tier);
        deps.limits.request(deps, caller.user_id, tier)?;
        let Some(membership) = membership else {
            return Err(match wanted {
                Some(_) => Problem::forbidden("You are not a member of this workspace.")
                    .code("workspace.not_member"),
                None => Problem::forbidden("You have no workspace yet: POST /v1/workspaces.")
                    .code("workspace.none"),
            });
        };
        context::update(|context| {
            context.workspace_id = Some(membership.workspace_id);
            context.role = Some(membership.role);
        });
        Ok(Self {
            user_id: caller.user_id,
            workspace_id: membership.workspace_id,
            role: membership.role,
            tier: membership.tier,
            expires_at: caller.expires_at,
        })
    }

    /// The member a request is about, within the rate limit of their tier.
    pub async fn of_parts(parts: &mut Parts, deps: &Deps, caller: Caller) -> Result<Self, Problem> {
        let mut named = Vec::new();
        let mut name = |source: &str, text: &str| match text.parse() {
            Ok(id) => {
                named.push(id);
                Ok(())
            }
            Err(_) => Err(Problem::validation("The workspace is not a UUID.").field(
                source,
                "type",
                "expected a UUID",
            )),
        };
        if let Some(value) = parts.headers.get(HEADER) {
            name("X-Workspace-Id", value.to_str().unwrap_or_default())?;
        }
        let query = parts.uri.query().unwrap_or_default();
        for pair in query.split('&') {
            if let Some(("workspace_id", text)) = pair.split_once('=') {
                name("workspace_id", text)?;
            }
        }
        let path = RawPathParams::from_request_parts(parts, deps).await;
        if let Ok(path) = &path {
            for (key, text) in path {
                if key == "workspace_id" {
                    name("workspace_id", text)?;
                }
            }
        }
        Self::find(deps, caller, named).await
    }
}

impl FromRequestParts<Deps> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, Problem> {
        let caller = Caller::of_token(deps, bearer(&parts.headers)?)?;
        Self::of_parts(parts, deps, caller).await
    }
}

/// Memberships as lately read.
pub struct Memberships(Cache<UserId, std::sync::Arc<[Membership]>>);

impl Default for Memberships {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(100_000)
            .time_to_live(CACHED)
            .build();
        Self(cache)
    }
}

impl Memberships {
    /// The membership of a person in `workspace`, or their oldest.
    async fn get(
        &self,
        deps: &Deps,
        user: UserId,
        workspace: Option<WorkspaceId>,
    ) -> Result<Option<Membership>, Problem> {
        let find = |all: &[Membership]| {
            all.iter()
                .find(|m| workspace.is_none_or(|wanted| wanted == m.workspace_id))
                .copied()
        };
        if let Some(all) = self.0.get(&user).await
            && let Some(found) = find(&all)
        {
            return Ok(Some(found));
        }
        // Nobody is refused from memory: they may just have been added.
        let mut tx = deps.store.person(user).await.map_err(problem)?;
        let workspaces = store::workspaces::of_person(&mut tx, user)
            .await
            .map_err(problem)?;
        tx.rollback().await.map_err(problem)?;
        let all: std::sync::Arc<[Membership]> = workspaces
            .into_iter()
            .map(|workspace| Membership {
                workspace_id: workspace.id,
                role: workspace.role,
                tier: workspace.tier,
            })
            .collect();
        let found = find(&all);
        self.0.insert(user, all).await;
        Ok(found)
    }

    /// Something about this person's memberships has changed.
    pub async fn forget(&self, user: UserId) {
        self.0.invalidate(&user).await;
    }
}

/// Where a request came from, as far as it can be believed.
#[derive(Debug, Clone)]
pub struct Origin {
    pub address: String,
    pub user_agent: String,
}

impl FromRequestParts<Deps> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, Problem> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or_else(|| "unknown".to_owned(), |peer| peer.0.ip().to_string());
        // Each trusted proxy adds the address it was called from; what stands before is the client's word.
        let forwarded: Vec<&str> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        let address = match deps.trusted_proxies {
            0 => peer,
            hops => forwarded
                .len()
                .checked_sub(hops)
                .map_or(peer, |index| forwarded[index].to_owned()),
        };
        let user_agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Self {
            address,
            user_agent: user_agent.chars().take(255).collect(),
        })
    }
}
