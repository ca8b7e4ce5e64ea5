use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::World;

#[tokio::test]
async fn the_feed_gives_every_event_once_and_waits_for_open_transactions() {
    let world = Arc::new(World::new().await);
    let mut tx = world.ingress.sweep().await.unwrap();
    let mut cursor = store::events::feed_end(&mut tx).await.unwrap();
    tx.commit().await.unwrap();

    // A transaction that started first and commits last must not be jumped over.
    let (early, _) = world.submit(1, "0.01", None).await;
    let mut open = world.worker.tenant(world.workspace).await.unwrap();
    let note = store::events::ExecutionEvent::StepProgress {
        step: 0,
        note: "slow".into(),
    };
    store::events::append(&mut open, early, &[note], world.seams.now())
        .await
        .unwrap();

    let writers: Vec<_> = (0..20)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let (id, _) = world.submit(1, "0.01", None).await;
                let claim = world.claim(id, 0, 30).await.unwrap();
                world.finish(&claim, "0.001", "x".into()).await;
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let seen: RefCell<BTreeMap<_, Vec<i32>>> = RefCell::default();
    let read = async |cursor: &mut store::events::FeedCursor| {
        loop {
            let mut tx = world.ingress.sweep().await.unwrap();
            let (events, next) = store::events::feed(&mut tx, *cursor, 7).await.unwrap();
            tx.commit().await.unwrap();
            *cursor = next;
            if events.is_empty() {
                break;
            }
            for event in events {
                seen.borrow_mut()
                    .entry(event.logged.execution_id)
                    .or_default()
                    .push(event.logged.seq);
            }
        }
    };
    read(&mut cursor).await;
    open.commit().await.unwrap();
    // Transactions of other databases on this server hold the feed up too, for moments.
    for _ in 0..1_000 {
        read(&mut cursor).await;
        if seen.borrow().values().map(Vec::len).sum::<usize>() == 2 + 20 * 4 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let seen = seen.into_inner();
    assert_eq!(seen.len(), 21);
    for (id, seqs) in seen {
        let expected: Vec<i32> = if id == early {
            vec![1, 2]
        } else {
            (1..=4).collect()
        };
        assert_eq!(seqs, expected, "{id}");
    }
}
