//! What tests and local runs need that production does not: databases, clocks, simulators of outside
//! systems, builders.

mod database;
mod seams;
pub mod vertex;

pub use database::Database;
pub use seams::{ManualClock, manual_seams};
