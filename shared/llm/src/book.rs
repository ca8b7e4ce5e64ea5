use domain::Usd;

use crate::prices::Price;
use crate::{Attempt, Error, ModelRow, Response, Spent, Usage};

/// What one call has used so far, over all its attempts.
#[derive(Debug, Default)]
pub(crate) struct Book(Spent);

impl Book {
    pub fn started(&self) -> bool {
        !self.0.attempts.is_empty()
    }

    pub fn cost(&self) -> Usd {
        self.0.cost
    }

    /// Returns what this attempt cost.
    pub fn record(
        &mut self,
        provider: &'static str,
        row: &ModelRow,
        usage: Usage,
        price: Option<Price<'_>>,
        outcome: &str,
    ) -> Usd {
        let cost = price.map_or(Usd::ZERO, |price| price.cost(&usage));
        self.0.usage += usage;
        self.0.cost += cost;
        self.0.attempts.push(Attempt {
            provider,
            model: row.id.clone(),
            usage,
            cost,
            price: price.map_or_else(String::new, |price| price.key()),
            outcome: outcome.to_owned(),
        });
        cost
    }

    pub fn spent(self) -> Spent {
        self.0
    }

    /// Writes the totals into the outcome, whatever it is.
    pub fn close(self, outcome: Result<Response, Error>) -> Result<Response, Error> {
        match outcome {
            Ok(response) => Ok(Response {
                usage: self.0.usage,
                cost: self.0.cost,
                attempts: self.0.attempts,
                ..response
            }),
            Err(error) => Err(self.fail(error)),
        }
    }

    pub fn fail(self, error: Error) -> Error {
        Error {
            spent: Box::new(self.0),
            ..error
        }
    }
}
