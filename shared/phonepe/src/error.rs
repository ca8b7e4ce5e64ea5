use std::fmt;
use std::time::Duration;

use crate::codes;

/// What PhonePe said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// PhonePe's code, such as `BAD_REQUEST`; empty when it gave none.
    pub code: String,
    /// PhonePe's words, shortened. For logs, not for customers.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.message)
    }
}

/// Why a call gave no good answer, by what the caller must do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request breaks a documented rule and was not sent. Change it.
    #[error("not a valid request to PhonePe: {0}")]
    Invalid(String),

    /// Nothing was sent: no connection, or no token to send it with. Do it again later, same id.
    #[error("nothing was sent to PhonePe: {0}")]
    NotSent(String),

    /// It was sent and no answer came, or only part of one. It may have happened. Ask for the status of
    /// the same id; never make a new id.
    #[error("sent to PhonePe, outcome unknown: {0}")]
    OutcomeUnknown(String),

    /// PhonePe refused it; nothing happened. The same again is refused again.
    #[error("PhonePe refused: {0}")]
    Refused(Refusal),

    /// PhonePe does not know this id.
    #[error("PhonePe does not know it: {0}")]
    NotFound(Refusal),

    /// Our credentials or the token, also after a fresh token. People must look.
    #[error("PhonePe does not accept our credentials: {0}")]
    Unauthorised(Refusal),

    /// Too many requests; nothing happened. Do it again later, same id.
    #[error("PhonePe asks for fewer requests: {refusal}")]
    RateLimited {
        refusal: Refusal,
        /// How long PhonePe asks to wait, if it says.
        retry_after: Option<Duration>,
    },

    /// A 5xx. A write may have happened all the same: ask for the status before doing it again.
    #[error("PhonePe failed: {0}")]
    Unavailable(Refusal),

    /// A good status with a body that is not what is documented. A write has probably happened: ask for
    /// its status.
    #[error("PhonePe's answer can't be read: {0}")]
    Malformed(String),
}

impl Error {
    /// A write that ended so may have happened: the next call about this id asks for its status.
    pub fn may_have_happened(&self) -> bool {
        matches!(
            self,
            Self::OutcomeUnknown(_) | Self::Unavailable(_) | Self::Malformed(_)
        )
    }

    /// The same call with the same id can succeed later. For a write that [`Self::may_have_happened`],
    /// only after its status said that it is unknown.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NotSent(_)
            | Self::OutcomeUnknown(_)
            | Self::RateLimited { .. }
            | Self::Unavailable(_)
            | Self::Malformed(_) => true,
            Self::Invalid(_) | Self::Refused(_) | Self::NotFound(_) | Self::Unauthorised(_) => {
                false
            }
        }
    }

    /// PhonePe has seen this id before, as far as that can be told ([`codes::DUPLICATE`]). Not a failure
    /// after [`Self::OutcomeUnknown`]: ask for the status.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Refused(refusal) if codes::is_duplicate(refusal.status, &refusal.code))
    }

    /// What PhonePe said, if it said anything.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal)
            | Self::NotFound(refusal)
            | Self::Unauthorised(refusal)
            | Self::RateLimited { refusal, .. }
            | Self::Unavailable(refusal) => Some(refusal),
            Self::Invalid(_) | Self::NotSent(_) | Self::OutcomeUnknown(_) | Self::Malformed(_) => {
                None
            }
        }
    }
}
