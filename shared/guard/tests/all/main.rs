//! The guard as functions use it.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod injection;
mod limits;
mod passwords;
mod seams;
mod tokens;
