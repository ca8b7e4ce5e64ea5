use bus::Failure;
use store::StoreError;

pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong around a step, and what becomes of the message. What goes wrong *in* a step is
/// its result, a [`StepError`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The step was given back: it runs again when the message comes again.
    #[error("given back: {0}")]
    GivenBack(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => service::retry(error),
            Error::GivenBack(reason) => Self::Retry { reason },
        }
    }
}

/// Why a step failed, as the person who asked is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// Stable, `output.invalid`.
    pub code: &'static str,
    pub detail: String,
    /// Another attempt may do better.
    pub transient: bool,
}

impl StepError {
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            transient: false,
        }
    }
}

impl From<llm::Error> for StepError {
    fn from(error: llm::Error) -> Self {
        use llm::Category;
        // The provider's own words stay in the log.
        tracing::warn!(%error, "the model call failed");
        let (code, detail) = match error.category {
            Category::Transient | Category::Unavailable => {
                ("model.unavailable", "the model could not be reached")
            }
            Category::RateLimited { .. } => (
                "model.rate_limited",
                "the model is refusing more requests for now",
            ),
            Category::InvalidRequest => (
                "model.request_invalid",
                "the model refused the request as malformed",
            ),
            Category::Policy => (
                "model.policy",
                "the model's provider blocked this request by its content policy",
            ),
            Category::Provider => ("model.fault", "the model's answer could not be used"),
            Category::Cancelled => ("execution.cancelled", "cancelled"),
            Category::Deadline => ("step.deadline", "the step took longer than it may"),
            Category::UnknownModel => (
                "model.unknown",
                "the model this skill asks for is not available",
            ),
            Category::OverBudget => (
                "budget.step_cap",
                "the next model call could pass this step's cost limit",
            ),
        };
        let transient = matches!(
            error.category,
            Category::Transient | Category::RateLimited { .. } | Category::Unavailable
        );
        Self {
            code,
            detail: detail.to_owned(),
            transient,
        }
    }
}
