//! Requests that move money are made once: each names a key of its own.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use chrono::{DateTime, Utc};
use runtime::Problem;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Tx;
use store::idempotency::{Claimed, claim};
use uuid::Uuid;

use crate::submit::{REPLAYED, idempotency_key, key_reused};
use crate::{Deps, problem};

/// The `Idempotency-Key` of a request, which it must have.
pub struct Key(String);

impl Key {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let key = idempotency_key(headers)?.ok_or_else(|| {
            Problem::validation(
                "Send an Idempotency-Key of your own making: the same request with the same key is done once, however often it is sent.",
            )
            .code("idempotency.key_required")
            .field("Idempotency-Key", "missing", "expected 1 to 255 printable ASCII characters")
        })?;
        Ok(Self(key.to_owned()))
    }

    /// Claims the key for `operation` with `body`, which makes `resource`. `None`: go on. Else the same
    /// request was made before, and made this.
    ///
    /// # Errors
    /// 409 `idempotency.key_reused` when the key was used for another request.
    pub async fn claim(
        &self,
        tx: &mut Tx,
        (operation, body): (&str, &impl Serialize),
        resource: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Uuid>, Problem> {
        let request =
            serde_json::to_vec(&(operation, body)).expect("a parsed request is plain data");
        let hash = Sha256::digest(request);
        match claim(tx, &self.0, &hash, resource, now)
            .await
            .map_err(problem)?
        {
            Claimed::New => Ok(None),
            Claimed::Replayed(first) => Ok(Some(first)),
            Claimed::Reused => Err(key_reused()),
        }
    }
}

impl FromRequestParts<Deps> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Deps) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

/// Marks an answer as that of an earlier request.
pub fn replayed(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
