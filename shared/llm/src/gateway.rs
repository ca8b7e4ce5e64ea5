//! The only way to a model: aliases, capabilities, retries, fall-over, breakers and prices.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use domain::{Clock, Usd};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::book::Book;
use crate::breaker::{Breaker, Pass};
use crate::estimate::prompt_tokens;
use crate::{
    Category, Control, Delta, Error, Finish, ModelRow, Models, Offline, Prices, Provider,
    RawResponse, Request, Response, Usage,
};

/// A failed call is made at most this many more times at the same model: Google advises no more
/// than two, at least a second apart.
const RETRIES: usize = 2;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A deadline says something about the provider only when it had this long to answer.
const FAIR_WAIT: Duration = Duration::from_secs(10);

type Sink<'a> = &'a mut (dyn FnMut(Delta) + Send);

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
        for row in self
            .models
            .models
            .iter_mut()
            .filter(|row| row.provider == provider)
        {
            location.clone_into(&mut row.location);
        }
        self
    }

    pub fn build(self) -> Gateway {
        let Self {
            mut providers,
            models,
            prices,
            clock,
        } = self;
        let breakers = models
            .models
            .iter()
            .map(|row| (row.id.clone(), Breaker::default()))
            .collect();
        providers.push(Arc::new(Offline::new()));
        Gateway {
            providers,
            models,
            prices,
            breakers,
            clock,
        }
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
            return self
                .models
                .row("offline")
                .map(|row| vec![row])
                .ok_or_else(|| {
                    unknown("the model file has no row for the offline model".to_owned())
                });
        }
        let today = self.clock.now().date_naive();
        let (ended, alive): (Vec<_>, Vec<_>) = named.into_iter().partition(|row| row.ended(today));
        let usable: Vec<_> = alive
            .into_iter()
            .filter(|row| self.provider(&row.provider).is_some())
            .collect();
        match (usable.is_empty(), ended.first()) {
            (false, _) => Ok(usable),
            (true, Some(row)) => Err(unknown(format!(
                "{} is retired: choose another model",
                row.id
            ))),
            (true, None) => Err(unknown(format!(
                "no configured provider serves {name:?}: configure one that does, or choose another model"
            ))),
        }
    }

    fn provider(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.providers
            .iter()
            .find(|provider| provider.name() == name)
    }

    /// The most one attempt at `request` can cost: the prompt, estimated high, uncached at list
    /// price, and every output token it may write, at the dearest model that may be asked. Zero
    /// offline. [`Control::max_cost`] holds all attempts together to a limit.
    ///
    /// # Errors
    /// `UnknownModel` as for [`Self::resolve`]; `InvalidRequest` when a candidate has no price for
    /// this day and prompt size, or takes no prompt this long.
    pub fn upper_bound(&self, request: &Request) -> Result<Usd, Error> {
        let mut rows = self.resolve(&request.model)?.into_iter();
        rows.try_fold(Usd::ZERO, |most, row| {
            Ok(most.max(self.bound(row, request)?))
        })
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
        let usage = Usage {
            input,
            output: request.max_output_tokens.into(),
            ..Usage::default()
        };
        let today = self.clock.now().date_naive();
        let price = self.prices.find(row, input, today).ok_or_else(|| {
            invalid(format!(
                "no price of {} for {input} tokens on {today}: add a row to shared/llm/data/prices.json",
                row.id
            ))
        })?;
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
        let book = Book::default();
        let sink = Mutex::new(sink);
        let mut outcome = Err(Error::new(Category::UnknownModel, "no model to ask"));
        for row in self.resolve(&request.model)? {
            outcome = self.at_model(row, request, control, &book, &sink).await;
            match &outcome {
                Ok(response) if !matches!(response.finish, Finish::Fault(_)) => break,
                Err(error) if !error.category.may_fall_over() => break,
                Ok(_) => tracing::warn!(model = %row.id, "the model faulted twice"),
                Err(error) => tracing::warn!(model = %row.id, %error, "the model is passed over"),
            }
        }
        book.close(outcome)
    }

    /// One model, with its retries.
    async fn at_model(
        &self,
        row: &ModelRow,
        request: &Request,
        control: &Control,
        book: &Book,
        sink: &Mutex<Sink<'_>>,
    ) -> Result<Response, Error> {
        let waits = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(RETRIES)
            .with_jitter();
        let mut faults = 0;
        let retried = (|| async {
            let mut sink = sink.lock().await;
            if book.started() {
                sink(Delta::Restarted {
                    model: row.id.clone(),
                });
            }
            self.attempt(row, request, control, book, &mut **sink).await
        })
        .retry(waits)
        .when(|failure| match failure {
            Failure::Error(error) => error.category.retryable(),
            Failure::Fault(_) => {
                faults += 1;
                faults == 1
            }
        })
        .adjust(|failure, wait| {
            let wait = match failure {
                Failure::Error(error) => match error.category {
                    Category::RateLimited {
                        retry_after: Some(asked),
                    } => wait?.max(asked),
                    _ => wait?,
                },
                Failure::Fault(_) => wait.map(|_| Duration::ZERO)?,
            };
            // A wait past the deadline helps nobody: let the next candidate try now.
            (Instant::now() + wait < control.deadline).then_some(wait)
        });
        tokio::select! {
            // The attempt first: it ends by itself when cancelled, and knows what it used.
            biased;
            done = retried => match done {
                Ok(response) => Ok(response),
                Err(Failure::Fault(response)) => Ok(*response),
                Err(Failure::Error(error)) => Err(error),
            },
            // Cancelled while waiting to try again.
            stopped = control.run(std::future::pending::<()>()) => Err(stopped.expect_err("pending never ends")),
        }
    }

    async fn attempt(
        &self,
        row: &ModelRow,
        request: &Request,
        control: &Control,
        book: &Book,
        sink: Sink<'_>,
    ) -> Result<Response, Failure> {
        let bound = self.bound(row, request)?;
        if let Some(limit) = control
            .max_cost
            .filter(|limit| book.cost() + bound > *limit)
        {
            let message = format!(
                "asking {} may cost {bound} more, past the limit of {limit}",
                row.id
            );
            return Err(Error::new(Category::OverBudget, message).into());
        }
        let provider = self
            .provider(&row.provider)
            .expect("resolve keeps configured providers");
        let breaker = self
            .breakers
            .get(&row.id)
            .expect("every model has a breaker");
        let pass = breaker.ask(self.clock.now()).map_err(|wait| {
            let message = format!(
                "{} failed too often; next try in {} s",
                row.id,
                wait.as_secs()
            );
            Error::new(Category::Unavailable, message)
        })?;

        let began = Instant::now();
        let outcome = provider.generate(row, request, control, sink).await;
        self.settle(pass, &outcome, began.elapsed());

        let (usage, word) = match &outcome {
            Ok(raw) if matches!(raw.finish, Finish::Fault(_)) => (raw.usage, "fault"),
            Ok(raw) => (raw.usage, "done"),
            Err(error) => (error.spent.usage, error.category.as_str()),
        };
        let today = self.clock.now().date_naive();
        let price = self.prices.find(row, usage.input, today).or_else(|| {
            tracing::error!(model = %row.id, %today, input = usage.input, "no price row: the dearest is charged");
            self.prices.dearest(row)
        });
        book.record(provider.name(), row, usage, price, word);

        let response = response(row, provider.name(), outcome?);
        if matches!(response.finish, Finish::Fault(_)) {
            return Err(Failure::Fault(Box::new(response)));
        }
        Ok(response)
    }

    fn settle(&self, pass: Pass<'_>, outcome: &Result<RawResponse, Error>, took: Duration) {
        match outcome.as_ref().map_err(|error| error.category) {
            Ok(_) | Err(Category::InvalidRequest | Category::Policy) => pass.succeeded(),
            Err(Category::Transient | Category::RateLimited { .. } | Category::Provider) => {
                pass.failed(self.clock.now());
            }
            Err(Category::Deadline) if took >= FAIR_WAIT => pass.failed(self.clock.now()),
            // Says nothing about the provider.
            Err(_) => drop(pass),
        }
    }
}

/// Why an attempt is not the end of it.
enum Failure {
    Error(Error),
    /// An answer, but a faulty one.
    Fault(Box<Response>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
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
