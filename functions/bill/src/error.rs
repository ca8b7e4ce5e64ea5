use bus::Failure;
use domain::{PaymentId, Tier};
use store::StoreError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong here, and what becomes of the message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of ours: the lock should have kept it from happening.
    #[error("the period of payment {0} is paid for by another payment")]
    PaidTwice(PaymentId),
    /// A fault of ours.
    #[error("a subscription can't go from {from} to {to}")]
    Transition {
        from: &'static str,
        to: &'static str,
    },
    #[error("the tier {0} has no price")]
    NoPrice(Tier),
    #[error("the tax profile can't be used: {0}")]
    Profile(domain::UnknownValue),
    #[error("the tax can't be computed: {0}")]
    Tax(#[from] tax::compute::ComputeError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            // The id in a callback was read from outside: it may name nothing of ours.
            Error::Store(StoreError::NotFound) => Self::Reject {
                code: "billing.unknown".to_owned(),
                reason: "there is no such payment, refund or mandate in this workspace".to_owned(),
            },
            Error::Store(error) => service::retry(error),
            other => Self::Retry {
                reason: other.to_string(),
            },
        }
    }
}
