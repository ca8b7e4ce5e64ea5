//! How the embedded broker behaves, and what it says of itself.

use std::time::Duration;

/// How the broker behaves. The defaults are the topology's.
#[derive(Debug, Clone)]
pub struct Options {
    /// Deliveries under way at once, for each subscription.
    pub concurrency: usize,
    /// Multiplies the topology's backoff; tests make it small.
    pub backoff_scale: f64,
    /// In place of the topology's acknowledgement deadline.
    pub ack_deadline: Option<Duration>,
    pub chaos: Option<Chaos>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 256,
            backoff_scale: 1.0,
            ack_deadline: None,
            chaos: None,
        }
    }
}

/// Misbehaviour that the contract allows, for tests.
#[derive(Debug, Clone)]
pub struct Chaos {
    /// The share of deliveries made twice.
    pub duplicate: f64,
    /// Deliveries are delayed by up to this, so that they overtake each other.
    pub delay: Duration,
    pub seed: u64,
}

/// What the broker has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Messages not yet acknowledged by all their subscriptions.
    pub in_flight: usize,
    pub delivered: u64,
    pub retried: u64,
    pub dead: u64,
}
