//! What every way of moving messages keeps to: the embedded broker in one process, the same with HTTP
//! between processes, and Pub/Sub (its emulator), carried by the relay and pushed by itself. Each case is
//! written once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod consumer;
mod embedded;
mod emulator;
mod face;
mod harness;
mod log;
mod oidc;
mod pubsub;
mod push;

/// A test of each case in process and over HTTP, and a list of them for one test on Pub/Sub.
macro_rules! cases {
    (
        everywhere: $($every:ident),+;
        between_processes: $($between:ident),+;
        embedded: $($embedded:ident),+;
        pubsub: $($pubsub:ident),+;
    ) => {
        mod in_process {
            use super::{cases, harness::Way};
            $(#[tokio::test] async fn $every() { cases::$every(Way::InProcess).await })+
            $(#[tokio::test] async fn $embedded() { cases::$embedded(Way::InProcess).await })+
        }
        mod over_http {
            use super::{cases, harness::Way};
            $(#[tokio::test] async fn $every() { cases::$every(Way::OverHttp).await })+
            $(#[tokio::test] async fn $between() { cases::$between(Way::OverHttp).await })+
            $(#[tokio::test] async fn $embedded() { cases::$embedded(Way::OverHttp).await })+
        }
        /// Starts each case that Pub/Sub decides; its name and its end.
        fn on_pubsub(way: &harness::Way) -> Vec<(&'static str, tokio::task::JoinHandle<()>)> {
            vec![
                $((stringify!($every), tokio::spawn(cases::$every(way.clone()))),)+
                $((stringify!($between), tokio::spawn(cases::$between(way.clone()))),)+
                $((stringify!($pubsub), tokio::spawn(cases::$pubsub(way.clone()))),)+
            ]
        }
    };
}

cases! {
    everywhere:
        a_message_arrives_whole,
        each_subscription_hears_its_own_topic,
        what_is_to_be_retried_comes_again_until_it_is_handled,
        a_handler_that_panics_is_asked_again,
        what_is_rejected_is_recorded_and_does_not_come_again,
        an_unknown_version_and_malformed_data_are_recorded_and_do_not_come_again,
        a_rejection_that_could_not_be_recorded_comes_again,
        what_keeps_failing_becomes_a_dead_letter,
        a_burst_arrives_whole,
        the_largest_message_arrives,
        a_slow_handler_does_not_hold_up_the_others;
    between_processes:
        what_is_published_while_nobody_listens_arrives_later;
    embedded:
        a_message_is_confirmed_only_when_it_was_handled,
        what_is_rejected_or_dead_is_confirmed_too,
        a_message_published_again_while_the_broker_has_it_is_handled_once;
    pubsub:
        a_message_published_twice_comes_twice_with_the_same_id,
        what_was_published_is_not_confirmed_to_the_log;
}
