//! What a skill may call. Every call goes through [`Bound::call`]: that is where arguments are
//! checked, rates limited, time bounded, and an audit entry written.

mod festival_calendar;
mod gst_calculator;
mod limits;
mod mask;
mod records;
mod registry;
mod tool;

pub mod scrape;

pub use mask::mask;
pub use records::{RECORD_KINDS, Records, RecordsError, StoredRecord};
pub use registry::{Audit, AuditEntry, Bound, Outcome, Registry, UnknownTool};
pub use tool::{Rate, Spec, Tool, ToolContext, ToolError};

use std::sync::Arc;

/// The names of [`standard`], for checking skills without building the tools.
pub const STANDARD_NAMES: &[&str] = &[
    "scraper",
    "database_reader",
    "database_writer",
    "gst_calculator",
    "festival_calendar",
];

/// The tools that skills may declare today.
pub fn standard(policy: scrape::Policy, records: Arc<dyn Records>) -> Vec<Arc<dyn Tool>> {
    vec![
        Arc::new(scrape::Scraper::new(policy)),
        Arc::new(records::Reader::new(records.clone())),
        Arc::new(records::Writer::new(records)),
        Arc::new(gst_calculator::GstCalculator::new()),
        Arc::new(festival_calendar::FestivalCalendar::new()),
    ]
}
