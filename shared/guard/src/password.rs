use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use domain::Ids;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Argon2id at OWASP's first recommendation: 19 MiB, two passes, one lane
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// In characters.
const SHORTEST: usize = 12;
const LONGEST: usize = 128;

/// Whoever waits longer than this for a free hasher is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Has the cost of a real hash and matches nothing: its digest is made up.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$\
                      c29tZSBkaWdlc3QgdGhhdCBpcyBub3QgYSBkaWdlc3Q";

/// Hashes and checks passwords, off the async threads and only a few at a time: each takes 19 MiB and
/// tens of milliseconds of a processor.
#[derive(Clone)]
pub struct Passwords {
    ids: Arc<dyn Ids>,
    permits: Arc<Semaphore>,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Match {
        /// The stored hash is weaker than today's: hash the password again and store that.
        rehash: bool,
    },
    Mismatch,
}

/// Why no hash or verdict came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Answer 503 with `Retry-After`.
    #[error("too many passwords are being checked right now")]
    Busy,
    #[error("the stored password hash can't be read: {0}")]
    StoredHash(String),
    #[error("hashing failed: {0}")]
    Hashing(String),
}

/// Why a new password is refused. The text is for the person choosing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyViolation {
    #[error("Use at least {SHORTEST} characters.")]
    TooShort,
    #[error("Use at most {LONGEST} characters.")]
    TooLong,
    #[error("Use something other than your email address.")]
    IsEmail,
}

impl PolicyViolation {
    /// Stable, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password.too_short",
            Self::TooLong => "password.too_long",
            Self::IsEmail => "password.is_email",
        }
    }
}

/// Length, and not the email address or the part before its `@`. There are no rules about kinds of
/// characters: they make people choose worse ones (NIST SP 800-63B).
///
/// # Errors
/// The first rule that is broken.
pub fn check_policy(password: &str, email: &str) -> Result<(), PolicyViolation> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PolicyViolation::TooShort);
    }
    if length > LONGEST {
        return Err(PolicyViolation::TooLong);
    }
    let (password, email) = (password.trim().to_lowercase(), email.trim().to_lowercase());
    let local = email
        .rsplit_once('@')
        .map_or(email.as_str(), |(local, _)| local);
    if password == email || password == local {
        return Err(PolicyViolation::IsEmail);
    }
    Ok(())
}

impl Passwords {
    /// At most `at_once` hashes are computed at the same time, 19 MiB each; the rest wait their turn.
    pub fn new(ids: Arc<dyn Ids>, at_once: usize) -> Self {
        Self {
            ids,
            permits: Arc::new(Semaphore::new(at_once.max(1))),
        }
    }

    /// The password's hash as a PHC string, with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], or a fault of the hasher.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let mut salt = [0; SALT_BYTES];
        self.ids.fill(&mut salt);
        let password = prepare(password);
        self.run(move || {
            hasher()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|error| PasswordError::Hashing(error.to_string()))
        })
        .await
    }

    /// Checks a password against what is stored. With nothing stored (no such account) it does the
    /// same work and says [`Verdict::Mismatch`], so the time it takes doesn't tell who has an account.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], or a stored hash that is not an Argon2 PHC string.
    pub async fn verify_or_dummy(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verdict, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(NOBODY).to_owned();
        let password = prepare(password);
        let matches = self.run(move || matches(&password, &stored)).await?;
        Ok(match matches {
            Some(rehash) if known => Verdict::Match { rehash },
            _ => Verdict::Mismatch,
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let waiting = Arc::clone(&self.permits).acquire_owned();
        let permit = timeout(PATIENCE, waiting)
            .await
            .map_err(|_| PasswordError::Busy)?
            .expect("the semaphore is never closed");
        // The permit goes along: a caller who hangs up doesn't free a hasher that is still at work.
        let working = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        working
            .await
            .map_err(|error| PasswordError::Hashing(error.to_string()))?
    }
}

/// `Some(rehash)` when the password is the stored one.
fn matches(password: &str, stored: &str) -> Result<Option<bool>, PasswordError> {
    let parsed =
        PasswordHash::new(stored).map_err(|error| PasswordError::StoredHash(error.to_string()))?;
    // Cost and salt are taken from the stored hash, not from today's setting.
    let equal = hasher()
        .verify_password(password.as_bytes(), &parsed)
        .is_ok();
    Ok(equal.then(|| is_weak(&parsed)))
}

/// Whether a stored hash was made with less than today's cost, or can't be read.
pub fn needs_rehash(stored: &str) -> bool {
    PasswordHash::new(stored).map_or(true, |hash| is_weak(&hash))
}

fn is_weak(hash: &PasswordHash) -> bool {
    let below = |name: &str, today: u32| {
        hash.params
            .get_decimal(name)
            .is_none_or(|cost| cost < today)
    };
    hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || below("m", MEMORY_KIB)
        || below("t", PASSES)
        || below("p", LANES)
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES))
        .expect("the parameters are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The same password typed on two keyboards can be different code points, above all in Indic scripts:
/// compatibility composition makes them one (NIST SP 800-63B). Wiped after use.
fn prepare(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfkc().collect())
}
