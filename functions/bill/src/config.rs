use domain::Usd;
use phonepe::Account;
use runtime::Findings;
use rust_decimal::Decimal;

/// Where `raptor simulate phonepe` listens unless it is told otherwise.
const SIMULATOR: &str = "http://127.0.0.1:9300";

/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "bill",
    about = "Settles executions, keeps budgets; takes payments, refunds and mandates through the gateway."
)]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,

    #[command(flatten)]
    pub phonepe: phonepe::Settings,

    #[command(flatten)]
    pub quote: economics::quote::Settings,

    /// Where customers come back to from the gateway's page. It is told ?payment_id=, and proves nothing.
    #[arg(
        long,
        env = "BILLING_SUCCESS_URL",
        default_value = "https://raptorflow.com/billing/success"
    )]
    pub billing_success_url: String,

    #[command(flatten)]
    pub dynamic: economics::pricing::Arguments,

    /// true: a workspace whose costs are far beyond its usual is paused until an operator has looked.
    /// false: it is only put up for review.
    #[arg(long, env = "ANOMALY_PAUSES", default_value_t = false, action = clap::ArgAction::Set)]
    pub anomaly_pauses: bool,

    /// What a day of any workspace may cost, in US dollars, before it is compared with anything: thrice
    /// nearly nothing is nearly nothing.
    #[arg(long, env = "ANOMALY_IGNORE_BELOW_USD", default_value = "0.5")]
    pub anomaly_ignore_below_usd: Decimal,
}

impl Config {
    /// The gateway's account; without one the simulator on this machine.
    ///
    /// # Errors
    /// When it is set in part.
    pub fn account(&self) -> Result<Account, phonepe::Error> {
        Ok(self.phonepe.account()?.unwrap_or_else(|| {
            tracing::warn!(
                address = SIMULATOR,
                "PhonePe is not set up: its simulator is asked"
            );
            Account::at(SIMULATOR, "simulated", "simulated")
        }))
    }

    pub fn anomaly(&self) -> economics::anomaly::Settings {
        economics::anomaly::Settings {
            ignore_below_usd: Usd(self.anomaly_ignore_below_usd),
            ..economics::anomaly::Settings::default()
        }
    }
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, findings: &mut Findings) {
        self.common.check_push(findings);
        let account = self.phonepe.account();
        if let Err(error) = &account {
            findings.always("PHONEPE_CLIENT_ID", false, &error.to_string());
        }
        findings.production(
            "PHONEPE_CLIENT_ID",
            account.is_ok_and(|account| account.is_some()),
            "must be set, with PHONEPE_CLIENT_SECRET",
        );
        if let Err(error) = self.quote.state() {
            findings.always("SUPPLIER_GSTIN", false, &error.to_string());
        }
        findings.production(
            "SUPPLIER_GSTIN",
            !self.quote.is_development(),
            "must be RaptorFlow's own",
        );
        let url = self.billing_success_url.starts_with("https://");
        findings.production("BILLING_SUCCESS_URL", url, "must start with https://");
    }
}
