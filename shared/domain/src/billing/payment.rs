use super::transitions;
use crate::names::names;

names! {
    /// Where a payment stands. A payment is one order at the gateway.
    PaymentStatus, "payment status" {
        /// Written down; the gateway may not know of it yet.
        Created = "created",
        /// A debit: the payer's bank is being told of it.
        Notifying = "notifying",
        /// A debit: the payer was told, and it may be taken a day later.
        Notified = "notified",
        /// At the gateway: the customer pays, or the debit is under way.
        Pending = "pending",
        /// The money came.
        Captured = "captured",
        Failed = "failed",
        /// Nobody paid in time.
        Expired = "expired",
        PartlyRefunded = "partly_refunded",
        Refunded = "refunded",
    }
}

transitions! {
    PaymentStatus {
        Created => [Notifying, Notified, Pending, Captured, Failed, Expired],
        Notifying => [Notified, Pending, Captured, Failed, Expired],
        Notified => [Pending, Captured, Failed, Expired],
        Pending => [Captured, Failed, Expired],
        Captured => [PartlyRefunded, Refunded],
        // Money that comes late is still money.
        Failed => [Captured],
        Expired => [Captured],
        PartlyRefunded => [Refunded],
        Refunded => [],
    }
}

impl PaymentStatus {
    /// The gateway may still change it.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Created | Self::Notifying | Self::Notified | Self::Pending
        )
    }

    /// Money came, whatever was given back since.
    pub fn is_paid(self) -> bool {
        matches!(self, Self::Captured | Self::PartlyRefunded | Self::Refunded)
    }
}

names! {
    /// What a payment is for.
    PaymentPurpose, "payment purpose" {
        /// The first period, or the first after a time without.
        Start = "start",
        /// The period after the one that is paid.
        Renewal = "renewal",
        /// A higher tier for the rest of the period.
        Upgrade = "upgrade",
    }
}

names! {
    /// How the money is asked for.
    PaymentMethod, "payment method" {
        /// The customer pays on the gateway's page.
        Checkout = "checkout",
        /// As a checkout, and later debits are allowed with it.
        MandateSetup = "mandate_setup",
        /// Taken under a mandate.
        MandateDebit = "mandate_debit",
    }
}
