//! The metrics that more than one function records, with their names and labels in one place. Labels
//! are bounded: no user, workspace or execution is ever one.

use std::time::Duration;

use domain::{Tier, Tokens, Usd};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use rust_decimal::prelude::ToPrimitive;

/// Upper bounds of the duration histograms, in seconds: from a database round trip to a long agent run.
pub(crate) const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// One step of `skill_id` ended with `status`.
pub fn agent_execution(skill_id: &str, status: &'static str) {
    counter!("agent_executions_total", "skill_id" => skill_id.to_owned(), "status" => status)
        .increment(1);
}

pub fn tokens_used(model: &str, skill_id: &str, tokens: Tokens) {
    counter!("token_usage_total", "model" => model.to_owned(), "skill_id" => skill_id.to_owned())
        .increment(tokens.total());
}

/// Money spent on models, counted in micro-dollars because counters are whole. Labelled by tier: one
/// label a user would never stop growing, and each user's figures are in the ledger.
pub fn cost(tier: Tier, skill_id: &str, cost: Usd) {
    let micros =
        (cost.ceil_micros().at_least_zero().0 * rust_decimal::Decimal::from(1_000_000)).to_u64();
    counter!("cost_total", "tier" => tier.as_str(), "skill_id" => skill_id.to_owned())
        .increment(micros.unwrap_or(0));
}

pub fn response_time(skill_id: &str, took: Duration) {
    histogram!("response_time_seconds", "skill_id" => skill_id.to_owned())
        .record(took.as_secs_f64());
}

/// `error_type` is a stable code.
pub fn error(error_type: &'static str, skill_id: &str) {
    counter!("errors_total", "error_type" => error_type, "skill_id" => skill_id.to_owned())
        .increment(1);
}

pub(crate) fn http_request(
    function: &'static str,
    method: &'static str,
    path: String,
    status: http::StatusCode,
    took: Duration,
) {
    let status = status.as_str().to_owned();
    histogram!("http_request_seconds", "function" => function, "method" => method, "path" => path.clone())
        .record(took.as_secs_f64());
    counter!(
        "http_requests_total",
        "function" => function, "method" => method, "path" => path, "status" => status
    )
    .increment(1);
}

pub(crate) fn describe() {
    describe_counter!(
        "agent_executions_total",
        "Steps that ended, by skill and status."
    );
    describe_counter!(
        "token_usage_total",
        "Model tokens in and out, by model and skill."
    );
    describe_counter!(
        "cost_total",
        "Model cost in micro-dollars (1e-6 USD), by tier and skill."
    );
    describe_histogram!(
        "response_time_seconds",
        Unit::Seconds,
        "From a step's claim to its end, by skill."
    );
    describe_counter!(
        "errors_total",
        "Failed steps, by stable error code and skill."
    );
    describe_counter!("http_requests_total", "HTTP requests answered.");
    describe_histogram!(
        "http_request_seconds",
        Unit::Seconds,
        "From a request's arrival to its response's headers."
    );
    describe_counter!("panics_total", "Handlers that panicked.");
}
