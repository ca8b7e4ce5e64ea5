use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bus::{
    Consumer, Embedded, Failure, HttpPublisher, Meta, Options, PubSub, Verify, http_face,
    push_router, relay,
};
use domain::{CorrelationId, WorkspaceId};
use events::{
    Custody, DeadLetter, Message, MessageLog, PublishError, Publisher, Rejection, TestEventV1,
};
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How messages move.
pub enum Way {
    InProcess,
    OverHttp,
    /// The emulator's `host:port`.
    PubSub(String),
}

pub type Handler =
    Arc<dyn Fn(TestEventV1, Meta) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

pub fn accept() -> Handler {
    Arc::new(|_, _| Box::pin(async { Ok(()) }))
}

/// Writes down what becomes of messages.
#[derive(Default)]
pub struct Log {
    pub confirmed: Mutex<Vec<Uuid>>,
    pub letters: Mutex<Vec<DeadLetter>>,
    pub rejections: Mutex<Vec<Rejection>>,
}

#[async_trait]
impl MessageLog for Log {
    async fn confirm(&self, ids: Vec<Uuid>) -> Result<(), String> {
        self.confirmed.lock().unwrap().extend(ids);
        Ok(())
    }

    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), String> {
        self.letters.lock().unwrap().push(letter);
        Ok(())
    }

    async fn reject(&self, rejection: Rejection) -> Result<(), String> {
        self.rejections.lock().unwrap().push(rejection);
        Ok(())
    }
}

/// One way of moving messages, with one handler of `test-event-v1`.
pub struct Bus {
    publisher: Arc<dyn Publisher>,
    pub log: Arc<Log>,
    pub seen: Arc<Mutex<Vec<(TestEventV1, Meta)>>>,
    seams: domain::Seams,
    stop: CancellationToken,
}

impl Bus {
    pub async fn start(way: Way, handler: Handler) -> Self {
        let log = Arc::new(Log::default());
        let seen: Arc<Mutex<Vec<(TestEventV1, Meta)>>> = Arc::default();
        let stop = CancellationToken::new();
        let witness = seen.clone();
        let consumers = Consumer::on(
            "route",
            &["test-event-v1"],
            move |event: TestEventV1, meta: Meta| {
                witness.lock().unwrap().push((event.clone(), meta.clone()));
                handler(event, meta)
            },
        );
        let options = Options {
            backoff_scale: 0.002,
            ..Options::default()
        };
        let publisher: Arc<dyn Publisher> = match way {
            Way::InProcess => Embedded::builder(log.clone(), options)
                .attach(consumers)
                .start(),
            Way::OverHttp => {
                let function = push_router(consumers, log.clone(), Verify::Off);
                let base = serve(function, &stop).await;
                let broker = Embedded::builder(log.clone(), options)
                    .attach_http("route", &base)
                    .start();
                Arc::new(HttpPublisher::new(&serve(http_face(broker), &stop).await))
            }
            Way::PubSub(host) => {
                // A project of its own keeps the cases apart.
                let project = format!("p{}", runtime::system_seams().uuid().simple());
                bus::admin::ensure_topology(&project, &host, |_| None)
                    .await
                    .unwrap();
                let base = serve(push_router(consumers, log.clone(), Verify::Off), &stop).await;
                let bases = BTreeMap::from([("route", base)]);
                let (relayed, carried) = (project.clone(), stop.clone());
                let emulator = host.clone();
                tokio::spawn(async move {
                    let _ = relay::start(&relayed, &emulator, &bases, carried).await;
                });
                Arc::new(PubSub::connect(&project, Some(&host)).await.unwrap())
            }
        };
        Self {
            publisher,
            log,
            seen,
            seams: runtime::system_seams(),
            stop,
        }
    }

    pub fn message(&self, note: &str) -> Message {
        let event = TestEventV1 {
            note: note.to_owned(),
        };
        let workspace = WorkspaceId(self.seams.uuid());
        let correlation = CorrelationId::parse("order-7").unwrap();
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
        Message::new(
            &event,
            "test",
            workspace,
            correlation,
            Some(trace),
            &self.seams,
        )
    }

    pub async fn publish_one(&self, message: Message) -> Result<Custody, PublishError> {
        self.publisher.publish(vec![message]).await.pop().unwrap()
    }

    pub async fn publish(&self, message: &Message) {
        self.publish_one(message.clone()).await.unwrap();
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves on a free port until `stop`; its address.
pub async fn serve(router: axum::Router, stop: &CancellationToken) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = stop.clone().cancelled_owned();
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .await
    });
    format!("http://{address}")
}

/// Waits until `reached`, for at most 20 s.
pub async fn until(what: &str, reached: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if reached() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

pub struct Emulator {
    pub host: String,
    child: Option<Child>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // The launcher runs Java in its own group, which the emulator's shutdown address ends.
            let _ = Command::new("curl")
                .args([
                    "-s",
                    "-X",
                    "POST",
                    &format!("http://{}/shutdown", self.host),
                ])
                .output();
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The emulator of `PUBSUB_EMULATOR_HOST`, or one that ends with the test. `None`, loudly, where there is
/// none to be had; a failure where it must be (`RAPTOR_REQUIRE_PUBSUB_EMULATOR`).
pub async fn emulator() -> Option<Emulator> {
    if let Ok(host) = std::env::var("PUBSUB_EMULATOR_HOST") {
        return Some(Emulator { host, child: None });
    }
    let places = [
        std::env::var("PUBSUB_EMULATOR_BIN").unwrap_or_default(),
        "/usr/lib/google-cloud-sdk/platform/pubsub-emulator/bin/cloud-pubsub-emulator".to_owned(),
    ];
    let Some(program) = places.iter().find(|place| Path::new(place).is_file()) else {
        let required =
            std::env::var("RAPTOR_REQUIRE_PUBSUB_EMULATOR").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "the Pub/Sub emulator is required here and not installed"
        );
        eprintln!(
            "SKIPPED: the Pub/Sub emulator is not installed, so the contract was not tried on it"
        );
        return None;
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let child = Command::new(program)
        .args(["--host=127.0.0.1", &format!("--port={port}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let emulator = Emulator {
        host: format!("127.0.0.1:{port}"),
        child: Some(child),
    };
    let client = reqwest::Client::new();
    for _ in 0..300 {
        if client
            .get(format!("http://{}/", emulator.host))
            .send()
            .await
            .is_ok()
        {
            return Some(emulator);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the Pub/Sub emulator did not start");
}
