use futures::future::join_all;
use objects::{Options, Precondition};

use crate::harness::{Store, TEXT, Way};

pub async fn a_list_has_what_begins_so_in_order(way: Way) {
    let store = Store::start(way).await;
    assert!(store.names("").await.is_empty());
    for name in ["b", "a/2", "a/10", "ab/1", "a/1/x", "a", "é", "a%", "@a"] {
        store.put(name, name).await;
    }
    let all = ["@a", "a", "a%", "a/1/x", "a/10", "a/2", "ab/1", "b", "é"];
    assert_eq!(store.names("").await, all);
    assert_eq!(store.names("a").await, &all[1..7]);
    assert_eq!(store.names("a/").await, &all[3..6]);
    assert_eq!(store.names("a/1").await, &all[3..5]);
    assert_eq!(store.names("a/1/").await, ["a/1/x"]);
    assert_eq!(store.names("a/1/x").await, ["a/1/x"]);
    assert_eq!(store.names("a%").await, ["a%"]);
    assert_eq!(store.names("@").await, ["@a"]);
    assert_eq!(store.names("é").await, ["é"]);
    for nothing in ["c", "a/1/x/", "a/3", "A", "a%2"] {
        assert!(store.names(nothing).await.is_empty(), "{nothing}");
    }
    for meta in store.objects.list("a/").await.unwrap() {
        let head = store.objects.head(&meta.name).await.unwrap();
        assert_eq!(head, Some(meta));
    }
}

/// Cloud Storage gives at most 1000 at once.
pub async fn a_list_of_more_than_a_page_is_whole(way: Way) {
    let store = Store::start(way).await;
    let names: Vec<_> = (0..1_040)
        .map(|number| format!("many/{number:04}"))
        .collect();
    store.put("man", "before").await;
    store.put("manz", "after").await;
    let mut generations = Vec::new();
    for some in names.chunks(16) {
        let puts = some.iter().map(|name| {
            let bytes = name.clone().into();
            let objects = &store.objects;
            objects.put(name, bytes, TEXT, Precondition::Absent)
        });
        let put = join_all(puts).await;
        generations.extend(put.into_iter().map(|meta| meta.unwrap().generation));
    }
    for page_size in [1000, 97] {
        let objects = if store.is_memory() {
            store.objects.clone()
        } else {
            let options = Options {
                page_size,
                ..Options::default()
            };
            store.again(options).await
        };
        let metas = objects.list("many/").await.unwrap();
        let listed: Vec<_> = metas.iter().map(|meta| &meta.name).collect();
        assert_eq!(listed, names.iter().collect::<Vec<_>>());
        let known: Vec<_> = metas.iter().map(|meta| meta.generation).collect();
        assert_eq!(known, generations);
    }
}
