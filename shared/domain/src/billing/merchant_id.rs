//! The ids that the gateway knows our things by. They carry the workspace, so that a callback says whose it
//! is before any database is asked.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::WorkspaceId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MerchantKind {
    Payment,
    Refund,
    Mandate,
}

impl MerchantKind {
    const ALL: [Self; 3] = [Self::Payment, Self::Refund, Self::Mandate];

    fn letter(self) -> char {
        match self {
            Self::Payment => 'P',
            Self::Refund => 'R',
            Self::Mandate => 'M',
        }
    }
}

/// `P_` and two UUIDs in base64url, 46 characters of `A-Z a-z 0-9 _ -`: the gateway allows 63 of these.
/// The id is that of the row, so the same row always has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MerchantId {
    pub kind: MerchantKind,
    pub workspace_id: WorkspaceId,
    pub id: Uuid,
}

impl fmt::Display for MerchantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |id: Uuid| URL_SAFE_NO_PAD.encode(id.as_bytes());
        let (workspace, id) = (text(self.workspace_id.0), text(self.id));
        write!(f, "{}_{workspace}{id}", self.kind.letter())
    }
}

/// The text is not one of our ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of ours")]
pub struct NotOurs;

impl FromStr for MerchantId {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let (letter, rest) = text.split_once('_').ok_or(NotOurs)?;
        let kind = MerchantKind::ALL
            .into_iter()
            .find(|kind| letter.chars().eq([kind.letter()]))
            .ok_or(NotOurs)?;
        if rest.len() != 44 || !rest.is_ascii() {
            return Err(NotOurs);
        }
        let uuid = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotOurs)?;
            Uuid::from_slice(&bytes).map_err(|_| NotOurs)
        };
        Ok(Self {
            kind,
            workspace_id: WorkspaceId(uuid(&rest[..22])?),
            id: uuid(&rest[22..])?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_fits_the_gateway() {
        for kind in MerchantKind::ALL {
            let id = MerchantId {
                kind,
                workspace_id: WorkspaceId(Uuid::max()),
                id: Uuid::from_u128(0xfb_ef00),
            };
            let text = id.to_string();
            assert_eq!(text.len(), 46);
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            assert!(text.chars().all(plain), "{text}");
            assert_eq!(text.parse(), Ok(id));
        }
    }

    #[test]
    fn other_texts_are_not_ours() {
        for text in [
            "",
            "P_",
            "SUB_1_starter_1700000000",
            "X_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "P_!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "P_éAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(text.parse::<MerchantId>(), Err(NotOurs), "{text}");
        }
    }
}
