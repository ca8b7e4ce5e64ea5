//! Storing a file under a name that is made from what it is.

use bytes::Bytes;
use objects::{ObjectError, Precondition};

use crate::{Deps, Result};

/// Keeps a PDF. One that is there already stays: the same name is the same document, and a bucket that
/// keeps what the tax law wants kept lets nobody write over it.
pub async fn keep(deps: &Deps, name: &str, pdf: Bytes) -> Result<()> {
    let kept = deps
        .objects
        .put(name, pdf, "application/pdf", Precondition::Absent)
        .await;
    match kept {
        Ok(_) | Err(ObjectError::Precondition { .. }) => Ok(()),
        // Who may only create is refused a second time in this way, it may be: look whether it is there.
        Err(denied @ ObjectError::Denied { .. }) => match deps.objects.head(name).await {
            Ok(Some(_)) => Ok(()),
            _ => Err(denied.into()),
        },
        Err(error) => Err(error.into()),
    }
}
