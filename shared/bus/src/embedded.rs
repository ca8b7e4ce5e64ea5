//! A broker inside one process, with Pub/Sub's contract: at least once, retries with backoff for each
//! subscription, dead letters. It keeps messages in memory; what makes them durable is the outbox, whose
//! rows it deletes only when every subscription has acknowledged, and which is swept after a restart.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use events::{Custody, DeadLetter, Message, MessageLog, PublishError, Publisher, Subscription};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::consumer::Consumer;
use crate::options::{Options, Stats};
use crate::push::push_body;

/// A confirmed id is remembered this long, so that a sweep that crossed the confirmation does not
/// deliver its message again.
const REMEMBER: Duration = Duration::from_secs(15);
/// Ids confirmed at once, and how long a confirmation waits for company.
const CONFIRM_BATCH: usize = 500;
const CONFIRM_LINGER: Duration = Duration::from_millis(20);
/// What [`Embedded::stop`] gives to handlers, and then to the last confirmations.
const STOP_HANDLERS: Duration = Duration::from_secs(10);
const STOP_CONFIRMATIONS: Duration = Duration::from_secs(2);

/// The broker. One for a process.
pub struct Embedded {
    shared: Arc<Shared>,
    queues: HashMap<String, Queue>,
}

/// Where a subscription's messages go.
enum Target {
    Consumer(Box<Consumer>),
    /// `http://host:port` of the function.
    Http(String),
}

struct Queue {
    topic: &'static str,
    sender: mpsc::UnboundedSender<Job>,
}

struct Job {
    message: Arc<Message>,
    attempt: u32,
}

struct Shared {
    log: Arc<dyn MessageLog>,
    options: Options,
    state: Mutex<State>,
    confirmed: mpsc::UnboundedSender<Uuid>,
    chaos: Option<Mutex<StdRng>>,
    http: reqwest::Client,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Stopped, and no handler is waited for any more: what is confirmed by now is all.
    handled: CancellationToken,
    confirming: TaskTracker,
    delivered: AtomicU64,
    retried: AtomicU64,
    dead: AtomicU64,
}

#[derive(Default)]
struct State {
    /// How many subscriptions have not acknowledged yet.
    open: HashMap<Uuid, usize>,
    recent: HashSet<Uuid>,
    recent_order: VecDeque<(Instant, Uuid)>,
}

/// A broker being put together: where each subscription's messages go.
pub struct Builder {
    log: Arc<dyn MessageLog>,
    options: Options,
    targets: Vec<(Subscription, Target)>,
}

impl Builder {
    /// Consumers in this process.
    #[must_use]
    pub fn attach(mut self, consumers: Vec<Consumer>) -> Self {
        for consumer in consumers {
            self.targets.push((
                consumer.subscription.clone(),
                Target::Consumer(Box::new(consumer)),
            ));
        }
        self
    }

    /// A function in another process: its subscriptions are pushed to `{base}/push/{subscription}`.
    #[must_use]
    pub fn attach_http(mut self, function: &str, base: &str) -> Self {
        let declared = events::topics()
            .iter()
            .flat_map(events::Topic::subscriptions);
        for subscription in declared.filter(|s| s.function == function) {
            self.targets.push((
                subscription,
                Target::Http(base.trim_end_matches('/').to_owned()),
            ));
        }
        self
    }

    /// Starts delivering. Call it inside the runtime.
    pub fn start(self) -> Arc<Embedded> {
        let (confirmed, confirmations) = mpsc::unbounded_channel();
        let chaos = self
            .options
            .chaos
            .as_ref()
            .map(|c| Mutex::new(StdRng::seed_from_u64(c.seed)));
        let shared = Arc::new(Shared {
            log: self.log,
            options: self.options,
            state: Mutex::default(),
            confirmed,
            chaos,
            http: reqwest::Client::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            handled: CancellationToken::new(),
            confirming: TaskTracker::new(),
            delivered: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            dead: AtomicU64::new(0),
        });
        shared
            .confirming
            .spawn(confirm(shared.clone(), confirmations));
        let queues = self
            .targets
            .into_iter()
            .map(|(subscription, target)| {
                let (sender, jobs) = mpsc::unbounded_channel();
                let queue = Queue {
                    topic: subscription.topic,
                    sender: sender.clone(),
                };
                let name = subscription.name.clone();
                let worker = Worker {
                    subscription,
                    target,
                    requeue: sender,
                    shared: shared.clone(),
                };
                shared.tasks.spawn(serve(Arc::new(worker), jobs));
                (name, queue)
            })
            .collect();
        Arc::new(Embedded { shared, queues })
    }
}

impl Embedded {
    pub fn builder(log: Arc<dyn MessageLog>, options: Options) -> Builder {
        Builder {
            log,
            options,
            targets: Vec::new(),
        }
    }

    pub fn stats(&self) -> Stats {
        Stats {
            in_flight: self.shared.lock().open.len(),
            delivered: self.shared.delivered.load(Ordering::Relaxed),
            retried: self.shared.retried.load(Ordering::Relaxed),
            dead: self.shared.dead.load(Ordering::Relaxed),
        }
    }

    /// Stops taking work and gives running handlers up to ten seconds to end. What is not
    /// acknowledged stays in the outbox.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        if timeout(STOP_HANDLERS, self.shared.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("the broker stopped with handlers still running");
        }
        // Only now, so that what was handled meanwhile is confirmed and not delivered after a restart.
        self.shared.handled.cancel();
        self.shared.confirming.close();
        if timeout(STOP_CONFIRMATIONS, self.shared.confirming.wait())
            .await
            .is_err()
        {
            tracing::warn!("the broker stopped before the last outbox rows were cleared");
        }
    }
}

#[async_trait]
impl Publisher for Embedded {
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        messages
            .into_iter()
            .map(|message| self.take(message))
            .collect()
    }
}

impl Embedded {
    fn take(&self, message: Message) -> Result<Custody, PublishError> {
        let refused = |reason: &str| PublishError {
            topic: message.topic.clone(),
            reason: reason.to_owned(),
        };
        if self.shared.stop.is_cancelled() {
            return Err(refused("the broker is stopping"));
        }
        let Some(topic) = events::topics()
            .iter()
            .find(|topic| topic.name == message.topic)
        else {
            return Err(refused("there is no such topic"));
        };
        let queues: Vec<&Queue> = self
            .queues
            .values()
            .filter(|queue| queue.topic == topic.name)
            .collect();
        if queues.len() < topic.subscribers.len() {
            // It stays in the outbox, for a broker that has all of them.
            return Err(refused("not every subscriber is attached"));
        }
        {
            let mut state = self.shared.lock();
            if state.open.contains_key(&message.id) {
                return Ok(Custody::Held);
            }
            if state.recent.contains(&message.id) {
                // Delivered; only its row was not cleared.
                let _ = self.shared.confirmed.send(message.id);
                return Ok(Custody::Held);
            }
            if !queues.is_empty() {
                state.open.insert(message.id, queues.len());
            }
        }
        if queues.is_empty() {
            let _ = self.shared.confirmed.send(message.id);
        }
        let message = Arc::new(message);
        for queue in queues {
            let _ = queue.sender.send(Job {
                message: message.clone(),
                attempt: 1,
            });
        }
        Ok(Custody::Held)
    }
}

struct Worker {
    subscription: Subscription,
    target: Target,
    requeue: mpsc::UnboundedSender<Job>,
    shared: Arc<Shared>,
}

/// Takes jobs from one subscription's queue, as many at once as allowed.
async fn serve(worker: Arc<Worker>, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let permits = Arc::new(Semaphore::new(worker.shared.options.concurrency));
    loop {
        let job = tokio::select! {
            job = jobs.recv() => job,
            () = worker.shared.stop.cancelled() => None,
        };
        let Some(job) = job else { return };
        let Ok(permit) = permits.clone().acquire_owned().await else {
            return;
        };
        let tasks = worker.shared.tasks.clone();
        let worker = worker.clone();
        tasks.spawn(async move {
            worker.run(job).await;
            drop(permit);
        });
    }
}

impl Worker {
    async fn run(self: Arc<Self>, job: Job) {
        let (delay, twice) = self.shared.misbehave();
        if let Some(delay) = delay {
            sleep(delay).await;
        }
        if twice {
            let (again, message) = (self.clone(), job.message.clone());
            // The extra delivery's answer does not count.
            self.shared.tasks.spawn(async move {
                let _ = again.deliver(message, job.attempt).await;
            });
        }
        let deadline = self
            .shared
            .options
            .ack_deadline
            .unwrap_or(Duration::from_secs(u64::from(
                self.subscription.ack_deadline_seconds,
            )));
        self.shared.delivered.fetch_add(1, Ordering::Relaxed);
        let mut delivery = std::pin::pin!(self.deliver(job.message.clone(), job.attempt));
        tokio::select! {
            handled = &mut delivery => match handled {
                Ok(()) => self.shared.acknowledge(job.message.id),
                Err(reason) => self.failed(job, reason).await,
            },
            () = sleep(deadline) => {
                // It is delivered again; the first delivery goes on and its late answer is not heard.
                let late = Job { message: job.message.clone(), attempt: job.attempt };
                self.failed(late, format!("no answer within {deadline:?}")).await;
                let _ = delivery.await;
            }
        }
    }

    async fn deliver(&self, message: Arc<Message>, attempt: u32) -> Result<(), String> {
        match &self.target {
            Target::Consumer(consumer) => {
                consumer
                    .deliver(message, Some(attempt), &self.shared.log)
                    .await
            }
            Target::Http(base) => {
                let name = &self.subscription.name;
                let request = self
                    .shared
                    .http
                    .post(format!("{base}/push/{name}"))
                    .json(&push_body(name, &message, attempt));
                match request.send().await {
                    Ok(response) if response.status().is_success() => Ok(()),
                    Ok(response) => Err(format!("the function answered {}", response.status())),
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }

    /// Another try after a pause, or the end of it.
    async fn failed(&self, job: Job, reason: String) {
        if job.attempt < self.subscription.max_attempts {
            self.shared.retried.fetch_add(1, Ordering::Relaxed);
            let pause = self.backoff(job.attempt);
            let next = Job {
                attempt: job.attempt + 1,
                ..job
            };
            self.requeue_after(pause, next);
            return;
        }
        let letter = DeadLetter {
            subscription: self.subscription.name.clone(),
            message_id: job.message.id.to_string(),
            attributes: job.message.attributes(),
            data: job.message.data.to_vec(),
            attempts: i32::try_from(job.attempt).unwrap_or(i32::MAX),
            reason,
        };
        tracing::error!(
            subscription = letter.subscription,
            message.id = letter.message_id,
            reason = letter.reason,
            "dead letter"
        );
        match self.shared.log.dead_letter(letter).await {
            Ok(()) => {
                self.shared.dead.fetch_add(1, Ordering::Relaxed);
                self.shared.acknowledge(job.message.id);
            }
            Err(error) => {
                // It can't be filed: keep trying to deliver it rather than lose it.
                tracing::warn!(error, "a dead letter could not be filed");
                self.requeue_after(self.backoff(job.attempt), job);
            }
        }
    }

    /// Unless the broker stops first: then the outbox has it.
    fn requeue_after(&self, pause: Duration, job: Job) {
        let (requeue, stop) = (self.requeue.clone(), self.shared.stop.clone());
        self.shared.tasks.spawn(async move {
            tokio::select! {
                () = sleep(pause) => {
                    let _ = requeue.send(job);
                }
                () = stop.cancelled() => {}
            }
        });
    }

    fn backoff(&self, attempt: u32) -> Duration {
        let (least, most) = self.subscription.backoff_seconds;
        let doubled = u64::from(least) << (attempt - 1).min(16);
        Duration::from_secs(doubled.min(u64::from(most))).mul_f64(self.shared.options.backoff_scale)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding it; if something did, the maps are still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn acknowledge(&self, id: Uuid) {
        let mut state = self.lock();
        let Some(open) = state.open.get_mut(&id) else {
            return;
        };
        *open -= 1;
        if *open > 0 {
            return;
        }
        state.open.remove(&id);
        let now = Instant::now();
        state.recent.insert(id);
        state.recent_order.push_back((now, id));
        while let Some((at, old)) = state.recent_order.front().copied()
            && now - at > REMEMBER
        {
            state.recent_order.pop_front();
            state.recent.remove(&old);
        }
        drop(state);
        let _ = self.confirmed.send(id);
    }

    fn misbehave(&self) -> (Option<Duration>, bool) {
        let (Some(chaos), Some(rng)) = (&self.options.chaos, &self.chaos) else {
            return (None, false);
        };
        let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner);
        let delay = chaos.delay.mul_f64(rng.random::<f64>());
        (Some(delay), rng.random::<f64>() < chaos.duplicate)
    }
}

/// Tells the log, in batches, which messages are done with.
async fn confirm(shared: Arc<Shared>, mut confirmations: mpsc::UnboundedReceiver<Uuid>) {
    let mut batch = Vec::with_capacity(CONFIRM_BATCH);
    loop {
        tokio::select! {
            count = confirmations.recv_many(&mut batch, CONFIRM_BATCH) => if count == 0 { return },
            () = shared.handled.cancelled() => {
                confirmations.close();
                if confirmations.recv_many(&mut batch, usize::MAX).await == 0 {
                    return;
                }
            }
        }
        if batch.len() < CONFIRM_BATCH && !shared.handled.is_cancelled() {
            sleep(CONFIRM_LINGER).await;
            while batch.len() < CONFIRM_BATCH
                && let Ok(id) = confirmations.try_recv()
            {
                batch.push(id);
            }
        }
        if let Err(error) = shared.log.confirm(std::mem::take(&mut batch)).await {
            // The rows stay, the sweep publishes them again, and they are confirmed then.
            tracing::warn!(error, "outbox rows were not cleared");
        }
    }
}
