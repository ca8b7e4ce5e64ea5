//! What the portal signs: JSON as text, inside a JWT, RS256.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// The public half of the key that the simulator signs with, PEM. The key is of no other use.
pub const PUBLIC_KEY: &str = include_str!("public_key.pem");

/// The same in a certificate, as the portal publishes its own.
pub const CERTIFICATE: &str = include_str!("certificate.pem");

const SIGNING_KEY: &[u8] = include_bytes!("signing_key.pem");
const OTHER_KEY: &[u8] = include_bytes!("other_key.pem");

/// `forged`: with a key that is not the portal's.
pub(super) fn jwt(data: &Value, forged: bool) -> String {
    let key = if forged { OTHER_KEY } else { SIGNING_KEY };
    let key = EncodingKey::from_rsa_pem(key).expect("the file beside this one is a key");
    let header = Header {
        kid: Some("SIMULATOR".to_owned()),
        ..Header::new(Algorithm::RS256)
    };
    let claims = json!({ "data": data.to_string(), "iss": "NIC Simulator" });
    encode(&header, &claims, &key).expect("JSON is signed with a key that fits")
}
