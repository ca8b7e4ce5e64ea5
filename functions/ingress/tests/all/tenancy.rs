use axum::http::Method;
use chrono::TimeDelta;
use domain::{Role, Tier};
use serde_json::{Value, json};

use crate::{DIWALI, World};

async fn join(
    world: &World,
    workspace: domain::WorkspaceId,
    owner: &str,
    role: Role,
) -> (domain::UserId, String) {
    let (user, _, token) = world.person(Tier::Starter).await;
    let me = world.get("/v1/auth/me", &token).await.expect(200);
    let path = format!("/v1/workspaces/{workspace}/members");
    let body = json!({ "email": me.body["email"], "role": role });
    world
        .call(Method::PUT, &path, owner, body)
        .await
        .expect(204);
    (user, token)
}

#[tokio::test]
async fn another_workspaces_execution_is_not_there() {
    let world = World::new().await;
    let (_, _, asha) = world.person(Tier::Growth).await;
    let (_, ravis, ravi) = world.person(Tier::Growth).await;
    let id = world.execute(&asha).await;
    for path in [
        format!("/v1/executions/{id}"),
        format!("/v1/agents/status/{id}"),
    ] {
        world.get(&path, &asha).await.expect(200);
        assert_eq!(
            world.get(&path, &ravi).await.expect(404).code(),
            "not_found",
            "{path}"
        );
    }
    world
        .get(&format!("/v1/executions/{id}/events"), &ravi)
        .await
        .expect(404);
    let cancel = format!("/v1/executions/{id}/cancel");
    world.post(&cancel, &ravi, Value::Null).await.expect(404);
    let list = world.get("/v1/executions", &ravi).await.expect(200);
    assert_eq!(list.body["executions"], json!([]));
    // Naming the other's workspace does not help.
    let named = world
        .get(&format!("/v1/executions?workspace_id={ravis}"), &asha)
        .await
        .expect(403);
    assert_eq!(named.code(), "workspace.not_member");
}

#[tokio::test]
async fn the_workspace_is_found_in_order_and_sources_must_agree() {
    let world = World::new().await;
    let (user, first, token) = world.person(Tier::Starter).await;
    world.clock.advance(TimeDelta::seconds(1));
    let second = world
        .post("/v1/workspaces", &token, json!({ "name": "Second" }))
        .await
        .expect(201);
    let second = second.text("id");
    let budget = |headers: Vec<(&'static str, String)>, query: String| {
        let (world, token) = (&world, &token);
        async move {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            world
                .call_with(
                    Method::GET,
                    &format!("/v1/executions{query}"),
                    token,
                    Value::Null,
                    &headers,
                )
                .await
        }
    };
    let made = world.execute(&token).await.to_string();
    let ids = |answer: &crate::Answer| answer.body["executions"].as_array().map_or(0, Vec::len);
    // None named: the oldest membership.
    let default = budget(vec![], String::new()).await.expect(200);
    assert_eq!(
        (
            ids(&default),
            default.body["executions"][0]["id"] == made.as_str()
        ),
        (1, true)
    );
    assert_eq!(
        ids(
            &budget(vec![("x-workspace-id", second.clone())], String::new())
                .await
                .expect(200)
        ),
        0
    );
    assert_eq!(
        ids(&budget(vec![], format!("?workspace_id={second}"))
            .await
            .expect(200)),
        0
    );
    let agree = budget(
        vec![("x-workspace-id", second.clone())],
        format!("?workspace_id={second}"),
    )
    .await;
    agree.expect(200);
    let disagree = budget(
        vec![("x-workspace-id", second.clone())],
        format!("?workspace_id={first}"),
    )
    .await;
    assert_eq!(disagree.expect(422).code(), "workspace.ambiguous");
    let path = format!("/v1/workspaces/{second}/members");
    let other = world
        .call_with(
            Method::GET,
            &path,
            &token,
            Value::Null,
            &[("x-workspace-id", &first.to_string())],
        )
        .await;
    assert_eq!(other.expect(422).code(), "workspace.ambiguous");
    let junk = budget(vec![("x-workspace-id", "seven".into())], String::new())
        .await
        .expect(422);
    assert_eq!(junk.fields(), ["X-Workspace-Id"]);
    // A token that was issued for one workspace is no good for another.
    let bound = world
        .deps
        .tokens
        .issue(&world.seams, user, Some(first))
        .token;
    world.get("/v1/budget", &bound).await.expect(200);
    let refused = world
        .get(&format!("/v1/workspaces/{second}"), &bound)
        .await
        .expect(403);
    assert_eq!(refused.code(), "auth.token_workspace");
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for_and_no_more() {
    let world = World::new().await;
    let (_, workspace, owner) = world.person(Tier::Growth).await;
    let header = workspace.to_string();
    let mut seen = Vec::new();
    for role in [Role::Viewer, Role::Analyst, Role::Operator, Role::Admin] {
        let (_, token) = join(&world, workspace, &owner, role).await;
        let headers = [("x-workspace-id", header.as_str())];
        let read = world
            .call_with(Method::GET, "/v1/executions", &token, Value::Null, &headers)
            .await;
        let money = world
            .call_with(Method::GET, "/v1/budget", &token, Value::Null, &headers)
            .await;
        let body = json!({ "prompt": DIWALI });
        let run = world
            .call_with(Method::POST, "/v1/agents/execute", &token, body, &headers)
            .await;
        let path = format!("/v1/workspaces/{workspace}/members");
        let body = json!({ "email": "nobody@example.in", "role": "viewer" });
        let manage = world.call(Method::PUT, &path, &token, body).await;
        seen.push([read, money, run, manage].map(|answer| answer.status.as_u16()));
    }
    assert_eq!(
        seen,
        [
            [200, 403, 403, 403],
            [200, 200, 403, 403],
            [200, 200, 202, 403],
            [200, 200, 202, 404]
        ]
    );
}

#[tokio::test]
async fn nobody_gives_a_role_above_their_own_and_a_workspace_keeps_its_owner() {
    let world = World::new().await;
    let (owner_id, workspace, owner) = world.person(Tier::Growth).await;
    let (admin_id, admin) = join(&world, workspace, &owner, Role::Admin).await;
    let members = format!("/v1/workspaces/{workspace}/members");
    let email = world.get("/v1/auth/me", &admin).await.text("email");
    let owners_email = world.get("/v1/auth/me", &owner).await.text("email");
    let promote = world
        .call(
            Method::PUT,
            &members,
            &admin,
            json!({ "email": email, "role": "owner" }),
        )
        .await;
    promote.expect(403);
    let demote = world
        .call(
            Method::PUT,
            &members,
            &admin,
            json!({ "email": owners_email, "role": "viewer" }),
        )
        .await;
    demote.expect(403);
    world
        .call(
            Method::DELETE,
            &format!("{members}/{owner_id}"),
            &admin,
            Value::Null,
        )
        .await
        .expect(403);
    let last = world
        .call(
            Method::PUT,
            &members,
            &owner,
            json!({ "email": owners_email, "role": "admin" }),
        )
        .await;
    assert_eq!(last.expect(409).code(), "member.last_owner");
    let gone = world
        .call(
            Method::DELETE,
            &format!("{members}/{owner_id}"),
            &owner,
            Value::Null,
        )
        .await;
    assert_eq!(gone.expect(409).code(), "member.owner_stays");
    // Members see each other, and anyone may leave; it shows at once.
    assert_eq!(
        world.get(&members, &admin).await.expect(200).body["members"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    world
        .call(
            Method::DELETE,
            &format!("{members}/{admin_id}"),
            &admin,
            Value::Null,
        )
        .await
        .expect(204);
    assert_eq!(
        world.get(&members, &admin).await.expect(403).code(),
        "workspace.not_member"
    );
}

#[tokio::test]
async fn a_workspace_has_a_slug_of_its_own() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let one = world
        .post(
            "/v1/workspaces",
            &token,
            json!({ "name": "Jaipur Looms & Co." }),
        )
        .await
        .expect(201);
    assert!(
        one.text("slug").starts_with("jaipur-looms-co-"),
        "{}",
        one.body
    );
    let body = json!({ "name": "X", "slug": "looms" });
    world
        .post("/v1/workspaces", &token, body.clone())
        .await
        .expect(201);
    assert_eq!(
        world
            .post("/v1/workspaces", &token, body)
            .await
            .expect(409)
            .code(),
        "workspace.slug_taken"
    );
    let bad = world
        .post(
            "/v1/workspaces",
            &token,
            json!({ "name": " ", "slug": "No Spaces" }),
        )
        .await;
    assert_eq!(bad.expect(422).fields(), ["name", "slug"]);
    // In any script.
    let hindi = world
        .post("/v1/workspaces", &token, json!({ "name": "जयपुर हथकरघा" }))
        .await
        .expect(201);
    assert_eq!(hindi.text("slug").len(), 8);
}
