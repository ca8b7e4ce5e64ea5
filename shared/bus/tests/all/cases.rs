use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bus::Failure;
use bytes::Bytes;
use events::Custody;

use crate::harness::{Bus, Handler, Way, accept, until};

/// Fails the first `times`, as told, then accepts.
fn failing(
    times: usize,
    fail: impl Fn() -> Result<(), Failure> + Send + Sync + 'static,
) -> Handler {
    let count = AtomicUsize::new(0);
    let fail = Arc::new(fail);
    Arc::new(move |_, _| {
        let (fails, fail) = (count.fetch_add(1, Ordering::SeqCst) < times, fail.clone());
        Box::pin(async move { if fails { fail() } else { Ok(()) } })
    })
}

fn retry() -> Result<(), Failure> {
    Err(Failure::Retry {
        reason: "not now".into(),
    })
}

pub async fn a_message_arrives_whole(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let message = bus.message("नमस्ते");
    bus.publish(&message).await;
    until("it arrives", || bus.count() == 1).await;
    let (event, meta) = bus.seen.lock().unwrap()[0].clone();
    assert_eq!(event.note, "नमस्ते");
    assert_eq!(meta.message_id, message.id);
    assert_eq!(meta.workspace_id, message.workspace_id);
    assert_eq!(meta.correlation_id, message.correlation_id);
    assert_eq!(meta.traceparent, message.traceparent);
    assert_eq!(
        meta.time.timestamp_micros(),
        message.time.timestamp_micros()
    );
    assert_eq!(&*meta.subscription, "test-event-v1.route");
}

pub async fn what_is_to_be_retried_comes_again(way: Way) {
    let bus = Bus::start(way, failing(2, retry)).await;
    bus.publish(&bus.message("x")).await;
    until("it comes a third time", || bus.count() == 3).await;
    let attempts: Vec<_> = bus
        .seen
        .lock()
        .unwrap()
        .iter()
        .filter_map(|(_, meta)| meta.attempt)
        .collect();
    // The emulator doesn't say; whoever does counts up.
    assert!(attempts.is_empty() || attempts == [1, 2, 3], "{attempts:?}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bus.count(), 3);
}

pub async fn a_handler_that_panics_is_asked_again(way: Way) {
    let bus = Bus::start(way, failing(1, || panic!("a test's own panic"))).await;
    bus.publish(&bus.message("x")).await;
    until("it comes again", || bus.count() == 2).await;
    bus.publish(&bus.message("y")).await;
    until("others come too", || bus.count() == 3).await;
}

pub async fn what_is_rejected_is_recorded_and_does_not_come_again(way: Way) {
    let reject = || {
        Err(Failure::Reject {
            code: "test.refused".into(),
            reason: "never".into(),
        })
    };
    let bus = Bus::start(way, failing(usize::MAX, reject)).await;
    let message = bus.message("x");
    bus.publish(&message).await;
    until("it is recorded", || {
        !bus.log.rejections.lock().unwrap().is_empty()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let rejections = bus.log.rejections.lock().unwrap();
    assert_eq!((rejections.len(), bus.count()), (1, 1));
    assert_eq!(rejections[0].code, "test.refused");
    assert_eq!(rejections[0].message_id, message.id.to_string());
    assert_eq!(rejections[0].data, message.data.to_vec());
}

pub async fn an_unknown_version_and_malformed_data_are_recorded(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let (mut newer, mut broken) = (bus.message("x"), bus.message("x"));
    newer.version = 9;
    broken.data = Bytes::from_static(b"{\"note\": 7}");
    bus.publish(&newer).await;
    bus.publish(&broken).await;
    until("both are recorded", || {
        bus.log.rejections.lock().unwrap().len() == 2
    })
    .await;
    let mut codes: Vec<_> = bus
        .log
        .rejections
        .lock()
        .unwrap()
        .iter()
        .map(|one| one.code.clone())
        .collect();
    codes.sort();
    assert_eq!(codes, ["message.malformed", "message.unknown_version"]);
    assert_eq!(bus.count(), 0);
}

pub async fn a_burst_arrives_whole(way: Way) {
    let bus = Bus::start(way, accept()).await;
    for n in 0..300 {
        bus.publish(&bus.message(&n.to_string())).await;
    }
    let distinct = || {
        let seen = bus.seen.lock().unwrap();
        seen.iter()
            .map(|(event, _)| event.note.clone())
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    until("all have arrived", || distinct() == 300).await;
}

pub async fn what_keeps_failing_becomes_a_dead_letter(way: Way) {
    let bus = Bus::start(way, failing(usize::MAX, retry)).await;
    let message = bus.message("x");
    bus.publish(&message).await;
    until("it is filed", || {
        !bus.log.letters.lock().unwrap().is_empty()
    })
    .await;
    let letters = bus.log.letters.lock().unwrap();
    assert_eq!(
        (letters.len(), letters[0].attempts, bus.count()),
        (1, 10, 10)
    );
    assert_eq!(letters[0].message_id, message.id.to_string());
    assert_eq!(letters[0].subscription, "test-event-v1.route");
    assert_eq!(letters[0].attributes, message.attributes());
}

pub async fn a_message_is_confirmed_only_when_it_was_handled(way: Way) {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let waiting = gate.clone();
    let handler: Handler = Arc::new(move |_, _| {
        let gate = waiting.clone();
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        })
    });
    let bus = Bus::start(way, handler).await;
    let message = bus.message("x");
    assert_eq!(
        bus.publish_one(message.clone()).await.unwrap(),
        Custody::Held
    );
    until("it is being handled", || bus.count() == 1).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(bus.log.confirmed.lock().unwrap().is_empty());
    gate.add_permits(1);
    until("it is confirmed", || {
        *bus.log.confirmed.lock().unwrap() == [message.id]
    })
    .await;
}

pub async fn the_same_message_published_again_is_handled_once(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let message = bus.message("x");
    for _ in 0..3 {
        bus.publish(&message).await;
    }
    until("it arrives", || bus.count() == 1).await;
    // A sweep that crossed the confirmation brings it once more.
    bus.publish(&message).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(bus.count(), 1);
}

pub async fn a_slow_handler_does_not_hold_up_the_others(way: Way) {
    let handler: Handler = Arc::new(|event, _| {
        Box::pin(async move {
            if event.note == "slow" {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    });
    let bus = Bus::start(way, handler).await;
    bus.publish(&bus.message("slow")).await;
    for _ in 0..50 {
        bus.publish(&bus.message("quick")).await;
    }
    until("the others are done", || {
        bus.log.confirmed.lock().unwrap().len() == 50
    })
    .await;
}
