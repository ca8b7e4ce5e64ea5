//! What every way of moving messages keeps to: the embedded broker in one process, the same with HTTP
//! between processes, and Pub/Sub (its emulator). Each case is written once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod harness;
mod oidc;
mod push;

use harness::{Bus, Way};

macro_rules! on_embedded {
    ($($case:ident),+ $(,)?) => {
        mod in_process {
            $(#[tokio::test] async fn $case() { super::cases::$case(super::Way::InProcess).await })+
        }
        mod over_http {
            $(#[tokio::test] async fn $case() { super::cases::$case(super::Way::OverHttp).await })+
        }
    };
}

on_embedded!(
    a_message_arrives_whole,
    what_is_to_be_retried_comes_again,
    a_handler_that_panics_is_asked_again,
    what_is_rejected_is_recorded_and_does_not_come_again,
    an_unknown_version_and_malformed_data_are_recorded,
    a_burst_arrives_whole,
    what_keeps_failing_becomes_a_dead_letter,
    a_message_is_confirmed_only_when_it_was_handled,
    the_same_message_published_again_is_handled_once,
    a_slow_handler_does_not_hold_up_the_others,
);

/// One emulator for all cases: it takes seconds to start.
#[tokio::test]
async fn every_case_that_pubsub_decides_holds_on_it_too() {
    let Some(emulator) = harness::emulator().await else {
        return;
    };
    let way = || Way::PubSub(emulator.host.clone());
    cases::a_message_arrives_whole(way()).await;
    cases::what_is_to_be_retried_comes_again(way()).await;
    cases::a_handler_that_panics_is_asked_again(way()).await;
    cases::what_is_rejected_is_recorded_and_does_not_come_again(way()).await;
    cases::an_unknown_version_and_malformed_data_are_recorded(way()).await;
    cases::a_burst_arrives_whole(way()).await;
}

#[tokio::test]
async fn a_topic_nobody_declared_is_refused() {
    let bus = Bus::start(Way::InProcess, harness::accept()).await;
    let mut message = bus.message("x");
    message.topic = "no-such-topic-v1".into();
    let error = bus.publish_one(message).await.unwrap_err();
    assert!(error.reason.contains("no such topic"), "{error}");
}

#[tokio::test]
async fn a_topic_without_all_its_subscribers_keeps_its_messages() {
    let bus = Bus::start(Way::InProcess, harness::accept()).await;
    let mut message = bus.message("x");
    // route hears of it, and is not attached for it here.
    message.topic = "step-finished-v1".into();
    let error = bus.publish_one(message).await.unwrap_err();
    assert!(error.reason.contains("not every subscriber"), "{error}");
}

#[test]
#[should_panic(expected = "not declared as a subscriber")]
fn a_consumer_of_an_undeclared_subscription_is_a_mistake_of_the_program() {
    let handler = |_: events::TestEventV1, _| async { Ok(()) };
    bus::Consumer::on("bill", &["test-event-v1"], handler);
}
