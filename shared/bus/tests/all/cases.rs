//! What holds however messages move.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bus::Failure;
use bytes::Bytes;
use domain::{ExecutionId, Priority};
use events::StepReadyV1;
use futures::FutureExt;
use tokio::sync::Semaphore;

use crate::harness::{Bus, Handler, Way, accept, failing, message, message_of, retry, until};
use crate::log::Log;

pub async fn a_message_arrives_whole(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let sent = message("नमस्ते");
    bus.publish(&sent).await;
    until("it arrives", || bus.seen.count() == 1).await;
    let (event, meta) = bus.seen.events.lock().unwrap()[0].clone();
    assert_eq!(event.note, "नमस्ते");
    assert_eq!(meta.message_id, sent.id);
    assert_eq!(meta.workspace_id, sent.workspace_id);
    assert_eq!(meta.correlation_id, sent.correlation_id);
    assert_eq!(meta.traceparent, sent.traceparent);
    assert!(meta.traceparent.is_some());
    assert_eq!(meta.time.timestamp_micros(), sent.time.timestamp_micros());
    assert_eq!(&*meta.subscription, "test-event-v1.route");
    assert_eq!(meta.attempt, bus.way.counts_attempts().then_some(1));

    let mut traceless = message("x");
    traceless.traceparent = None;
    bus.publish(&traceless).await;
    until("it arrives too", || bus.seen.count() == 2).await;
    assert_eq!(bus.seen.metas()[1].traceparent, None);
}

pub async fn each_subscription_hears_its_own_topic(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let priorities = [Priority::Realtime, Priority::Standard, Priority::Batch];
    let seams = runtime::system_seams();
    for priority in priorities {
        let step = StepReadyV1 {
            execution_id: ExecutionId(seams.uuid()),
            step: 0,
            skill_id: "lord/brand".to_owned(),
            priority,
        };
        bus.publish(&message_of(&step)).await;
    }
    bus.publish(&message("x")).await;
    until("all have arrived", || {
        bus.seen.steps.lock().unwrap().len() == 3 && bus.seen.count() == 1
    })
    .await;
    let heard: BTreeSet<_> = {
        let steps = bus.seen.steps.lock().unwrap();
        steps
            .iter()
            .map(|(step, meta)| {
                (
                    format!("{:?}", step.priority),
                    meta.subscription.to_string(),
                )
            })
            .collect()
    };
    let expected = [
        ("Batch", "step-ready-batch-v1.execute-skill"),
        ("Realtime", "step-ready-realtime-v1.execute-skill"),
        ("Standard", "step-ready-standard-v1.execute-skill"),
    ]
    .map(|(priority, name)| (priority.to_owned(), name.to_owned()));
    assert_eq!(heard, BTreeSet::from(expected));
    assert_eq!(&*bus.seen.metas()[0].subscription, "test-event-v1.route");
}

pub async fn what_is_to_be_retried_comes_again_until_it_is_handled(way: Way) {
    let bus = Bus::start(way, failing(2, retry)).await;
    let sent = message("x");
    bus.publish(&sent).await;
    until("it comes a third time", || bus.seen.count() == 3).await;
    bus.settle().await;
    let metas = bus.seen.metas();
    assert_eq!(metas.len(), 3, "it was handled the third time");
    assert!(metas.iter().all(|meta| meta.message_id == sent.id));
    let attempts: Vec<_> = metas.iter().map(|meta| meta.attempt).collect();
    let counted = if bus.way.counts_attempts() {
        [Some(1), Some(2), Some(3)]
    } else {
        [None; 3]
    };
    assert_eq!(attempts, counted);
}

pub async fn a_handler_that_panics_is_asked_again(way: Way) {
    let bus = Bus::start(way, failing(1, || panic!("a test's own panic"))).await;
    let sent = message("x");
    bus.publish(&sent).await;
    until("it comes again", || bus.seen.count() == 2).await;
    assert_eq!(bus.seen.metas()[1].message_id, sent.id);
    bus.publish(&message("y")).await;
    until("others come too", || bus.seen.count() == 3).await;
    assert!(bus.log.rejections().is_empty());
}

pub async fn what_is_rejected_is_recorded_and_does_not_come_again(way: Way) {
    let reject = || {
        Err(Failure::Reject {
            code: "test.refused".into(),
            reason: "never".into(),
        })
    };
    let bus = Bus::start(way, failing(usize::MAX, reject)).await;
    let sent = message("x");
    bus.publish(&sent).await;
    until("it is recorded", || !bus.log.rejections().is_empty()).await;
    bus.settle().await;
    let rejections = bus.log.rejections();
    assert_eq!((rejections.len(), bus.seen.count()), (1, 1));
    let rejection = &rejections[0];
    assert_eq!(
        (rejection.code.as_str(), rejection.reason.as_str()),
        ("test.refused", "never")
    );
    assert_eq!(rejection.subscription, "test-event-v1.route");
    assert_eq!(rejection.message_id, sent.id.to_string());
    assert_eq!(rejection.data, sent.data.to_vec());
    for (name, value) in sent.attributes() {
        assert_eq!(rejection.attributes.get(&name), Some(&value), "{name}");
    }
    assert!(bus.log.letters().is_empty());
}

pub async fn an_unknown_version_and_malformed_data_are_recorded_and_do_not_come_again(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let (mut newer, mut broken) = (message("x"), message("x"));
    newer.version = 9;
    broken.data = Bytes::from_static(b"{\"note\": 7}");
    bus.publish(&newer).await;
    bus.publish(&broken).await;
    until("both are recorded", || bus.log.rejections().len() >= 2).await;
    bus.settle().await;
    let mut recorded: Vec<_> = bus
        .log
        .rejections()
        .into_iter()
        .map(|one| (one.code, one.message_id))
        .collect();
    recorded.sort();
    let expected = [
        ("message.malformed".to_owned(), broken.id.to_string()),
        ("message.unknown_version".to_owned(), newer.id.to_string()),
    ];
    assert_eq!(recorded, expected);
    assert_eq!(bus.seen.count(), 0);
}

pub async fn a_rejection_that_could_not_be_recorded_comes_again(way: Way) {
    let log = Log::default();
    log.failing_rejections.store(1, Ordering::SeqCst);
    let bus = Bus::with(way, log, accept()).await;
    let mut sent = message("x");
    sent.version = 9;
    bus.publish(&sent).await;
    until("it is recorded after all", || {
        !bus.log.rejections().is_empty()
    })
    .await;
    bus.settle().await;
    assert_eq!(bus.log.rejections().len(), 1);
}

pub async fn what_keeps_failing_becomes_a_dead_letter(way: Way) {
    let bus = Bus::start(way, failing(usize::MAX, retry)).await;
    bus.hurry().await;
    let sent = message("x");
    bus.publish(&sent).await;
    until("it is filed", || !bus.log.letters().is_empty()).await;
    bus.settle().await;
    let letters = bus.log.letters();
    let letter = &letters[0];
    assert_eq!(
        (letters.len(), letter.attempts, bus.seen.count()),
        (1, 10, 10)
    );
    assert_eq!(letter.message_id, sent.id.to_string());
    assert_eq!(letter.subscription, "test-event-v1.route");
    assert_eq!(letter.data, sent.data.to_vec());
    // Pub/Sub adds attributes of its own.
    for (name, value) in sent.attributes() {
        assert_eq!(letter.attributes.get(&name), Some(&value), "{name}");
    }
}

pub async fn a_burst_arrives_whole(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let sent: Vec<_> = (0..300).map(|n| message(&n.to_string())).collect();
    let results = bus.publish_all(sent.clone()).await;
    assert_eq!(results.len(), sent.len());
    for result in results {
        assert_eq!(result.unwrap(), bus.way.custody());
    }
    let expected: BTreeSet<_> = sent.iter().map(|message| message.id).collect();
    until("all have arrived", || {
        let metas = bus.seen.metas();
        metas
            .iter()
            .map(|meta| meta.message_id)
            .collect::<BTreeSet<_>>()
            == expected
    })
    .await;
}

/// Pub/Sub's limit is 10 MB for a message, attributes included.
pub async fn the_largest_message_arrives(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let note = "x".repeat(9_900_000);
    bus.publish(&message(&note)).await;
    until("it arrives", || bus.seen.count() == 1).await;
    assert!(bus.seen.events.lock().unwrap()[0].0.note == note);
}

pub async fn what_is_published_while_nobody_listens_arrives_later(way: Way) {
    let mut bus = Bus::silent(way, Log::default(), accept()).await;
    let sent = message("x");
    bus.publish(&sent).await;
    if let Some(broker) = bus.broker.clone() {
        until("it was refused", || broker.stats().retried > 0).await;
    }
    assert_eq!((bus.seen.count(), bus.log.confirmed().len()), (0, 0));
    bus.listen().await;
    until("it arrives", || bus.seen.count() == 1).await;
    assert_eq!(bus.seen.metas()[0].message_id, sent.id);
    assert!(bus.log.letters().is_empty());
}

pub async fn a_slow_handler_does_not_hold_up_the_others(way: Way) {
    let handler: Handler = Arc::new(|event, _| {
        async move {
            if event.note == "slow" {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
        .boxed()
    });
    let bus = Bus::start(way, handler).await;
    bus.publish(&message("slow")).await;
    until("it is being handled", || bus.seen.count() == 1).await;
    for _ in 0..50 {
        bus.publish(&message("quick")).await;
    }
    until("the others have come", || bus.seen.count() == 51).await;
}

// Of the embedded broker only: it answers for a message until it is handled, and knows which it has.

pub async fn a_message_is_confirmed_only_when_it_was_handled(way: Way) {
    let gate = Arc::new(Semaphore::new(0));
    let waiting = gate.clone();
    let handler: Handler = Arc::new(move |event, _| {
        let gate = waiting.clone();
        async move {
            if event.note == "gated" {
                gate.acquire().await.unwrap().forget();
            }
            Ok(())
        }
        .boxed()
    });
    let bus = Bus::start(way, handler).await;
    let (gated, free) = (message("gated"), message("free"));
    bus.publish(&gated).await;
    until("it is being handled", || bus.seen.count() == 1).await;
    bus.publish(&free).await;
    until("a later one is confirmed", || {
        bus.log.confirmed() == [free.id]
    })
    .await;
    bus.settle().await;
    assert!(!bus.log.confirmed().contains(&gated.id));
    gate.add_permits(1);
    until("it is confirmed", || {
        bus.log.confirmed().contains(&gated.id)
    })
    .await;
}

pub async fn what_is_rejected_or_dead_is_confirmed_too(way: Way) {
    let handler: Handler = Arc::new(|event, _| {
        let failure = match event.note.as_str() {
            "reject" => Failure::Reject {
                code: "test.refused".into(),
                reason: "never".into(),
            },
            _ => Failure::Retry {
                reason: "not now".into(),
            },
        };
        async move { Err(failure) }.boxed()
    });
    let bus = Bus::start(way, handler).await;
    let sent = [message("reject"), message("retry")];
    for one in &sent {
        bus.publish(one).await;
    }
    until("both are done with", || bus.log.confirmed().len() == 2).await;
    assert_eq!(bus.log.confirmed(), sent.map(|one| one.id));
    assert_eq!(
        (bus.log.rejections().len(), bus.log.letters().len()),
        (1, 1)
    );
    let stats = bus.broker.as_ref().unwrap().stats();
    assert_eq!(
        (stats.in_flight, stats.delivered, stats.retried, stats.dead),
        (0, 11, 9, 1)
    );
}

pub async fn a_message_published_again_while_the_broker_has_it_is_handled_once(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let sent = message("x");
    for _ in 0..3 {
        bus.publish(&sent).await;
    }
    until("it is confirmed", || bus.log.confirmed().contains(&sent.id)).await;
    // A sweep that crossed the confirmation brings it once more.
    bus.publish(&sent).await;
    bus.settle().await;
    assert_eq!(bus.seen.count(), 1);
}

// Of Pub/Sub only.

/// At least once: whoever handles it tells by the id.
pub async fn a_message_published_twice_comes_twice_with_the_same_id(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let sent = message("x");
    bus.publish(&sent).await;
    bus.publish(&sent).await;
    until("both arrive", || bus.seen.count() == 2).await;
    assert!(
        bus.seen
            .metas()
            .iter()
            .all(|meta| meta.message_id == sent.id)
    );
}

/// The publisher needs no confirmation: Pub/Sub has it.
pub async fn what_was_published_is_not_confirmed_to_the_log(way: Way) {
    let bus = Bus::start(way, accept()).await;
    bus.publish(&message("x")).await;
    until("it arrives", || bus.seen.count() == 1).await;
    bus.settle().await;
    assert!(bus.log.confirmed().is_empty());
}
