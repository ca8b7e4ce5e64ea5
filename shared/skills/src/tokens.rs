/// One token for every three UTF-8 bytes, rounded up, as the model gateway counts before a call. English
/// runs at about four characters a token, Indic scripts at about one, so this errs high for both.
const BYTES_PER_TOKEN: u64 = 3;

/// A high estimate of the tokens in a text, for any model.
pub fn tokens(text: &str) -> u64 {
    (text.len() as u64).div_ceil(BYTES_PER_TOKEN)
}
