//! The e-invoice portal (invoice registration portal, IRP): it registers documents to businesses, zones
//! and abroad, and signs the code that stands on them.
//!
//! A document of a supplier with a turnover of ₹10 crore or more is taken for 30 days after its date
//! (since 2025-04-01; portal code 2305), and a registration can be taken back for 24 hours (code 2270):
//! later it takes a credit note. The portal gives a registration's signed code again for about three days
//! (code 2283). It keeps these times by its own clock, so that nothing here counts them.
//!
//! The portal is spoken to through a GSP, which does the portal's encryption. How a GSP writes it is in
//! `wire`, and marked there.

mod asked;
mod http;
mod settings;
mod signed;
mod wire;

use async_trait::async_trait;
use serde_json::Value;
use tax::document::Registered;

pub use crate::outside::SettingsError;
pub use http::HttpPortal;
pub use settings::{Account, Settings};

#[async_trait]
pub trait Portal: Send + Sync + 'static {
    /// Registers a document in the form INV-01 (`tax::einvoice::request`). A document that is registered
    /// already is no error: its first registration is answered, so that a try whose answer was lost is
    /// simply made again.
    async fn register(&self, invoice: &Value) -> Result<Registered, PortalError>;

    /// Takes a registration back. One that is taken back already is no error; that there is none is the
    /// refusal [`codes::ABSENT`].
    async fn cancel(
        &self,
        irn: &str,
        reason: CancelReason,
        remark: &str,
    ) -> Result<(), PortalError>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// Never as it stands: people must look. The code is the portal's, or one of ours, `portal.…`.
    #[error("the e-invoice portal refuses: {code} {message}")]
    Refused { code: String, message: String },
    /// Try again: no answer, an outage, a login that is not taken, or an answer that can't be read. It may
    /// have been acted on.
    #[error("the e-invoice portal can't be used: {0}")]
    Unavailable(String),
}

impl PortalError {
    pub(crate) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused {
            code: code.to_owned(),
            message: message.into(),
        }
    }

    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Whether a refusal to register shows that the portal has a registration of the document's number.
    pub(crate) fn shows_registration(&self) -> bool {
        match self {
            Self::Refused { code, .. } => {
                [codes::MISMATCH, codes::SIGNATURE, codes::CANCELLED].contains(&code.as_str())
                    || wire::is_of_one_there(code)
            }
            Self::Unavailable(_) => false,
        }
    }
}

/// Our own codes of refusals.
pub mod codes {
    /// What the portal answered is not about the document that was sent.
    pub const MISMATCH: &str = "portal.mismatch";
    /// What the portal signed is not signed with its key: forged, or `EINVOICE_PUBLIC_KEY` is out of date.
    pub const SIGNATURE: &str = "portal.signature";
    /// The document lacks what the form asks for, or has another supplier; it was not sent.
    pub const DOCUMENT: &str = "portal.document";
    /// The first registration of this number was taken back.
    pub const CANCELLED: &str = "portal.cancelled";
    /// The portal says that it has no such registration.
    pub const ABSENT: &str = "portal.absent";
}

/// Why a registration is taken back, as the portal numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    Duplicate,
    EntryMistake,
    OrderCancelled,
    Other,
}

impl CancelReason {
    pub fn code(self) -> &'static str {
        match self {
            Self::Duplicate => "1",
            Self::EntryMistake => "2",
            Self::OrderCancelled => "3",
            Self::Other => "4",
        }
    }

    /// For a remark that has no other words: the portal wants one.
    fn words(self) -> &'static str {
        match self {
            Self::Duplicate => "Duplicate",
            Self::EntryMistake => "Data entry mistake",
            Self::OrderCancelled => "Order cancelled",
            Self::Other => "Other",
        }
    }
}
