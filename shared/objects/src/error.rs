use crate::{Options, Precondition};

/// Why an object could not be written, read or deleted, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// Another writer was there first.
    #[error("{name:?} is not as expected ({expected}): read it again, then decide anew")]
    Precondition {
        name: String,
        expected: Precondition,
    },
    #[error(
        "{name:?} has {size} bytes and at most {limit} are taken: make it smaller, or raise max_bytes"
    )]
    TooLarge { name: String, size: u64, limit: u64 },
    /// Nothing answered, or not in time. The one kind that may pass by itself.
    #[error(
        "the object store did not do it in time ({reason}): try again later, and look first if it was a conditional write, since that may have taken place"
    )]
    Unavailable { reason: String },
    /// The credentials, or the rights that they have.
    #[error("{reason}")]
    Denied { reason: String },
    #[error("{reason}")]
    Other { reason: String },
}

impl ObjectError {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(crate) fn other(reason: impl Into<String>) -> Self {
        Self::Other {
            reason: reason.into(),
        }
    }

    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
        }
    }
}

impl Options {
    /// Refuses what is larger than the limit.
    pub(crate) fn check_size(&self, name: &str, size: u64) -> Result<(), ObjectError> {
        if size <= self.max_bytes {
            return Ok(());
        }
        Err(ObjectError::TooLarge {
            name: name.to_owned(),
            size,
            limit: self.max_bytes,
        })
    }
}

impl Precondition {
    /// Refuses a write that this forbids where `current` is the present generation.
    pub(crate) fn check(self, name: &str, current: Option<i64>) -> Result<(), ObjectError> {
        if self.allows(current) {
            return Ok(());
        }
        Err(ObjectError::Precondition {
            name: name.to_owned(),
            expected: self,
        })
    }
}
