//! From a request to candidate skills, a plan and an estimate. Pure and fast: no model is called.
//!
//! [`Router`] is a lexical index over the catalogue. It answers which skills fit a text, and whether
//! one clearly does, several do in order, or none does. [`plan`] turns the choice into steps.

mod index;
mod plan;
mod text;

pub use index::{Ask, Candidate, Decision, Label, Router};
pub use plan::{Estimate, MAX_STEPS, Plan, PlanError, PlanStep, estimate, plan};
