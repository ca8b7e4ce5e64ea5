//! Everything the simulator remembers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Seams;
use serde_json::Value;

use super::codes::Failure;
use super::{Auto, Options, Refunds};

/// Which AutoPay paths made it. PhonePe says never to mix them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Hosted,
    Custom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderState {
    Pending,
    Notifying,
    Notified,
    Completed,
    Failed,
}

impl OrderState {
    pub fn wire(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Notifying => "NOTIFICATION_IN_PROGRESS",
            Self::Notified => "NOTIFIED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// One try to move an order's money.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub transaction_id: String,
    pub mode: &'static str,
    pub at: DateTime<Utc>,
    pub state: OrderState,
    pub failure: Option<Failure>,
    pub utr: String,
}

/// A recurring debit's own part.
#[derive(Debug, Clone)]
pub(super) struct Debit {
    pub mandate: String,
    pub auto_debit: bool,
    /// Whether PhonePe tries again by itself.
    pub standard: bool,
    pub notified_at: Option<DateTime<Utc>>,
    /// The mandate was paused since: it must be notified again.
    pub stale: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Payment,
    /// Of this mandate.
    Setup(String),
    Debit(Debit),
}

#[derive(Debug, Clone)]
pub(super) struct Order {
    pub id: String,
    pub order_id: String,
    pub family: Family,
    pub kind: Kind,
    pub amount: i64,
    pub created: DateTime<Utc>,
    pub expire_at: DateTime<Utc>,
    pub state: OrderState,
    pub failure: Option<Failure>,
    pub attempts: Vec<Attempt>,
    pub meta: Value,
    pub message: Option<String>,
    pub redirect_url: Option<String>,
    pub cancel_redirect_url: Option<String>,
    /// The secret part of the hosted page's address.
    pub page: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MandateState {
    Activating,
    Active,
    Paused,
    Cancelling,
    Cancelled,
    Revoked,
    Failed,
    Expired,
}

impl MandateState {
    pub fn wire(self) -> &'static str {
        match self {
            Self::Activating => "ACTIVATION_IN_PROGRESS",
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Cancelling => "CANCEL_IN_PROGRESS",
            Self::Cancelled => "CANCELLED",
            Self::Revoked => "REVOKED",
            Self::Failed => "FAILED",
            Self::Expired => "EXPIRED",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Mandate {
    pub id: String,
    pub subscription_id: String,
    pub family: Family,
    pub state: MandateState,
    pub auth_workflow: &'static str,
    pub amount_type: &'static str,
    pub max_amount: i64,
    pub frequency: &'static str,
    pub expire_at: DateTime<Utc>,
    pub paused: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The number the payer's bank knows it by.
    pub umn: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefundState {
    Pending,
    Confirmed,
    Completed,
    Failed,
}

impl RefundState {
    pub fn wire(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Confirmed => "CONFIRMED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Refund {
    pub id: String,
    pub refund_id: String,
    pub order: String,
    pub amount: i64,
    pub state: RefundState,
    pub created: DateTime<Utc>,
    pub at: DateTime<Utc>,
    pub failure: Option<Failure>,
    pub utr: String,
}

/// Something to tell the merchant.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub name: String,
    pub payload: Value,
}

pub(super) struct World {
    pub seams: Seams,
    pub merchant_id: String,
    pub auto: Auto,
    pub refunding: Refunds,
    pub notify_after: chrono::TimeDelta,
    pub settle_after: chrono::TimeDelta,
    pub orders: BTreeMap<String, Order>,
    pub mandates: BTreeMap<String, Mandate>,
    pub refunds: BTreeMap<String, Refund>,
    /// Attempts to come that fail.
    pub failing_redemptions: u32,
    /// Refunds to come that fail.
    pub failing_refunds: u32,
    /// Notices to come that fail.
    pub failing_notices: u32,
    pub events: Vec<Event>,
    serial: u64,
}

impl World {
    pub fn new(options: &Options) -> Self {
        Self {
            seams: options.seams.clone(),
            merchant_id: options.merchant_id.clone(),
            auto: options.auto,
            refunding: options.refunds,
            notify_after: options.notify_after,
            settle_after: options.settle_after,
            orders: BTreeMap::new(),
            mandates: BTreeMap::new(),
            refunds: BTreeMap::new(),
            failing_redemptions: 0,
            failing_refunds: 0,
            failing_notices: 0,
            events: vec![],
            serial: 0,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.seams.now()
    }

    /// An id in PhonePe's manner: what it is of, the time, and a number.
    pub fn make_id(&mut self, prefix: &str) -> String {
        self.serial += 1;
        let time = self.now().format("%y%m%d%H%M%S%3f");
        format!("{prefix}{time}{:07}", self.serial)
    }

    /// A bank's reference: twelve digits.
    pub fn make_utr(&mut self) -> String {
        self.serial += 1;
        format!("{:012}", 400_000_000_000 + self.serial)
    }

    pub fn make_secret(&self) -> String {
        let mut bytes = [0; 16];
        self.seams.ids.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn say(&mut self, name: &str, payload: Value) {
        self.events.push(Event {
            name: name.to_owned(),
            payload,
        });
    }

    /// What was paid back, or is on its way, of an order.
    pub fn refunded(&self, order: &str) -> i64 {
        let refunds = self.refunds.values();
        refunds
            .filter(|refund| refund.order == order && refund.state != RefundState::Failed)
            .map(|refund| refund.amount)
            .sum()
    }

    /// The order whose hosted page this is.
    pub fn by_page(&self, page: &str) -> Option<&Order> {
        self.orders.values().find(|order| order.page == page)
    }

    /// Whether this one of the next is to fail.
    pub fn spend(failing: &mut u32) -> bool {
        let fails = *failing > 0;
        *failing = failing.saturating_sub(1);
        fails
    }
}
