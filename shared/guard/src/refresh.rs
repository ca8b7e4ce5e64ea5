use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Ids;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const PREFIX: &str = "rt_";
const BYTES: usize = 32;

/// A refresh token: 256 random bits, written `rt_` and base64url. The plain text goes to its owner
/// once; only the hash is stored. A plain SHA-256 is enough, because there is nothing to guess.
pub struct RefreshToken {
    pub plain: Zeroizing<String>,
    pub hash: [u8; 32],
}

impl RefreshToken {
    pub fn generate(ids: &dyn Ids) -> Self {
        let mut bytes = Zeroizing::new([0; BYTES]);
        ids.fill(&mut *bytes);
        let plain = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(*bytes));
        let hash = digest(&plain);
        Self {
            plain: Zeroizing::new(plain),
            hash,
        }
    }

    /// What to look for in the store. `None` when the text can't be one of our tokens, so that junk
    /// costs no query.
    pub fn hash_of(plain: &str) -> Option<[u8; 32]> {
        let body = plain.strip_prefix(PREFIX)?;
        let decoded = URL_SAFE_NO_PAD.decode(body).ok()?;
        (decoded.len() == BYTES).then(|| digest(plain))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

fn digest(plain: &str) -> [u8; 32] {
    Sha256::digest(plain.as_bytes()).into()
}

/// Whether two secrets are equal, in a time that tells nothing but their lengths.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
