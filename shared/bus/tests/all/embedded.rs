//! What only the embedded broker promises: its clock, its end, and what a restart finds. Time is virtual
//! (`start_paused`): it runs ahead whenever nothing else is to be done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bus::{Chaos, Consumer, Embedded, Options};
use events::{Message, Publisher};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep};

use crate::harness::{Bus, Handler, Seen, Way, accept, failing, message, retry, until};
use crate::log::Log;

/// Longer than ten deliveries take.
const LONG: Duration = Duration::from_secs(3600);

struct Broker {
    broker: Arc<Embedded>,
    log: Arc<Log>,
    seen: Seen,
}

impl Broker {
    fn start(options: Options, handler: Handler) -> Self {
        Self::with(options, Log::default(), handler)
    }

    fn with(options: Options, log: Log, handler: Handler) -> Self {
        let (log, seen) = (Arc::new(log), Seen::default());
        let consumers = seen.functions(handler).remove(0).1;
        let broker = Embedded::builder(log.clone(), options)
            .attach(consumers)
            .start();
        Self { broker, log, seen }
    }

    async fn publish(&self, message: &Message) {
        let results = self.broker.publish(vec![message.clone()]).await;
        results.into_iter().next().unwrap().unwrap();
    }
}

/// Waits for a permit for each delivery.
fn gated(gate: &Arc<Semaphore>) -> Handler {
    let gate = gate.clone();
    Arc::new(move |_, _| {
        let gate = gate.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
        .boxed()
    })
}

/// [`until`] for what takes minutes of virtual time.
async fn until_hours(what: &str, reached: impl Fn() -> bool) {
    let started = Instant::now();
    while !reached() {
        assert!(started.elapsed() < LONG, "never: {what}");
        sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_pause_doubles_from_one_second_to_sixty() {
    let (times, mut deliveries) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |_, _| {
        times.send(Instant::now()).unwrap();
        async { retry() }.boxed()
    });
    let bus = Broker::start(Options::default(), handler);
    bus.publish(&message("x")).await;
    let mut last = deliveries.recv().await.unwrap();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let next = deliveries.recv().await.unwrap();
        pauses.push((next - last).as_secs_f64().round());
        last = next;
    }
    let expected = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0];
    let same = pauses
        .iter()
        .zip(expected)
        .all(|(is, should)| (is - should).abs() < 0.5);
    assert!(same, "{pauses:?}");
    sleep(LONG).await;
    assert_eq!((bus.seen.count(), bus.log.letters().len()), (10, 1));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_answer_in_time_is_asked_again_beside_itself() {
    let gate = Arc::new(Semaphore::new(0));
    let bus = Broker::start(Options::default(), gated(&gate));
    let sent = message("x");
    bus.publish(&sent).await;
    let published = Instant::now();
    until_hours("it comes again", || bus.seen.count() == 2).await;
    // The topology gives a test event 30 s; the pause is one more.
    let waited = published.elapsed().as_secs_f64();
    assert!((31.0..32.0).contains(&waited), "{waited}");
    // Both are running. The first to be let go is the first to have waited: its answer comes too late.
    gate.add_permits(1);
    sleep(Duration::from_secs(1)).await;
    assert!(bus.log.confirmed().is_empty());
    gate.add_permits(1);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(bus.log.confirmed(), [sent.id]);
    let attempts: Vec<_> = bus.seen.metas().iter().map(|meta| meta.attempt).collect();
    assert_eq!(attempts, [Some(1), Some(2)]);
}

/// Two subscriptions of one topic. The topology has no such topic yet, so a second one is made here under
/// another name.
fn two_ears(log: &Arc<Log>, other: Handler) -> (Arc<Embedded>, Seen, Seen) {
    let (first, second) = (Seen::default(), Seen::default());
    let named = |name: &str, consumers: Vec<Consumer>| -> Vec<Consumer> {
        let rename = |mut one: Consumer| {
            name.clone_into(&mut one.subscription.name);
            one
        };
        consumers.into_iter().map(rename).collect()
    };
    let broker = Embedded::builder(log.clone(), Options::default())
        .attach(first.functions(accept()).remove(0).1)
        .attach(named(
            "test-event-v1.other",
            second.functions(other).remove(0).1,
        ))
        .start();
    (broker, first, second)
}

#[tokio::test(start_paused = true)]
async fn a_message_is_confirmed_once_when_the_last_subscription_has_acknowledged() {
    let log = Arc::new(Log::default());
    let (broker, first, second) = two_ears(&log, failing(2, retry));
    let sent = message("x");
    broker.publish(vec![sent.clone()]).await;
    until("the other has failed twice", || second.count() == 2).await;
    // The one that handled it is not asked again because the other was not able to.
    assert_eq!(first.count(), 1);
    assert!(log.confirmed().is_empty());
    assert_eq!(broker.stats().in_flight, 1);
    sleep(LONG).await;
    assert_eq!((first.count(), second.count()), (1, 3));
    assert_eq!(log.confirmed(), [sent.id]);
    assert_eq!(broker.stats().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_of_one_subscription_and_the_other_is_not_touched() {
    let log = Arc::new(Log::default());
    let (broker, first, second) = two_ears(&log, failing(usize::MAX, retry));
    let sent = message("x");
    broker.publish(vec![sent.clone()]).await;
    sleep(LONG).await;
    assert_eq!((first.count(), second.count()), (1, 10));
    let letters = log.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subscription, "test-event-v1.other");
    assert_eq!(log.confirmed(), [sent.id]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_could_not_be_filed_is_not_lost() {
    let log = Log::default();
    log.failing_letters.store(3, Ordering::SeqCst);
    let bus = Broker::with(Options::default(), log, failing(usize::MAX, retry));
    let sent = message("x");
    bus.publish(&sent).await;
    sleep(LONG).await;
    let letters = bus.log.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].message_id, sent.id.to_string());
    assert_eq!(bus.log.confirmed(), [sent.id]);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_could_not_be_cleared_is_cleared_by_the_sweep_without_another_delivery() {
    let log = Log::default();
    log.failing_confirmations.store(1, Ordering::SeqCst);
    let bus = Broker::with(Options::default(), log, accept());
    let sent = message("x");
    bus.publish(&sent).await;
    sleep(Duration::from_secs(5)).await;
    assert!(bus.log.confirmed().is_empty());
    bus.publish(&sent).await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(bus.log.confirmed(), [sent.id]);
    assert_eq!(bus.seen.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_broker_did_not_get_done_is_done_by_the_next_one() {
    let first = Broker::start(Options::default(), failing(usize::MAX, retry));
    let sent = message("x");
    first.publish(&sent).await;
    until("it is tried", || first.seen.count() == 1).await;
    first.broker.stop().await;
    let refused = first.broker.publish(vec![message("y")]).await;
    let error = refused[0].as_ref().unwrap_err();
    assert!(error.reason.contains("stopping"), "{error}");
    sleep(LONG).await;
    assert_eq!(first.seen.count(), 1);
    assert!(first.log.confirmed().is_empty() && first.log.letters().is_empty());
    // Its row is still there, and the sweep publishes it.
    let second = Broker::start(Options::default(), accept());
    second.publish(&sent).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(second.log.confirmed(), [sent.id]);
}

#[tokio::test(start_paused = true)]
async fn what_is_handled_while_the_broker_stops_is_confirmed() {
    let gate = Arc::new(Semaphore::new(0));
    let bus = Broker::start(Options::default(), gated(&gate));
    let sent = message("x");
    bus.publish(&sent).await;
    until("it is being handled", || bus.seen.count() == 1).await;
    let finish = async {
        sleep(Duration::from_secs(3)).await;
        gate.add_permits(1);
    };
    tokio::join!(bus.broker.stop(), finish);
    assert_eq!(bus.log.confirmed(), [sent.id]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_end_does_not_keep_the_broker_from_stopping() {
    let bus = Broker::start(Options::default(), gated(&Arc::new(Semaphore::new(0))));
    bus.publish(&message("x")).await;
    until("it is being handled", || bus.seen.count() == 1).await;
    let asked = Instant::now();
    bus.broker.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(11));
    assert!(bus.log.confirmed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_waits_to_be_filed_does_not_hold_up_the_end() {
    let log = Log::default();
    log.failing_letters.store(usize::MAX, Ordering::SeqCst);
    let bus = Broker::with(Options::default(), log, failing(usize::MAX, retry));
    bus.publish(&message("x")).await;
    until_hours("it ran out of retries", || bus.seen.count() == 10).await;
    let asked = Instant::now();
    bus.broker.stop().await;
    let waited = asked.elapsed();
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert!(bus.log.confirmed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_more_deliveries_are_under_way_than_allowed() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (running.clone(), most.clone());
    let handler: Handler = Arc::new(move |_, _| -> BoxFuture<'static, _> {
        let (now, peak) = (now.clone(), peak.clone());
        async move {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_secs(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
        .boxed()
    });
    let options = Options {
        concurrency: 3,
        ..Options::default()
    };
    let bus = Broker::start(options, handler);
    for _ in 0..10 {
        bus.publish(&message("x")).await;
    }
    sleep(LONG).await;
    assert_eq!(bus.log.confirmed().len(), 10);
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn chaos_repeats_and_reorders_and_loses_nothing() {
    let options = Options {
        chaos: Some(Chaos {
            duplicate: 1.0,
            delay: Duration::from_secs(1),
            seed: 7,
        }),
        ..Options::default()
    };
    let bus = Broker::start(options, accept());
    let sent: Vec<_> = (0..20).map(|n| message(&n.to_string())).collect();
    for one in &sent {
        bus.publish(one).await;
    }
    sleep(LONG).await;
    let came: Vec<_> = bus
        .seen
        .metas()
        .iter()
        .map(|meta| meta.message_id)
        .collect();
    for one in &sent {
        let times = came.iter().filter(|id| **id == one.id).count();
        assert_eq!(times, 2, "a duplicate has the same id");
    }
    let mut first = Vec::new();
    for id in came {
        if !first.contains(&id) {
            first.push(id);
        }
    }
    let order: Vec<_> = sent.iter().map(|one| one.id).collect();
    assert_ne!(first, order, "they overtake each other");
    let mut confirmed = bus.log.confirmed();
    confirmed.sort();
    let mut ids = order;
    ids.sort();
    assert_eq!(confirmed, ids, "each is confirmed once");
}

#[tokio::test]
async fn a_topic_nobody_declared_is_refused() {
    let bus = Bus::start(Way::InProcess, accept()).await;
    let mut lost = message("x");
    lost.topic = "no-such-topic-v1".into();
    let error = bus.publish_one(lost).await.unwrap_err();
    assert!(error.reason.contains("no such topic"), "{error}");
}

#[tokio::test]
async fn a_topic_without_all_its_subscribers_keeps_its_messages() {
    let bus = Bus::start(Way::InProcess, accept()).await;
    let mut kept = message("x");
    // bill hears of it, and is not attached here.
    kept.topic = "usage-recorded-v1".into();
    let error = bus.publish_one(kept).await.unwrap_err();
    assert!(error.reason.contains("not every subscriber"), "{error}");
    bus.settle().await;
    assert!(bus.log.letters().is_empty() && bus.seen.count() == 0);
}
