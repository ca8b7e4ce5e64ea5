//! The cloud has what the code declares, and nothing else: terraform's maps against the topology, and
//! the list of functions against the folders and the image's stages.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topology {
    max_attempts: u32,
    min_backoff_seconds: u32,
    max_backoff_seconds: u32,
    topics: BTreeMap<String, Topic>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    subscribers: BTreeSet<String>,
    ack_deadline_seconds: u32,
    /// Somebody who is no function of ours.
    #[serde(default)]
    published_by: Option<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    function: String,
    name: String,
    cron: String,
}

#[derive(Deserialize)]
struct Function {
    kind: String,
    public: bool,
    timeout_seconds: u32,
    emits: BTreeSet<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("{path} can't be read: {error}"))
}

fn read<T: serde::de::DeserializeOwned>(path: &str) -> T {
    serde_json::from_str(&text(path))
        .unwrap_or_else(|error| panic!("{path} has another shape than this test knows: {error}"))
}

fn functions() -> BTreeMap<String, Function> {
    read("terraform/functions.json")
}

/// Says of each name that one side lacks where to add or remove it.
fn assert_same_names(
    kind: &str,
    file: &str,
    in_file: BTreeSet<String>,
    in_code: BTreeSet<String>,
    code: &str,
) {
    let missing: Vec<_> = in_code.difference(&in_file).collect();
    let extra: Vec<_> = in_file.difference(&in_code).collect();
    assert!(
        missing.is_empty(),
        "{kind} {missing:?} of {code}: add to {file}"
    );
    assert!(
        extra.is_empty(),
        "{kind} {extra:?} of {file}: not in {code}; remove from {file}, or declare there"
    );
}

#[test]
fn topics_and_subscribers_are_those_of_the_code() {
    const FILE: &str = "terraform/topology.json";
    const CODE: &str = "shared/events/src/topology.rs (TOPICS)";
    let topology: Topology = read(FILE);
    assert_same_names(
        "topics",
        FILE,
        topology.topics.keys().cloned().collect(),
        events::topics()
            .iter()
            .map(|topic| topic.name.to_owned())
            .collect(),
        CODE,
    );
    for declared in events::topics() {
        let expected = Topic {
            subscribers: declared
                .subscribers
                .iter()
                .map(|&function| function.to_owned())
                .collect(),
            ack_deadline_seconds: declared.ack_deadline_seconds,
            published_by: topology.topics[declared.name].published_by.clone(),
        };
        assert_eq!(
            topology.topics[declared.name], expected,
            "topic {}: on the left {FILE}, on the right {CODE}; edit {FILE} to match",
            declared.name
        );
        for subscription in declared.subscriptions() {
            assert_eq!(
                topology.max_attempts, subscription.max_attempts,
                "max_attempts in {FILE} differs from MAX_ATTEMPTS in {CODE}; edit {FILE}"
            );
            assert_eq!(
                (topology.min_backoff_seconds, topology.max_backoff_seconds),
                subscription.backoff_seconds,
                "the backoff in {FILE} differs from BACKOFF_SECONDS in {CODE}; edit {FILE}"
            );
        }
    }
}

#[test]
fn schedules_are_those_of_the_code() {
    const FILE: &str = "terraform/schedules.json";
    let in_file: Vec<Schedule> = read(FILE);
    let count = in_file.len();
    let in_file: BTreeSet<_> = in_file.into_iter().collect();
    assert_eq!(
        in_file.len(),
        count,
        "{FILE} names a schedule twice: remove one"
    );
    let in_code: BTreeSet<_> = events::schedules()
        .iter()
        .map(|schedule| Schedule {
            function: schedule.function.to_owned(),
            name: schedule.name.to_owned(),
            cron: schedule.cron.to_owned(),
        })
        .collect();
    let missing: Vec<_> = in_code.difference(&in_file).collect();
    let extra: Vec<_> = in_file.difference(&in_code).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "edit {FILE} to match shared/events/src/topology.rs (SCHEDULES): add {missing:?}, remove {extra:?}"
    );
}

#[test]
fn every_function_is_deployed_and_has_an_image() {
    const FILE: &str = "terraform/functions.json";
    let names: BTreeSet<String> = functions().into_keys().collect();
    let folders = std::fs::read_dir(root().join("functions"))
        .expect("functions/ can be listed")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").exists())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_same_names(
        "functions",
        FILE,
        names.clone(),
        folders,
        "the folder functions/",
    );

    let stages: BTreeSet<String> = text("Dockerfile")
        .lines()
        .filter_map(|line| line.strip_prefix("FROM runtime AS "))
        .map(|stage| stage.trim().to_owned())
        .collect();
    let mut images = names;
    images.insert("raptor".to_owned());
    assert_same_names("stages", "Dockerfile", stages, images, FILE);
}

#[test]
fn who_is_called_can_be_called_and_has_the_time() {
    let functions = functions();
    let service = |name: &str, why: &str| {
        let function = functions
            .get(name)
            .unwrap_or_else(|| panic!("{name} {why}: add it to terraform/functions.json"));
        assert_eq!(
            function.kind, "service",
            "{name} {why}: make it a service in terraform/functions.json, a job can't be called"
        );
        function
    };
    for subscription in events::topics()
        .iter()
        .flat_map(events::Topic::subscriptions)
    {
        let function = service(
            subscription.function,
            &format!("subscribes to {}", subscription.topic),
        );
        assert!(
            function.timeout_seconds >= subscription.ack_deadline_seconds,
            "{} would be cut off after {} s, before the {} s it has for {}: raise timeout_seconds in terraform/functions.json",
            subscription.function,
            function.timeout_seconds,
            subscription.ack_deadline_seconds,
            subscription.topic
        );
    }
    for schedule in events::schedules() {
        service(
            schedule.function,
            &format!("runs {} on a clock", schedule.name),
        );
    }
    let public: Vec<_> = functions
        .iter()
        .filter(|(_, function)| function.public)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        public,
        ["ingress", "phonepe-webhook"],
        "nothing else is open to the internet: edit terraform/functions.json"
    );
}

#[test]
fn every_topic_has_a_publisher_and_no_one_publishes_elsewhere() {
    let topology: Topology = read("terraform/topology.json");
    let declared: BTreeSet<String> = events::topics()
        .iter()
        .filter(|topic| topology.topics[topic.name].published_by.is_none())
        .map(|topic| topic.name.to_owned())
        .collect();
    let emitted: BTreeSet<String> = functions()
        .into_values()
        .flat_map(|function| function.emits)
        .collect();
    assert_same_names(
        "topics under `emits`",
        "terraform/functions.json",
        emitted,
        declared,
        "shared/events/src/topology.rs (TOPICS)",
    );
}
