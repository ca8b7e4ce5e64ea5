//! What a test does with [`super::FakePhonePe`], a script does from outside: it moves the clock, acts for
//! the payer, lets calls fail, and looks at the books.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use domain::Clock;
use serde::Deserialize;
use serde_json::{Value, json};

use super::orders::Payer;
use super::world::{OrderState, RefundState, World};
use super::{Fake, WebhookTarget, lock};

/// The clock that was given, moved.
pub(super) struct Shifted {
    inner: Arc<dyn Clock>,
    by_micros: AtomicI64,
}

impl Shifted {
    pub fn new(inner: Arc<dyn Clock>) -> Self {
        Self {
            inner,
            by_micros: AtomicI64::new(0),
        }
    }

    fn set(&self, at: DateTime<Utc>) {
        let by = (at - self.inner.now()).num_microseconds();
        self.by_micros
            .store(by.unwrap_or_default(), Ordering::SeqCst);
    }
}

impl Clock for Shifted {
    fn now(&self) -> DateTime<Utc> {
        self.inner.now() + TimeDelta::microseconds(self.by_micros.load(Ordering::SeqCst))
    }
}

pub(super) fn routes() -> Router<Fake> {
    Router::new()
        .route("/simulator/clock", get(now).post(set_clock))
        .route("/simulator/orders/{id}/{action}", post(order))
        .route("/simulator/refunds/{id}/{action}", post(refund))
        .route("/simulator/mandates/{id}/{action}", post(mandate))
        .route("/simulator/fail", post(fail))
        .route("/simulator/webhook", post(set_webhook))
        .route("/simulator/books", get(books))
        .route("/simulator/webhooks", get(webhooks))
}

async fn now(State(fake): State<Fake>) -> Json<Value> {
    Json(json!({"now": fake.clock.now()}))
}

#[derive(Deserialize)]
struct At {
    at: DateTime<Utc>,
}

async fn set_clock(State(fake): State<Fake>, Json(At { at }): Json<At>) -> Json<Value> {
    fake.clock.set(at);
    fake.tick();
    now(State(fake)).await
}

async fn order(State(fake): State<Fake>, Path((id, action)): Path<(String, String)>) -> Response {
    let payer = match action.as_str() {
        "pay" => Payer::Pays,
        "decline" => Payer::Declines,
        "cancel" => Payer::Cancels,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    change(&fake, |world| world.act(&id, payer))
}

async fn refund(State(fake): State<Fake>, Path((id, action)): Path<(String, String)>) -> Response {
    change(&fake, |world| match action.as_str() {
        "confirm" => world.confirm_refund(&id),
        "complete" => world.complete_refund(&id),
        "fail" => world.fail_refund(&id),
        _ => false,
    })
}

async fn mandate(State(fake): State<Fake>, Path((id, action)): Path<(String, String)>) -> Response {
    change(&fake, |world| match action.as_str() {
        // For a week.
        "pause" => {
            let until = world.now() + TimeDelta::days(7);
            world.pause(&id, until)
        }
        "resume" => world.resume(&id),
        "revoke" => world.revoke(&id),
        _ => false,
    })
}

/// 204, or 409 where it can't be done.
fn change(fake: &Fake, change: impl FnOnce(&mut World) -> bool) -> Response {
    let done = {
        let mut world = lock(&fake.world);
        world.tick();
        change(&mut world)
    };
    fake.flush();
    if done {
        StatusCode::NO_CONTENT.into_response()
    } else {
        StatusCode::CONFLICT.into_response()
    }
}

/// The next call of a kind, or attempts at debits to come.
#[derive(Deserialize)]
struct Failing {
    call: Option<String>,
    fault: Option<String>,
    #[serde(default)]
    redemptions: u32,
    #[serde(default)]
    notices: u32,
    #[serde(default)]
    refunds: u32,
}

async fn fail(State(fake): State<Fake>, Json(failing): Json<Failing>) -> Response {
    if let (Some(call), Some(fault)) = (&failing.call, &failing.fault) {
        match (call.parse(), fault.parse()) {
            (Ok(call), Ok(fault)) => lock(&fake.faults).push(call, fault),
            (Err(wrong), _) | (_, Err(wrong)) => {
                return (StatusCode::BAD_REQUEST, wrong).into_response();
            }
        }
    }
    let mut world = lock(&fake.world);
    world.failing_redemptions += failing.redemptions;
    world.failing_notices += failing.notices;
    world.failing_refunds += failing.refunds;
    StatusCode::NO_CONTENT.into_response()
}

/// Totals in paise, and every state.
async fn books(State(fake): State<Fake>) -> Json<Value> {
    fake.tick();
    let world = lock(&fake.world);
    let orders = world.orders.values();
    let completed = orders.filter(|order| order.state == OrderState::Completed);
    let refunds = world.refunds.values();
    let paid_back = refunds.filter(|refund| refund.state == RefundState::Completed);
    Json(json!({
        "captured": completed.map(|order| order.amount).sum::<i64>(),
        "refunded": paid_back.map(|refund| refund.amount).sum::<i64>(),
        "orders": states(world.orders.values().map(|order| (&order.id, order.state.wire()))),
        "refunds": states(world.refunds.values().map(|refund| (&refund.id, refund.state.wire()))),
        "mandates": states(world.mandates.values().map(|mandate| (&mandate.id, mandate.state.wire()))),
    }))
}

fn states<'a>(all: impl Iterator<Item = (&'a String, &'static str)>) -> Value {
    let all = all.map(|(id, state)| (id.clone(), json!(state)));
    Value::Object(all.collect())
}

/// Where callbacks go from now on.
#[derive(Deserialize)]
struct Target {
    url: String,
    username: String,
    password: String,
}

async fn set_webhook(State(fake): State<Fake>, Json(target): Json<Target>) -> StatusCode {
    fake.hooks.set_target(Some(WebhookTarget {
        url: target.url,
        username: target.username,
        password: target.password,
    }));
    StatusCode::NO_CONTENT
}

/// Every callback there was, with its body as text.
async fn webhooks(State(fake): State<Fake>) -> Json<Value> {
    let made = fake.hooks.made().into_iter();
    Json(
        made.map(|made| json!({"event": made.event, "body": made.body}))
            .collect(),
    )
}
