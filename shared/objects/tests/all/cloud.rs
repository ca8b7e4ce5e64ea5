//! Cloud Storage, on its stand-in.

use objects::{CloudStorage, Objects, Options, Precondition};

use crate::emulator::emulator;
use crate::harness::{Store, TEXT, Way, make_bucket};
use crate::on_cloud_storage;

/// One stand-in for all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_that_the_emulator_decides_holds_on_it_too() {
    let Some(emulator) = emulator().await else {
        return;
    };
    let mut running = on_cloud_storage(&Way::Cloud(emulator.endpoint.clone()));
    running.push((
        "prefixes",
        tokio::spawn(a_prefix_keeps_stores_apart(emulator.endpoint.clone())),
    ));
    running.push((
        "seventeen mebibytes",
        tokio::spawn(seventeen_mebibytes_go_in_one_request(
            emulator.endpoint.clone(),
        )),
    ));
    let mut failed = Vec::new();
    for (name, ends) in running {
        if ends.await.is_err() {
            failed.push(name);
        }
    }
    assert!(
        failed.is_empty(),
        "on Cloud Storage these failed: {failed:#?}"
    );
}

async fn a_prefix_keeps_stores_apart(endpoint: String) {
    make_bucket(&endpoint, "shared-bucket").await;
    let options = Options {
        endpoint: Some(endpoint),
        ..Options::default()
    };
    let at = async |prefix: &str| {
        let store = CloudStorage::connect("shared-bucket", prefix, options.clone());
        store.await.unwrap()
    };
    let (whole, one, other) = (at("").await, at("one").await, at("one/two").await);
    let put = async |store: &CloudStorage, name: &str| {
        let put = store.put(name, "x".into(), TEXT, Precondition::Absent);
        put.await.unwrap();
    };
    put(&whole, "a").await;
    put(&one, "a").await;
    put(&other, "a").await;
    put(&whole, "onerous").await;
    let names = async |store: &CloudStorage| -> Vec<String> {
        let listed = store.list("").await.unwrap();
        listed.into_iter().map(|meta| meta.name).collect()
    };
    assert_eq!(names(&whole).await, ["a", "one/a", "one/two/a", "onerous"]);
    assert_eq!(names(&one).await, ["a", "two/a"]);
    assert_eq!(names(&other).await, ["a"]);
    other.delete("a", None).await.unwrap();
    assert_eq!(names(&one).await, ["a"]);
    // With its prefix it would be longer than a name can be.
    let long = "x".repeat(1024);
    put(&whole, &long).await;
    assert!(one.get(&long).await.is_err());
    for prefix in ["/", "a/../b", "a//b"] {
        let store = CloudStorage::connect("shared-bucket", prefix, options.clone());
        assert!(store.await.is_err(), "{prefix}");
    }
}

/// Above 16 Google's crate would begin a session of several requests, unless told otherwise.
async fn seventeen_mebibytes_go_in_one_request(endpoint: String) {
    let store = Store::start(Way::Cloud(endpoint)).await;
    let bytes: Vec<u8> = (0..17u32 << 18).flat_map(u32::to_le_bytes).collect();
    let meta = store.put("large", bytes.clone()).await;
    assert_eq!(meta.size, 17 << 20);
    let (_, got) = store.got("large").await;
    assert!(got == bytes);
}
