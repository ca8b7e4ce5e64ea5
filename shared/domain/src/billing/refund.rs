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
        Failed => [],
    }
}
