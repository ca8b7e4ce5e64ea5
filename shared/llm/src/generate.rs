//! Asking models: candidates in order, each with its retries, within the limits of the caller.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use domain::{Breaker, Pass, Usd};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tokio::time::Instant;

use crate::book::Book;
use crate::gateway::Entry;
use crate::http::Sink;
use crate::retries::RetryBudget;
use crate::{
    Category, Control, Delta, Error, Finish, Gateway, ModelRow, RawResponse, Request, Response,
    Tier, Usage,
};

/// A failed call is made at most this many more times at the same model: Google advises no more
/// than two, at least a second apart.
const RETRIES: usize = 2;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A deadline says something about the provider only when it had this long to answer.
const FAIR_WAIT: Duration = Duration::from_secs(10);

impl Gateway {
    /// Asks a model. Retries what may pass, then asks the next candidate of the alias, always
    /// within the limits of `control`. What is heard on the way goes to `sink`.
    ///
    /// # Errors
    /// The last failure, carrying what all attempts used and cost.
    pub async fn generate(
        &self,
        request: &Request,
        control: &Control,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Response, Error> {
        let mut book = Book::default();
        let mut outcome = Err(Error::new(Category::UnknownModel, "no model to ask"));
        for (entry, bound) in self.plan(request, Some(control))? {
            outcome = self
                .at_model(entry, bound, request, control, &mut book, sink)
                .await;
            match &outcome {
                Ok(response) if !matches!(response.finish, Finish::Fault(_)) => break,
                Err(error) if !error.category.may_fall_over() => break,
                Ok(_) => tracing::warn!(model = %entry.row.id, "the model faulted twice"),
                Err(error) => {
                    tracing::warn!(model = %entry.row.id, %error, "the model is passed over");
                }
            }
        }
        book.close(outcome)
    }

    /// One model, with its retries.
    async fn at_model(
        &self,
        entry: &Entry,
        bound: Usd,
        request: &Request,
        control: &Control,
        book: &mut Book,
        sink: Sink<'_>,
    ) -> Result<Response, Error> {
        let mut patience = Patience::new(&entry.retries, control);
        let mut before = None;
        loop {
            if book.started() {
                sink(Delta::Restarted {
                    model: entry.row.id.clone(),
                });
            }
            entry.afford(bound, book, control)?;
            let outcome = self
                .attempt(
                    entry,
                    book,
                    entry.provider.generate(&entry.row, request, control, sink),
                    |raw: &RawResponse| {
                        let fault = matches!(raw.finish, Finish::Fault(_));
                        let word = if fault { "fault" } else { "done" };
                        (raw.usage, raw.tier, word)
                    },
                )
                .await;
            let again = match &outcome {
                Ok(raw) if matches!(raw.finish, Finish::Fault(_)) => patience.after_fault(),
                Ok(_) => false,
                Err(error) => patience.after(error.category).await?,
            };
            match outcome {
                Err(error) if again => before = Some(error),
                Ok(_) if again => {}
                // The breaker has nothing to add to the failure that opened it.
                Err(error) if error.category == Category::Unavailable => {
                    return Err(before.unwrap_or(error));
                }
                outcome => return Ok(response(&entry.row, entry.provider.name(), outcome?)),
            }
        }
    }

    /// One request: past the breaker, made, judged and booked.
    pub(crate) async fn attempt<T>(
        &self,
        entry: &Entry,
        book: &mut Book,
        work: impl Future<Output = Result<T, Error>>,
        weigh: impl FnOnce(&T) -> (Usage, Tier, &'static str),
    ) -> Result<T, Error> {
        let pass = self.pass(&entry.breaker, &entry.row)?;
        let began = Instant::now();
        let outcome = work.await;
        let took = began.elapsed();
        self.settle(pass, outcome.as_ref().err(), took);
        let (usage, tier, word) = match &outcome {
            Ok(done) => weigh(done),
            Err(error) => (error.spent.usage, Tier::Standard, error.category.as_str()),
        };
        let price = entry.price_of(&usage, tier, self.today());
        let cost = book.record(entry.provider.name(), &entry.row, usage, price, word);
        entry.count(word, cost, took);
        outcome
    }

    fn pass<'a>(&self, breaker: &'a Breaker, row: &ModelRow) -> Result<Pass<'a>, Error> {
        breaker.ask(self.clock.now()).map_err(|wait| {
            let message = format!(
                "{} failed too often; next try in {} s",
                row.name(),
                wait.as_secs()
            );
            Error::new(Category::Unavailable, message)
        })
    }

    fn settle(&self, pass: Pass<'_>, error: Option<&Error>, took: Duration) {
        match error.map(|error| error.category) {
            None | Some(Category::InvalidRequest | Category::Policy) => pass.succeeded(),
            Some(Category::Transient | Category::RateLimited { .. } | Category::Provider) => {
                pass.failed(self.clock.now());
            }
            Some(Category::Deadline) if took >= FAIR_WAIT => pass.failed(self.clock.now()),
            // Says nothing about the provider.
            Some(_) => drop(pass),
        }
    }
}

impl Entry {
    /// The mix of models, what it costs and how long it takes, for whoever watches.
    fn count(&self, outcome: &'static str, cost: Usd, took: Duration) {
        let provider = self.provider.name();
        let model = || self.row.id.clone();
        let micros = (cost.0 * Decimal::from(1_000_000)).to_u64().unwrap_or(0);
        metrics::counter!("model_calls_total", "provider" => provider, "model" => model(), "outcome" => outcome)
            .increment(1);
        metrics::counter!("model_cost_micro_usd_total", "provider" => provider, "model" => model())
            .increment(micros);
        metrics::histogram!("model_call_seconds", "provider" => provider, "model" => model())
            .record(took.as_secs_f64());
    }

    /// # Errors
    /// `OverBudget` when an attempt could take the call past its limit.
    pub fn afford(&self, bound: Usd, book: &Book, control: &Control) -> Result<(), Error> {
        let Some(limit) = control
            .max_cost
            .filter(|limit| book.cost() + bound > *limit)
        else {
            return Ok(());
        };
        let message = format!(
            "asking {} may cost {bound} more, past the limit of {limit}",
            self.row.id
        );
        Err(Error::new(Category::OverBudget, message))
    }
}

/// Whether and when to ask the same model again.
pub(crate) struct Patience<'a> {
    waits: ExponentialBackoff,
    faulted: bool,
    budget: &'a RetryBudget,
    control: &'a Control,
}

impl<'a> Patience<'a> {
    pub fn new(budget: &'a RetryBudget, control: &'a Control) -> Self {
        budget.earn();
        let waits = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(RETRIES)
            .with_jitter();
        Self {
            waits: waits.build(),
            faulted: false,
            budget,
            control,
        }
    }

    /// Waits, and says whether to try again after such a failure.
    ///
    /// # Errors
    /// `Cancelled` when the caller gave up meanwhile.
    pub async fn after(&mut self, category: Category) -> Result<bool, Error> {
        if !category.retryable() {
            return Ok(false);
        }
        let Some(mut wait) = self.waits.next() else {
            return Ok(false);
        };
        if let Category::RateLimited {
            retry_after: Some(asked),
        } = category
        {
            wait = wait.max(asked);
        }
        // A wait past the deadline helps nobody: let the next candidate try now.
        if Instant::now() + wait >= self.control.deadline || !self.budget.spend() {
            return Ok(false);
        }
        self.control.run(tokio::time::sleep(wait)).await?;
        Ok(true)
    }

    /// A faulty answer is asked for once more, at once.
    pub fn after_fault(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.faulted, true);
        first && self.waits.next().is_some() && self.budget.spend()
    }
}

/// The books are closed later: usage, cost and attempts are those of the whole call.
fn response(row: &ModelRow, provider: &'static str, raw: RawResponse) -> Response {
    Response {
        text: raw.text,
        tool_calls: raw.tool_calls,
        finish: raw.finish,
        usage: Usage::default(),
        cost: Usd::ZERO,
        model: if raw.model.is_empty() {
            row.id.clone()
        } else {
            raw.model
        },
        provider,
        raw: raw.raw,
        dropped: raw.dropped,
        attempts: Vec::new(),
    }
}
