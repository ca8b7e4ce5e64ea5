//! What is configured: providers, rows and prices, and which of them a name means.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::{Breaker, Clock, Usd};

use crate::endpoint::{Aliases, Endpoint};
use crate::estimate::prompt_tokens;
use crate::models::Kind;
use crate::prices::ModelPrices;
use crate::retries::RetryBudget;
use crate::{
    Category, Control, Error, ModelRow, Models, Offline, Price, Prices, Provider, Request,
    Residency, Tier, Usage,
};

/// What an answer without any limit is reckoned to be: no current model writes more unasked.
const OUTPUT_UNSAID: u64 = 65_536;

/// The only way to a model: aliases, capabilities, retries, fall-over, breakers and prices.
pub struct Gateway {
    /// The rows that can be asked, in the order of the file.
    entries: Vec<Entry>,
    /// What every known name means: places in `entries`, best first.
    names: HashMap<String, Vec<usize>>,
    offline: bool,
    models: Models,
    prices: Prices,
    pub(crate) clock: Arc<dyn Clock>,
}

/// One model of one provider, and all a call needs to know of it.
pub(crate) struct Entry {
    pub row: ModelRow,
    pub provider: Arc<dyn Provider>,
    pub prices: ModelPrices,
    pub breaker: Breaker,
    pub retries: RetryBudget,
}

pub struct GatewayBuilder {
    providers: Vec<Arc<dyn Provider>>,
    endpoints: Vec<Endpoint>,
    locations: Vec<(String, String)>,
    residency: Residency,
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

    /// Adds the rows of a server whose wire is added with [`Self::provider`].
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Other rows than the embedded ones.
    pub fn data(mut self, models: Models, prices: Prices) -> Self {
        self.models = models;
        self.prices = prices;
        self
    }

    /// Where all chat models of one provider run, in place of what their rows say.
    pub fn location(mut self, provider: &str, location: &str) -> Self {
        self.locations
            .push((provider.to_owned(), location.to_owned()));
        self
    }

    /// Keeps every call to these providers and locations.
    pub fn residency(mut self, residency: Residency) -> Self {
        self.residency = residency;
        self
    }

    pub fn build(self) -> Gateway {
        let Self {
            mut providers,
            endpoints,
            locations,
            residency,
            mut models,
            mut prices,
            clock,
        } = self;
        let offline = providers.is_empty();
        providers.push(Arc::new(Offline::new()));
        for (provider, location) in locations {
            models
                .models
                .iter_mut()
                .filter(|row| row.provider == provider && row.kind == Kind::Chat)
                .for_each(|row| location.clone_into(&mut row.location));
        }
        for endpoint in &endpoints {
            add(endpoint, &mut models, &mut prices, clock.now().date_naive());
        }
        let entries: Vec<Entry> = models
            .models
            .iter()
            .filter(|row| row.provider == "offline" || residency.permits(row))
            .filter_map(|row| {
                let provider = providers
                    .iter()
                    .find(|provider| provider.name() == row.provider)?;
                Some(Entry {
                    row: row.clone(),
                    provider: provider.clone(),
                    prices: prices.model(row),
                    breaker: Breaker::default(),
                    retries: RetryBudget::default(),
                })
            })
            .collect();
        let names = names(&models, &entries);
        Gateway {
            entries,
            names,
            offline,
            models,
            prices,
            clock,
        }
    }
}

/// Puts a server's models into the tables, last among the candidates of its aliases.
fn add(endpoint: &Endpoint, models: &mut Models, prices: &mut Prices, today: NaiveDate) {
    let rows = endpoint.rows(today);
    for row in rows.iter().filter(|row| row.kind == Kind::Chat) {
        let wanted = |alias: &str| match &endpoint.aliases {
            Aliases::All => alias != "offline" && alias != "embedding",
            Aliases::Only(list) => list.iter().any(|listed| listed == alias),
        };
        let behind = models.aliases.iter_mut();
        for (_, ids) in behind.filter(|(alias, _)| wanted(alias)) {
            ids.push(row.name());
        }
    }
    models.models.extend(rows);
    prices.prices.extend(endpoint.prices(today));
}

/// Every alias, id and `provider/id` that the tables know, though nothing may serve it.
fn names(models: &Models, entries: &[Entry]) -> HashMap<String, Vec<usize>> {
    let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
    for row in &models.models {
        rows.entry(row.id.clone()).or_default();
        rows.entry(row.name()).or_default();
    }
    for (at, entry) in entries.iter().enumerate() {
        rows.entry(entry.row.id.clone()).or_default().push(at);
        rows.entry(entry.row.name()).or_default().push(at);
    }
    for (alias, ids) in &models.aliases {
        let mut places: Vec<usize> = Vec::new();
        for id in ids {
            for at in rows.get(id).into_iter().flatten() {
                if !places.contains(at) {
                    places.push(*at);
                }
            }
        }
        rows.insert(alias.clone(), places);
    }
    rows
}

impl Gateway {
    pub fn builder(clock: Arc<dyn Clock>) -> GatewayBuilder {
        GatewayBuilder {
            providers: Vec::new(),
            endpoints: Vec::new(),
            locations: Vec::new(),
            residency: Residency::anywhere(),
            models: Models::embedded(),
            prices: Prices::embedded(),
            clock,
        }
    }

    /// Whether only the offline model is there.
    pub fn is_offline(&self) -> bool {
        self.offline
    }

    pub fn models(&self) -> &Models {
        &self.models
    }

    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// The rows that a configured provider serves, retired ones too.
    pub fn configured(&self) -> impl Iterator<Item = &ModelRow> {
        self.entries.iter().map(|entry| &entry.row)
    }

    /// Today in the days that prices count (UTC).
    pub fn today(&self) -> NaiveDate {
        self.clock.now().date_naive()
    }

    /// The models that would be asked for `name`, an alias, an id or `provider/id`: best first.
    ///
    /// # Errors
    /// `UnknownModel` when the name means nothing, or nothing that is configured and not retired.
    pub fn resolve(&self, name: &str) -> Result<Vec<&ModelRow>, Error> {
        let entries = self.entries(name)?;
        Ok(entries.into_iter().map(|entry| &entry.row).collect())
    }

    pub(crate) fn entries(&self, name: &str) -> Result<Vec<&Entry>, Error> {
        let unknown = |message: String| Error::new(Category::UnknownModel, message);
        let places = self.names.get(name).ok_or_else(|| {
            unknown(format!(
                "{name:?} is neither an alias nor a model in shared/llm/data/models.json"
            ))
        })?;
        if self.offline {
            let offline = self.entries.iter().find(|entry| entry.row.id == "offline");
            return offline.map(|entry| vec![entry]).ok_or_else(|| {
                unknown("the model file has no row for the offline model".to_owned())
            });
        }
        let today = self.today();
        let named = places.iter().map(|at| &self.entries[*at]);
        let usable: Vec<_> = named.filter(|entry| !entry.row.ended(today)).collect();
        if !usable.is_empty() {
            return Ok(usable);
        }
        let rows = self.models.candidates(name).unwrap_or_default();
        Err(unknown(match rows.iter().find(|row| row.ended(today)) {
            Some(row) => format!("{} is retired: choose another model", row.id),
            None => format!(
                "no configured provider may serve {name:?}: configure one that does, or choose another model"
            ),
        }))
    }

    /// The models that would be asked, each once: those of the name, then those of the fallbacks.
    fn candidates(&self, request: &Request) -> Result<Vec<&Entry>, Error> {
        let mut first = self.entries(&request.model);
        for name in &request.fallbacks {
            match (&mut first, self.entries(name)) {
                (Ok(found), Ok(more)) => {
                    for entry in more {
                        if !found.iter().any(|known| std::ptr::eq(*known, entry)) {
                            found.push(entry);
                        }
                    }
                }
                (Err(_), Ok(more)) => first = Ok(more),
                (_, Err(_)) => {}
            }
        }
        first
    }

    /// The most one attempt at `request` can cost: the prompt, estimated high, uncached at list
    /// price, and every output token it may write, at the dearest model that may be asked. Zero
    /// offline. [`Control::max_cost`] holds all attempts together to a limit.
    ///
    /// # Errors
    /// `UnknownModel` as for [`Self::resolve`]; `InvalidRequest` when no candidate can serve the
    /// request, as for a prompt too long for all of them.
    pub fn upper_bound(&self, request: &Request) -> Result<Usd, Error> {
        let plan = self.plan(request, None)?;
        Ok(plan
            .into_iter()
            .map(|(_, bound)| bound)
            .max()
            .unwrap_or_default())
    }

    /// The candidates that can serve `request`, each with the most one attempt can cost.
    pub(crate) fn plan(
        &self,
        request: &Request,
        control: Option<&Control>,
    ) -> Result<Vec<(&Entry, Usd)>, Error> {
        let today = self.today();
        let prompt = prompt_tokens(request);
        let mut refused = None;
        let mut plan = Vec::new();
        for entry in self.candidates(request)? {
            if control.is_some_and(|control| !control.permits(&entry.row)) {
                continue;
            }
            match entry.bound(request, prompt, today) {
                Ok(bound) => plan.push((entry, bound)),
                Err(error) => {
                    refused.get_or_insert(error);
                }
            }
        }
        if plan.is_empty() {
            return Err(refused.unwrap_or_else(|| {
                let message = format!("no model of {:?} is where this call may go", request.model);
                Error::new(Category::UnknownModel, message)
            }));
        }
        // Those that a prompt of this size makes dear come last.
        plan.sort_by_key(|(entry, _)| {
            let prefers = entry.row.prefer_up_to_tokens;
            prefers.is_some_and(|limit| prompt > limit)
        });
        Ok(plan)
    }
}

impl Entry {
    /// The most one attempt can cost, or why this model can't serve the request.
    fn bound(&self, request: &Request, prompt: u64, today: NaiveDate) -> Result<Usd, Error> {
        let row = &self.row;
        let invalid = |message: String| Error::new(Category::InvalidRequest, message);
        if row.kind != Kind::Chat {
            return Err(invalid(format!("{} makes vectors, not answers", row.id)));
        }
        if !request.tools.is_empty() && !row.capabilities.tools {
            return Err(invalid(format!("{} calls no tools", row.name())));
        }
        self.fits(prompt)?;
        // A prompt that is written to the cache costs more than one that is only read.
        let writes = row.capabilities.may_write_cache(request);
        let usage = Usage {
            input: prompt,
            cache_write_5m: if writes { prompt } else { 0 },
            output: match row.most_output(request) {
                0 => OUTPUT_UNSAID,
                most => most.into(),
            },
            ..Usage::default()
        };
        Ok(self.price(prompt, today)?.cost(&usage))
    }

    /// # Errors
    /// `InvalidRequest` when the prompt is longer than the model may read.
    pub fn fits(&self, prompt: u64) -> Result<(), Error> {
        match self.row.max_prompt_tokens.filter(|limit| prompt > *limit) {
            None => Ok(()),
            Some(limit) => Err(Error::new(
                Category::InvalidRequest,
                format!(
                    "the prompt is about {prompt} tokens; {} is used up to {limit}",
                    self.row.id
                ),
            )),
        }
    }

    /// # Errors
    /// `InvalidRequest` when nobody wrote down what it costs: a call is never made blindly.
    pub fn price(&self, prompt: u64, today: NaiveDate) -> Result<Price<'_>, Error> {
        let found = self.prices.find(&self.row, prompt, today, Tier::Standard);
        found.ok_or_else(|| {
            let message = format!(
                "no price of {} for {prompt} tokens on {today}: add a row to shared/llm/data/prices.json",
                self.row.name()
            );
            Error::new(Category::InvalidRequest, message)
        })
    }

    /// The price of what was used. Where the table doesn't know it, the standard tier's or the
    /// dearest there is: a call is never free by mistake.
    pub fn price_of(&self, usage: &Usage, tier: Tier, today: NaiveDate) -> Option<Price<'_>> {
        let find = |tier| self.prices.find(&self.row, usage.input, today, tier);
        let standard = || {
            if tier != Tier::Standard {
                tracing::error!(model = %self.row.id, %tier, "no price for the tier that answered: the standard one is charged");
            }
            find(Tier::Standard)
        };
        find(tier)
            .or_else(standard)
            .or_else(|| {
                tracing::error!(model = %self.row.id, %today, input = usage.input, "no price row: the dearest is charged");
                self.prices.dearest(&self.row)
            })
    }
}
