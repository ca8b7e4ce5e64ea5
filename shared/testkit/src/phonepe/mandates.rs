//! AutoPay: mandates, notices and debits.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::codes::{
    EXPIRED, Failure, NO_BALANCE, Refusal, bad_request, duplicate, no_mandate, not_allowed,
};
use super::rules;
use super::wire;
use super::world::{Attempt, Debit, Family, Kind, Mandate, MandateState, OrderState, World};

const FREQUENCIES: &[&str] = &[
    "DAILY",
    "WEEKLY",
    "FORTNIGHTLY",
    "MONTHLY",
    "BIMONTHLY",
    "QUARTERLY",
    "HALFYEARLY",
    "YEARLY",
    "ON_DEMAND",
];

impl World {
    /// A mandate's setup: hosted (`/checkout/v2/pay`) or custom (`/subscriptions/v2/setup`).
    pub fn set_up(&mut self, body: &Value, family: Family) -> Result<String, Refusal> {
        let flow = &body["paymentFlow"];
        let details = match family {
            Family::Hosted => {
                rules::one_of(
                    &flow["subscriptionDetails"],
                    "subscriptionType",
                    &["RECURRING"],
                )?;
                &flow["subscriptionDetails"]
            }
            Family::Custom => {
                rules::one_of(flow, "type", &["SUBSCRIPTION_SETUP"])?;
                flow
            }
        };
        let id = rules::id(details, "merchantSubscriptionId")?;
        let auth_workflow =
            rules::one_of(details, "authWorkflowType", &["TRANSACTION", "PENNY_DROP"])?;
        let amount_type = rules::one_of(details, "amountType", &["FIXED", "VARIABLE"])?;
        let frequency = rules::one_of(details, "frequency", FREQUENCIES)?;
        let max_amount = rules::amount(details, "maxAmount")?;
        let now = self.now();
        let ends = rules::ahead(details, "expireAt", now)?;
        let amount = rules::amount(body, "amount")?;
        match auth_workflow {
            "PENNY_DROP" if amount != 200 => {
                return Err(bad_request("amount must be 200 for PENNY_DROP"));
            }
            "TRANSACTION" if amount > max_amount => {
                return Err(bad_request("amount must not be above maxAmount"));
            }
            _ => {}
        }
        if self.mandates.contains_key(&id) {
            return Err(duplicate("subscription"));
        }
        let mut order = self.new_order(body, family, Kind::Setup(id.clone()))?;
        // The custom family gives the order's end itself.
        if family == Family::Custom
            && let Some(end) = rules::ahead(body, "expireAt", now)?
        {
            order.expire_at = end;
        }
        let mandate = Mandate {
            subscription_id: self.make_id("OMS"),
            umn: format!("{}@ybl", self.make_secret()),
            id: id.clone(),
            family,
            state: MandateState::Activating,
            auth_workflow,
            amount_type,
            max_amount,
            frequency,
            expire_at: ends.unwrap_or(now + rules::MANDATE_LIFE),
            paused: None,
        };
        self.mandates.insert(id, mandate);
        Ok(self.add(order))
    }

    pub fn mandate(&self, id: &str, family: Family) -> Result<&Mandate, Refusal> {
        self.mandates
            .get(id)
            .filter(|mandate| mandate.family == family)
            .ok_or_else(no_mandate)
    }

    /// `POST .../notify`: announces a debit.
    pub fn notify(&mut self, body: &Value, family: Family) -> Result<String, Refusal> {
        let flow = &body["paymentFlow"];
        let kind = match family {
            Family::Hosted => "SUBSCRIPTION_CHECKOUT_REDEMPTION",
            Family::Custom => "SUBSCRIPTION_REDEMPTION",
        };
        rules::one_of(flow, "type", &[kind])?;
        let strategy = match &flow["redemptionRetryStrategy"] {
            Value::Null => "STANDARD",
            _ => rules::one_of(flow, "redemptionRetryStrategy", &["STANDARD", "CUSTOM"])?,
        };
        let id = rules::id(flow, "merchantSubscriptionId")?;
        let now = self.now();
        let ends = rules::ahead(body, "expireAt", now)?;
        let debit = Debit {
            mandate: id.clone(),
            auto_debit: flow["autoDebit"].as_bool().unwrap_or(false),
            standard: strategy == "STANDARD",
            notified_at: None,
            stale: false,
        };
        let mut order = self.new_order(body, family, Kind::Debit(debit))?;
        let mandate = self.mandate(&id, family)?;
        if mandate.state != MandateState::Active {
            return Err(not_allowed("The subscription is not ACTIVE"));
        }
        if order.amount > mandate.max_amount {
            return Err(bad_request("amount is above the subscription's maxAmount"));
        }
        order.state = OrderState::Notifying;
        order.expire_at = ends.unwrap_or(now + rules::DEBIT_LIFE);
        Ok(self.add(order))
    }

    /// `POST .../redeem`: makes a debit that was announced. The new attempt's id.
    pub fn redeem(&mut self, body: &Value, family: Family) -> Result<String, Refusal> {
        let id = rules::id(body, "merchantOrderId")?;
        let now = self.now();
        let order = self.order(&id, family)?;
        let Kind::Debit(debit) = &order.kind else {
            return Err(not_allowed("The order is no redemption"));
        };
        if self.mandate(&debit.mandate, family)?.state != MandateState::Active {
            return Err(not_allowed("The subscription is not ACTIVE"));
        }
        // UNVERIFIED: after a first try by PhonePe, CUSTOM leaves the others to the merchant.
        if debit.auto_debit && order.attempts.is_empty() {
            return Err(not_allowed("The order is debited automatically"));
        }
        if debit.stale {
            return Err(not_allowed(
                "The subscription was paused since: notify again",
            ));
        }
        let Some(notified) = debit.notified_at else {
            return Err(not_allowed("The payer is not notified yet"));
        };
        if order.state.is_final() {
            return Err(not_allowed("The order is in a terminal state"));
        }
        if now < notified + rules::NOTICE {
            return Err(not_allowed("The payer was notified less than 24 hours ago"));
        }
        if !rules::off_peak(now) {
            return Err(not_allowed(
                "Redemptions are executed in non-peak hours only",
            ));
        }
        if let Some(last) = order.attempts.last() {
            if last.state == OrderState::Pending {
                return Err(not_allowed("An attempt is in progress"));
            }
            if debit.standard {
                return Err(not_allowed("Retries are PhonePe's with this strategy"));
            }
            if now < last.at + rules::PAUSE {
                return Err(not_allowed("The last attempt was less than 1.5 hours ago"));
            }
        }
        Ok(self.begin_attempt(&id, now))
    }

    fn begin_attempt(&mut self, id: &str, now: DateTime<Utc>) -> String {
        let attempt = Attempt {
            transaction_id: self.make_id("OM"),
            mode: "UPI_AUTO_PAY",
            at: now,
            state: OrderState::Pending,
            failure: None,
            utr: self.make_utr(),
        };
        let transaction = attempt.transaction_id.clone();
        if let Some(order) = self.orders.get_mut(id) {
            order.state = OrderState::Pending;
            order.attempts.push(attempt);
        }
        transaction
    }

    /// A notice goes out, a debit is tried, its end comes, time runs out.
    pub fn tick_debit(&mut self, id: &str, now: DateTime<Utc>) {
        let order = &self.orders[id];
        let Kind::Debit(debit) = order.kind.clone() else {
            return;
        };
        if order.state == OrderState::Notifying {
            if now >= order.created + self.notify_after {
                self.notice_sent(id, order.created + self.notify_after);
            }
            return;
        }
        if let Some(last) = order
            .attempts
            .last()
            .filter(|last| last.state == OrderState::Pending)
        {
            if now >= last.at + self.settle_after {
                let fails = World::spend(&mut self.failing_redemptions);
                self.attempt_ended(id, fails.then_some(NO_BALANCE));
            }
            return;
        }
        if now >= order.expire_at {
            let failure = order.attempts.last().and_then(|last| last.failure);
            self.end(id, Some(failure.unwrap_or(EXPIRED)));
            return;
        }
        let tried = order.attempts.last().map(|last| last.at);
        let due = match (tried, debit.notified_at) {
            (None, Some(notified)) if debit.auto_debit => Some(notified + rules::NOTICE),
            // Redeemed once by the merchant or by itself, PhonePe goes on.
            (Some(last), _) if debit.standard => Some(last + rules::PAUSE),
            _ => None,
        };
        let active = self.mandates.get(&debit.mandate);
        let active = active.is_some_and(|mandate| mandate.state == MandateState::Active);
        if active && !debit.stale && due.is_some_and(|due| now >= due) && rules::off_peak(now) {
            self.begin_attempt(id, now);
            if self.settle_after <= TimeDelta::zero() {
                self.tick_debit(id, now);
            }
        }
    }

    fn notice_sent(&mut self, id: &str, at: DateTime<Utc>) {
        if World::spend(&mut self.failing_notices) {
            let Some(order) = self.orders.get_mut(id) else {
                return;
            };
            order.state = OrderState::Failed;
            // UNVERIFIED which code a failed notice carries.
            order.failure = Some(EXPIRED);
            self.tell_order(id, "subscription.notification.failed");
            return;
        }
        if let Some(order) = self.orders.get_mut(id)
            && let Kind::Debit(debit) = &mut order.kind
        {
            order.state = OrderState::Notified;
            debit.notified_at = Some(at);
        }
        self.tell_order(id, "subscription.notification.completed");
    }

    /// The bank's answer to the attempt that is open.
    fn attempt_ended(&mut self, id: &str, failure: Option<Failure>) {
        let Some(order) = self.orders.get_mut(id) else {
            return;
        };
        let tries = order.attempts.len();
        if let Some(last) = order.attempts.last_mut() {
            last.failure = failure;
            last.state = match failure {
                None => OrderState::Completed,
                Some(_) => OrderState::Failed,
            };
        }
        if failure.is_none() {
            self.tell_order(id, "subscription.redemption.transaction.completed");
            self.end(id, None);
            return;
        }
        self.tell_order(id, "subscription.redemption.transaction.failed");
        if tries >= rules::ATTEMPTS {
            self.end(id, failure);
        }
    }

    /// `POST .../cancel`: the merchant ends it.
    pub fn cancel(&mut self, id: &str, family: Family) -> Result<(), Refusal> {
        self.mandate(id, family)?;
        let mandate = self.mandates.get_mut(id).ok_or_else(no_mandate)?;
        match mandate.state {
            MandateState::Active | MandateState::Paused => mandate.state = MandateState::Cancelling,
            MandateState::Cancelling => {}
            _ => return Err(not_allowed("The subscription can't be cancelled")),
        }
        Ok(())
    }

    pub fn tick_mandates(&mut self, now: DateTime<Utc>) {
        let mut cancelled = vec![];
        let mut unpaused = vec![];
        for mandate in self.mandates.values_mut() {
            match mandate.state {
                MandateState::Cancelling => {
                    mandate.state = MandateState::Cancelled;
                    cancelled.push(mandate.id.clone());
                }
                MandateState::Active | MandateState::Paused if now >= mandate.expire_at => {
                    mandate.state = MandateState::Expired;
                }
                MandateState::Paused if mandate.paused.is_some_and(|(_, until)| now >= until) => {
                    unpaused.push(mandate.id.clone());
                }
                _ => {}
            }
        }
        for id in cancelled {
            self.tell_mandate(&id, "subscription.cancelled");
        }
        for id in unpaused {
            self.resume(&id);
        }
    }

    /// The payer pauses it. What was notified must be notified again.
    pub fn pause(&mut self, id: &str, until: DateTime<Utc>) -> bool {
        let now = self.now();
        let active = |mandate: &&mut Mandate| mandate.state == MandateState::Active;
        let Some(mandate) = self.mandates.get_mut(id).filter(active) else {
            return false;
        };
        mandate.state = MandateState::Paused;
        mandate.paused = Some((now, until));
        for order in self.orders.values_mut() {
            if let Kind::Debit(debit) = &mut order.kind
                && debit.mandate == id
            {
                debit.stale = true;
            }
        }
        self.tell_mandate(id, "subscription.paused");
        true
    }

    /// The payer goes on with it.
    pub fn resume(&mut self, id: &str) -> bool {
        let paused = |mandate: &&mut Mandate| mandate.state == MandateState::Paused;
        let Some(mandate) = self.mandates.get_mut(id).filter(paused) else {
            return false;
        };
        mandate.state = MandateState::Active;
        mandate.paused = None;
        self.tell_mandate(id, "subscription.unpaused");
        true
    }

    /// The payer ends it.
    pub fn revoke(&mut self, id: &str) -> bool {
        let live = |mandate: &&mut Mandate| {
            matches!(mandate.state, MandateState::Active | MandateState::Paused)
        };
        let Some(mandate) = self.mandates.get_mut(id).filter(live) else {
            return false;
        };
        mandate.state = MandateState::Revoked;
        self.tell_mandate(id, "subscription.revoked");
        true
    }

    fn tell_mandate(&mut self, id: &str, event: &str) {
        if let Some(mandate) = self.mandates.get(id) {
            self.say(event, wire::mandate(mandate));
        }
    }
}
