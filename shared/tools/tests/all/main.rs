//! The tools as a run meets them: through the registry, on a clock that stands still, with sites on
//! loopback and records in memory.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod audit;
mod calculator;
mod festival;
mod gst;
mod keyword_data;
mod lead_scorer;
mod page_audit;
mod record_cleaner;
mod records;
mod registry;
mod scrape;
mod search;
mod support;
