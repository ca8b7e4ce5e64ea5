//! The payment gateway of a local run: PhonePe where it is set up, else its simulator in this process.

use anyhow::{Context, Result};
use domain::Seams;
use phonepe::{Account, WebhookSettings};
use testkit::phonepe::{FakePhonePe, Options, WebhookTarget};

pub struct Gateway {
    pub account: Account,
    simulator: Option<FakePhonePe>,
}

impl Gateway {
    /// # Errors
    /// When PhonePe is set up in part.
    pub async fn start(settings: &phonepe::Settings, seams: &Seams) -> Result<Self> {
        if let Some(account) = settings.account().context("PhonePe")? {
            return Ok(Self {
                account,
                simulator: None,
            });
        }
        let options = Options::new(seams.clone());
        let (id, secret) = (options.client_id.clone(), options.client_secret.clone());
        let simulator = FakePhonePe::start(options).await;
        Ok(Self {
            account: Account::at(&simulator.base_url(), &id, &secret),
            simulator: Some(simulator),
        })
    }

    /// Has the simulator call the webhook function at this address.
    pub fn call_back(&self, webhook: &str) {
        if let Some(simulator) = &self.simulator {
            let (username, password) = WebhookSettings::SIMULATED;
            simulator.set_webhook(Some(WebhookTarget {
                url: format!("{webhook}/webhooks/phonepe"),
                username: username.to_owned(),
                password: password.to_owned(),
            }));
        }
    }

    /// For people.
    pub fn describe(&self) -> String {
        match &self.simulator {
            Some(simulator) => format!(
                "PhonePe is not set up, so a simulator at {} takes payments; no money moves",
                simulator.base_url()
            ),
            None => format!("payments go to {}", self.account.pg_base_url),
        }
    }

    /// The environment of a function that asks the gateway.
    pub fn environment(&self) -> [(String, String); 5] {
        let account = &self.account;
        [
            ("PHONEPE_PG_BASE_URL", account.pg_base_url.clone()),
            ("PHONEPE_OAUTH_BASE_URL", account.oauth_base_url.clone()),
            ("PHONEPE_CLIENT_ID", account.client_id.clone()),
            (
                "PHONEPE_CLIENT_SECRET",
                account.client_secret.expose().clone(),
            ),
            ("PHONEPE_CLIENT_VERSION", account.client_version.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }
}
