use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use objects::{Meta, ObjectError, Options, Precondition};

use crate::harness::{Store, TEXT, Way};

const WRITERS: usize = 16;

pub async fn of_sixteen_that_create_one_does(way: Way) {
    let store = Store::start(way).await;
    for round in 0..5 {
        let name = format!("locks/{round}");
        let writers = (0..WRITERS).map(|writer| {
            let (store, name) = (&store, &name);
            async move {
                let objects = store.again(Options::default()).await;
                let bytes = writer.to_string().into();
                let put = objects.put(name, bytes, TEXT, Precondition::Absent);
                match put.await {
                    Ok(meta) => Some((meta, writer)),
                    Err(ObjectError::Precondition { .. }) => None,
                    Err(error) => panic!("{error}"),
                }
            }
        });
        let won: Vec<_> = join_all(writers).await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "{won:?}");
        let (meta, writer) = won.into_iter().next().unwrap();
        assert_eq!(store.got(&name).await, (meta, writer.to_string().into()));
    }
}

/// Each adds one, five times, to a number that all of them write.
pub async fn of_sixteen_that_swap_none_is_lost(way: Way) {
    let store = Store::start(way).await;
    store.put("number", "0").await;
    let writers = (0..WRITERS).map(|_| {
        let store = &store;
        async move {
            let objects = store.again(Options::default()).await;
            let mut lost = 0;
            for _ in 0..5 {
                loop {
                    let (meta, bytes) = objects.get("number").await.unwrap().unwrap();
                    let number: u32 = std::str::from_utf8(&bytes).unwrap().parse().unwrap();
                    let next = (number + 1).to_string().into();
                    let known = Precondition::Generation(meta.generation);
                    match objects.put("number", next, TEXT, known).await {
                        Ok(_) => break,
                        Err(ObjectError::Precondition { .. }) => lost += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            lost
        }
    });
    let lost: usize = join_all(writers).await.into_iter().sum();
    assert_eq!(store.got("number").await.1, (WRITERS * 5).to_string());
    // In memory nothing is waited for between reading and writing.
    assert!(lost > 0 || store.is_memory(), "they did not meet");
}

/// Two kinds of bytes, of different lengths, in turns. There is an object all the time.
pub async fn a_reader_sees_whole_generations_only(way: Way) {
    let store = Store::start(way).await;
    let bytes_of = |round: usize| match round % 2 {
        0 => vec![b'a'; 3_000],
        _ => vec![b'b'; 5_000],
    };
    let mut written = vec![store.put("turns", bytes_of(0)).await];
    let objects = store.again(Options::default()).await;
    let done = AtomicBool::new(false);
    let write = async {
        for round in 1..250 {
            written.push(store.put("turns", bytes_of(round)).await);
        }
        done.store(true, Ordering::SeqCst);
    };
    let going = || !done.load(Ordering::SeqCst);
    let get = async {
        let mut seen = Vec::new();
        while going() || seen.is_empty() {
            seen.push(objects.get("turns").await.unwrap().unwrap());
        }
        seen
    };
    let head = async {
        let mut seen = Vec::new();
        while going() || seen.is_empty() {
            seen.push(objects.head("turns").await.unwrap().unwrap());
        }
        seen
    };
    let list = async {
        let mut seen = Vec::new();
        while going() || seen.is_empty() {
            let listed = objects.list("").await.unwrap();
            assert_eq!(listed.len(), 1);
            seen.extend(listed);
        }
        seen
    };
    let ((), seen, headed, listed) = tokio::join!(write, get, head, list);
    let round_of = |meta: &Meta| {
        let round = written.iter().position(|one| one == meta);
        round.unwrap_or_else(|| panic!("nobody wrote {meta:?}"))
    };
    for (meta, bytes) in seen {
        assert!(bytes == bytes_of(round_of(&meta)));
    }
    for meta in headed.into_iter().chain(listed) {
        round_of(&meta);
    }
}
