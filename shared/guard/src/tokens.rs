use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Seams, UserId, WorkspaceId};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFE: TimeDelta = TimeDelta::minutes(30);

/// Clocks of two machines may differ by this much.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// HMAC-SHA-256 keys shorter than its output weaken it (RFC 7518 §3.2).
const STRONG_BYTES: usize = 32;

/// Ours are a few hundred bytes; nothing longer is worth parsing.
const LONGEST_TOKEN: usize = 4_096;

/// The keys that sign and verify access tokens. The first signs and all verify, so a key is rotated by
/// putting a new one in front and dropping the old one half an hour later.
#[derive(Clone)]
pub struct TokenKeys(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: String,
    signs: EncodingKey,
    verifies: DecodingKey,
    strong: bool,
}

/// What is wrong with a `JWT_SECRET_KEY`. Never holds any of it but key ids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("no key: expected `kid:secret`, several separated by commas")]
    Empty,
    #[error("entry {0} is not `kid:secret`")]
    Entry(usize),
    #[error("the key id {0:?} stands twice")]
    Twice(String),
    #[error("the secret of {0:?} is shorter than {STRONG_BYTES} bytes")]
    Weak(String),
}

impl TokenKeys {
    /// From `kid1:secret1,kid2:secret2`. Key ids are letters, digits, `-`, `_` and `.`; secrets are used
    /// as they stand and hold no comma.
    ///
    /// # Errors
    /// When an entry has another shape or a key id stands twice.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<Key> = Vec::new();
        for (index, entry) in text.split(',').map(str::trim).enumerate() {
            if entry.is_empty() {
                continue;
            }
            let (id, secret) = entry
                .split_once(':')
                .filter(|(id, secret)| is_key_id(id) && !secret.is_empty())
                .ok_or(KeyError::Entry(index + 1))?;
            if keys.iter().any(|key| key.id == id) {
                return Err(KeyError::Twice(id.to_owned()));
            }
            keys.push(Key {
                id: id.to_owned(),
                signs: EncodingKey::from_secret(secret.as_bytes()),
                verifies: DecodingKey::from_secret(secret.as_bytes()),
                strong: secret.len() >= STRONG_BYTES,
            });
        }
        if keys.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self(keys))
    }

    /// Production refuses keys that can be guessed.
    ///
    /// # Errors
    /// [`KeyError::Weak`] naming the first key whose secret has fewer than 32 bytes.
    pub fn check_strength(&self) -> Result<(), KeyError> {
        match self.0.iter().find(|key| !key.strong) {
            Some(weak) => Err(KeyError::Weak(weak.id.clone())),
            None => Ok(()),
        }
    }
}

fn is_key_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|key| &key.id))
            .finish()
    }
}

/// Issues and verifies access tokens: JWTs signed with HS256 (RFC 7519).
#[derive(Clone)]
pub struct AccessTokens {
    keys: TokenKeys,
    issuer: String,
    audience: String,
    validation: Validation,
}

/// A token for its owner.
#[derive(Clone)]
pub struct IssuedToken {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// What a valid token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    pub user_id: UserId,
    /// The workspace it was issued for, if any. Membership is still checked on each request.
    pub workspace_id: Option<WorkspaceId>,
    pub token_id: Uuid,
    /// To the second.
    pub issued_at: DateTime<Utc>,
    /// To the second.
    pub expires_at: DateTime<Utc>,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("The token has expired. Refresh it or sign in again.")]
    Expired,
    #[error("The token is not a token of ours. Sign in again.")]
    Malformed,
    #[error("The token is signed with a key that is no longer used. Sign in again.")]
    UnknownKey,
    #[error("The token's signature is wrong. Sign in again.")]
    Signature,
    #[error("The token was made by another issuer or for another audience.")]
    ForOthers,
    #[error("The token is from the future: check the clock.")]
    NotYet,
}

impl TokenError {
    /// Stable, for programs. All but expiry are one: a client can only sign in again.
    pub fn code(self) -> &'static str {
        match self {
            Self::Expired => "auth.token_expired",
            _ => "auth.token_invalid",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    iss: String,
    aud: String,
    sub: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ws: Option<Uuid>,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

impl AccessTokens {
    pub fn new(keys: TokenKeys, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let (issuer, audience) = (issuer.into(), audience.into());
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        // The library would ask the machine for the time; `verify` is given it.
        validation.validate_exp = false;
        Self {
            keys,
            issuer,
            audience,
            validation,
        }
    }

    /// A token good for [`ACCESS_TOKEN_LIFE`].
    pub fn issue(
        &self,
        seams: &Seams,
        user: UserId,
        workspace: Option<WorkspaceId>,
    ) -> IssuedToken {
        let issued = seams.now().timestamp();
        let expires_at =
            moment(issued).expect("the clock is within the range of dates") + ACCESS_TOKEN_LIFE;
        let wire = Wire {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user.0,
            ws: workspace.map(|workspace| workspace.0),
            iat: issued,
            exp: expires_at.timestamp(),
            jti: seams.uuid(),
        };
        let key = self.keys.0.first().expect("there is always a key");
        let header = Header {
            kid: Some(key.id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let token =
            encode(&header, &wire, &key.signs).expect("plain claims and an HMAC key always encode");
        IssuedToken { token, expires_at }
    }

    /// What the token says, when it is ours and good at `now` (with 5 s of leeway).
    ///
    /// # Errors
    /// Why it is refused.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<AccessClaims, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Malformed);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        let id = header.kid.ok_or(TokenError::UnknownKey)?;
        let key = self
            .keys
            .0
            .iter()
            .find(|key| key.id == id)
            .ok_or(TokenError::UnknownKey)?;
        let wire = decode::<Wire>(token, &key.verifies, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => TokenError::Signature,
                ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => TokenError::ForOthers,
                _ => TokenError::Malformed,
            })?
            .claims;
        let issued_at = moment(wire.iat).ok_or(TokenError::Malformed)?;
        let expires_at = moment(wire.exp).ok_or(TokenError::Malformed)?;
        if now >= expires_at + LEEWAY {
            return Err(TokenError::Expired);
        }
        if issued_at > now + LEEWAY {
            return Err(TokenError::NotYet);
        }
        Ok(AccessClaims {
            user_id: UserId(wire.sub),
            workspace_id: wire.ws.map(WorkspaceId),
            token_id: wire.jti,
            issued_at,
            expires_at,
        })
    }
}

/// `None` outside the years 1970 to 9999: no token of ours is from elsewhere, and the edges of the
/// calendar would overflow.
fn moment(seconds: i64) -> Option<DateTime<Utc>> {
    const YEAR_10000: i64 = 253_402_300_800;
    (0..YEAR_10000)
        .contains(&seconds)
        .then(|| DateTime::from_timestamp(seconds, 0))
        .flatten()
}
