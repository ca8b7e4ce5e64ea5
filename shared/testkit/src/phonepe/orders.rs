//! Payments, and what happens to any order.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::codes::{
    CANCELLED, DECLINED, EXPIRED, Failure, Refusal, bad_request, duplicate, no_order,
};
use super::rules;
use super::wire;
use super::world::{Attempt, Family, Kind, MandateState, Order, OrderState, World};

/// What the payer does on the hosted page, or in the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payer {
    Pays,
    Declines,
    Cancels,
}

impl World {
    /// `POST /checkout/v2/pay` and `/checkout/v2/sdk/order`: a payment, or the setup of a mandate.
    pub fn pay(&mut self, body: &Value) -> Result<String, Refusal> {
        let flow = &body["paymentFlow"];
        match rules::text(flow, "type") {
            Some("PG_CHECKOUT") => {
                rules::modes(flow)?;
                let order = self.new_order(body, Family::Hosted, Kind::Payment)?;
                Ok(self.add(order))
            }
            Some("SUBSCRIPTION_CHECKOUT_SETUP") => self.set_up(body, Family::Hosted),
            _ => Err(bad_request(
                "paymentFlow.type must be PG_CHECKOUT or SUBSCRIPTION_CHECKOUT_SETUP",
            )),
        }
    }

    /// An order with what all kinds have in common.
    pub fn new_order(
        &mut self,
        body: &Value,
        family: Family,
        kind: Kind,
    ) -> Result<Order, Refusal> {
        let id = rules::id(body, "merchantOrderId")?;
        let amount = rules::amount(body, "amount")?;
        let life = rules::order_life(body)?;
        let meta = rules::meta(body)?;
        if self.orders.contains_key(&id) {
            return Err(duplicate("order"));
        }
        let now = self.now();
        let flow = &body["paymentFlow"];
        let url = |field| rules::text(&flow["merchantUrls"], field).map(str::to_owned);
        Ok(Order {
            order_id: self.make_id("OMO"),
            id,
            family,
            kind,
            amount,
            created: now,
            expire_at: now + life,
            state: OrderState::Pending,
            failure: None,
            attempts: vec![],
            meta,
            message: rules::text(flow, "message").map(str::to_owned),
            redirect_url: url("redirectUrl"),
            cancel_redirect_url: url("cancelRedirectUrl"),
            page: self.make_secret(),
        })
    }

    pub fn add(&mut self, order: Order) -> String {
        let id = order.id.clone();
        self.orders.insert(id.clone(), order);
        id
    }

    pub fn order(&self, id: &str, family: Family) -> Result<&Order, Refusal> {
        self.orders
            .get(id)
            .filter(|order| order.family == family)
            .ok_or_else(no_order)
    }

    /// The payer acts on a payment or a setup. False when it is too late.
    pub fn act(&mut self, id: &str, payer: Payer) -> bool {
        let now = self.now();
        let open = self.orders.get(id).is_some_and(|order| {
            order.state == OrderState::Pending && !matches!(order.kind, Kind::Debit(_))
        });
        if !open {
            return false;
        }
        match payer {
            Payer::Pays => self.attempt(id, now, None),
            Payer::Declines => self.attempt(id, now, Some(DECLINED)),
            Payer::Cancels => self.end(id, Some(CANCELLED)),
        }
        true
    }

    /// One try with its end, which ends the order too.
    fn attempt(&mut self, id: &str, now: DateTime<Utc>, failure: Option<Failure>) {
        let attempt = Attempt {
            transaction_id: self.make_id("OM"),
            mode: "UPI_INTENT",
            at: now,
            state: match failure {
                None => OrderState::Completed,
                Some(_) => OrderState::Failed,
            },
            failure,
            utr: self.make_utr(),
        };
        if let Some(order) = self.orders.get_mut(id) {
            order.attempts.push(attempt);
        }
        if failure.is_some()
            && self
                .orders
                .get(id)
                .is_some_and(|order| matches!(order.kind, Kind::Payment))
        {
            self.tell_order(id, "checkout.transaction.attempt.failed");
        }
        self.end(id, failure);
    }

    /// Makes an order final and tells of it. A setup makes or breaks its mandate.
    pub fn end(&mut self, id: &str, failure: Option<Failure>) {
        let Some(order) = self
            .orders
            .get_mut(id)
            .filter(|order| !order.state.is_final())
        else {
            return;
        };
        order.state = match failure {
            None => OrderState::Completed,
            Some(_) => OrderState::Failed,
        };
        order.failure = failure;
        let (kind, family) = (order.kind.clone(), order.family);
        if let Kind::Setup(mandate) = &kind
            && let Some(mandate) = self.mandates.get_mut(mandate)
        {
            mandate.state = match failure {
                None => MandateState::Active,
                Some(_) => MandateState::Failed,
            };
        }
        let stem = match (&kind, family) {
            (Kind::Debit(_), _) => "subscription.redemption.order",
            (Kind::Setup(_), Family::Custom) => "subscription.setup.order",
            (Kind::Setup(_) | Kind::Payment, _) => "checkout.order",
        };
        let end = if failure.is_none() {
            "completed"
        } else {
            "failed"
        };
        self.tell_order(id, &format!("{stem}.{end}"));
    }

    pub fn tell_order(&mut self, id: &str, event: &str) {
        if let Some(order) = self.orders.get(id) {
            let payload = wire::order(self, order, true, true);
            self.say(event, payload);
        }
    }

    /// Lets time do its work: payers that act by themselves, what expires, notices, debits, refunds.
    pub fn tick(&mut self) {
        let now = self.now();
        let open: Vec<String> = self
            .orders
            .values()
            .filter(|order| !order.state.is_final())
            .map(|order| order.id.clone())
            .collect();
        for id in open {
            match self.orders[&id].kind {
                Kind::Debit(_) => self.tick_debit(&id, now),
                Kind::Payment | Kind::Setup(_) => self.tick_payment(&id, now),
            }
        }
        self.tick_mandates(now);
        self.tick_refunds(now);
    }

    fn tick_payment(&mut self, id: &str, now: DateTime<Utc>) {
        let order = &self.orders[id];
        let (created, expire_at) = (order.created, order.expire_at);
        if let Some((after, payer)) = self.auto.payer()
            && now >= created + after
            && created + after < expire_at
        {
            self.act(id, payer);
        } else if now >= expire_at {
            self.end(id, Some(EXPIRED));
        }
    }

    /// `POST /v2/validate/upi`: anybody is there, except `failure@...` and what is no address.
    pub fn validate_vpa(body: &Value) -> Result<Value, Refusal> {
        rules::one_of(body, "type", &["VPA"])?;
        let vpa = rules::text(body, "vpa").ok_or_else(|| bad_request("vpa is missing"))?;
        let valid = vpa.split_once('@').is_some_and(|(name, handle)| {
            name.len() >= 2
                && !name.eq_ignore_ascii_case("failure")
                && handle.len() >= 2
                && handle.chars().all(|c| c.is_ascii_alphabetic())
        });
        Ok(if valid {
            json!({"valid": true, "name": "Asha Kumari"})
        } else {
            json!({"valid": false})
        })
    }
}
