use axum::http::Method;
use chrono::TimeDelta;
use serde_json::json;

use crate::{PASSWORD, World};

async fn login(world: &World, email: &str, password: &str) -> crate::Answer {
    let body = json!({ "email": email, "password": password });
    world.post("/v1/auth/login", "", body).await
}

async fn refresh(world: &World, token: &str) -> crate::Answer {
    world
        .post("/v1/auth/refresh", "", json!({ "refresh_token": token }))
        .await
}

#[tokio::test]
async fn a_new_account_has_a_workspace_and_can_work_at_once() {
    let world = World::new().await;
    let session = world.register("Asha@Example.in").await;
    assert_eq!(session.body["token_type"], "Bearer");
    assert_eq!(session.body["expires_in"], 1800);
    let token = session.text("access_token");
    let me = world.get("/v1/auth/me", &token).await.expect(200);
    assert_eq!(me.body["email"], "asha@example.in");
    let workspaces = world.get("/v1/workspaces", &token).await.expect(200);
    assert_eq!(
        workspaces.body["workspaces"][0]["id"],
        session.body["workspace_id"]
    );
    assert_eq!(workspaces.body["workspaces"][0]["tier"], "starter");
    assert_eq!(workspaces.body["workspaces"][0]["role"], "owner");
    world.execute(&token).await;
    // The workspace's creation and the work itself.
    assert_eq!(world.open_work().await.outbox, 2);
}

#[tokio::test]
async fn a_tier_in_the_request_is_ignored() {
    let world = World::new().await;
    let body = json!({ "email": "a@example.in", "password": PASSWORD, "tier": "enterprise" });
    let session = world.post("/v1/auth/register", "", body).await.expect(201);
    let list = world
        .get("/v1/workspaces", &session.text("access_token"))
        .await
        .expect(200);
    assert_eq!(list.body["workspaces"][0]["tier"], "starter");
}

#[tokio::test]
async fn an_address_is_taken_once_whatever_its_case() {
    let world = World::new().await;
    world.register("asha@example.in").await;
    let body = json!({ "email": "ASHA@example.in", "password": PASSWORD });
    let again = world.post("/v1/auth/register", "", body).await.expect(409);
    assert_eq!(again.code(), "auth.email_taken");
}

#[tokio::test]
async fn every_wrong_field_of_a_new_account_is_named() {
    let world = World::new().await;
    let body = json!({ "email": "asha", "password": "short", "phone": "98765" });
    let refused = world.post("/v1/auth/register", "", body).await.expect(422);
    assert_eq!(refused.fields(), ["email", "password", "phone"]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let world = World::new().await;
    world.register("asha@example.in").await;
    let wrong = login(&world, "asha@example.in", "not the password")
        .await
        .expect(401);
    let unknown = login(&world, "nobody@example.in", PASSWORD)
        .await
        .expect(401);
    assert_eq!(wrong.code(), "auth.credentials");
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    login(&world, "Asha@example.in ", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn the_sixth_sign_in_within_five_minutes_is_refused_and_waiting_helps() {
    let world = World::new().await;
    world.register("asha@example.in").await;
    for _ in 0..5 {
        login(&world, "asha@example.in", "not the password")
            .await
            .expect(401);
    }
    let refused = login(&world, "asha@example.in", PASSWORD).await.expect(429);
    assert_eq!(refused.code(), "rate.limited");
    let wait: i64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
    // Another account from the same address is not held up.
    login(&world, "nobody@example.in", PASSWORD)
        .await
        .expect(401);
    world.clock.advance(TimeDelta::seconds(wait));
    login(&world, "asha@example.in", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn sign_ins_at_the_same_time_are_counted_one_by_one() {
    let world = World::new().await;
    let attempts = (0..12).map(|_| login(&world, "asha@example.in", "not the password"));
    let answers = futures::future::join_all(attempts).await;
    let tried = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(tried, 5);
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_sign_in() {
    let world = World::new().await;
    let first = world
        .register("asha@example.in")
        .await
        .text("refresh_token");
    let second = refresh(&world, &first).await.expect(200);
    world
        .get("/v1/auth/me", &second.text("access_token"))
        .await
        .expect(200);
    // The first comes back: somebody has stolen one of the two.
    let reused = refresh(&world, &first).await.expect(401);
    assert_eq!(reused.code(), "auth.refresh_reused");
    let dead = refresh(&world, &second.text("refresh_token"))
        .await
        .expect(401);
    assert_eq!(dead.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn another_device_stays_signed_in_when_one_is_ended() {
    let world = World::new().await;
    let phone = world
        .register("asha@example.in")
        .await
        .text("refresh_token");
    let laptop = login(&world, "asha@example.in", PASSWORD)
        .await
        .expect(200)
        .text("refresh_token");
    let body = json!({ "refresh_token": phone });
    world
        .post("/v1/auth/logout", "", body.clone())
        .await
        .expect(204);
    world.post("/v1/auth/logout", "", body).await.expect(204);
    refresh(&world, &phone).await.expect(401);
    let laptop = refresh(&world, &laptop)
        .await
        .expect(200)
        .text("refresh_token");
    let body = json!({ "refresh_token": laptop, "everywhere": true });
    world.post("/v1/auth/logout", "", body).await.expect(204);
    refresh(&world, &laptop).await.expect(401);
}

#[tokio::test]
async fn tokens_run_out() {
    let world = World::new().await;
    let session = world.register("asha@example.in").await;
    let (access, renewal) = (session.text("access_token"), session.text("refresh_token"));
    world.clock.advance(TimeDelta::minutes(31));
    let expired = world.get("/v1/auth/me", &access).await.expect(401);
    assert_eq!(expired.code(), "auth.token_expired");
    assert_eq!(expired.headers["www-authenticate"], "Bearer");
    world.clock.advance(TimeDelta::days(30));
    refresh(&world, &renewal).await.expect(401);
}

#[tokio::test]
async fn junk_is_not_a_token() {
    let world = World::new().await;
    for junk in ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."] {
        let refused = world.get("/v1/auth/me", junk).await.expect(401);
        assert_eq!(refused.code(), "auth.token_invalid", "{junk}");
    }
    let none = world.get("/v1/auth/me", "").await.expect(401);
    assert_eq!(none.code(), "auth.unauthenticated");
    refresh(&world, "rt_junk").await.expect(401);
    let other = world
        .call_with(
            Method::GET,
            "/v1/auth/me",
            "",
            serde_json::Value::Null,
            &[("authorization", "Basic YTpi")],
        )
        .await;
    other.expect(401);
}
