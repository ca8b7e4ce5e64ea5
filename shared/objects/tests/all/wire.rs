//! What is asked of Cloud Storage, and what becomes of answers that its stand-in never gives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures::future::join_all;
use objects::{CloudStorage, ObjectError, Objects, Options, Precondition};
use serde_json::{Value, json};

use crate::harness::{TEXT, refused};

#[derive(Debug, Clone)]
struct Asked {
    method: Method,
    path: String,
    query: BTreeMap<String, String>,
    authorization: bool,
    body: Vec<u8>,
}

impl Asked {
    fn is_upload(&self) -> bool {
        self.path == "/upload/storage/v1/b/kept/o"
    }

    fn is_media(&self) -> bool {
        self.query.get("alt").is_some_and(|alt| alt == "media")
    }

    fn asks(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// In place of Cloud Storage, a function from the request, and how many came before, to the answer.
/// `None`: no answer ever comes.
struct Stand {
    endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stand {
    async fn start(
        answer: impl Fn(&Asked, usize) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answer) = (asked.clone(), Arc::new(answer));
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                let (parts, body) = request.into_parts();
                let query = parts.uri.query().unwrap_or_default().as_bytes();
                let one = Asked {
                    method: parts.method,
                    path: parts.uri.path().to_owned(),
                    query: url::form_urlencoded::parse(query).into_owned().collect(),
                    authorization: parts.headers.contains_key("authorization"),
                    body: axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec(),
                };
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(one.clone());
                    log.len() - 1
                };
                match answer(&one, before) {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { endpoint, asked }
    }

    async fn store(&self, seconds: u64) -> CloudStorage {
        let options = Options {
            endpoint: Some(self.endpoint.clone()),
            time_limit: Duration::from_secs(seconds),
            ..Options::default()
        };
        CloudStorage::connect("kept", "in", options).await.unwrap()
    }

    fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap().clone();
        assert!(
            asked.iter().all(|one| !one.authorization),
            "credentials went to a stand-in"
        );
        asked
    }
}

fn object(name: &str, generation: i64, size: u64) -> Value {
    json!({
        "name": format!("in/{name}"), "generation": generation.to_string(), "size": size.to_string(),
        "updated": "2026-11-21T09:05:40.256Z", "contentType": TEXT,
    })
}

fn media(generation: i64, bytes: &'static str) -> Response {
    Response::builder()
        .header("x-goog-generation", generation)
        .header("content-length", bytes.len())
        .body(Body::from(bytes))
        .unwrap()
}

fn fails(status: u16, message: &str) -> Option<Response> {
    let status = StatusCode::from_u16(status).unwrap();
    let body = json!({ "error": { "code": status.as_u16(), "message": message } });
    Some((status, Json(body)).into_response())
}

fn answers(body: Value) -> Option<Response> {
    Some(Json(body).into_response())
}

async fn put(store: &CloudStorage, precondition: Precondition) -> Result<i64, ObjectError> {
    let put = store.put("a/b", "hello".into(), TEXT, precondition);
    put.await.map(|meta| meta.generation)
}

#[tokio::test]
async fn conditions_are_asked_of_the_service() {
    let stand = Stand::start(|asked, _| match asked.method {
        Method::DELETE => Some(StatusCode::NO_CONTENT.into_response()),
        _ => answers(object("a/b", 5, 5)),
    })
    .await;
    let store = stand.store(10).await;
    for precondition in [
        Precondition::Any,
        Precondition::Absent,
        Precondition::Generation(4),
    ] {
        assert_eq!(put(&store, precondition).await.unwrap(), 5);
    }
    store.delete("a/b", None).await.unwrap();
    store.delete("a/b", Some(5)).await.unwrap();
    let asked = stand.asked();
    let conditions: Vec<_> = asked
        .iter()
        .map(|one| one.asks("ifGenerationMatch"))
        .collect();
    assert_eq!(conditions, [None, Some("0"), Some("4"), None, Some("5")]);
    for one in &asked[..3] {
        assert!(one.is_upload() && one.method == Method::POST, "{one:?}");
        assert_eq!(one.asks("name"), Some("in/a/b"));
        let body = String::from_utf8_lossy(&one.body);
        let metadata = body.lines().find(|line| line.starts_with('{'));
        let metadata: Value = serde_json::from_str(metadata.unwrap()).unwrap();
        assert_eq!(metadata["contentType"], TEXT);
        assert!(body.lines().any(|line| line == "hello"), "{body}");
    }
    for one in &asked[3..] {
        assert_eq!(one.method, Method::DELETE);
        assert_eq!(one.path, "/storage/v1/b/kept/o/in%2Fa%2Fb");
    }
}

#[tokio::test]
async fn what_is_refused_for_what_is_there_says_so() {
    let stand = Stand::start(|_, _| {
        fails(
            412,
            "At least one of the pre-conditions you specified did not hold.",
        )
    })
    .await;
    let store = stand.store(10).await;
    for precondition in [Precondition::Absent, Precondition::Generation(4)] {
        refused(put(&store, precondition).await, precondition);
    }
    refused(
        store.delete("a/b", Some(4)).await,
        Precondition::Generation(4),
    );
    assert_eq!(stand.asked().len(), 3, "each is asked once");
}

#[tokio::test]
async fn what_fails_for_a_moment_is_tried_again() {
    join_all([429, 500, 503].map(passes)).await;
}

/// The first two answers are failures.
async fn passes(status: u16) {
    let stand = Stand::start(move |asked, before| match before {
        0 | 1 => fails(status, "later"),
        _ if asked.method == Method::DELETE => Some(StatusCode::NO_CONTENT.into_response()),
        _ if asked.is_upload() => answers(object("a/b", 5, 5)),
        _ if asked.asks("prefix").is_some() => answers(json!({ "items": [object("a/b", 5, 5)] })),
        _ if asked.is_media() => Some(media(5, "hello")),
        _ => answers(object("a/b", 5, 5)),
    })
    .await;
    let again = || stand.asked.lock().unwrap().clear();
    let store = stand.store(20).await;
    assert_eq!(put(&store, Precondition::Absent).await.unwrap(), 5);
    assert_eq!(stand.asked().len(), 3);
    again();
    assert_eq!(store.head("a/b").await.unwrap().unwrap().generation, 5);
    again();
    assert_eq!(store.get("a/b").await.unwrap().unwrap().1, "hello");
    again();
    assert_eq!(store.list("").await.unwrap().len(), 1);
    again();
    store.delete("a/b", None).await.unwrap();
    assert_eq!(stand.asked().len(), 3);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_taken_for_another_s() {
    for (first, certain) in [(503, false), (429, true)] {
        let stand = Stand::start(move |_, before| match before {
            0 => fails(first, "later"),
            _ => fails(412, "conditionNotMet"),
        })
        .await;
        let result = put(&stand.store(10).await, Precondition::Absent).await;
        if certain {
            refused(result, Precondition::Absent);
        } else {
            let error = result.unwrap_err();
            assert!(error.retryable(), "{error}");
            assert!(error.to_string().contains("look first"), "{error}");
        }
        assert_eq!(stand.asked().len(), 2);
    }
}

#[tokio::test]
async fn what_keeps_failing_ends_in_time() {
    let failing = Stand::start(|_, _| fails(503, "backend error")).await;
    let silent = Stand::start(|_, _| None).await;
    for (stand, seconds, why) in [(failing, 4, "503 backend error"), (silent, 1, "")] {
        let store = stand.store(seconds).await;
        let start = Instant::now();
        let (put, get, head, list, delete) = tokio::join!(
            put(&store, Precondition::Absent),
            store.get("a"),
            store.head("a"),
            store.list(""),
            store.delete("a", None),
        );
        let took = start.elapsed();
        assert!(took < Duration::from_secs(15), "{took:?}");
        for error in [put.err(), get.err(), head.err(), list.err(), delete.err()] {
            let error = error.unwrap();
            assert!(error.retryable(), "{error}");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable() {
    // Nothing else can listen there while the socket is held.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let options = Options {
        endpoint: Some(format!("http://{}", held.local_addr().unwrap())),
        time_limit: Duration::from_secs(1),
        ..Options::default()
    };
    let store = CloudStorage::connect("kept", "", options).await.unwrap();
    assert!(
        put(&store, Precondition::Any)
            .await
            .unwrap_err()
            .retryable()
    );
    assert!(store.get("a").await.unwrap_err().retryable());
    assert!(store.list("").await.unwrap_err().retryable());
}

#[tokio::test]
async fn what_no_retry_helps_is_said_at_once() {
    for status in [401, 403] {
        let stand = Stand::start(move |_, _| fails(status, "no storage.objects access")).await;
        let store = stand.store(10).await;
        let errors = [
            put(&store, Precondition::Any).await.err(),
            store.get("a").await.err(),
            store.head("a").await.err(),
            store.list("").await.err(),
            store.delete("a", None).await.err(),
        ];
        for error in errors {
            let error = error.unwrap();
            assert!(matches!(error, ObjectError::Denied { .. }), "{error}");
            assert!(error.to_string().contains("objectUser"), "{error}");
        }
        assert_eq!(stand.asked().len(), 6, "each once; a get asks two things");
    }
    let stand = Stand::start(|_, _| fails(404, "The specified bucket does not exist.")).await;
    let store = stand.store(10).await;
    let errors = [
        put(&store, Precondition::Any).await.err(),
        store.get("a").await.err(),
        store.head("a").await.err(),
        store.list("").await.err(),
        store.delete("a", None).await.err(),
    ];
    for error in errors {
        let error = error.unwrap();
        assert!(matches!(error, ObjectError::Other { .. }), "{error}");
        assert!(error.to_string().contains("OBJECTS_URL"), "{error}");
    }
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_looked_at_is_looked_at_again() {
    // The bytes are a generation ahead at first; then the object is gone to one of the two questions.
    let stand = Stand::start(|asked, before| match (before / 2, asked.is_media()) {
        (0, false) => answers(object("a", 5, 5)),
        (0, true) => Some(media(6, "newer")),
        (1, false) => answers(object("a", 6, 5)),
        (1, true) => fails(404, "No such object: kept/in/a"),
        (_, false) => answers(object("a", 7, 6)),
        (_, true) => Some(media(7, "newest")),
    })
    .await;
    let store = stand.store(10).await;
    let (meta, bytes) = store.get("a").await.unwrap().unwrap();
    assert_eq!((meta.generation, bytes.as_ref()), (7, b"newest".as_ref()));
    assert_eq!(stand.asked().len(), 6);
}

#[tokio::test]
async fn a_list_follows_its_pages_and_leaves_out_what_has_no_name_here() {
    let stand = Stand::start(|asked, _| match asked.asks("pageToken") {
        None => answers(json!({ "items": [object("b", 1, 1)], "nextPageToken": "two+2/=" })),
        // A page may be empty and not the last.
        Some("two+2/=") => answers(json!({ "nextPageToken": "three" })),
        Some("three") => answers(json!({ "items": [object("a/", 2, 0), object("a", 3, 1)] })),
        Some(_) => fails(400, "Invalid argument."),
    })
    .await;
    let store = stand.store(10).await;
    let names: Vec<_> = store.list("").await.unwrap();
    let names: Vec<_> = names.iter().map(|meta| meta.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let asked = stand.asked();
    assert_eq!(asked.len(), 3);
    for one in asked {
        assert_eq!(one.path, "/storage/v1/b/kept/o");
        assert_eq!(
            (one.asks("prefix"), one.asks("maxResults")),
            (Some("in/"), Some("1000"))
        );
    }
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let stand = Stand::start(|asked, _| match asked.is_media() {
        false => answers(object("a", 5, 65 << 20)),
        // It never ends.
        true => Some(
            Response::builder()
                .header("x-goog-generation", 5)
                .header("content-length", 65 << 20)
                .body(Body::from_stream(futures::stream::pending::<
                    Result<String, std::io::Error>,
                >()))
                .unwrap(),
        ),
    })
    .await;
    match stand.store(10).await.get("a").await {
        Err(ObjectError::TooLarge { size, limit, .. }) => {
            assert_eq!((size, limit), (65 << 20, 64 << 20));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stand_in_elsewhere_is_refused() {
    let options = Options {
        endpoint: Some("http://storage.example.com".to_owned()),
        ..Options::default()
    };
    let error = CloudStorage::connect("kept", "", options).await.err();
    assert!(error.unwrap().to_string().contains("OBJECTS_ENDPOINT"));
}
