//! One way of moving messages, put together, with the handler a case gives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use bus::{
    Consumer, Embedded, Failure, HttpPublisher, Meta, Options, PubSub, Verify, admin, http_face,
    push_router, relay,
};
use domain::{CorrelationId, WorkspaceId};
use events::{Custody, Event, Message, PublishError, Publisher, StepReadyV1, TestEventV1};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

use crate::log::Log;

/// How messages move.
#[derive(Clone)]
pub enum Way {
    InProcess,
    OverHttp,
    /// Pub/Sub at `host:port`, pulled by the relay and posted.
    Relayed(String),
    /// Pub/Sub at `host:port`, which posts itself.
    Pushed(String),
}

impl Way {
    /// The emulator's own push leaves out `deliveryAttempt`.
    pub fn counts_attempts(&self) -> bool {
        !matches!(self, Self::Pushed(_))
    }

    /// What a publisher is told.
    pub fn custody(&self) -> Custody {
        match self {
            Self::InProcess | Self::OverHttp => Custody::Held,
            Self::Relayed(_) | Self::Pushed(_) => Custody::Released,
        }
    }
}

pub type Handler =
    Arc<dyn Fn(TestEventV1, Meta) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

pub fn accept() -> Handler {
    Arc::new(|_, _| async { Ok(()) }.boxed())
}

pub fn retry() -> Result<(), Failure> {
    Err(Failure::Retry {
        reason: "not now".into(),
    })
}

/// Fails the first `times`, as told, then accepts.
pub fn failing(
    times: usize,
    fail: impl Fn() -> Result<(), Failure> + Send + Sync + 'static,
) -> Handler {
    let count = AtomicUsize::new(0);
    let fail = Arc::new(fail);
    Arc::new(move |_, _| {
        let (fails, fail) = (count.fetch_add(1, Ordering::SeqCst) < times, fail.clone());
        async move { if fails { fail() } else { Ok(()) } }.boxed()
    })
}

/// The note of the message that [`Bus::settle`] sends; no case sees it.
const BEACON: &str = "beacon";

/// What handlers were given.
#[derive(Default, Clone)]
pub struct Seen {
    pub events: Arc<Mutex<Vec<(TestEventV1, Meta)>>>,
    pub steps: Arc<Mutex<Vec<(StepReadyV1, Meta)>>>,
    beacons: Arc<AtomicUsize>,
}

impl Seen {
    /// `route`, which handles test events with `handler`, and `execute-skill`, which accepts steps.
    pub fn functions(&self, handler: Handler) -> Vec<(&'static str, Vec<Consumer>)> {
        let (events, beacons) = (self.events.clone(), self.beacons.clone());
        let route = Consumer::on("route", &["test-event-v1"], move |event, meta| {
            let event: TestEventV1 = event;
            if event.note == BEACON {
                let again = beacons.fetch_add(1, Ordering::SeqCst) < 2;
                return async move { if again { retry() } else { Ok(()) } }.boxed();
            }
            events.lock().unwrap().push((event.clone(), meta.clone()));
            handler(event, meta)
        });
        let steps = self.steps.clone();
        let topics = [
            "step-ready-realtime-v1",
            "step-ready-standard-v1",
            "step-ready-batch-v1",
        ];
        let execute = Consumer::on("execute-skill", &topics, move |step: StepReadyV1, meta| {
            steps.lock().unwrap().push((step, meta));
            async { Ok(()) }
        });
        vec![("route", route), ("execute-skill", execute)]
    }

    pub fn count(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    pub fn metas(&self) -> Vec<Meta> {
        let events = self.events.lock().unwrap();
        events.iter().map(|(_, meta)| meta.clone()).collect()
    }
}

/// A function that does not listen yet: connections to it are refused.
struct Silent {
    function: &'static str,
    socket: TcpSocket,
    router: Router,
}

/// One way of moving messages, with everything at both its ends.
pub struct Bus {
    pub way: Way,
    pub log: Arc<Log>,
    pub seen: Seen,
    /// The broker of the embedded ways.
    pub broker: Option<Arc<Embedded>>,
    /// The project of the Pub/Sub ways: one each keeps cases apart.
    pub project: String,
    publisher: Arc<dyn Publisher>,
    silent: Vec<Silent>,
    stop: CancellationToken,
}

impl Bus {
    pub async fn start(way: Way, handler: Handler) -> Self {
        Self::with(way, Log::default(), handler).await
    }

    pub async fn with(way: Way, log: Log, handler: Handler) -> Self {
        let mut bus = Self::silent(way, log, handler).await;
        bus.listen().await;
        bus
    }

    /// Messages can be published, and whoever is to receive them does not listen until [`Bus::listen`].
    /// (In one process there is no such time.)
    pub async fn silent(way: Way, log: Log, handler: Handler) -> Self {
        let (log, seen) = (Arc::new(log), Seen::default());
        let stop = CancellationToken::new();
        let functions = seen.functions(handler);
        let project = format!("p{}", runtime::system_seams().uuid().simple());
        let options = Options {
            backoff_scale: 0.002,
            ..Options::default()
        };
        let mut builder = Embedded::builder(log.clone(), options);
        let mut silent = Vec::new();
        let mut bases = BTreeMap::new();
        for (function, consumers) in functions {
            if matches!(way, Way::InProcess) {
                builder = builder.attach(consumers);
                continue;
            }
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let base = format!("http://{}", socket.local_addr().unwrap());
            builder = builder.attach_http(function, &base);
            bases.insert(function, base);
            let router = push_router(consumers, log.clone(), Verify::Off);
            silent.push(Silent {
                function,
                socket,
                router,
            });
        }
        let mut broker = None;
        let publisher: Arc<dyn Publisher> = match &way {
            Way::InProcess => broker.insert(builder.start()).clone(),
            Way::OverHttp => {
                let broker = broker.insert(builder.start()).clone();
                Arc::new(HttpPublisher::new(&serve(http_face(broker), &stop).await))
            }
            Way::Relayed(host) => {
                admin::ensure_topology(&project, host, |_| None)
                    .await
                    .unwrap();
                Arc::new(PubSub::connect(&project, Some(host)).await.unwrap())
            }
            Way::Pushed(host) => {
                admin::ensure_topology(&project, host, |subscription| {
                    bases.get(subscription.function).cloned()
                })
                .await
                .unwrap();
                Arc::new(PubSub::connect(&project, Some(host)).await.unwrap())
            }
        };
        Self {
            way,
            log,
            seen,
            broker,
            project,
            publisher,
            silent,
            stop,
        }
    }

    pub async fn listen(&mut self) {
        let mut bases = BTreeMap::new();
        for one in self.silent.drain(..) {
            let listener = one.socket.listen(1024).unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            bases.insert(one.function, base);
            serve_on(listener, one.router, &self.stop);
        }
        if let Way::Relayed(host) = &self.way {
            relay::start(&self.project, host, &bases, self.stop.clone())
                .await
                .unwrap();
        }
    }

    pub async fn publish(&self, message: &Message) {
        assert_eq!(
            self.publish_one(message.clone()).await.unwrap(),
            self.way.custody()
        );
    }

    pub async fn publish_one(&self, message: Message) -> Result<Custody, PublishError> {
        self.publish_all(vec![message]).await.pop().unwrap()
    }

    pub async fn publish_all(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        self.publisher.publish(messages).await
    }

    /// Returns when a message published now has come again twice. Whatever was to come again before it
    /// has done so by then.
    pub async fn settle(&self) {
        let before = self.seen.beacons.swap(0, Ordering::SeqCst);
        assert!(before == 0 || before == 3, "one at a time");
        self.publish(&message(BEACON)).await;
        until("the beacon is through", || {
            self.seen.beacons.load(Ordering::SeqCst) == 3
        })
        .await;
    }

    /// Lets Pub/Sub retry at once, where ten deliveries would take minutes. (The embedded broker's
    /// backoff is already scaled.)
    pub async fn hurry(&self) {
        let (Way::Relayed(host) | Way::Pushed(host)) = &self.way else {
            return;
        };
        let of = |kind: &str, name: &str| format!("projects/{}/{kind}/{name}", self.project);
        let name = of("subscriptions", "test-event-v1.route");
        let subscription =
            serde_json::json!({ "name": name, "topic": of("topics", "test-event-v1") });
        let request = reqwest::Client::new()
            .patch(format!("http://{host}/v1/{name}"))
            .json(
                &serde_json::json!({ "subscription": subscription, "updateMask": "retryPolicy" }),
            );
        request.send().await.unwrap().error_for_status().unwrap();
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn message(note: &str) -> Message {
    message_of(&TestEventV1 {
        note: note.to_owned(),
    })
}

pub fn message_of<E: Event>(event: &E) -> Message {
    let seams = runtime::system_seams();
    let correlation = CorrelationId::parse("order-7").unwrap();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
    let workspace = WorkspaceId(seams.uuid());
    Message::new(event, "test", workspace, correlation, Some(trace), &seams)
}

/// Serves on a free port until `stop`; its address.
pub async fn serve(router: Router, stop: &CancellationToken) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    serve_on(listener, router, stop);
    format!("http://{address}")
}

fn serve_on(listener: TcpListener, router: Router, stop: &CancellationToken) {
    let stop = stop.clone().cancelled_owned();
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .await
    });
}

/// Waits until `reached`, for at most 30 s.
pub async fn until(what: &str, reached: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if reached() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
