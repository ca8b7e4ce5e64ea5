use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(/// A person who signs in.
    UserId);
id!(/// The tenant: everything a customer owns belongs to a workspace.
    WorkspaceId);
id!(/// One request and all that was done for it.
    ExecutionId);
id!(/// One order at the payment gateway.
    PaymentId);
id!(/// Money on its way back.
    RefundId);
id!(/// A customer's standing permission to debit.
    MandateId);
id!(/// An invoice or a credit note.
    InvoiceId);

/// Follows one request through every function, log line and message. At most 64 characters of
/// `A-Z a-z 0-9 - _ .`; anything else a client sends is replaced, not trusted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationId(String);

impl CorrelationId {
    pub const MAX_LEN: usize = 64;

    /// `None` when the text is empty, too long or has other characters.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty()
            && text.len() <= Self::MAX_LEN
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for CorrelationId {
    fn from(id: Uuid) -> Self {
        Self(id.simple().to_string())
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_id_is_short_and_plain() {
        assert!(CorrelationId::parse("req-7.A_z").is_some());
        for bad in ["", "a b", "a\nb", "é", &"x".repeat(65)] {
            assert!(CorrelationId::parse(bad).is_none(), "{bad:?}");
        }
    }
}
