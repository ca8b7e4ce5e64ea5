//! What keeps strangers and mistakes out: passwords, tokens, rate limits, and a nose for prompt
//! injection. Time and randomness are parameters; nothing here does I/O.

pub mod injection;
pub mod limits;
mod password;
mod refresh;
mod tokens;

pub use injection::{Assessment, assess};
pub use limits::{Class, Decision, LocalLimiter, RateLimits, Window, decide, login_subject};
pub use password::{
    PasswordError, Passwords, PolicyViolation, Verdict, check_policy, needs_rehash,
};
pub use refresh::{RefreshToken, same};
pub use tokens::{
    ACCESS_TOKEN_LIFE, AccessClaims, AccessTokens, IssuedToken, KeyError, TokenError, TokenKeys,
};

use domain::Ids;

/// A name for a block of untrusted text that the text can't guess: 128 random bits in hexadecimal.
pub fn delimiter(ids: &dyn Ids) -> String {
    let mut bytes = [0; 16];
    ids.fill(&mut bytes);
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
