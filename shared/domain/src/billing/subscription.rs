use super::transitions;
use crate::names::names;

names! {
    /// Where a workspace's subscription stands.
    SubscriptionStatus, "subscription status" {
        /// Free, until its end.
        Trialing = "trialing",
        /// The running period is paid.
        Active = "active",
        /// The period is over and not paid: days of grace.
        PastDue = "past_due",
        /// Not paid in time: everything can be read, nothing run.
        ReadOnly = "read_only",
        /// Ended. A payment starts it again.
        Cancelled = "cancelled",
    }
}

transitions! {
    SubscriptionStatus {
        Trialing => [Active, ReadOnly, Cancelled],
        Active => [PastDue, Cancelled],
        PastDue => [Active, ReadOnly, Cancelled],
        ReadOnly => [Active, Cancelled],
        Cancelled => [Active],
    }
}

names! {
    /// What a workspace may do now.
    Access, "access" {
        Full = "full",
        /// Reads only: unpaid.
        ReadOnly = "read_only",
        /// Reads only: an operator or the cost watch has stopped it.
        Paused = "paused",
    }
}

impl SubscriptionStatus {
    /// What it lets a workspace do.
    pub fn access(self) -> Access {
        match self {
            Self::Trialing | Self::Active | Self::PastDue => Access::Full,
            Self::ReadOnly | Self::Cancelled => Access::ReadOnly,
        }
    }
}
