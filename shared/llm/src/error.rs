use std::fmt;
use std::time::Duration;

use domain::Usd;

use crate::{Attempt, Usage};

/// Why a model call gave no answer, and what it used all the same.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{category}: {message}")]
pub struct Error {
    pub category: Category,
    /// For operators and logs. May hold a provider's own words: never shown to a client.
    pub message: String,
    pub spent: Box<Spent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// The connection, the provider's machine or the moment: the same call may work later.
    Transient,
    RateLimited {
        retry_after: Option<Duration>,
    },
    /// The request can't be served as it is.
    InvalidRequest,
    /// The provider's policy refuses the prompt.
    Policy,
    /// The provider refuses us: credentials, permissions, an answer nobody can read.
    Provider,
    Cancelled,
    Deadline,
    /// No such model, or a retired one.
    UnknownModel,
    /// The next attempt could pass [`crate::Control::max_cost`].
    OverBudget,
    /// The breaker is open: the provider failed too often just now.
    Unavailable,
}

impl Category {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::RateLimited { .. } => "rate_limited",
            Self::InvalidRequest => "invalid_request",
            Self::Policy => "policy",
            Self::Provider => "provider",
            Self::Cancelled => "cancelled",
            Self::Deadline => "deadline",
            Self::UnknownModel => "unknown_model",
            Self::OverBudget => "over_budget",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether the same model may be asked again.
    pub fn retryable(self) -> bool {
        matches!(self, Self::Transient | Self::RateLimited { .. })
    }

    /// Whether another model may be asked instead.
    pub(crate) fn may_fall_over(self) -> bool {
        self.retryable()
            || matches!(
                self,
                // The next may be cheaper.
                Self::Provider | Self::UnknownModel | Self::Unavailable | Self::OverBudget
            )
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was used on the way to an error.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    pub usage: Usage,
    /// Filled in by the gateway; a provider doesn't know prices.
    pub cost: Usd,
    pub attempts: Vec<Attempt>,
}

impl Error {
    pub fn new(category: Category, message: impl Into<String>) -> Self {
        Self {
            category,
            message: message.into(),
            spent: Box::default(),
        }
    }

    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.spent.usage = usage;
        self
    }

    /// Whether running the whole step again later may help.
    pub fn retryable(&self) -> bool {
        self.category.retryable()
            || matches!(self.category, Category::Unavailable | Category::Deadline)
    }
}
