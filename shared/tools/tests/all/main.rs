//! The tools as a run meets them: through the registry, on a clock that stands still, with sites on
//! loopback and records in memory.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod audit;
mod festival;
mod gst;
mod records;
mod registry;
mod scrape;
mod support;
