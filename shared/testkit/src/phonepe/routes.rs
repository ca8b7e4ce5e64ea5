//! The paths, and what every call goes through: noted, perhaps failed, checked, done.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream;
use serde_json::{Value, json};

use super::codes::{self, Refusal};
use super::control;
use super::faults::{Call, Fault};
use super::wire;
use super::world::{Family, Order, World};
use super::{Fake, Seen, lock, page};

pub(super) fn app(fake: Fake) -> Router {
    use Family::{Custom, Hosted};
    Router::new()
        .route("/v1/oauth/token", post(token))
        .route("/checkout/v2/pay", on(Call::Pay, Hosted))
        .route("/checkout/v2/sdk/order", on(Call::SdkOrder, Hosted))
        .route(
            "/checkout/v2/order/{id}/status",
            on(Call::OrderStatus, Hosted),
        )
        .route(
            "/checkout/v2/transaction/{id}/status",
            on(Call::TransactionStatus, Hosted),
        )
        .route("/payments/v2/refund", on(Call::Refund, Hosted))
        .route(
            "/payments/v2/refund/{id}/status",
            on(Call::RefundStatus, Hosted),
        )
        .route("/v2/validate/upi", on(Call::ValidateVpa, Hosted))
        .route(
            "/checkout/v2/subscriptions/{id}/status",
            on(Call::MandateStatus, Hosted),
        )
        .route(
            "/checkout/v2/subscriptions/notify",
            on(Call::Notify, Hosted),
        )
        .route(
            "/checkout/v2/subscriptions/redeem",
            on(Call::Redeem, Hosted),
        )
        .route(
            "/checkout/v2/subscriptions/{id}/cancel",
            on(Call::Cancel, Hosted),
        )
        .route("/subscriptions/v2/setup", on(Call::Setup, Custom))
        .route(
            "/subscriptions/v2/order/{id}/status",
            on(Call::OrderStatus, Custom),
        )
        .route(
            "/subscriptions/v2/transaction/{id}/status",
            on(Call::TransactionStatus, Custom),
        )
        .route(
            "/subscriptions/v2/{id}/status",
            on(Call::MandateStatus, Custom),
        )
        .route("/subscriptions/v2/notify", on(Call::Notify, Custom))
        .route("/subscriptions/v2/redeem", on(Call::Redeem, Custom))
        .route("/subscriptions/v2/{id}/cancel", on(Call::Cancel, Custom))
        .route("/transact/{page}", get(page::show).post(page::act))
        .route("/health", get(|| async { "ok" }))
        .merge(control::routes())
        .with_state(fake)
}

/// One call, with the method that fits it.
fn on(call: Call, family: Family) -> MethodRouter<Fake> {
    let handler = move |State(fake): State<Fake>,
                        method: Method,
                        uri: Uri,
                        params: RawPathParams,
                        RawQuery(query): RawQuery,
                        headers: HeaderMap,
                        body: Bytes| async move {
        let id = params.iter().next().map(|(_, id)| id.to_owned());
        let asked = Asked {
            call,
            family,
            id: id.unwrap_or_default(),
            query: query.unwrap_or_default(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        };
        note(&fake, call, &method, &uri, &headers, asked.body.clone());
        through(&fake, call, || {
            authorised(&fake, &headers)?;
            let is_json = matches!(asked.body, Value::Object(_));
            if method == Method::POST && call != Call::Cancel && !is_json {
                return Err(codes::bad_request("The body is no JSON object"));
            }
            answer(&fake, &asked)
        })
        .await
    };
    match call {
        Call::OrderStatus | Call::TransactionStatus | Call::RefundStatus | Call::MandateStatus => {
            get(handler)
        }
        _ => post(handler),
    }
}

struct Asked {
    call: Call,
    family: Family,
    /// From the path.
    id: String,
    query: String,
    body: Value,
}

impl Asked {
    /// Whether a query parameter is true, however it is written; the first of several counts.
    fn wants(&self, name: &str) -> bool {
        let mut pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name);
        value.is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"))
    }
}

fn note(fake: &Fake, call: Call, method: &Method, uri: &Uri, headers: &HeaderMap, body: Value) {
    let authorization = headers.get(AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    fake.note(Seen {
        call,
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        body,
        authorization: authorization.map(str::to_owned),
    });
}

/// Does it, or fails as scripted, before or after.
async fn through(
    fake: &Fake,
    call: Call,
    act: impl FnOnce() -> Result<Response, Refusal>,
) -> Response {
    let fault = lock(&fake.faults).draw(call);
    match fault {
        Some(Fault::Timeout) => return never(fake).await,
        Some(Fault::Server(status)) => return codes::internal(status).into_response(),
        Some(Fault::RateLimited) => {
            return ([("retry-after", "1")], codes::too_many()).into_response();
        }
        Some(Fault::Unauthorised) => return codes::unauthorised().into_response(),
        _ => {}
    }
    let answer = act().unwrap_or_else(IntoResponse::into_response);
    match fault {
        Some(Fault::TimeoutAfter) => never(fake).await,
        Some(Fault::ServerAfter(status)) => codes::internal(status).into_response(),
        Some(Fault::CutAfter) => {
            let start = Ok(Bytes::from_static(b"{\"orderId\":\"OMO"));
            let cut = Err(std::io::Error::other("cut"));
            let body = Body::from_stream(stream::iter([start, cut]));
            ([(CONTENT_TYPE, "application/json")], body).into_response()
        }
        Some(Fault::Malformed) => {
            ([(CONTENT_TYPE, "text/html")], "<html>It works!</html>").into_response()
        }
        Some(Fault::NewState) => {
            let body = to_bytes(answer.into_body(), usize::MAX).await;
            let mut body: Value =
                serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
            body["state"] = "SETTLING_LATER".into();
            Json(body).into_response()
        }
        _ => answer,
    }
}

/// Until the client gives up, or the simulator.
async fn never(fake: &Fake) -> Response {
    fake.stop.cancelled().await;
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// `POST /v1/oauth/token`, form-encoded.
async fn token(
    State(fake): State<Fake>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields: BTreeMap<String, String> = form(&body);
    note(
        &fake,
        Call::Token,
        &method,
        &uri,
        &headers,
        json!(fields.keys().collect::<Vec<_>>()),
    );
    through(&fake, Call::Token, || {
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let known = *field("client_id") == *fake.client_id
            && *field("client_secret") == *fake.client_secret
            && field("client_version") == fake.client_version.to_string()
            && field("grant_type") == "client_credentials";
        if !known {
            return Err(codes::invalid_client());
        }
        let (now, secret) = {
            let world = lock(&fake.world);
            (world.now(), world.make_secret())
        };
        let expires = now + fake.token_life;
        lock(&fake.tokens).insert(secret.clone(), expires);
        Ok(Json(json!({
            "access_token": secret,
            "encrypted_access_token": secret,
            "expires_in": null,
            "issued_at": now.timestamp(),
            "expires_at": expires.timestamp(),
            "session_expires_at": expires.timestamp(),
            "token_type": "O-Bearer",
        }))
        .into_response())
    })
    .await
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body);
    let url = reqwest::Url::parse(&format!("http://form/?{text}"));
    let Ok(url) = url else { return BTreeMap::new() };
    url.query_pairs().into_owned().collect()
}

fn authorised(fake: &Fake, headers: &HeaderMap) -> Result<(), Refusal> {
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("O-Bearer "));
    let now = lock(&fake.world).now();
    let expires = token.and_then(|token| lock(&fake.tokens).get(token).copied());
    if expires.is_some_and(|expires: DateTime<Utc>| now < expires) {
        return Ok(());
    }
    Err(codes::unauthorised())
}

/// What the call does, and its answer.
fn answer(fake: &Fake, asked: &Asked) -> Result<Response, Refusal> {
    let answered = {
        let mut world = lock(&fake.world);
        world.tick();
        act(fake, &mut world, asked)
    };
    fake.flush();
    answered
}

fn act(fake: &Fake, world: &mut World, asked: &Asked) -> Result<Response, Refusal> {
    let Asked {
        call,
        family,
        id,
        body,
        ..
    } = asked;
    let found = match call {
        // It has a handler of its own.
        Call::Token => return Err(codes::no_order()),
        Call::Pay => {
            let id = world.pay(body)?;
            let order = &world.orders[&id];
            let page = format!("{}/transact/{}", fake.public_url, order.page);
            begun(order, "redirectUrl", &page)
        }
        Call::SdkOrder => {
            let id = world.pay(body)?;
            let order = &world.orders[&id];
            begun(order, "token", &order.page)
        }
        Call::Setup => {
            let id = world.set_up(body, *family)?;
            let order = &world.orders[&id];
            let intent = format!("upi://mandate?mn=Autopay&tr={}", order.order_id);
            begun(order, "intentUrl", &intent)
        }
        Call::OrderStatus => {
            let order = world.order(id, *family)?;
            wire::order(
                world,
                order,
                asked.wants("details"),
                asked.wants("errorContext"),
            )
        }
        Call::TransactionStatus => {
            let mut orders = world
                .orders
                .values()
                .filter(|order| order.family == *family);
            let of = |order: &&Order| {
                let mut attempts = order.attempts.iter();
                attempts.any(|attempt| attempt.transaction_id == *id)
            };
            let order = orders.find(of).ok_or_else(codes::no_transaction)?;
            wire::transaction(world, order, id)
        }
        Call::Refund => {
            let id = world.refund(body)?;
            let refund = &world.refunds[&id];
            json!({"refundId": refund.refund_id, "amount": refund.amount, "state": "PENDING"})
        }
        Call::RefundStatus => {
            let refund = world.refunds.get(id).ok_or_else(codes::no_refund)?;
            wire::refund(world, refund)
        }
        Call::MandateStatus => wire::mandate(world.mandate(id, *family)?),
        Call::Notify => {
            let id = world.notify(body, *family)?;
            let order = &world.orders[&id];
            json!({
                "orderId": order.order_id,
                "state": order.state.wire(),
                "expireAt": order.expire_at.timestamp_millis(),
            })
        }
        Call::Redeem => json!({"state": "PENDING", "transactionId": world.redeem(body, *family)?}),
        Call::Cancel => {
            world.cancel(id, *family)?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        Call::ValidateVpa => World::validate_vpa(body)?,
    };
    Ok(Json(found).into_response())
}

/// An order that has begun, and where the payer goes on.
fn begun(order: &Order, field: &str, to: &str) -> Value {
    let mut body = json!({
        "orderId": order.order_id,
        "state": order.state.wire(),
        "expireAt": order.expire_at.timestamp_millis(),
    });
    body[field] = json!(to);
    body
}

/// How long a token lives unless told otherwise.
pub(super) const TOKEN_LIFE: TimeDelta = TimeDelta::hours(1);
