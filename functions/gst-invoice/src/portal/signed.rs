//! The signed code: a JWT, RS256, whose claim `data` is JSON as text (NIC's page on the signed QR code).

use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use tax::einvoice::Amount;

use crate::outside::SettingsError;

/// What the code says of its document, as far as it is compared.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Code {
    pub seller_gstin: String,
    /// `URP` for one abroad.
    pub buyer_gstin: String,
    pub doc_no: String,
    pub tot_inv_val: Amount,
    pub irn: String,
}

#[derive(Deserialize)]
struct Claims {
    data: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsigned {
    /// It is no signed code at all.
    Unreadable(&'static str),
    /// No key of the portal's has signed it.
    Forged,
}

/// The portal's keys. There are several while one takes the place of another.
pub(super) struct Keys(Vec<DecodingKey>);

impl Keys {
    /// PEM, one after the other; `\n` stands for the end of a line where the environment has none.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        const BEGIN: &str = "-----BEGIN ";
        let wrong = |why: &str| SettingsError(format!("EINVOICE_PUBLIC_KEY {why}"));
        let text = text.replace("\\n", "\n");
        if text.contains("PRIVATE KEY") {
            return Err(wrong("is a private key"));
        }
        let keys: Vec<DecodingKey> = text
            .split(BEGIN)
            .skip(1)
            .map(|key| DecodingKey::from_rsa_pem(format!("{BEGIN}{key}").as_bytes()))
            .collect::<Result<_, _>>()
            .map_err(|_| wrong("holds what is no RSA key in PEM"))?;
        if keys.is_empty() {
            return Err(wrong("holds no key in PEM"));
        }
        Ok(Self(keys))
    }

    /// Nothing is checked.
    pub fn none() -> Self {
        Self(vec![])
    }

    /// What a signed code says, if one of the keys has signed it.
    pub fn read(&self, jwt: &str) -> Result<Code, Unsigned> {
        let claims = self.claims(jwt)?;
        serde_json::from_str(&claims.data).map_err(|_| Unsigned::Unreadable("its data"))
    }

    fn claims(&self, jwt: &str) -> Result<Claims, Unsigned> {
        let unreadable = Unsigned::Unreadable("the token");
        if self.0.is_empty() {
            return insecure_decode::<Claims>(jwt)
                .map(|token| token.claims)
                .map_err(|_| unreadable);
        }
        // It is as good as the paper that it stands on: it has no end.
        let mut rules = Validation::new(Algorithm::RS256);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        let mut fault = unreadable;
        for key in &self.0 {
            match decode::<Claims>(jwt, key, &rules) {
                Ok(token) => return Ok(token.claims),
                Err(error) => {
                    let forged = matches!(
                        error.kind(),
                        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm
                    );
                    if forged {
                        fault = Unsigned::Forged;
                    }
                }
            }
        }
        Err(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_and_without_line_ends() {
        let pem = testkit::gst::PUBLIC_KEY;
        let count = |text: &str| Keys::parse(text).map(|keys| keys.0.len());
        assert_eq!(count(pem), Ok(1));
        assert_eq!(count(&format!("{pem}{pem}")), Ok(2));
        assert_eq!(count(&pem.replace('\n', "\\n")), Ok(1));
    }

    #[test]
    fn what_is_no_public_key_is_named() {
        for (text, why) in [
            ("key", "EINVOICE_PUBLIC_KEY holds no key in PEM"),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                "EINVOICE_PUBLIC_KEY holds what is no RSA key in PEM",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
                "EINVOICE_PUBLIC_KEY is a private key",
            ),
        ] {
            assert_eq!(Keys::parse(text).err().unwrap().to_string(), why);
        }
    }
}
