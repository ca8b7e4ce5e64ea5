//! The hosted page, on which a person pays, declines or cancels.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::orders::Payer;
use super::world::{Kind, Order, OrderState, World};
use super::{Fake, lock};

pub(super) async fn show(State(fake): State<Fake>, Path(page): Path<String>) -> Response {
    let world = lock(&fake.world);
    match world.by_page(&page) {
        Some(order) => Html(render(&world, order)).into_response(),
        None => gone(),
    }
}

#[derive(Deserialize)]
pub(super) struct Acted {
    action: String,
}

pub(super) async fn act(
    State(fake): State<Fake>,
    Path(page): Path<String>,
    Form(acted): Form<Acted>,
) -> Response {
    let payer = match acted.action.as_str() {
        "pay" => Payer::Pays,
        "decline" => Payer::Declines,
        "cancel" => Payer::Cancels,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let answer = {
        let mut world = lock(&fake.world);
        world.tick();
        let Some(id) = world.by_page(&page).map(|order| order.id.clone()) else {
            return gone();
        };
        let acted = world.act(&id, payer);
        let order = &world.orders[&id];
        let cancelled = order.cancel_redirect_url.as_ref();
        let cancelled = cancelled.filter(|_| acted && payer == Payer::Cancels);
        match cancelled.or(order.redirect_url.as_ref()) {
            Some(url) => Redirect::to(url).into_response(),
            None => Html(render(&world, order)).into_response(),
        }
    };
    fake.flush();
    answer
}

fn gone() -> Response {
    (
        StatusCode::NOT_FOUND,
        Html("<!doctype html><title>PhonePe simulator</title><p>There is no such payment."),
    )
        .into_response()
}

fn render(world: &World, order: &Order) -> String {
    let amount = rupees(order.amount);
    let what = match &order.kind {
        Kind::Setup(id) => {
            let mandate = &world.mandates[id];
            format!(
                "<p>You allow debits of up to <b>{}</b>, {}, until {}.",
                rupees(mandate.max_amount),
                escape(&mandate.frequency.to_lowercase().replace('_', " ")),
                mandate.expire_at.format("%-d %B %Y"),
            )
        }
        Kind::Payment | Kind::Debit(_) => String::new(),
    };
    let message = order.message.as_deref().map(escape);
    let message = message.map_or(String::new(), |message| format!("<p>{message}"));
    let rest = if order.state == OrderState::Pending {
        r#"<form method="post"><button name="action" value="pay">Pay</button>
<button name="action" value="decline">Decline</button>
<button name="action" value="cancel">Cancel</button></form>"#
            .to_owned()
    } else {
        let back = order
            .redirect_url
            .as_deref()
            .map(|url| format!(r#"<p><a href="{}">Back to the merchant</a>"#, escape(url)));
        format!(
            "<p>This payment is {}.{}",
            order.state.wire().to_lowercase(),
            back.unwrap_or_default()
        )
    };
    format!(
        r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pay {amount}: PhonePe simulator</title>
<style>body{{font:16px sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;padding:.6rem 1.4rem;margin-right:.5rem}} small{{color:#666}}</style>
<h1>{amount}</h1>
<p>to {}, order {}{message}{what}
{rest}
<p><small>A simulator: no money moves.</small></p>
"#,
        escape(&world.merchant_id),
        escape(&order.id),
    )
}

fn rupees(paise: i64) -> String {
    format!("₹{}.{:02}", paise / 100, paise % 100)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
