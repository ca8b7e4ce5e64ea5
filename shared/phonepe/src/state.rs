use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// Something newer than this code. Treat it as not final.
            Unknown(String),
        }

        impl $name {
            /// As PhonePe writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl FromStr for $name {
            type Err = Infallible;
            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(match text {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown(text.to_owned()),
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                let Ok(state) = text.parse();
                Ok(state)
            }
        }
    };
}

states! {
    /// Where an order is. Only the state at the root of an answer counts, not an attempt's.
    OrderState {
        Pending = "PENDING",
        Completed = "COMPLETED",
        Failed = "FAILED",
        /// Of a recurring debit: the payer is being told.
        NotificationInProgress = "NOTIFICATION_IN_PROGRESS",
        /// Of a recurring debit: the payer was told; it may be redeemed 24 hours later.
        Notified = "NOTIFIED",
    }
}

impl OrderState {
    /// Nothing changes after it.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

states! {
    /// Where a refund is. Never start another while one of the same order is pending or confirmed; a
    /// failed one is tried again under a new id.
    RefundState {
        Pending = "PENDING",
        /// Accepted by the bank, not yet paid out.
        Confirmed = "CONFIRMED",
        Completed = "COMPLETED",
        Failed = "FAILED",
    }
}

impl RefundState {
    /// Nothing changes after it.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

states! {
    /// Where a mandate is. The merchant can only cancel; pause, unpause and revoke are the payer's.
    MandateState {
        ActivationInProgress = "ACTIVATION_IN_PROGRESS",
        /// The only state in which to notify or redeem.
        Active = "ACTIVE",
        Expired = "EXPIRED",
        Failed = "FAILED",
        CancelInProgress = "CANCEL_IN_PROGRESS",
        Cancelled = "CANCELLED",
        RevokeInProgress = "REVOKE_IN_PROGRESS",
        Revoked = "REVOKED",
        PauseInProgress = "PAUSE_IN_PROGRESS",
        Paused = "PAUSED",
        UnpauseInProgress = "UNPAUSE_IN_PROGRESS",
    }
}

impl MandateState {
    /// Nothing changes after it.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Expired | Self::Failed | Self::Cancelled | Self::Revoked
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_what_it_writes_and_a_new_one_is_kept() {
        for text in [
            "PENDING",
            "COMPLETED",
            "FAILED",
            "NOTIFICATION_IN_PROGRESS",
            "NOTIFIED",
        ] {
            let Ok(state) = text.parse::<OrderState>();
            assert_eq!(state.as_str(), text);
            assert!(!matches!(state, OrderState::Unknown(_)));
        }
        let Ok(new) = "CREATED".parse::<OrderState>();
        assert_eq!(new, OrderState::Unknown("CREATED".to_owned()));
        assert!(!new.is_final());
        let Ok(paused) = "PAUSED".parse::<MandateState>();
        assert!(!paused.is_final() && paused.to_string() == "PAUSED");
    }
}
