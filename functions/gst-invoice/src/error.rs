use bus::Failure;
use objects::ObjectError;
use store::StoreError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong here, and what becomes of the message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the file store: {0}")]
    Objects(#[from] ObjectError),
    /// Money came from a workspace that never said who it is.
    #[error(
        "the workspace has no tax profile: an invoice needs the name and address of its recipient"
    )]
    NoProfile,
    #[error("the tax profile can't be used: {0}")]
    Profile(#[from] domain::UnknownValue),
    #[error("the tax can't be computed: {0}")]
    Tax(#[from] tax::compute::ComputeError),
    #[error("the credit note can't be made: {0}")]
    Credit(#[from] tax::credit::CreditError),
    #[error("the number can't be given: {0}")]
    Number(#[from] tax::number::NumberError),
    #[error("the document can't be read: {0}")]
    Content(#[from] serde_json::Error),
    /// The invoice does not come to what was paid: a fault of ours.
    #[error("the document comes to {document}, the payment to {paid}")]
    Sum {
        document: domain::Inr,
        paid: domain::Inr,
    },
    /// The tax that was charged is not that of the recipient as they are now.
    #[error(
        "the tax on the document is {document}, that of the payment {paid}: the tax profile has changed"
    )]
    Charged {
        document: domain::Inr,
        paid: domain::Inr,
    },
    #[error("the invoice is about to be taken back")]
    BeingCancelled,
    #[error("the PDF can't be made: {0}")]
    Render(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(StoreError::NotFound) => Self::Reject {
                code: "billing.unknown".to_owned(),
                reason: "there is no such payment, refund or report in this workspace".to_owned(),
            },
            Error::Store(error) => service::retry(error),
            other => Self::Retry {
                reason: other.to_string(),
            },
        }
    }
}
