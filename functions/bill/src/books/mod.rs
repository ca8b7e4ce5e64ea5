//! What follows from news about money, decided on values alone: nothing here asks a database, a gateway or
//! a clock. The rows of one workspace go in, with what the gateway said; they come out changed, with what
//! else is to be done. Histories of duplicated, dropped and reordered news are played against this in tests.

mod cycle;
mod mandate;
mod payment;
mod refund;

#[cfg(test)]
mod histories;

use chrono::{DateTime, Utc};
use domain::billing::Access;
use domain::{Inr, MandateId, PaymentId, Tier};
use store::billing::money::Kind;
use store::billing::payments::Payment;
use store::billing::periods::Parts;
use store::billing::subscriptions::Subscription;
use uuid::Uuid;

pub use cycle::{Step, dues};
pub use mandate::{SeenMandate, mandate_seen, unused, usable};
pub use payment::{SeenOrder, check_mandate, debit_wanted, order_seen};
pub use refund::{SeenRefund, refund_seen};

/// A payment with what it touches, locked.
#[derive(Debug, Clone)]
pub struct Books {
    pub payment: Payment,
    pub subscription: Option<Subscription>,
    /// Whether another payment has paid for the payment's period.
    pub period_paid: bool,
    /// Whether anything in this period was paid for after the payment was made, or a refund is
    /// under way that will end it.
    pub touched_since: bool,
    /// Whether what the payment paid for has ended.
    pub ended: bool,
    /// Whether an upgrade was built on it that stands.
    pub covered: bool,
    /// The tier that the period keeps if this payment is taken away; `None` when nothing else paid for it.
    pub tier_without: Option<Tier>,
}

impl Books {
    /// `parts` are those of the payment's period.
    pub fn new(payment: Payment, subscription: Option<Subscription>, parts: &Parts) -> Self {
        Self {
            period_paid: parts.is_paid(),
            touched_since: parts.is_touched_since(payment.created_at),
            ended: parts.has_ended(payment.id),
            covered: parts.is_covered(payment.id),
            tier_without: parts.tier_without(payment.id),
            payment,
            subscription,
        }
    }
}

/// What is to be done besides writing the changed rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An entry in the ledger of rupees.
    Post {
        reference: Uuid,
        kind: Kind,
        amount: Inr,
    },
    /// The payment has paid for its period.
    PayPeriod,
    /// What the payment paid for ends.
    EndPeriod,
    /// What the workspace may do from now on. `lower`: this month's limits too, as far as they are not used.
    Grant {
        tier: Tier,
        access: Access,
        lower: bool,
    },
    /// An invoice is due.
    Invoice(PaymentId),
    /// A credit note is due for the refund in hand.
    CreditNote,
    /// Money that can't be used goes back. It is set aside already. `again`: an earlier try failed, so this
    /// one waits.
    GiveBack {
        amount: Inr,
        reason: &'static str,
        again: bool,
    },
    /// Debits under this mandate are not wanted any more.
    CancelMandate(MandateId),
    /// The gateway is to be asked where this mandate stands.
    CheckMandate(MandateId),
}

/// Later of the two moments.
fn later(a: DateTime<Utc>, b: DateTime<Utc>) -> DateTime<Utc> {
    a.max(b)
}
