use super::transitions;
use crate::names::names;

names! {
    /// Where a refund stands.
    RefundStatus, "refund status" {
        /// Written down; the gateway may not know of it yet.
        Requested = "requested",
        Pending = "pending",
        /// The gateway has agreed; the money is on its way.
        Confirmed = "confirmed",
        Completed = "completed",
        /// Another try is another refund, with an id of its own.
        Failed = "failed",
    }
}

transitions! {
    RefundStatus {
        Requested => [Pending, Confirmed, Completed, Failed],
        Pending => [Confirmed, Completed, Failed],
        Confirmed => [Completed, Failed],
        Completed => [],
        // Money that went is gone, whatever was said of it before.
        Failed => [Completed],
    }
}

impl RefundStatus {
    /// The gateway has still to say how it ends: its amount is set aside, and no other of the same payment
    /// may begin.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Pending | Self::Confirmed)
    }
}
