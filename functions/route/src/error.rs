use bus::Failure;
use store::StoreError;

pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong here, and what becomes of the message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => service::retry(error),
        }
    }
}
