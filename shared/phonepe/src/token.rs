//! The access token: fetched once for all callers, renewed at half its life, dropped when refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Clock;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::http::Http;
use crate::{Account, Error};

/// After a renewal that failed, the old token serves for this long before the next try.
const RENEWAL_PAUSE: TimeDelta = TimeDelta::seconds(5);

/// A token, ready for the header.
#[derive(Clone)]
pub(crate) struct Token(Arc<Kept>);

struct Kept {
    header: HeaderValue,
    /// Half its life: from here on the next caller renews it.
    renew_at: DateTime<Utc>,
    /// From here on it is not used.
    dies_at: DateTime<Utc>,
}

impl Token {
    pub fn header(&self) -> HeaderValue {
        self.0.header.clone()
    }
}

pub(crate) struct Tokens {
    account: Account,
    clock: Arc<dyn Clock>,
    current: RwLock<Option<Token>>,
    /// Held by whoever fetches.
    gate: Mutex<Option<Failed>>,
    /// Fetches that ended, well or not.
    ended: AtomicU64,
}

/// How the last fetch failed.
struct Failed {
    error: Error,
    at: DateTime<Utc>,
    /// Its number among the fetches.
    fetch: u64,
}

impl Tokens {
    pub fn new(account: Account, clock: Arc<dyn Clock>) -> Self {
        Self {
            account,
            clock,
            current: RwLock::default(),
            gate: Mutex::default(),
            ended: AtomicU64::default(),
        }
    }

    /// A token that is valid now. Whoever comes while one is being fetched waits for that one, or goes
    /// on with the old one as long as it lives.
    pub async fn get(&self, http: &Http) -> Result<Token, Error> {
        let now = self.clock.now();
        match self.alive(now) {
            Some(token) if now < token.0.renew_at => Ok(token),
            Some(token) => Ok(self.renewed(http, token, now).await),
            None => self.first(http).await,
        }
    }

    /// A newer one in place of `old`, which lives but is past half its life; or `old`, while somebody
    /// else is at it or when it can't be had.
    async fn renewed(&self, http: &Http, old: Token, now: DateTime<Utc>) -> Token {
        let Ok(mut failed) = self.gate.try_lock() else {
            return old;
        };
        if let Some(newer) = self.alive(now).filter(|newer| now < newer.0.renew_at) {
            return newer;
        }
        if failed
            .as_ref()
            .is_some_and(|failed| now < failed.at + RENEWAL_PAUSE)
        {
            return old;
        }
        match self.fetch(http, &mut failed).await {
            Ok(token) => token,
            Err(error) => {
                tracing::warn!(%error, "PhonePe's token is not renewed; the old one serves on");
                old
            }
        }
    }

    /// Without a token that lives, everybody waits for one fetch and shares its end, good or bad.
    async fn first(&self, http: &Http) -> Result<Token, Error> {
        let came_after = self.ended.load(Ordering::SeqCst);
        let mut failed = self.gate.lock().await;
        if let Some(token) = self.alive(self.clock.now()) {
            return Ok(token);
        }
        match failed.as_ref() {
            // It ended while this caller waited: its end is this caller's too.
            Some(failed) if failed.fetch > came_after => Err(failed.error.clone()),
            _ => self.fetch(http, &mut failed).await,
        }
    }

    /// Forgets a token that was refused, unless another has taken its place.
    pub fn drop_refused(&self, refused: &Token) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current
            .as_ref()
            .is_some_and(|token| Arc::ptr_eq(&token.0, &refused.0))
        {
            *current = None;
        }
    }

    fn alive(&self, now: DateTime<Utc>) -> Option<Token> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone().filter(|token| now < token.0.dies_at)
    }

    async fn fetch(&self, http: &Http, failed: &mut Option<Failed>) -> Result<Token, Error> {
        let fetched = self.ask(http).await;
        let fetch = self.ended.fetch_add(1, Ordering::SeqCst) + 1;
        match fetched {
            Ok(token) => {
                *failed = None;
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Some(token.clone());
                Ok(token)
            }
            Err(error) => {
                *failed = Some(Failed {
                    error: error.clone(),
                    at: self.clock.now(),
                    fetch,
                });
                Err(error)
            }
        }
    }

    async fn ask(&self, http: &Http) -> Result<Token, Error> {
        let form = [
            ("client_id", self.account.client_id.as_str()),
            ("client_secret", self.account.client_secret.expose()),
            ("client_version", &self.account.client_version.to_string()),
            ("grant_type", "client_credentials"),
        ];
        let url = format!("{}/v1/oauth/token", self.account.oauth_base_url);
        let answered = http.exchange(http.form(url, &form)).await;
        let body = answered.map_err(no_token)?;
        let issued: Issued = serde_json::from_slice(&body)
            .map_err(|_| Error::NotSent("PhonePe's token can't be read".to_owned()))?;
        issued.token(self.clock.now())
    }
}

/// What it means for the call that needed a token.
fn no_token(error: Error) -> Error {
    match error {
        // Whatever the status: it is our credentials that are not taken.
        Error::Refused(refusal) | Error::NotFound(refusal) => Error::Unauthorised(refusal),
        Error::OutcomeUnknown(_) | Error::Unavailable(_) | Error::Malformed(_) => {
            Error::NotSent(format!("no token: {error}"))
        }
        error => error,
    }
}

/// `POST /v1/oauth/token`'s answer; times in seconds since 1970.
#[derive(Deserialize)]
struct Issued {
    access_token: String,
    token_type: Option<String>,
    issued_at: Option<i64>,
    expires_at: Option<i64>,
    expires_in: Option<i64>,
}

impl Issued {
    /// Its life counts from now on this clock, so that it doesn't matter whose clock is right.
    fn token(self, now: DateTime<Utc>) -> Result<Token, Error> {
        let unusable = |what: &str| Error::NotSent(format!("PhonePe's token has {what}"));
        let seconds = match (self.issued_at, self.expires_at, self.expires_in) {
            (Some(issued), Some(expires), _) => expires.checked_sub(issued),
            (None, Some(expires), _) => expires.checked_sub(now.timestamp()),
            (_, None, seconds) => seconds,
        };
        let life = seconds
            .filter(|seconds| *seconds > 0)
            .and_then(TimeDelta::try_seconds)
            .ok_or_else(|| unusable("no life"))?;
        let kind = self.token_type.as_deref().unwrap_or("O-Bearer");
        let mut header = HeaderValue::from_str(&format!("{kind} {}", self.access_token))
            .map_err(|_| unusable("letters that no header carries"))?;
        header.set_sensitive(true);
        let end = |life| {
            now.checked_add_signed(life)
                .unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        Ok(Token(Arc::new(Kept {
            header,
            renew_at: end(life / 2),
            dies_at: end(life),
        })))
    }
}
