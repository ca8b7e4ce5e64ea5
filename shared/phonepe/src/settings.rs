use std::sync::Arc;

use domain::Clock;
use runtime::Secret;

use crate::callback::Authenticator;
use crate::{Error, PhonePe};

/// Where production is (both SDKs).
const PG: &str = "https://api.phonepe.com/apis/pg";
const OAUTH: &str = "https://api.phonepe.com/apis/identity-manager";

/// Environment of a function that calls PhonePe; flatten it into the function's own settings.
#[derive(Debug, Clone, Default, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// Where PhonePe's payment gateway is reached: https://api-preprod.phonepe.com/apis/pg-sandbox is the
    /// sandbox, `raptor simulate phonepe` prints its own. Production's when not set.
    #[arg(long, env = "PHONEPE_PG_BASE_URL")]
    pub phonepe_pg_base_url: Option<String>,

    /// Where PhonePe's tokens come from. When not set: production's for production's gateway, else
    /// PHONEPE_PG_BASE_URL.
    #[arg(long, env = "PHONEPE_OAUTH_BASE_URL")]
    pub phonepe_oauth_base_url: Option<String>,

    /// The client id of PhonePe's dashboard. Without it nothing is paid.
    #[arg(long, env = "PHONEPE_CLIENT_ID")]
    pub phonepe_client_id: Option<String>,

    /// The client secret that goes with it.
    #[arg(long, env = "PHONEPE_CLIENT_SECRET", hide_env_values = true)]
    pub phonepe_client_secret: Option<Secret<String>>,

    /// The version of the secret, from the dashboard; 1 in the sandbox.
    #[arg(long, env = "PHONEPE_CLIENT_VERSION", default_value_t = 1)]
    pub phonepe_client_version: u32,
}

/// One merchant's access.
#[derive(Debug, Clone)]
pub struct Account {
    pub pg_base_url: String,
    pub oauth_base_url: String,
    pub client_id: String,
    pub client_secret: Secret<String>,
    pub client_version: u32,
}

impl Account {
    /// An account of a stand-in, where both addresses are one.
    pub fn at(base_url: &str, client_id: &str, client_secret: &str) -> Self {
        Self {
            pg_base_url: base_url.to_owned(),
            oauth_base_url: base_url.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.into(),
            client_version: 1,
        }
    }
}

/// A variable that is set to nothing is not set.
fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

impl Settings {
    /// The account, or `None` when neither an address nor an id nor a secret is set.
    ///
    /// # Errors
    /// `Invalid` that names the variable that is missing.
    pub fn account(&self) -> Result<Option<Account>, Error> {
        let pg = given(self.phonepe_pg_base_url.as_deref());
        let oauth = given(self.phonepe_oauth_base_url.as_deref());
        let id = given(self.phonepe_client_id.as_deref());
        let secret = self.phonepe_client_secret.as_ref();
        let secret = given(secret.map(|secret| secret.expose().as_str()));
        if pg.is_none() && oauth.is_none() && id.is_none() && secret.is_none() {
            return Ok(None);
        }
        let needed = |value: Option<&str>, variable: &str| {
            let value = value.map(str::to_owned);
            value
                .ok_or_else(|| Error::Invalid(format!("PhonePe is set up in part: set {variable}")))
        };
        let pg = pg.unwrap_or(PG);
        let oauth = oauth.unwrap_or(if pg == PG { OAUTH } else { pg });
        Ok(Some(Account {
            pg_base_url: pg.to_owned(),
            oauth_base_url: oauth.to_owned(),
            client_id: needed(id, "PHONEPE_CLIENT_ID")?,
            client_secret: needed(secret, "PHONEPE_CLIENT_SECRET")?.into(),
            client_version: self.phonepe_client_version,
        }))
    }

    /// The client, or `None` when nothing is set.
    ///
    /// # Errors
    /// `Invalid` that names the variable that is missing or wrong.
    pub fn client(&self, clock: Arc<dyn Clock>) -> Result<Option<PhonePe>, Error> {
        let account = self.account()?;
        account
            .map(|account| PhonePe::new(account, clock))
            .transpose()
    }
}

/// Environment of the function that PhonePe calls; flatten it into the function's own settings.
#[derive(Debug, Clone, Default, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct WebhookSettings {
    /// The user name set for the webhook in PhonePe's dashboard: 5 to 20 letters, digits and underscores.
    #[arg(long, env = "PHONEPE_WEBHOOK_USERNAME")]
    pub phonepe_webhook_username: Option<String>,

    /// The password set there: 8 to 20 letters and digits.
    #[arg(long, env = "PHONEPE_WEBHOOK_PASSWORD", hide_env_values = true)]
    pub phonepe_webhook_password: Option<Secret<String>>,
}

impl WebhookSettings {
    /// User name and password that the simulator sends callbacks with, and that a local run without any of
    /// its own expects. Everybody knows them: production refuses them.
    pub const SIMULATED: (&'static str, &'static str) = ("simulator", "simulator2026");

    /// What callbacks are checked against, or `None` when neither is set.
    ///
    /// # Errors
    /// `Invalid` that names the variable that is missing or not as PhonePe's dashboard takes it.
    pub fn authenticator(&self) -> Result<Option<Authenticator>, Error> {
        let password = self.phonepe_webhook_password.as_ref();
        let password = given(password.map(|password| password.expose().as_str()));
        let (username, password) = match (given(self.phonepe_webhook_username.as_deref()), password)
        {
            (None, None) => return Ok(None),
            (Some(username), Some(password)) => (username, password),
            (None, Some(_)) => return Err(wrong("PHONEPE_WEBHOOK_USERNAME is not set")),
            (Some(_), None) => return Err(wrong("PHONEPE_WEBHOOK_PASSWORD is not set")),
        };
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !((5..=20).contains(&username.len()) && username.bytes().all(word)) {
            return Err(wrong(
                "PHONEPE_WEBHOOK_USERNAME must be 5 to 20 letters, digits and underscores",
            ));
        }
        let plain = password.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !((8..=20).contains(&password.len()) && plain) {
            return Err(wrong(
                "PHONEPE_WEBHOOK_PASSWORD must be 8 to 20 letters and digits",
            ));
        }
        Ok(Some(Authenticator::new(username, password)))
    }
}

fn wrong(what: &str) -> Error {
    Error::Invalid(what.to_owned())
}
