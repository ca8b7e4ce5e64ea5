//! Webhooks: one after the other, tried again when they fail; or in the disorder that is asked for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::lock;
use super::world::Event;

/// Where callbacks go and with which credentials.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    pub url: String,
    pub username: String,
    pub password: String,
}

impl WebhookTarget {
    /// The whole `Authorization` header.
    pub fn authorization(&self) -> String {
        let digest = Sha256::digest(format!("{}:{}", self.username, self.password));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// How callbacks go astray: shares from 0 to 1, drawn from a seed.
#[derive(Debug, Clone, Default)]
pub struct Disorder {
    /// Never sent.
    pub drop: f64,
    /// Sent twice.
    pub duplicate: f64,
    /// Kept back, and sent after later ones: late and out of order.
    pub hold: f64,
    pub seed: u64,
}

/// A callback, as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// `checkout.order.completed` and so on.
    pub event: String,
    /// The body, byte for byte.
    pub body: String,
}

/// One try to deliver one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub event: String,
    /// The answer's status; none when there was no answer.
    pub status: Option<u16>,
}

pub(super) struct Hooks {
    target: Mutex<Option<WebhookTarget>>,
    made: Mutex<Vec<Webhook>>,
    deliveries: Mutex<Vec<Delivery>>,
    held: Mutex<VecDeque<Webhook>>,
    /// Whether everything is kept back.
    holding: Mutex<bool>,
    queue: mpsc::UnboundedSender<Job>,
    /// Callbacks on their way.
    open: watch::Sender<usize>,
    client: reqwest::Client,
    retries: Vec<Duration>,
}

enum Job {
    Send(Webhook),
    /// What is kept back, now.
    Release,
}

/// PhonePe waits three to five seconds for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

impl Hooks {
    pub fn start(
        target: Option<WebhookTarget>,
        disorder: Disorder,
        retries: Vec<Duration>,
        hold_at_most: Duration,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let (queue, jobs) = mpsc::unbounded_channel();
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("an HTTP client without options can be built");
        let hooks = Arc::new(Self {
            target: Mutex::new(target),
            made: Mutex::default(),
            deliveries: Mutex::default(),
            held: Mutex::default(),
            holding: Mutex::new(false),
            queue,
            open: watch::Sender::new(0),
            client,
            retries,
        });
        let worker = hooks.clone();
        tokio::spawn(async move {
            stop.run_until_cancelled(worker.work(jobs, disorder, hold_at_most))
                .await
        });
        hooks
    }

    /// Takes what happened, in order.
    pub fn tell(&self, events: Vec<Event>) {
        for event in events {
            let kind = event.name.to_uppercase().replace('.', "_");
            let body = json!({"event": event.name, "type": kind, "payload": event.payload});
            let webhook = Webhook {
                event: event.name,
                body: body.to_string(),
            };
            lock(&self.made).push(webhook.clone());
            if lock(&self.target).is_some() {
                self.enqueue(Job::Send(webhook));
            }
        }
    }

    fn enqueue(&self, job: Job) {
        self.open.send_modify(|open| *open += 1);
        // The worker is there as long as the simulator is.
        let _ = self.queue.send(job);
    }

    pub fn set_target(&self, target: Option<WebhookTarget>) {
        *lock(&self.target) = target;
    }

    pub fn target(&self) -> Option<WebhookTarget> {
        lock(&self.target).clone()
    }

    pub fn made(&self) -> Vec<Webhook> {
        lock(&self.made).clone()
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.deliveries).clone()
    }

    /// From here on all are kept back.
    pub fn hold(&self) {
        *lock(&self.holding) = true;
    }

    /// Ends holding and gives what was kept back, oldest first; it is the caller's to send.
    pub fn take_held(&self) -> Vec<Webhook> {
        *lock(&self.holding) = false;
        lock(&self.held).drain(..).collect()
    }

    /// Sends what disorder keeps back, and waits for it.
    pub async fn release(&self) {
        self.enqueue(Job::Release);
        self.quiet().await;
    }

    /// Waits until nothing is on its way. What is kept back is not.
    pub async fn quiet(&self) {
        let mut open = self.open.subscribe();
        // The sender is ours: it can't be closed.
        let _ = open.wait_for(|open| *open == 0).await;
    }

    async fn work(
        self: Arc<Self>,
        mut jobs: mpsc::UnboundedReceiver<Job>,
        disorder: Disorder,
        hold_at_most: Duration,
    ) {
        let mut rng = StdRng::seed_from_u64(disorder.seed);
        loop {
            let job = tokio::select! {
                biased;
                job = jobs.recv() => job,
                () = tokio::time::sleep(hold_at_most), if self.may_release() => {
                    self.deliver_held(&mut rng).await;
                    continue;
                }
            };
            match job {
                Some(Job::Send(webhook)) => self.astray(webhook, &disorder, &mut rng).await,
                Some(Job::Release) => self.deliver_held(&mut rng).await,
                None => return,
            }
            self.open.send_modify(|open| *open -= 1);
        }
    }

    /// Delivers one, or what disorder makes of it. Every callback draws three numbers, so that one
    /// share does not change what another does.
    async fn astray(self: &Arc<Self>, webhook: Webhook, disorder: &Disorder, rng: &mut StdRng) {
        let [dropped, held, twice] = [disorder.drop, disorder.hold, disorder.duplicate]
            .map(|share| rng.random::<f64>() < share);
        if held || *lock(&self.holding) {
            lock(&self.held).push_back(webhook);
        } else if !dropped {
            self.clone().deliver(webhook.clone()).await;
            if twice {
                self.clone().deliver(webhook).await;
            }
        }
    }

    /// Whether something is kept back that is not kept for somebody.
    fn may_release(&self) -> bool {
        !*lock(&self.holding) && !lock(&self.held).is_empty()
    }

    /// Whatever was kept back, in any order.
    async fn deliver_held(self: &Arc<Self>, rng: &mut StdRng) {
        loop {
            let next = {
                let mut held = lock(&self.held);
                let place = match held.len() {
                    0 => None,
                    several => Some(rng.random_range(0..several)),
                };
                place.and_then(|place| held.remove(place))
            };
            let Some(webhook) = next else { break };
            self.clone().deliver(webhook).await;
        }
    }

    /// Delivers once; when that fails, tries again beside the ones that follow.
    async fn deliver(self: Arc<Self>, webhook: Webhook) {
        if self.send(&webhook).await.is_some_and(is_good) || self.retries.is_empty() {
            return;
        }
        self.open.send_modify(|open| *open += 1);
        tokio::spawn(async move {
            for wait in &self.retries {
                tokio::time::sleep(*wait).await;
                if self.send(&webhook).await.is_some_and(is_good) {
                    break;
                }
            }
            self.open.send_modify(|open| *open -= 1);
        });
    }

    /// Sends one, once. The answer's status.
    pub async fn send(&self, webhook: &Webhook) -> Option<u16> {
        let target = self.target()?;
        let request = self
            .client
            .post(&target.url)
            .header(AUTHORIZATION, target.authorization())
            .header(CONTENT_TYPE, "application/json")
            .body(webhook.body.clone());
        let answered = request.send().await;
        let status = answered.ok().map(|response| response.status().as_u16());
        lock(&self.deliveries).push(Delivery {
            event: webhook.event.clone(),
            status,
        });
        status
    }
}

fn is_good(status: u16) -> bool {
    (200..300).contains(&status)
}
