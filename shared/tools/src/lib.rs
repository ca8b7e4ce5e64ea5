//! What a skill may call. Every call goes through [`Bound::call`]: that is where arguments are
//! checked, rates limited, time bounded, and an audit entry written.

mod business_calculator;
mod decimals;
mod festival_calendar;
mod gst_calculator;
mod lead_scorer;
mod limits;
mod mask;
mod prices;
mod record_cleaner;
mod records;
mod registry;
mod search;
mod semrush;
mod settings;
mod tool;
mod wire;

pub mod scrape;

pub use mask::mask;
pub use records::{RECORD_KINDS, Records, RecordsError, StoredRecord};
pub use registry::{Audit, AuditEntry, Bound, Outcome, Registry, UnknownTool};
pub use search::{EngineName, WebSearch};
pub use settings::{Engines, Settings};
pub use tool::{Rate, Spec, Tool, ToolContext, ToolError};

use std::sync::Arc;

/// The names of [`standard`], for checking skills without building the tools.
pub const STANDARD_NAMES: &[&str] = &[
    "web_search",
    "scraper",
    "page_audit",
    "keyword_data",
    "database_reader",
    "database_writer",
    "gst_calculator",
    "festival_calendar",
    "business_calculator",
    "lead_scorer",
    "record_cleaner",
];

/// The tools that skills may declare today, with what they have without any setting; [`Settings::tools`]
/// gives them theirs.
pub fn standard(policy: scrape::Policy, records: Arc<dyn Records>) -> Vec<Arc<dyn Tool>> {
    all(&Settings::default(), policy, records)
}

fn all(
    settings: &Settings,
    policy: scrape::Policy,
    records: Arc<dyn Records>,
) -> Vec<Arc<dyn Tool>> {
    let fetcher = Arc::new(scrape::Fetcher::new(policy));
    vec![
        Arc::new(WebSearch::new(settings)),
        Arc::new(scrape::Scraper::over(fetcher.clone())),
        Arc::new(scrape::PageAudit::over(fetcher)),
        Arc::new(semrush::KeywordData::new(settings)),
        Arc::new(records::Reader::new(records.clone())),
        Arc::new(records::Writer::new(records)),
        Arc::new(gst_calculator::GstCalculator::new()),
        Arc::new(festival_calendar::FestivalCalendar::new()),
        Arc::new(business_calculator::BusinessCalculator::new()),
        Arc::new(lead_scorer::LeadScorer::new()),
        Arc::new(record_cleaner::RecordCleaner::new()),
    ]
}
