//! What every part of RaptorFlow means by the same word: identifiers, money, time, tenancy and
//! status. Pure: nothing here reads a clock, a socket or a file.

pub mod billing;

mod breaker;
mod clock;
mod id;
mod money;
mod names;
mod period;
mod status;
mod tenancy;

pub use breaker::{Breaker, Pass};
pub use clock::{Clock, Ids, Seams};
pub use id::{
    CorrelationId, ExecutionId, InvoiceId, MandateId, PaymentId, RefundId, UserId, WorkspaceId,
};
pub use money::{Inr, Usd};
pub use period::Period;
pub use status::{ExecutionStatus, Priority, StepStatus};
pub use tenancy::{Role, Tier};

/// A text that is none of the values its type allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a {what}: expected one of {expected}")]
pub struct UnknownValue {
    pub what: &'static str,
    pub value: String,
    pub expected: String,
}

/// Tokens a model read and wrote. Output includes thinking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
}

impl Tokens {
    pub fn total(self) -> u64 {
        self.input + self.output
    }
}

impl std::ops::Add for Tokens {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            output: self.output + other.output,
        }
    }
}
