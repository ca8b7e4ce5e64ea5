use super::transitions;
use crate::names::names;

names! {
    /// Where a mandate stands: a customer's standing permission to debit. We can only cancel it; pausing,
    /// resuming and revoking are the payer's, in their UPI app.
    MandateStatus, "mandate status" {
        Created = "created",
        /// The customer is asked.
        Pending = "pending",
        Active = "active",
        Paused = "paused",
        /// Asked to end, by us or the payer.
        Cancelling = "cancelling",
        Cancelled = "cancelled",
        /// Ended by the payer.
        Revoked = "revoked",
        Failed = "failed",
        Expired = "expired",
    }
}

transitions! {
    MandateStatus {
        Created => [Pending, Active, Paused, Cancelling, Cancelled, Revoked, Failed, Expired],
        Pending => [Active, Paused, Cancelling, Cancelled, Revoked, Failed, Expired],
        Active => [Paused, Cancelling, Cancelled, Revoked, Expired],
        Paused => [Active, Cancelling, Cancelled, Revoked, Expired],
        // A wish to end it may come to nothing.
        Cancelling => [Active, Paused, Cancelled, Revoked, Expired],
        Cancelled => [],
        Revoked => [],
        Failed => [],
        Expired => [],
    }
}
