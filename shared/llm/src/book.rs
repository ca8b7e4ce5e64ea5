use std::sync::{Mutex, PoisonError};

use domain::Usd;

use crate::prices::Price;
use crate::{Attempt, Error, ModelRow, Response, Spent, Usage};

/// What one call has used so far, over all its attempts.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Spent>);

impl Book {
    pub fn started(&self) -> bool {
        !self.read(|spent| spent.attempts.is_empty())
    }

    pub fn cost(&self) -> Usd {
        self.read(|spent| spent.cost)
    }

    pub fn record(
        &self,
        provider: &'static str,
        row: &ModelRow,
        usage: Usage,
        price: Option<Price<'_>>,
        outcome: &str,
    ) {
        let cost = price.map_or(Usd::ZERO, |price| price.cost(&usage));
        let attempt = Attempt {
            provider,
            model: row.id.clone(),
            usage,
            cost,
            price: price.map_or_else(String::new, |price| price.key()),
            outcome: outcome.to_owned(),
        };
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spent.usage += usage;
        spent.cost += cost;
        spent.attempts.push(attempt);
    }

    fn read<T>(&self, look: impl FnOnce(&Spent) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes the totals into the outcome, whatever it is.
    pub fn close(self, outcome: Result<Response, Error>) -> Result<Response, Error> {
        let spent = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(response) => Ok(Response {
                usage: spent.usage,
                cost: spent.cost,
                attempts: spent.attempts,
                ..response
            }),
            Err(error) => Err(Error {
                spent: Box::new(spent),
                ..error
            }),
        }
    }
}
