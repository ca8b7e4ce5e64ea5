//! From a request to candidate skills, a plan and an estimate. Pure and fast: no model is called.
//!
//! [`Router`] puts together what a lexical index and a classifier over the catalogue's own examples say. It
//! answers which skills fit a text, and whether one clearly does, several do in order, or none does. [`plan`] turns the choice into steps.

mod classify;
mod clauses;
mod index;
mod intent;
mod lexicon;
mod measure;
mod plan;
mod router;
mod text;

pub use intent::{Intent, Market, Urgency};
pub use measure::{Figures, Labelled, Share, measure};
pub use plan::{Estimate, MAX_STEPS, Plan, PlanError, PlanStep, estimate, plan};
pub use router::{Ask, Candidate, Decision, Label, Router};
