use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use events::{
    Custody, DeadLetter, Message, MessageLog, PublishError, Publisher, Rejection, TestEventV1,
};

use crate::World;

/// Remembers what was published; fails while it is told to.
#[derive(Default)]
struct Recorder {
    published: Mutex<Vec<uuid::Uuid>>,
    failing: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl Publisher for Recorder {
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        let failing = self.failing.load(std::sync::atomic::Ordering::SeqCst);
        messages
            .into_iter()
            .map(|message| {
                if failing {
                    return Err(PublishError {
                        topic: message.topic,
                        reason: "down".into(),
                    });
                }
                self.published.lock().unwrap().push(message.id);
                Ok(Custody::Released)
            })
            .collect()
    }
}

async fn waiting(world: &World) -> i64 {
    let mut tx = world.operator.sweep().await.unwrap();
    store::outbox::waiting(&mut tx).await.unwrap()
}

async fn until_empty(world: &World) {
    for _ in 0..500 {
        if waiting(world).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the outbox did not empty");
}

#[tokio::test]
async fn a_message_goes_out_after_its_commit_and_its_row_goes() {
    let world = World::new().await;
    let recorder = Arc::new(Recorder::default());
    world.ingress.attach_relay(store::outbox::Relay::start(
        world.ingress.clone(),
        recorder.clone(),
    ));
    let (_, _) = world.submit(1, "0.01", None).await;
    assert_eq!(recorder.published.lock().unwrap().len(), 1);
    until_empty(&world).await;
}

#[tokio::test]
async fn a_rolled_back_change_sends_nothing() {
    let world = World::new().await;
    let recorder = Arc::new(Recorder::default());
    world.ingress.attach_relay(store::outbox::Relay::start(
        world.ingress.clone(),
        recorder.clone(),
    ));
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    tx.emit(world.message(
        &TestEventV1 {
            note: "never".into(),
        },
        "ingress",
    ));
    tx.rollback().await.unwrap();
    assert!(recorder.published.lock().unwrap().is_empty());
    assert_eq!(waiting(&world).await, 0);
}

#[tokio::test]
async fn what_a_crash_or_an_outage_left_is_swept_up() {
    let world = World::new().await;
    // A crash between commit and publish: nothing is attached that could send.
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    tx.emit(world.message(
        &TestEventV1 {
            note: "left".into(),
        },
        "ingress",
    ));
    tx.commit().await.unwrap();
    assert_eq!(waiting(&world).await, 1);

    let recorder = Arc::new(Recorder::default());
    recorder
        .failing
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let relay = store::outbox::Relay::start(world.ingress.clone(), recorder.clone());
    let later = world.seams.now() + chrono::TimeDelta::seconds(30);
    assert_eq!(
        relay.sweep(later, Duration::from_secs(10)).await.unwrap(),
        1
    );
    assert_eq!(
        waiting(&world).await,
        1,
        "the broker is down: the row stays"
    );
    recorder
        .failing
        .store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(
        relay
            .sweep(world.seams.now(), Duration::from_secs(10))
            .await
            .unwrap(),
        0,
        "too young to sweep"
    );
    assert_eq!(
        relay.sweep(later, Duration::from_secs(10)).await.unwrap(),
        1
    );
    until_empty(&world).await;
    assert_eq!(recorder.published.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn another_functions_rows_are_left_to_it() {
    let world = World::new().await;
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    tx.emit(world.message(
        &TestEventV1 {
            note: "mine".into(),
        },
        "ingress",
    ));
    tx.commit().await.unwrap();
    let relay = store::outbox::Relay::start(world.bill.clone(), Arc::new(Recorder::default()));
    let later = world.seams.now() + chrono::TimeDelta::seconds(30);
    assert_eq!(
        relay.sweep(later, Duration::from_secs(10)).await.unwrap(),
        0
    );
}

#[tokio::test]
async fn a_dead_letter_is_kept_once_and_can_be_replayed() {
    let world = World::new().await;
    let message = world.message(
        &TestEventV1 {
            note: "poison".into(),
        },
        "ingress",
    );
    let letter = DeadLetter {
        subscription: "test-event-v1.route".into(),
        message_id: message.id.to_string(),
        attributes: message.attributes(),
        data: message.data.to_vec(),
        attempts: 10,
        reason: "it kept failing".into(),
    };
    world.route.dead_letter(letter.clone()).await.unwrap();
    world.route.dead_letter(letter).await.unwrap();
    let mut tx = world.operator.sweep().await.unwrap();
    let letters = store::messages::dead_letters(&mut tx, false, 10)
        .await
        .unwrap();
    drop(tx);
    assert_eq!(letters.len(), 1);
    let fresh = world.seams.uuid();
    let replayed =
        store::messages::replay(&world.operator, letters[0].id, fresh, world.seams.now())
            .await
            .unwrap();
    assert_eq!(
        (
            replayed.id,
            replayed.topic.as_str(),
            replayed.source.as_str()
        ),
        (fresh, "test-event-v1", "ingress")
    );
    let mut tx = world.operator.sweep().await.unwrap();
    assert!(
        store::messages::dead_letters(&mut tx, false, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store::outbox::waiting(&mut tx).await.unwrap(),
        1,
        "its sender's sweep will send it"
    );
}

#[tokio::test]
async fn a_rejection_without_a_readable_tenant_is_kept_too() {
    let world = World::new().await;
    let rejection = Rejection {
        subscription: "test-event-v1.route".into(),
        message_id: "7".into(),
        attributes: std::collections::BTreeMap::from([("workspace_id".into(), "nonsense".into())]),
        data: vec![0xff, 0x00],
        code: "message.malformed".into(),
        reason: "not JSON".into(),
    };
    world.bill.reject(rejection.clone()).await.unwrap();
    world.bill.reject(rejection).await.unwrap();
    let mut tx = world.operator.sweep().await.unwrap();
    assert_eq!(
        store::messages::rejections(&mut tx, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}
