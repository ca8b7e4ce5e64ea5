//! Google Cloud Pub/Sub, on its emulator.

use std::time::Duration;

use bus::{PubSub, admin};
use events::{Custody, Publisher};
use serde_json::{Value, json};

use crate::emulator::emulator;
use crate::harness::{Bus, Way, accept, message, until};
use crate::on_pubsub;

/// One emulator for all: it takes seconds to start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_that_pubsub_decides_holds_on_it_too() {
    let Some(emulator) = emulator().await else {
        return;
    };
    let host = &emulator.host;
    let ways = [
        ("relayed", Way::Relayed(host.clone())),
        ("pushed", Way::Pushed(host.clone())),
    ];
    let mut running = Vec::new();
    for (how, way) in ways {
        for (case, ends) in on_pubsub(&way) {
            running.push((format!("{how}: {case}"), ends));
        }
        for (case, ends) in [
            (
                "a foreign message",
                tokio::spawn(a_foreign_message_is_recorded(way.clone())),
            ),
            (
                "results",
                tokio::spawn(each_message_has_its_own_result_in_order(way.clone())),
            ),
        ] {
            running.push((format!("{how}: {case}"), ends));
        }
    }
    running.push((
        "topology".to_owned(),
        tokio::spawn(the_topology_is_made_once(host.clone())),
    ));
    let mut failed = Vec::new();
    for (name, ends) in running {
        if ends.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "on Pub/Sub these failed: {failed:#?}");
}

/// Someone else's message, without our attributes.
async fn a_foreign_message_is_recorded(way: Way) {
    let (Way::Relayed(host) | Way::Pushed(host)) = way.clone() else {
        panic!("only for Pub/Sub");
    };
    let bus = Bus::start(way, accept()).await;
    let topic = format!("projects/{}/topics/test-event-v1", bus.project);
    let request = reqwest::Client::new()
        .post(format!("http://{host}/v1/{topic}:publish"))
        .json(
            &json!({ "messages": [{ "data": "aGVsbG8=", "attributes": { "from": "elsewhere" } }] }),
        );
    request.send().await.unwrap().error_for_status().unwrap();
    until("it is recorded", || !bus.log.rejections().is_empty()).await;
    bus.settle().await;
    let rejections = bus.log.rejections();
    assert_eq!((rejections.len(), bus.seen.count()), (1, 0));
    assert_eq!(rejections[0].code, "message.malformed");
    assert_eq!(rejections[0].attributes["from"], "elsewhere");
    assert!(!rejections[0].message_id.is_empty());
}

async fn each_message_has_its_own_result_in_order(way: Way) {
    let bus = Bus::start(way, accept()).await;
    let mut nowhere = message("lost");
    nowhere.topic = "no-such-topic-v1".into();
    let sent = vec![message("a"), nowhere, message("b")];
    let results = bus.publish_all(sent).await;
    assert_eq!(*results[0].as_ref().unwrap(), Custody::Released);
    assert_eq!(results[1].as_ref().unwrap_err().topic, "no-such-topic-v1");
    assert_eq!(*results[2].as_ref().unwrap(), Custody::Released);
    until("both good ones arrive", || bus.seen.count() == 2).await;
}

async fn the_topology_is_made_once(host: String) {
    let project = format!("p{}", runtime::system_seams().uuid().simple());
    for _ in 0..2 {
        admin::ensure_topology(&project, &host, |one| {
            (one.function == "bill").then(|| "http://127.0.0.1:9".to_owned())
        })
        .await
        .unwrap();
    }
    let client = reqwest::Client::new();
    let listed = async |kind: &str| -> Vec<Value> {
        let url = format!("http://{host}/v1/projects/{project}/{kind}?pageSize=1000");
        let answer: Value = client.get(url).send().await.unwrap().json().await.unwrap();
        answer[kind].as_array().unwrap().clone()
    };
    let declared: Vec<_> = events::topics()
        .iter()
        .flat_map(events::Topic::subscriptions)
        .collect();
    assert_eq!(
        listed("topics").await.len(),
        events::topics().len() + declared.len()
    );
    let made = listed("subscriptions").await;
    assert_eq!(made.len(), 2 * declared.len());
    for one in declared {
        let path = |kind: &str, name: &str| format!("projects/{project}/{kind}/{name}");
        let letters = events::dead_letter_topic(&one.name);
        let found = |name: &str| {
            let name = path("subscriptions", name);
            let found = made.iter().find(|made| made["name"] == name);
            found.unwrap_or_else(|| panic!("{name} is missing")).clone()
        };
        let (main, dead) = (found(&one.name), found(&letters));
        assert_eq!(main["topic"], path("topics", one.topic));
        assert_eq!(main["ackDeadlineSeconds"], one.ack_deadline_seconds);
        let policy = &main["deadLetterPolicy"];
        assert_eq!(policy["deadLetterTopic"], path("topics", &letters));
        assert_eq!(policy["maxDeliveryAttempts"], one.max_attempts);
        let (least, most) = one.backoff_seconds;
        assert_eq!(main["retryPolicy"]["minimumBackoff"], format!("{least}s"));
        assert_eq!(main["retryPolicy"]["maximumBackoff"], format!("{most}s"));
        assert_eq!(dead["topic"], path("topics", &letters));
        let endpoint = |route: &str| match one.function {
            "bill" => json!(format!("http://127.0.0.1:9/{route}/{}", one.name)),
            _ => Value::Null,
        };
        assert_eq!(main["pushConfig"]["pushEndpoint"], endpoint("push"));
        assert_eq!(dead["pushConfig"]["pushEndpoint"], endpoint("dead-letters"));
    }
}

/// An address where nothing listens, and nothing else can begin to while the socket is held.
fn nobody() -> (tokio::net::TcpSocket, String) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let host = socket.local_addr().unwrap().to_string();
    (socket, host)
}

#[tokio::test]
async fn without_pubsub_a_publish_is_given_up_within_seconds() {
    let (_held, host) = nobody();
    let publisher = PubSub::connect("project", Some(&host)).await.unwrap();
    let publish = publisher.publish(vec![message("x"), message("y")]);
    let results = tokio::time::timeout(Duration::from_secs(8), publish)
        .await
        .expect("it gives up");
    assert_eq!(results.len(), 2);
    for result in results {
        assert_eq!(result.unwrap_err().topic, "test-event-v1");
    }
}

#[tokio::test]
async fn a_topology_with_no_emulator_to_make_it_in_says_what_to_look_at() {
    let (_held, host) = nobody();
    let error = admin::ensure_topology("project", &host, |_| None)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("PUBSUB_EMULATOR_HOST"),
        "{error}"
    );
}
