//! Two accounts of the same thing, compared: our ledger with a provider's, our orders with the gateway's.
//! "Here" is ours, "there" is theirs. Answers are sorted and do not depend on the order of the rows.

mod orders;
mod usage;

pub use orders::{Order, OrderReport, Orders, orders};
pub use usage::{Measured, UsageKey, UsageReport, UsageRow, usage};

use serde::{Deserialize, Serialize};

/// How two accounts of one thing differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// They have it, we don't.
    MissingHere,
    /// We have it, they don't.
    MissingThere,
    /// We have several, different ones under one id.
    AmbiguousHere,
    /// They have.
    AmbiguousThere,
    StateDiffers,
    AmountDiffers,
    TokensDiffer,
}

impl Kind {
    /// The same difference as the other side sees it.
    pub fn mirrored(self) -> Self {
        match self {
            Self::MissingHere => Self::MissingThere,
            Self::MissingThere => Self::MissingHere,
            Self::AmbiguousHere => Self::AmbiguousThere,
            Self::AmbiguousThere => Self::AmbiguousHere,
            same @ (Self::StateDiffers | Self::AmountDiffers | Self::TokensDiffer) => same,
        }
    }
}

/// One thing that differs in one way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference<Key, Account> {
    pub key: Key,
    pub kind: Kind,
    /// Ours; empty when it is missing here.
    pub here: Vec<Account>,
    /// Theirs; empty when it is missing there.
    pub there: Vec<Account>,
}
