//! Storing a file under a name that is made from what it is.

use bytes::Bytes;
use objects::{ObjectError, Precondition};
use sha2::{Digest, Sha256};

use crate::{Deps, Result};

/// Keeps a PDF and answers the SHA-256 of what is kept. One that is there already stays: the same name is
/// the same document, and a bucket that keeps what the tax law wants kept lets nobody write over it.
pub async fn keep(deps: &Deps, name: &str, pdf: Bytes) -> Result<Vec<u8>> {
    let hash = |bytes: &[u8]| Sha256::digest(bytes).to_vec();
    let ours = hash(&pdf);
    let kept = deps
        .objects
        .put(name, pdf, "application/pdf", Precondition::Absent)
        .await;
    match kept {
        Ok(_) => Ok(ours),
        // Who may only create is refused a second time as denied, it may be: look what is there.
        Err(error @ (ObjectError::Precondition { .. } | ObjectError::Denied { .. })) => {
            match deps.objects.get(name).await {
                Ok(Some((_, there))) => Ok(hash(&there)),
                _ => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}
