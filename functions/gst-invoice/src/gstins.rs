//! Whether a GSTIN is a registered taxpayer's, and whose: the public register, through a GSP.
//!
//! The register's own page asks for a captcha and is not to be read by programs. An outage says nothing of
//! a number: only the register's own word is [`Found::NotFound`].

mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Breaker, Clock, Seams};
use moka::sync::Cache;
use reqwest::Client;
use reqwest::header::HeaderValue;
use runtime::Secret;

pub use crate::outside::SettingsError;
use crate::outside::{self, ANSWER_WITHIN, Place, given, secret};
use wire::Said;

/// What the register knows of a number. Names are as it has them, mostly in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The legal name; the trade name where there is none; empty where the GSP gives neither.
    Active { name: String },
    /// Registered once: `Cancelled`, `Suspended` and so on.
    Inactive { name: String, status: String },
    /// The register says that there is no such number.
    NotFound,
    /// It is not known, and why. Ask again later.
    Unknown(String),
}

#[async_trait]
pub trait Register: Send + Sync + 'static {
    async fn look_up(&self, gstin: &str) -> Found;
}

/// Environment of the look-up of GSTINs; flatten it into the function's own settings.
#[derive(Debug, Clone, Default, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// Where the GSP that looks up GSTINs is reached; `raptor simulate gst` prints its own. Without it no
    /// GSTIN is verified, and invoices go out all the same.
    #[arg(long, env = "GSP_BASE_URL")]
    pub gsp_base_url: Option<String>,

    /// The key that the GSP gave.
    #[arg(long, env = "GSP_API_KEY", hide_env_values = true)]
    pub gsp_api_key: Option<Secret<String>>,
}

impl Settings {
    /// The register; without settings one that knows nothing.
    ///
    /// # Errors
    /// The variable that is missing or wrong.
    pub fn open(&self, seams: &Seams) -> Result<Arc<dyn Register>, SettingsError> {
        let key = self.gsp_api_key.as_ref().map(|key| key.expose().as_str());
        let needed =
            |variable: &str| SettingsError(format!("the GSP is set up in part: set {variable}"));
        match (given(self.gsp_base_url.as_deref()), given(key)) {
            (None, None) => Ok(Arc::new(NotSetUp)),
            (Some(base_url), Some(key)) => {
                let clock = seams.clock.clone();
                Ok(Arc::new(Gsp::new(base_url, key, clock, ANSWER_WITHIN)?))
            }
            (None, Some(_)) => Err(needed("GSP_BASE_URL")),
            (Some(_), None) => Err(needed("GSP_API_KEY")),
        }
    }
}

/// Knows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotSetUp;

#[async_trait]
impl Register for NotSetUp {
    async fn look_up(&self, _gstin: &str) -> Found {
        Found::Unknown("no GSP is set up".to_owned())
    }
}

/// How long an active number is taken for active: registrations end on days, and every look-up is paid for.
const ACTIVE_FOR: TimeDelta = TimeDelta::hours(24);

/// Numbers that are kept.
const KEPT: u64 = 100_000;

/// A GSP. After five failures in a row it is left alone for a minute.
pub struct Gsp {
    client: Client,
    place: Place,
    key: HeaderValue,
    clock: Arc<dyn Clock>,
    breaker: Breaker,
    /// Active ones, with when they were looked up. By our clock: the cache's own is not a parameter.
    active: Cache<String, (Found, DateTime<Utc>)>,
}

impl fmt::Debug for Gsp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gsp")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Gsp {
    /// # Errors
    /// The variable that is wrong.
    pub fn new(
        base_url: &str,
        key: &str,
        clock: Arc<dyn Clock>,
        answer_within: Duration,
    ) -> Result<Self, SettingsError> {
        let place = Place::parse("GSP_BASE_URL", base_url)?;
        Ok(Self {
            client: place.client(answer_within)?,
            key: secret("GSP_API_KEY", key)?,
            place,
            clock,
            breaker: Breaker::default(),
            active: Cache::new(KEPT),
        })
    }

    /// What the GSP says, or why it can't be taken for an answer.
    async fn ask(&self, gstin: &str) -> Result<Said, String> {
        let request = self
            .client
            .get(self.place.at(wire::SEARCH))
            .query(&wire::query(gstin))
            .header(wire::KEY, self.key.clone());
        let answer = outside::exchange(request).await?;
        match answer.status {
            401 | 403 => Err(format!("it does not take our key: {}", answer.status)),
            status @ (429 | 500..) => Err(format!("it answers {status}")),
            status => wire::read(&answer.body)
                .ok_or_else(|| format!("its answer can't be read: {status}")),
        }
    }
}

#[async_trait]
impl Register for Gsp {
    async fn look_up(&self, gstin: &str) -> Found {
        let gstin = gstin.trim().to_ascii_uppercase();
        if gstin.len() != 15 || !gstin.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            // What it has not the shape to be is not worth a paid question; that is said elsewhere.
            return Found::Unknown("it has not the shape of a GSTIN: it was not looked up".into());
        }
        let now = self.clock.now();
        if let Some((found, at)) = self.active.get(&gstin)
            && now < at + ACTIVE_FOR
        {
            return found;
        }
        let pass = match self.breaker.ask(now) {
            Ok(pass) => pass,
            Err(wait) => {
                let wait = wait.as_secs();
                return Found::Unknown(format!("the GSP failed: it is left alone for {wait} s"));
            }
        };
        let said = match self.ask(&gstin).await {
            Ok(Said::Taxpayer(taxpayer)) if taxpayer.is_other_than(&gstin) => {
                Err("it answers about another number".to_owned())
            }
            said => said,
        };
        let found = match said {
            Ok(said) => said.found(),
            Err(why) => Found::Unknown(format!("the GSP failed: {why}")),
        };
        // A number of the right shape is always known or not: any other word is of a fault outside.
        match &found {
            Found::Unknown(_) => pass.failed(self.clock.now()),
            Found::Active { .. } | Found::Inactive { .. } | Found::NotFound => pass.succeeded(),
        }
        if matches!(found, Found::Active { .. }) {
            self.active.insert(gstin, (found.clone(), now));
        }
        found
    }
}
