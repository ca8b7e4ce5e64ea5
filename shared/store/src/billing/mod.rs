//! Money that customers pay: subscriptions, payments, refunds, mandates, and the rupees behind them. A row
//! is locked, changed in memory by whoever decides, and saved: the rules are not here.

pub mod callbacks;
pub mod invoices;
pub mod mandates;
pub mod money;
pub mod payments;
pub mod periods;
pub mod reconciliations;
pub mod refunds;
pub mod reports;
pub mod subscriptions;
pub mod tax_profiles;

use crate::{Result, StoreError};

/// A name that the column's check constraint allows.
fn parse<T: std::str::FromStr<Err = domain::UnknownValue>>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|error: domain::UnknownValue| StoreError::Config(error.to_string().into()))
}
