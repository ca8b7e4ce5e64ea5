//! Who may push: OIDC tokens, signed with keys of the test's own.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use bus::{OidcVerifier, Verify, schedule, schedule_router};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::harness::serve;

const AUDIENCE: &str = "https://route.example";
const ACCOUNT: &str = "push@raptorflow.iam.gserviceaccount.com";
const GOOD: &[u8] = include_bytes!("keys/good.pem");
const OTHER: &[u8] = include_bytes!("keys/other.pem");

fn claims() -> Value {
    let now = runtime::system_seams().now().timestamp();
    json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "sub": "1", "iat": now, "exp": now + 600,
        "email": ACCOUNT, "email_verified": true,
    })
}

fn token(key: &[u8], claims: &Value) -> String {
    let header = Header {
        kid: Some("test".into()),
        ..Header::new(Algorithm::RS256)
    };
    encode(&header, claims, &EncodingKey::from_rsa_pem(key).unwrap()).unwrap()
}

#[tokio::test]
async fn only_the_right_account_with_a_good_token_for_us_may_push() {
    let stop = CancellationToken::new();
    let keys: Value = serde_json::from_str(include_str!("keys/jwks.json")).unwrap();
    let google = axum::Router::new().route("/certs", get(|| async { Json(keys) }));
    let certs = format!("{}/certs", serve(google, &stop).await);
    let verifier = OidcVerifier::new(AUDIENCE, ACCOUNT, Some(&certs));
    let done = schedule(|| async { Ok(json!({})) });
    let router = schedule_router(vec![("sweep", done)], Verify::Oidc(Arc::new(verifier)));
    let status = |authorization: Option<String>| {
        let router = router.clone();
        async move {
            let mut request = Request::post("/schedules/sweep");
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            router
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap()
                .status()
                .as_u16()
        }
    };
    let with = |field: &str, value: Value| {
        let mut claims = claims();
        claims[field] = value;
        Some(format!("Bearer {}", token(GOOD, &claims)))
    };
    assert_eq!(
        status(Some(format!("Bearer {}", token(GOOD, &claims())))).await,
        200
    );
    assert_eq!(status(None).await, 401);
    assert_eq!(status(Some("Bearer x.y.z".into())).await, 401);
    assert_eq!(
        status(Some(format!("Bearer {}", token(OTHER, &claims())))).await,
        401
    );
    assert_eq!(
        status(with("aud", json!("https://other.example"))).await,
        401
    );
    assert_eq!(status(with("exp", json!(1_700_000_000))).await, 401);
    assert_eq!(
        status(with("iss", json!("https://evil.example"))).await,
        401
    );
    assert_eq!(
        status(with("email", json!("someone@example.in"))).await,
        403
    );
    assert_eq!(status(with("email_verified", json!(false))).await, 403);
    assert_eq!(status(with("email", Value::Null)).await, 403);
    stop.cancel();
}
