use std::io::Write;
use std::sync::atomic::AtomicUsize;

use axum::body::Bytes;
use chrono::TimeDelta;
use domain::billing::MerchantKind;
use futures::StreamExt;
use phonepe_webhook::MAX_BODY;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// A body in pieces of 1 KiB, without a length, that counts the pieces that were asked for.
fn counted(pieces: usize) -> (Body, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let stream = futures::stream::iter(0..pieces).map(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1024]))
    });
    (Body::from_stream(stream), asked)
}

fn valid(world_seams: &Seams) -> String {
    let id = MerchantId {
        kind: MerchantKind::Payment,
        workspace_id: WorkspaceId(world_seams.uuid()),
        id: world_seams.uuid(),
    };
    order("checkout.order.completed", &id.to_string()).to_string()
}

fn forged(header: Option<&[u8]>, body: Body) -> Request<Body> {
    let mut request = genuine(body);
    request.headers_mut().remove("authorization");
    if let Some(header) = header {
        let value = axum::http::HeaderValue::from_bytes(header).unwrap();
        request.headers_mut().insert("authorization", value);
    }
    request
}

#[tokio::test]
async fn without_the_right_header_nothing_is_read_and_all_get_the_same_answer() {
    let world = World::new().await;
    let upper = HEADER.to_uppercase();
    let headers = [
        None,
        Some(String::new()),
        Some("0".to_owned()),
        Some(HEADER[..63].to_owned()),
        Some(format!("{HEADER}0")),
        Some(format!("{HEADER}{HEADER}")),
        Some(format!("Bearer {HEADER}")),
        Some(format!("SHA256 {HEADER}")),
        Some(format!("{USERNAME}:{PASSWORD}")),
        Some(upper),
        // The last digit differs, the first digit differs.
        Some(HEADER.replace("aa41", "aa42")),
        Some(HEADER.replace("48c3", "58c3")),
        Some("a".repeat(8_000)),
    ];
    let mut answers = Vec::new();
    let refuse = async |header: Option<&[u8]>| {
        let (body, asked) = counted(2);
        let response = world.app.clone().oneshot(forged(header, body)).await;
        let response = response.unwrap();
        let status = response.status();
        let kind = response.headers()["content-type"].clone();
        let names = response.headers().len();
        let body = axum::body::to_bytes(response.into_body(), 1 << 16)
            .await
            .unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 0, "the body was read");
        (status, kind, names, body)
    };
    for header in &headers {
        answers.push(refuse(header.as_deref().map(str::as_bytes)).await);
    }
    answers.push(refuse(Some(b"\xff\xfe")).await);
    let (status, kind, _, body) = answers[0].clone();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(kind, "application/problem+json");
    assert!(body.len() < 100, "{body:?}");
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["code"], "auth.unauthenticated");
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert!(world.recorded().await.is_empty());
    // It is the header that was wrong, nothing else.
    assert_eq!(world.send(valid(&world.seams)).await, StatusCode::OK);
}

#[tokio::test]
async fn a_forged_call_is_refused_as_such_whatever_else_is_wrong_with_it() {
    let seams = runtime::system_seams();
    let app = webhook(nowhere(), &seams);
    let mut request = forged(None, Body::from("{"));
    request
        .headers_mut()
        .insert("content-type", "text/plain".parse().unwrap());
    request
        .headers_mut()
        .insert("content-length", "99999999".parse().unwrap());
    assert_eq!(send(&app, request).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_not_said_to_be_json_is_415_and_not_read() {
    let world = World::new().await;
    for kind in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "json",
        "",
    ] {
        let (body, asked) = counted(2);
        let mut request = genuine(body);
        request
            .headers_mut()
            .insert("content-type", kind.parse().unwrap());
        let (status, problem) = send(&world.app, request).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        assert_eq!(problem["code"], "body.unsupported_type");
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }
    let mut none = genuine(valid(&world.seams));
    none.headers_mut().remove("content-type");
    assert_eq!(
        send(&world.app, none).await.0,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert!(world.recorded().await.is_empty());
    let mut request = genuine(valid(&world.seams));
    let kind = "Application/JSON; charset=utf-8".parse().unwrap();
    request.headers_mut().insert("content-type", kind);
    assert_eq!(send(&world.app, request).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_body_of_64_kib_is_the_largest() {
    let world = World::new().await;
    let mut body = valid(&world.seams);
    body.push_str(&" ".repeat(MAX_BODY - body.len()));
    assert_eq!(body.len(), 65_536);
    assert_eq!(world.send(body.clone()).await, StatusCode::OK);
    let recorded = world.recorded().await;
    assert_eq!(recorded[0].body, body.as_bytes(), "kept to the byte");
    body.push(' ');
    let (status, problem) = send(&world.app, genuine(body.clone())).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("body.too_large"))
    );
    // In one piece, but without its length.
    let piece = futures::stream::iter([Ok::<_, std::io::Error>(body)]);
    let (status, _) = send(&world.app, genuine(Body::from_stream(piece))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.recorded().await.len(), 1);
}

#[tokio::test]
async fn no_more_than_64_kib_are_read_whatever_the_length_is_said_to_be() {
    let seams = runtime::system_seams();
    let app = webhook(nowhere(), &seams);
    // Said to be too long: nothing is read.
    let (body, asked) = counted(100);
    let mut request = genuine(body);
    let length = (MAX_BODY + 1).to_string().parse().unwrap();
    request.headers_mut().insert("content-length", length);
    assert_eq!(send(&app, request).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // Not said at all, and said to be short.
    for length in [None, Some("10")] {
        let (body, asked) = counted(10_000);
        let mut request = genuine(body);
        if let Some(length) = length {
            request
                .headers_mut()
                .insert("content-length", length.parse().unwrap());
        }
        assert_eq!(send(&app, request).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        let asked = asked.load(Ordering::SeqCst);
        assert!(asked <= 65, "{asked} KiB were read");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let app = webhook(nowhere(), &runtime::system_seams());
    let body = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
    let (status, problem) = send(&app, genuine(body)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::REQUEST_TIMEOUT, &json!("request.timed_out"))
    );
    let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("reset"))]);
    let (status, problem) = send(&app, genuine(Body::from_stream(broken))).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("body.unreadable"))
    );
}

#[tokio::test]
async fn a_genuine_caller_with_nonsense_is_told_so_and_nothing_is_recorded() {
    let world = World::new().await;
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        br#"{"event":7,"payload":{}}"#,
        br#"{"event":"checkout.order.completed","payload":{}}"#,
        br#"{"event":"checkout.order.completed","payload":{"merchantOrderId":"a b"}}"#,
    ];
    for body in bodies {
        let (status, problem) = send(&world.app, genuine(body.to_vec())).await;
        let text = String::from_utf8_lossy(body);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
        assert_eq!(problem["code"], "body.malformed", "{text}");
    }
    let deep = "[".repeat(60_000);
    assert_eq!(world.send(deep).await, StatusCode::BAD_REQUEST);
    assert!(world.recorded().await.is_empty());
    assert!(world.broker.published().is_empty());
}

#[tokio::test]
async fn other_methods_and_addresses_are_refused() {
    let app = webhook(nowhere(), &runtime::system_seams());
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        for header in [HEADER, "wrong"] {
            let request = Request::builder()
                .method(method)
                .uri(PATH)
                .header("authorization", header);
            let response = app
                .clone()
                .oneshot(request.body(Body::empty()).unwrap())
                .await;
            let response = response.unwrap();
            assert_eq!(
                response.status(),
                StatusCode::METHOD_NOT_ALLOWED,
                "{method}"
            );
            assert_eq!(response.headers()["allow"], "POST");
        }
    }
    for path in [
        "/webhooks",
        "/webhooks/phonepe/",
        "/webhooks/PhonePe",
        "//webhooks/phonepe",
        "/",
    ] {
        let mut request = genuine("{}");
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(send(&app, request).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Log lines of the running test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_flood_of_forged_calls_touches_no_database_and_fills_no_log() {
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    database.set_nonblocking(true).unwrap();
    let asked = || database.accept().is_ok();
    let url = format!("postgres://nobody@{}/none", database.local_addr().unwrap());
    let store = Store::connect(&url, DbRole::PhonepeWebhook, 2).unwrap();
    let (seams, clock) = manual_seams();
    let app = webhook(store, &seams);
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.clone())
        .with_max_level(tracing::Level::INFO)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let body = valid(&seams);
    for call in 0..10_000_u32 {
        let header = format!("{call:064x}");
        let header = (call % 3 > 0).then_some(header.as_bytes());
        let request = forged(header, Body::from(body.clone()));
        assert_eq!(send(&app, request).await.0, StatusCode::UNAUTHORIZED);
    }
    assert!(!asked(), "a forged call reached the database");
    assert_eq!(log.lines().len(), 1, "{:?}", log.lines());
    clock.advance(TimeDelta::seconds(61));
    send(&app, forged(None, Body::empty())).await;
    let lines = log.lines();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[1].contains("WARN") && lines[1].contains("calls=10000"),
        "{lines:?}"
    );
    assert!(!lines[1].contains(HEADER));
    let metrics = runtime::metrics_handle().render();
    let counted = |line: &&str| line.starts_with("phonepe_forged_callbacks_total");
    let counted = metrics.lines().find(counted).unwrap();
    let count: f64 = counted.rsplit_once(' ').unwrap().1.parse().unwrap();
    assert!(count >= 10_001.0, "{counted}");
    // The listener would have noticed.
    assert_eq!(
        send(&app, genuine(body)).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(asked());
}
