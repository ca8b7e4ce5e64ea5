//! Who may push: OIDC tokens, signed with keys of the test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bus::{OidcVerifier, Verify, push_router, schedule, schedule_router};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

use crate::harness::{Seen, accept, message, serve, until};
use crate::log::Log;

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

fn with(field: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[field] = value;
    claims
}

fn without(field: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(field);
    claims
}

fn header(kid: Option<&str>, algorithm: Algorithm) -> Header {
    Header {
        kid: kid.map(str::to_owned),
        ..Header::new(algorithm)
    }
}

fn signed(key: &[u8], kid: Option<&str>, claims: &Value) -> String {
    let key = EncodingKey::from_rsa_pem(key).unwrap();
    encode(&header(kid, Algorithm::RS256), claims, &key).unwrap()
}

fn good(claims: &Value) -> String {
    signed(GOOD, Some("test"), claims)
}

fn symmetric() -> String {
    let key = EncodingKey::from_secret(include_bytes!("keys/jwks.json"));
    encode(&header(Some("test"), Algorithm::HS256), &claims(), &key).unwrap()
}

/// The signature of one token under the claims of another.
fn tampered() -> String {
    let (mine, forged) = (
        good(&with("email", json!("me@example.in"))),
        good(&claims()),
    );
    let mine: Vec<_> = mine.split('.').collect();
    let forged: Vec<_> = forged.split('.').collect();
    [mine[0], forged[1], mine[2]].join(".")
}

fn unsigned() -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "none", "typ": "JWT", "kid": "test" });
    format!("{}.{}.", part(&header), part(&claims()))
}

fn bearer(token: &str) -> Option<String> {
    Some(format!("Bearer {token}"))
}

fn keys() -> Response {
    let keys: Value = serde_json::from_str(include_str!("keys/jwks.json")).unwrap();
    Json(keys).into_response()
}

/// A function that verifies, and the place it has its keys from.
struct Function {
    router: Router,
    log: Arc<Log>,
    seen: Seen,
    keys_asked: Arc<AtomicUsize>,
    _stop: DropGuard,
}

/// `certs` answers a request for the keys; it is given how many there were before.
async fn function<F>(certs: F) -> Function
where
    F: Fn(usize) -> BoxFuture<'static, Response> + Clone + Send + Sync + 'static,
{
    let stop = CancellationToken::new();
    let keys_asked = Arc::new(AtomicUsize::new(0));
    let asked = keys_asked.clone();
    let google = Router::new().route(
        "/certs",
        get(move || certs(asked.fetch_add(1, Ordering::SeqCst))),
    );
    let url = format!("{}/certs", serve(google, &stop).await);
    let verify = Verify::Oidc(Arc::new(OidcVerifier::new(AUDIENCE, ACCOUNT, Some(&url))));
    let (log, seen) = (Arc::new(Log::default()), Seen::default());
    let consumers = seen.functions(accept()).remove(0).1;
    let sweep = schedule(|| async { Ok(json!({})) });
    let router = push_router(consumers, log.clone(), verify.clone())
        .merge(schedule_router(vec![("sweep", sweep)], verify));
    Function {
        router,
        log,
        seen,
        keys_asked,
        _stop: stop.drop_guard(),
    }
}

impl Function {
    async fn post(&self, path: &str, authorization: Option<String>) -> StatusCode {
        let sent = message("x");
        let data = base64::engine::general_purpose::STANDARD.encode(&sent.data);
        let body = json!({ "message": { "data": data, "attributes": sent.attributes() } });
        let mut request = Request::post(path);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        response.status()
    }
}

const PATHS: [(&str, StatusCode); 3] = [
    ("/push/test-event-v1.route", StatusCode::NO_CONTENT),
    ("/dead-letters/test-event-v1.route", StatusCode::NO_CONTENT),
    ("/schedules/sweep", StatusCode::OK),
];

#[tokio::test]
async fn the_right_account_with_a_good_token_for_us_may_push() {
    let function = function(|_| async { keys() }.boxed()).await;
    for (path, done) in PATHS {
        let token = bearer(&good(&claims()));
        assert_eq!(function.post(path, token).await, done, "{path}");
    }
    // Google's tokens name their issuer either way.
    let token = bearer(&good(&with("iss", json!("accounts.google.com"))));
    assert_eq!(
        function.post(PATHS[0].0, token).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(function.seen.count(), 2);
    assert_eq!(function.log.letters().len(), 1);
    // They change rarely: they are asked for once.
    assert_eq!(function.keys_asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn whoever_else_is_refused() {
    let function = function(|_| async { keys() }.boxed()).await;
    let now = runtime::system_seams().now().timestamp();
    let (unknown, forbidden) = (StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN);
    let callers = [
        ("no token", None, unknown),
        ("another scheme", Some("Basic cHVzaDpwdXNo".into()), unknown),
        ("an empty token", bearer(""), unknown),
        ("no JWT", bearer("x.y.z"), unknown),
        (
            "another's key",
            bearer(&signed(OTHER, Some("test"), &claims())),
            unknown,
        ),
        (
            "an unknown key",
            bearer(&signed(OTHER, Some("other"), &claims())),
            unknown,
        ),
        (
            "a key without name",
            bearer(&signed(GOOD, None, &claims())),
            unknown,
        ),
        ("tampered claims", bearer(&tampered()), unknown),
        ("no signature", bearer(&unsigned()), unknown),
        ("a symmetric signature", bearer(&symmetric()), unknown),
        (
            "another audience",
            bearer(&good(&with("aud", json!("https://bill.example")))),
            unknown,
        ),
        ("no audience", bearer(&good(&without("aud"))), unknown),
        (
            "a null audience",
            bearer(&good(&with("aud", Value::Null))),
            unknown,
        ),
        (
            "an audience that is no text",
            bearer(&good(&with("aud", json!({ "for": AUDIENCE })))),
            unknown,
        ),
        (
            "another issuer",
            bearer(&good(&with("iss", json!("https://evil.example")))),
            unknown,
        ),
        ("no issuer", bearer(&good(&without("iss"))), unknown),
        (
            "a null issuer",
            bearer(&good(&with("iss", Value::Null))),
            unknown,
        ),
        (
            "an expired token",
            bearer(&good(&with("exp", json!(now - 60)))),
            unknown,
        ),
        (
            "a token without end",
            bearer(&good(&without("exp"))),
            unknown,
        ),
        (
            "an end in words",
            bearer(&good(&with("exp", json!("tomorrow")))),
            unknown,
        ),
        (
            "another account",
            bearer(&good(&with("email", json!("someone@example.in")))),
            forbidden,
        ),
        ("no account", bearer(&good(&without("email"))), forbidden),
        (
            "a null account",
            bearer(&good(&with("email", Value::Null))),
            forbidden,
        ),
        (
            "an unverified account",
            bearer(&good(&with("email_verified", json!(false)))),
            forbidden,
        ),
        (
            "an account of no say",
            bearer(&good(&without("email_verified"))),
            forbidden,
        ),
        (
            "a verified string",
            bearer(&good(&with("email_verified", json!("true")))),
            forbidden,
        ),
    ];
    for (who, authorization, refusal) in callers {
        for (path, _) in PATHS {
            let answer = function.post(path, authorization.clone()).await;
            assert_eq!(answer, refusal, "{who} at {path}");
        }
        // Who may not push does not learn what there is.
        let nothing = function.post("/push/none", authorization.clone()).await;
        assert_eq!(nothing, refusal, "{who}");
    }
    assert_eq!(function.seen.count(), 0);
    assert!(function.log.letters().is_empty() && function.log.rejections().is_empty());
}

/// With Google's own address there are no keys for such a signature, and nobody is asked for them.
#[tokio::test]
async fn a_symmetric_signature_is_refused_without_asking_google() {
    let done = schedule(|| async { Ok(json!({})) });
    let router = schedule_router(vec![("sweep", done)], Verify::oidc(AUDIENCE, ACCOUNT));
    let request = Request::post("/schedules/sweep")
        .header("authorization", format!("Bearer {}", symmetric()))
        .body(Body::empty())
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn pushes_that_meet_while_the_keys_are_loaded_all_pass() {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let function = function(move |_| {
        let held = held.clone();
        async move {
            held.acquire().await.unwrap().forget();
            keys()
        }
        .boxed()
    })
    .await;
    let token = bearer(&good(&claims()));
    let pushes = join_all((0..20).map(|_| function.post(PATHS[0].0, token.clone())));
    let opened = async {
        until("the keys are asked for", || {
            function.keys_asked.load(Ordering::SeqCst) > 0
        })
        .await;
        gate.add_permits(20);
    };
    let (answers, ()) = tokio::join!(pushes, opened);
    assert_eq!(answers, [StatusCode::NO_CONTENT; 20]);
    assert_eq!(function.keys_asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_good_token_is_to_come_again_while_the_keys_cannot_be_had() {
    let function = function(|before| {
        async move {
            if before == 0 {
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            } else {
                keys()
            }
        }
        .boxed()
    })
    .await;
    let token = bearer(&good(&claims()));
    let path = PATHS[0].0;
    assert_eq!(
        function.post(path, token.clone()).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(function.seen.count(), 0);
    assert_eq!(function.post(path, token).await, StatusCode::NO_CONTENT);
}

/// Time runs ahead here whenever nothing else is to be done, so that the wait takes none.
#[tokio::test(start_paused = true)]
async fn keys_that_never_come_do_not_hold_a_push_for_ever() {
    let function = function(|_| std::future::pending().boxed()).await;
    let token = bearer(&good(&claims()));
    assert_eq!(
        function.post(PATHS[0].0, token).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}
