use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use google_cloud_auth::credentials::idtoken::verifier::{Builder, Error, Verifier};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a check may take. The library loads Google's keys without a limit of its own.
const LIMIT: Duration = Duration::from_secs(5);

/// Who may push messages and start schedules.
#[derive(Clone)]
pub enum Verify {
    /// Anyone who can reach the port: development and tests.
    Off,
    /// The holder of a Google-signed OIDC token for our audience and of our service account.
    Oidc(Arc<OidcVerifier>),
}

impl Verify {
    /// `audience` and `service_account` (its e-mail address) as the push subscription has them.
    pub fn oidc(audience: &str, service_account: &str) -> Self {
        Self::Oidc(Arc::new(OidcVerifier::new(audience, service_account, None)))
    }

    pub(crate) async fn check(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let Self::Oidc(verifier) = self else {
            return Ok(());
        };
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(StatusCode::UNAUTHORIZED)?;
        verifier.verify(token).await
    }
}

/// Checks the signature and what the claims say with Google's library. That they are there at all is
/// checked here: the library passes over an audience or issuer that is missing, and panics on a missing
/// e-mail.
pub struct OidcVerifier {
    /// One check at a time: of two that meet, the library fails one (it only tries its lock), and all
    /// that meet the loading of the keys. A check takes some 20 µs.
    verifier: Mutex<Verifier>,
    audience: String,
    email: String,
}

impl OidcVerifier {
    /// `jwks_url` replaces Google's keys, for tests with keys of their own.
    pub fn new(audience: &str, service_account: &str, jwks_url: Option<&str>) -> Self {
        let mut builder = Builder::new([audience]);
        if let Some(url) = jwks_url {
            builder = builder.with_jwks_url(url);
        }
        Self {
            verifier: Mutex::new(builder.build()),
            audience: audience.to_owned(),
            email: service_account.to_owned(),
        }
    }

    async fn verify(&self, token: &str) -> Result<(), StatusCode> {
        let check = async { self.verifier.lock().await.verify(token).await };
        let checked = timeout(LIMIT, check).await.map_err(|_| {
            tracing::error!("the keys for OIDC tokens did not come within {LIMIT:?}");
            StatusCode::SERVICE_UNAVAILABLE
        })?;
        let claims = checked.map_err(|error| {
            if error.is_load_cert() && !is_of_no_key(&error) {
                // Google's keys can't be had just now: not the caller's fault.
                tracing::error!(%error, "the keys for OIDC tokens can't be loaded");
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            tracing::warn!(%error, "a push with a bad token was refused");
            StatusCode::UNAUTHORIZED
        })?;
        let text = |name| claims.get(name).and_then(serde_json::Value::as_str);
        if text("aud") != Some(self.audience.as_str()) || text("iss").is_none() {
            tracing::warn!("a push with a token for nobody, or by nobody, was refused");
            return Err(StatusCode::UNAUTHORIZED);
        }
        let email = text("email");
        let verified = claims
            .get("email_verified")
            .and_then(serde_json::Value::as_bool)
            == Some(true);
        if email == Some(self.email.as_str()) && verified {
            return Ok(());
        }
        tracing::warn!(email, verified, "a push by another account was refused");
        Err(StatusCode::FORBIDDEN)
    }
}

/// The keys are there and none of them can have signed the token. The library says so only in words.
fn is_of_no_key(error: &Error) -> bool {
    let words = error.to_string();
    words.contains("matching `kid`") || words.contains("unexpected signing algorithm")
}
