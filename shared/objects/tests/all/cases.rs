//! What holds wherever objects are kept.

use bytes::Bytes;
use chrono::TimeDelta;
use domain::Clock;
use objects::{ObjectError, Options, Precondition};
use runtime::SystemClock;

use crate::harness::{Store, TEXT, Way, refused};

const ANY: Precondition = Precondition::Any;

pub async fn what_is_put_is_got_back_whole(way: Way) {
    let store = Store::start(way).await;
    let before = SystemClock.now();
    let put = store.put("invoices/2026/1.txt", "नमस्ते").await;
    let after = SystemClock.now();
    assert_eq!(put.name, "invoices/2026/1.txt");
    assert_eq!((put.size, &*put.content_type), (18, store.kept(TEXT)));
    assert!(put.generation > 0);
    // A file system's clock goes by ticks.
    let leeway = TimeDelta::seconds(2);
    assert!(before - leeway <= put.updated && put.updated <= after + leeway);

    let (meta, bytes) = store.got("invoices/2026/1.txt").await;
    assert_eq!(meta, put);
    assert_eq!(bytes, "नमस्ते".as_bytes());
    let head = store.objects.head("invoices/2026/1.txt").await.unwrap();
    assert_eq!(head.as_ref(), Some(&put));
    assert_eq!(
        store.objects.list("").await.unwrap(),
        std::slice::from_ref(&put)
    );
    if !store.is_memory() {
        let other = store.again(Options::default()).await;
        let got = other.get("invoices/2026/1.txt").await.unwrap();
        assert_eq!(got, Some((put, bytes)));
    }
}

pub async fn any_script_and_any_sign_makes_a_name(way: Way) {
    let store = Store::start(way).await;
    let mut names = vec![
        "ग्राहक/चालान २०२६.pdf",
        "வணிகம்/விலைப்பட்டியல்",
        "🪔/दीया 🎆.png",
        "a b+c%20d?x=1&y#z;p,q",
        "100%",
        "%2F",
        "%",
        "@odd/@new",
        "@lock",
        ".hidden/..a/...",
        "quotes'\"`<>|*\\:~^[]{}$!",
        " leading and trailing ",
        // The same to the eye, and two names.
        "caf\u{e9}",
        "cafe\u{301}",
        "Upper",
        "upper",
    ];
    for name in &names {
        store.put(name, format!("of {name}")).await;
    }
    for name in &names {
        let (meta, bytes) = store.got(name).await;
        assert_eq!(meta.name, *name);
        assert_eq!(bytes, format!("of {name}"));
        let head = store.objects.head(name).await.unwrap();
        assert_eq!(head, Some(meta), "{name:?}");
    }
    names.sort_unstable();
    assert_eq!(store.names("").await, names);
    for name in names {
        store.objects.delete(name, None).await.unwrap();
        assert_eq!(store.objects.get(name).await.unwrap(), None, "{name:?}");
    }
    assert!(store.names("").await.is_empty());
}

pub async fn a_long_name_works(way: Way) {
    let store = Store::start(way).await;
    let names = [
        "x".repeat(1000),
        "न".repeat(333),
        format!("{}/{}", "y".repeat(498), "z".repeat(498)),
        ["a"; 500].join("/"),
    ];
    for name in &names {
        store.put(name, "long").await;
        assert_eq!(store.got(name).await.1, "long");
        assert_eq!(store.names(&name[..90]).await, std::slice::from_ref(name));
        store.objects.delete(name, None).await.unwrap();
    }
    assert!(store.names("").await.is_empty());
}

pub async fn names_that_cannot_be_are_refused(way: Way) {
    let store = Store::start(way).await;
    let long = "x".repeat(1025);
    for name in [
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\nb", "a\0b",
        "\u{7f}", &long,
    ] {
        let objects = &store.objects;
        let results = [
            store.put_if(name, "x", ANY).await.err(),
            objects.get(name).await.err(),
            objects.head(name).await.err(),
            objects.delete(name, None).await.err(),
        ];
        for result in results {
            assert!(
                matches!(result, Some(ObjectError::Other { .. })),
                "{name:?}"
            );
        }
    }
    for prefix in ["/", "../", "a/../b", "a\n", &long] {
        let result = store.objects.list(prefix).await;
        assert!(
            matches!(result, Err(ObjectError::Other { .. })),
            "{prefix:?}"
        );
    }
    for content_type in ["", "text", "text/plain\r\nx-a: b", "text/"] {
        let put = store.objects.put("a", Bytes::new(), content_type, ANY);
        let result = put.await;
        assert!(
            matches!(result, Err(ObjectError::Other { .. })),
            "{content_type:?}"
        );
    }
    assert!(store.names("").await.is_empty());
}

pub async fn a_name_may_be_the_beginning_of_another(way: Way) {
    let store = Store::start(way).await;
    for name in ["a/b/c", "a", "a/b"] {
        store.put(name, name).await;
    }
    assert_eq!(store.names("").await, ["a", "a/b", "a/b/c"]);
    store.objects.delete("a/b", None).await.unwrap();
    assert_eq!(store.objects.head("a/b").await.unwrap(), None);
    for name in ["a", "a/b/c"] {
        assert_eq!(store.got(name).await.1, name);
    }
    store.objects.delete("a/b/c", None).await.unwrap();
    assert_eq!(store.names("").await, ["a"]);
}

pub async fn an_object_is_created_once(way: Way) {
    let store = Store::start(way).await;
    let first = store.put_if("a", "first", Precondition::Absent).await;
    let first = first.unwrap();
    refused(
        store.put_if("a", "second", Precondition::Absent).await,
        Precondition::Absent,
    );
    assert_eq!(store.got("a").await, (first.clone(), "first".into()));
    store.objects.delete("a", None).await.unwrap();
    let again = store.put_if("a", "first", Precondition::Absent).await;
    assert_ne!(again.unwrap().generation, first.generation);
}

pub async fn every_put_makes_another_generation(way: Way) {
    let store = Store::start(way).await;
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..10 {
        let meta = store.put("a", "the same").await;
        assert!(seen.insert(meta.generation), "{seen:?}");
        assert_eq!(store.got("a").await.0, meta);
        if round % 3 == 2 {
            store.objects.delete("a", None).await.unwrap();
        }
    }
    assert!(seen.iter().all(|generation| *generation > 0));
}

pub async fn an_object_is_replaced_only_as_it_is_known(way: Way) {
    let store = Store::start(way).await;
    let nothing = Precondition::Generation(7);
    refused(store.put_if("a", "x", nothing).await, nothing);
    let zero = Precondition::Generation(0);
    refused(store.put_if("a", "x", zero).await, zero);
    let first = store.put("a", "first").await.generation;
    let known = Precondition::Generation(first);
    let second = store.put_if("a", "second", known).await.unwrap();
    assert_ne!(second.generation, first);
    refused(store.put_if("a", "third", known).await, known);
    refused(store.put_if("b", "of another", known).await, known);
    assert_eq!(store.got("a").await, (second, "second".into()));
    assert_eq!(store.names("").await, ["a"]);
}

pub async fn what_is_missing_is_none(way: Way) {
    let store = Store::start(way).await;
    store.put("a/b", "x").await;
    for name in ["a", "a/b/c", "b", "a/bc", "A/b"] {
        assert_eq!(store.objects.get(name).await.unwrap(), None, "{name}");
        assert_eq!(store.objects.head(name).await.unwrap(), None, "{name}");
        store.objects.delete(name, None).await.unwrap();
        store.objects.delete(name, Some(7)).await.unwrap();
    }
    assert_eq!(store.names("").await, ["a/b"]);
}

pub async fn an_empty_object_is_an_object(way: Way) {
    let store = Store::start(way).await;
    let meta = store.put("empty", "").await;
    assert_eq!(meta.size, 0);
    assert_eq!(store.got("empty").await, (meta.clone(), Bytes::new()));
    assert_eq!(store.objects.list("").await.unwrap(), [meta]);
}

pub async fn a_mebibyte_comes_back_whole(way: Way) {
    let store = Store::start(way).await;
    // No two parts of it are the same.
    let bytes: Vec<u8> = (0..1u32 << 18).flat_map(u32::to_le_bytes).collect();
    let meta = store.put("large", bytes.clone()).await;
    assert_eq!(meta.size, 1 << 20);
    let (_, got) = store.got("large").await;
    assert!(got == bytes);
}

pub async fn every_byte_comes_back(way: Way) {
    let store = Store::start(way).await;
    let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    let kind = "application/octet-stream";
    let put = store.objects.put("raw", bytes.clone().into(), kind, ANY);
    assert_eq!(put.await.unwrap().content_type, store.kept(kind));
    let (meta, got) = store.got("raw").await;
    assert_eq!(got, bytes);
    assert_eq!(meta.content_type, store.kept(kind));
}

pub async fn what_is_too_large_is_refused(way: Way) {
    let store = Store::start(way).await;
    let options = Options {
        max_bytes: 4,
        ..Options::default()
    };
    let small = store.again(options).await;
    let too_large = |error: Option<ObjectError>| match error {
        Some(ObjectError::TooLarge { size, limit, .. }) => assert_eq!((size, limit), (5, 4)),
        other => panic!("not refused: {other:?}"),
    };
    small.put("a", "1234".into(), TEXT, ANY).await.unwrap();
    too_large(small.put("a", "12345".into(), TEXT, ANY).await.err());
    assert_eq!(small.get("a").await.unwrap().unwrap().1, "1234");
    if store.is_memory() {
        return;
    }
    store.put("b", "12345").await;
    too_large(small.get("b").await.err());
    assert_eq!(small.head("b").await.unwrap().unwrap().size, 5);
}

pub async fn what_is_deleted_is_gone(way: Way) {
    let store = Store::start(way).await;
    let kept = store.put("kept", "x").await;
    for generation in [false, true] {
        let meta = store.put("a", "x").await;
        let known = generation.then_some(meta.generation);
        store.objects.delete("a", known).await.unwrap();
        assert_eq!(store.objects.get("a").await.unwrap(), None);
        assert_eq!(
            store.objects.list("").await.unwrap(),
            std::slice::from_ref(&kept)
        );
        store.objects.delete("a", known).await.unwrap();
    }
}

pub async fn another_generation_is_not_deleted(way: Way) {
    let store = Store::start(way).await;
    let first = store.put("a", "first").await.generation;
    let second = store.put("a", "second").await;
    let known = Precondition::Generation(first);
    refused(store.objects.delete("a", Some(first)).await, known);
    assert_eq!(store.got("a").await, (second, "second".into()));
}
