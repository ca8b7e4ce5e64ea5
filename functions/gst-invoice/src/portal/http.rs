//! The portal behind a GSP's face.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::Clock;
use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tax::document::Registered;
use tokio::sync::Mutex;

use super::asked::Asked;
use super::signed::{Keys, Unsigned};
use super::wire::{self, Failed, Meaning, Reply};
use super::{Account, CancelReason, Portal, PortalError, codes};
use crate::outside::{self, Place, SettingsError, secret};

pub struct HttpPortal {
    client: Client,
    place: Place,
    account: Account,
    client_secret: HeaderValue,
    keys: Keys,
    clock: Arc<dyn Clock>,
    /// Held by whoever logs in.
    session: Mutex<Session>,
    /// Logins that ended, well or not.
    logins: AtomicU64,
}

#[derive(Default)]
struct Session {
    token: Option<Token>,
    /// The number of the last login if it failed, and why.
    failed: Option<(u64, PortalError)>,
}

#[derive(Clone)]
struct Token {
    text: String,
    ends_at: DateTime<Utc>,
}

/// Why a call gave nothing.
enum Failure {
    Said(Failed),
    Error(PortalError),
}

impl From<Failure> for PortalError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Said(failed) => failed.error(),
            Failure::Error(error) => error,
        }
    }
}

fn away(why: impl Into<String>) -> Failure {
    Failure::Error(PortalError::Unavailable(why.into()))
}

impl HttpPortal {
    /// # Errors
    /// The variable that is wrong.
    pub fn new(account: Account, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        let place = Place::parse("EINVOICE_BASE_URL", &account.base_url)?;
        let keys = account.public_keys.as_deref().map(Keys::parse);
        Ok(Self {
            client: place.client(account.answer_within)?,
            client_secret: secret("EINVOICE_CLIENT_SECRET", account.client_secret.expose())?,
            keys: keys.transpose()?.unwrap_or_else(Keys::none),
            place,
            account,
            clock,
            session: Mutex::default(),
            logins: AtomicU64::default(),
        })
    }

    /// With what every call bears.
    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .header(wire::CLIENT_ID, &self.account.client_id)
            .header(wire::CLIENT_SECRET, self.client_secret.clone())
            .header(wire::GSTIN, &self.account.gstin)
    }

    /// A call with a token. One that is not taken was not acted on: it is sent again with a fresh one.
    async fn call(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<Value, Failure> {
        for _ in 0..2 {
            let token = self.token().await.map_err(Failure::Error)?;
            let request = self
                .signed(request(&self.client))
                .header(wire::USER_NAME, &self.account.username)
                .header(wire::TOKEN, &token.text);
            match self.exchange(request).await? {
                Reply::Done(data) => return Ok(data),
                Reply::Failed(failed) if failed.says(Meaning::Token) => self.forget(&token).await,
                Reply::Failed(failed) => return Err(Failure::Said(failed)),
            }
        }
        Err(away("it does not take the token that it has just given"))
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Reply, Failure> {
        let answer = outside::exchange(request).await.map_err(away)?;
        let status = answer.status;
        if status == 429 || status >= 500 {
            return Err(away(format!("it answers {status}")));
        }
        match wire::reply(&answer.body) {
            Some(Reply::Failed(failed)) => Ok(Reply::Failed(failed)),
            Some(done) if answer.is_good() => Ok(done),
            _ if status == 401 || status == 403 => Err(away(format!(
                "the GSP does not take our client id and secret: {status}"
            ))),
            _ => Err(away(format!("its answer can't be read: {status}"))),
        }
    }

    /// A token that lives. Whoever comes while somebody logs in waits for that, and shares its end, good or
    /// bad.
    async fn token(&self) -> Result<Token, PortalError> {
        let came_after = self.logins.load(Ordering::SeqCst);
        let mut session = self.session.lock().await;
        if let Some(token) = &session.token
            && self.clock.now() < token.ends_at
        {
            return Ok(token.clone());
        }
        if let Some((login, error)) = &session.failed
            && *login > came_after
        {
            return Err(error.clone());
        }
        session.token = None;
        let logged_in = self.log_in().await;
        let login = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        match &logged_in {
            Ok(token) => session.token = Some(token.clone()),
            Err(error) => session.failed = Some((login, error.clone())),
        }
        logged_in
    }

    async fn log_in(&self) -> Result<Token, PortalError> {
        let Account {
            username, password, ..
        } = &self.account;
        let body = wire::login(username, password.expose());
        let request = self.client.post(self.place.at(wire::LOGIN)).json(&body);
        let unavailable = |why: &str| PortalError::Unavailable(why.to_owned());
        match self.exchange(self.signed(request)).await {
            Ok(Reply::Done(data)) => {
                let token = wire::token(&data, self.clock.now());
                let (text, ends_at) =
                    token.ok_or_else(|| unavailable("its token can't be read"))?;
                Ok(Token { text, ends_at })
            }
            // Whatever the code: it is our login that is not taken, and not a document.
            Ok(Reply::Failed(failed)) => {
                let why = format!("it does not take our login: {}", failed.words());
                Err(PortalError::Unavailable(why))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Unless another has taken its place.
    async fn forget(&self, refused: &Token) {
        let mut session = self.session.lock().await;
        let current = session.token.as_ref();
        if current.is_some_and(|token| token.text == refused.text) {
            session.token = None;
        }
    }

    async fn by_irn(&self, irn: &str) -> Result<Value, Failure> {
        let url = self.place.at(&wire::by_irn(irn));
        self.call(|client| client.get(&url)).await
    }

    /// A registration, if it is the document's and stands.
    fn accept(&self, data: &Value, asked: &Asked) -> Result<Registered, PortalError> {
        // Nothing is lost: asked again, the portal gives the registration again.
        let unreadable = |what: &str| {
            PortalError::Unavailable(format!("{what} of its registration can't be read"))
        };
        let entry = wire::entry(data).ok_or_else(|| unreadable("the fields"))?;
        if entry.irn != asked.irn {
            let message = format!("the portal gives {}, but it is {}", entry.irn, asked.irn);
            return Err(PortalError::refused(codes::MISMATCH, message));
        }
        let code = self
            .keys
            .read(&entry.signed_qr)
            .map_err(|fault| match fault {
                Unsigned::Unreadable(what) => unreadable(what),
                Unsigned::Forged => PortalError::refused(
                    codes::SIGNATURE,
                    "the signed code is not signed with a key of EINVOICE_PUBLIC_KEY",
                ),
            })?;
        asked.matches(&code)?;
        if entry.is_cancelled {
            let message = format!("the registration {} was taken back", entry.irn);
            return Err(PortalError::refused(codes::CANCELLED, message));
        }
        Ok(Registered {
            irn: entry.irn,
            ack_number: entry.ack_number,
            ack_date: entry.ack_date,
            signed_qr: entry.signed_qr,
        })
    }

    /// The registration that there is already, if it is this document's.
    async fn first(&self, failed: &Failed, asked: &Asked) -> Result<Registered, PortalError> {
        if let Some(first) = failed.first_irn()
            && first != asked.irn
        {
            let message = format!("the number is registered as {first}, not {}", asked.irn);
            return Err(PortalError::refused(codes::MISMATCH, message));
        }
        match self.by_irn(&asked.irn).await {
            Ok(data) => self.accept(&data, asked),
            Err(failure) => Err(match failure.into() {
                PortalError::Refused { code, message } => PortalError::Refused {
                    code,
                    message: format!(
                        "it is registered as {}, but its signed code is not given again: {message}",
                        asked.irn
                    ),
                },
                unavailable @ PortalError::Unavailable(_) => unavailable,
            }),
        }
    }
}

#[async_trait]
impl Portal for HttpPortal {
    async fn register(&self, invoice: &Value) -> Result<Registered, PortalError> {
        let asked = Asked::read(invoice)?;
        if asked.seller != self.account.gstin {
            let message = format!(
                "the document is of {}, the portal's user of {}",
                asked.seller, self.account.gstin
            );
            return Err(PortalError::refused(codes::DOCUMENT, message));
        }
        let url = self.place.at(wire::REGISTER);
        match self.call(|client| client.post(&url).json(invoice)).await {
            Ok(data) => self.accept(&data, &asked),
            Err(Failure::Said(failed)) if failed.says(Meaning::Duplicate) => {
                self.first(&failed, &asked).await
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn cancel(
        &self,
        irn: &str,
        reason: CancelReason,
        remark: &str,
    ) -> Result<(), PortalError> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if irn.len() != 64 || !irn.bytes().all(digit) {
            let message = "an invoice reference number has 64 small hexadecimal digits";
            return Err(PortalError::refused(codes::DOCUMENT, message));
        }
        let url = self.place.at(wire::CANCEL);
        let body = wire::cancellation(irn, reason, remark);
        match self.call(|client| client.post(&url).json(&body)).await {
            Ok(_) => Ok(()),
            Err(Failure::Said(failed)) if failed.says(Meaning::NotActive) => {
                // By a try whose answer was lost, most likely: the portal says.
                match self.by_irn(irn).await {
                    Ok(data) if wire::is_cancelled(&data) => Ok(()),
                    Err(Failure::Error(error)) => Err(error),
                    Ok(_) | Err(Failure::Said(_)) => Err(failed.error()),
                }
            }
            Err(Failure::Said(failed)) if failed.says_only(Meaning::Absent) => {
                Err(PortalError::refused(codes::ABSENT, failed.words()))
            }
            Err(failure) => Err(failure.into()),
        }
    }
}
