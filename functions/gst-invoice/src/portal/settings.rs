use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Seams;
use runtime::Secret;

use super::{HttpPortal, Portal};
use crate::outside::{ANSWER_WITHIN, SettingsError, given};

/// Environment of the e-invoice portal; flatten it into the function's own settings.
#[derive(Debug, Clone, Default, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// Where the GSP that speaks for the e-invoice portal is reached; `raptor simulate gst` prints its own.
    /// Without any EINVOICE_ variable nothing is registered, which is right up to a turnover of ₹5 crore.
    #[arg(long, env = "EINVOICE_BASE_URL")]
    pub einvoice_base_url: Option<String>,

    /// The client id that the GSP gave.
    #[arg(long, env = "EINVOICE_CLIENT_ID")]
    pub einvoice_client_id: Option<String>,

    /// The client secret that goes with it.
    #[arg(long, env = "EINVOICE_CLIENT_SECRET", hide_env_values = true)]
    pub einvoice_client_secret: Option<Secret<String>>,

    /// The API user that was made on the portal for the supplier's GSTIN and this GSP.
    #[arg(long, env = "EINVOICE_USERNAME")]
    pub einvoice_username: Option<String>,

    /// Its password.
    #[arg(long, env = "EINVOICE_PASSWORD", hide_env_values = true)]
    pub einvoice_password: Option<Secret<String>>,

    /// The portal's public keys or certificates (PEM, several in a row while they change, \n for line
    /// ends). What the portal signs is checked against them; without any it is taken on trust in TLS.
    #[arg(long, env = "EINVOICE_PUBLIC_KEY")]
    pub einvoice_public_key: Option<String>,
}

/// One supplier's access.
#[derive(Clone)]
pub struct Account {
    pub base_url: String,
    pub client_id: String,
    pub client_secret: Secret<String>,
    pub username: String,
    pub password: Secret<String>,
    /// Whose documents are registered: the portal's users belong to one GSTIN.
    pub gstin: String,
    /// PEM; nothing is checked without any.
    pub public_keys: Option<String>,
    /// How long one answer is waited for.
    pub answer_within: Duration,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("base_url", &self.base_url)
            .field("gstin", &self.gstin)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The account of the supplier of this GSTIN, or `None` when nothing is set.
    ///
    /// # Errors
    /// The variable that is missing.
    pub fn account(&self, gstin: &str) -> Result<Option<Account>, SettingsError> {
        let exposed = |secret: &Option<Secret<String>>| {
            secret.as_ref().map(|secret| secret.expose().to_owned())
        };
        let client_secret = exposed(&self.einvoice_client_secret);
        let password = exposed(&self.einvoice_password);
        let all = [
            ("EINVOICE_BASE_URL", self.einvoice_base_url.as_deref()),
            ("EINVOICE_CLIENT_ID", self.einvoice_client_id.as_deref()),
            ("EINVOICE_CLIENT_SECRET", client_secret.as_deref()),
            ("EINVOICE_USERNAME", self.einvoice_username.as_deref()),
            ("EINVOICE_PASSWORD", password.as_deref()),
        ];
        if all.iter().all(|(_, value)| given(*value).is_none()) {
            return Ok(None);
        }
        let needed = |at: usize| {
            let (variable, value) = all[at];
            let missing = || {
                SettingsError(format!(
                    "the e-invoice portal is set up in part: set {variable}"
                ))
            };
            given(value).map(str::to_owned).ok_or_else(missing)
        };
        Ok(Some(Account {
            base_url: needed(0)?,
            client_id: needed(1)?,
            client_secret: needed(2)?.into(),
            username: needed(3)?,
            password: needed(4)?.into(),
            gstin: gstin.to_owned(),
            public_keys: given(self.einvoice_public_key.as_deref()).map(str::to_owned),
            answer_within: ANSWER_WITHIN,
        }))
    }

    /// The portal for the supplier of this GSTIN, or `None` when nothing is set.
    ///
    /// # Errors
    /// The variable that is missing or wrong.
    pub fn open(
        &self,
        gstin: &str,
        seams: &Seams,
    ) -> Result<Option<Arc<dyn Portal>>, SettingsError> {
        let Some(account) = self.account(gstin)? else {
            return Ok(None);
        };
        let portal = HttpPortal::new(account, seams.clock.clone())?;
        Ok(Some(Arc::new(portal)))
    }
}
