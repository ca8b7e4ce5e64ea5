//! The client against the simulator, over loopback, on a clock that the test moves.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod autopay;
mod callback;
mod errors;
mod payments;
mod refunds;
mod settings;
mod support;
mod token;
mod webhooks;
mod wire;
