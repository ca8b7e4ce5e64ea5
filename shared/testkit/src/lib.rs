//! What tests and local runs need that production does not: databases, clocks, simulators of outside
//! systems, builders.

mod database;
pub mod gst;
pub mod models;
pub mod phonepe;
mod push;
mod seams;
pub mod search;
mod work;

pub use database::Database;
pub use push::push_body;
pub use seams::{ManualClock, manual_seams};
pub use work::{Asker, open_work};
