//! The runtime as a function uses it: a router behind the layers, a real socket, captured log lines.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod answers;
mod health;
mod logs;
mod stopping;
mod support;
