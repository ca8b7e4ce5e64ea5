use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use google_cloud_auth::credentials::idtoken::verifier::{Builder, Verifier};

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

/// Checks signature, issuer, audience and expiry with Google's library, and the e-mail claims here:
/// the library's own check of them panics on a token that has none.
pub struct OidcVerifier {
    verifier: Verifier,
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
            verifier: builder.build(),
            email: service_account.to_owned(),
        }
    }

    async fn verify(&self, token: &str) -> Result<(), StatusCode> {
        let claims = self.verifier.verify(token).await.map_err(|error| {
            if error.is_load_cert() {
                // Google's keys can't be had just now: not the caller's fault.
                tracing::error!(%error, "the keys for OIDC tokens can't be loaded");
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            tracing::warn!(%error, "a push with a bad token was refused");
            StatusCode::UNAUTHORIZED
        })?;
        let email = claims.get("email").and_then(|claim| claim.as_str());
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
