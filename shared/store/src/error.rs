use std::borrow::Cow;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What can go wrong with the database, as the caller needs to know it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row, or it belongs to another tenant: the two look the same.
    #[error("not found")]
    NotFound,
    /// A named constraint refused the change.
    #[error("conflict: {constraint}")]
    Conflict { constraint: String },
    /// The database can't be reached or gave up: worth trying again.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    #[error("{0}")]
    Config(Cow<'static, str>),
    #[error("database: {0}")]
    Internal(sqlx::Error),
}

impl StoreError {
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether the named constraint caused this.
    pub fn violates(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                match code.get(..2) {
                    // Integrity constraint violation.
                    Some("23") => Self::Conflict {
                        constraint: database.constraint().unwrap_or("unnamed").to_owned(),
                    },
                    // Connection exception, transaction rollback (deadlock, serialization),
                    // insufficient resources, operator intervention (restart, timeout), system error.
                    Some("08" | "40" | "53" | "57" | "58") => Self::Unavailable(error.to_string()),
                    _ => Self::Internal(error),
                }
            }
            _ => Self::Internal(error),
        }
    }
}
