//! What things cost, earn and are worth, as pure functions: nothing here reads a clock, a socket or a
//! database, and no money is a float. One subject a module.
//!
//! - Subscriptions: [`cycle`] (billing months with an anchor day), [`proration`], [`mandate`], [`emi`],
//!   [`pricing`], [`quote`].
//! - Costs of work: [`prediction`] before it, [`alerts`] while it is charged, [`anomaly`] and [`abuse`]
//!   after it.
//! - The owner's figures: [`margin`], [`roi`], [`report`], [`reconcile`].
//!
//! Rupees are what customers pay, dollars what models cost. They meet only through [`margin::Fx`].

pub mod abuse;
pub mod alerts;
pub mod anomaly;
pub mod cycle;
pub mod emi;
pub mod mandate;
pub mod margin;
pub mod prediction;
pub mod pricing;
pub mod proration;
pub mod quote;
pub mod reconcile;
pub mod report;
pub mod roi;
pub mod stats;
