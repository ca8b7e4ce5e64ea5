//! The only way to a model: aliases, capabilities, retries, fall-over, breakers and prices.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, RetryableWithContext};
use domain::{Clock, Usd};
use tokio::time::Instant;

use crate::breaker::{Breaker, Pass};
use crate::estimate::prompt_tokens;
use crate::{
    Attempt, Category, Control, Delta, Error, Finish, ModelRow, Models, Offline, Prices, Provider,
    RawResponse, Request, Response, Usage,
};

/// A call that failed is made at most this many more times at the same model: Google advises no
/// more than two.
const RETRIES: usize = 2;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A deadline says something about the provider only when it had this long to answer.
const FAIR_WAIT: Duration = Duration::from_secs(10);

pub struct Gateway {
    providers: Vec<Arc<dyn Provider>>,
    models: Models,
    prices: Prices,
    breakers: HashMap<String, Breaker>,
    clock: Arc<dyn Clock>,
}

pub struct GatewayBuilder {
    providers: Vec<Arc<dyn Provider>>,
    models: Models,
    prices: Prices,
    clock: Arc<dyn Clock>,
}

impl GatewayBuilder {
    /// Adds a wire. The offline model is always there and need not be added.
    pub fn provider(mut self, provider: Arc<dyn Provider>) -> Self {
        self.providers.push(provider);
        self
    }

    /// Other rows than the embedded ones.
    pub fn data(mut self, models: Models, prices: Prices) -> Self {
        self.models = models;
        self.prices = prices;
        self
    }

    /// Where all models of one provider run, in place of what their rows say.
    pub fn location(mut self, provider: &str, location: &str) -> Self {
        for row in self.models.models.iter_mut().filter(|row| row.provider == provider) {
            location.clone_into(&mut row.location);
        }
        self
    }

    pub fn build(self) -> Gateway {
        let breakers =
            self.models.models.iter().map(|row| (row.id.clone(), Breaker::default())).collect();
        let Self { mut providers, models, prices, clock } = self;
        providers.push(Arc::new(Offline::new()));
        Gateway { providers, models, prices, breakers, clock }
    }
}

impl Gateway {
    pub fn builder(clock: Arc<dyn Clock>) -> GatewayBuilder {
        GatewayBuilder {
            providers: Vec::new(),
            models: Models::embedded(),
            prices: Prices::embedded(),
            clock,
        }
    }

    /// Whether only the offline model is there.
    pub fn is_offline(&self) -> bool {
        self.providers.len() == 1
    }

    pub fn models(&self) -> &Models {
        &self.models
    }

    /// The models that would be asked for `name`, best first.
    ///
    /// # Errors
    /// `UnknownModel` when the name means nothing, or nothing that is configured and not retired.
    pub fn resolve(&self, name: &str) -> Result<Vec<&ModelRow>, Error> {
        let unknown = |message: String| Error::new(Category::UnknownModel, message);
        let Some(named) = self.models.candidates(name) else {
            return Err(unknown(format!(
                "{name:?} is neither an alias nor a model in shared/llm/data/models.json"
            )));
        };
        if self.is_offline() {
            return Ok(self.models.row("offline").into_iter().collect());
        }
        let today = self.clock.now().date_naive();
        let (ended, alive): (Vec<_>, Vec<_>) = named.into_iter().partition(|row| row.ended(today));
        let usable: Vec<_> =
            alive.into_iter().filter(|row| self.provider(&row.provider).is_some()).collect();
        match (usable.is_empty(), ended.first()) {
            (false, _) => Ok(usable),
            (true, Some(row)) => Err(unknown(format!("{} is retired: choose another model", row.id))),
            (true, None) => Err(unknown(format!(
                "no configured provider serves {name:?}: configure one of its providers, or choose another model"
            ))),
        }
    }

    fn provider(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|provider| provider.name() == name)
    }

    /// The most one attempt at `request` can cost: the prompt, estimated high, uncached at list
    /// price, and every output token it may write, at the dearest model that may be asked. Zero
    /// offline.
    ///
    /// # Errors
    /// `UnknownModel` as for [`Self::resolve`]; `InvalidRequest` when a candidate has no price for
    /// this day and prompt size, or takes no prompt this long.
    pub fn upper_bound(&self, request: &Request) -> Result<Usd, Error> {
        let bounds = self.resolve(&request.model)?.into_iter().map(|row| self.bound(row, request));
        bounds.try_fold(Usd::ZERO, |most, bound| Ok(most.max(bound?)))
    }

    fn bound(&self, row: &ModelRow, request: &Request) -> Result<Usd, Error> {
        let invalid = |message: String| Error::new(Category::InvalidRequest, message);
        let input = prompt_tokens(request);
        if let Some(limit) = row.max_prompt_tokens.filter(|limit| input > *limit) {
            return Err(invalid(format!(
                "the prompt is about {input} tokens; {} is used up to {limit}",
                row.id
            )));
        }
        let usage = Usage { input, output: request.max_output_tokens.into(), ..Usage::default() };
        let today = self.clock.now().date_naive();
        let price = self.prices.find(row, input, today).ok_or_else(|| {
            invalid(format!(
                "no price of {} for {input} tokens on {today}: add a row to shared/llm/data/prices.json",
                row.id
            ))
        })?;
        // A band with a higher price may begin just above the estimate; the dearest covers it.
        Ok(price.cost(&usage))
    }

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
        let candidates = self.resolve(&request.model)?;
        let book = Book::default();
        let mut sink = sink;
        let mut outcome = Err(Error::new(Category::UnknownModel, "no model to ask"));
        for row in candidates {
            if book.started() {
                sink(Delta::Restarted { model: row.id.clone() });
            }
            outcome = self.at_model(row, request, control, &book, &mut sink).await;
            match &outcome {
                Ok(response) if !matches!(response.finish, Finish::Fault(_)) => break,
                Err(error) if !error.category.may_fall_over() => break,
                Ok(_) => tracing::warn!(model = %row.id, "the model faulted twice"),
                Err(error) => tracing::warn!(model = %row.id, %error, "the model is passed over"),
            }
        }
        book.settle(outcome)
    }

    /// One model, with retries.
    async fn at_model(
        &self,
        row: &ModelRow,
        request: &Request,
        control: &Control,
        book: &Book,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Response, Error> {
        let waits = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(RETRIES)
            .with_jitter();
        let mut faulted = false;
        let attempt = |sink: &mut (dyn FnMut(Delta) + Send)| self.attempt(row, request, control, book, sink);
        todo_retry(waits, attempt, &mut faulted, sink).await
    }
}
