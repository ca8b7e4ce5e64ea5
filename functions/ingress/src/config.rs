use axum::http::HeaderValue;
use guard::{RateLimits, TokenKeys, Window};
use runtime::Secret;

/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "ingress",
    about = "The public API: people, workspaces, executions, live updates, money."
)]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,

    #[command(flatten)]
    pub skills: shelf::Settings,

    #[command(flatten)]
    pub prices: economics::quote::Settings,

    #[command(flatten)]
    pub dynamic: economics::pricing::Arguments,

    #[command(flatten)]
    pub money: crate::money::Settings,

    /// Keys of access tokens, `kid:secret` with commas between; the first signs, all verify.
    #[arg(long, env = "JWT_SECRET_KEY", hide_env_values = true)]
    pub jwt_secret_key: Option<Secret<String>>,

    /// Origins of frontends, with commas between, as in https://app.raptorflow.com.
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", value_delimiter = ',')]
    pub cors_allowed_origins: Vec<String>,

    /// Limits as JSON, as in {"api":{"limit":2000,"seconds":3600}}; what is left out keeps its default.
    #[arg(long, env = "RATE_LIMITS", default_value = "{}")]
    pub rate_limits: RateLimits,

    /// limit/seconds for sign-ins, over RATE_LIMITS. Default 5/300.
    #[arg(long, env = "RATE_LIMIT_LOGIN", value_parser = window)]
    pub rate_limit_login: Option<Window>,

    /// limit/seconds for requests of one person, over RATE_LIMITS and tiers. Default 1000/3600.
    #[arg(long, env = "RATE_LIMIT_API", value_parser = window)]
    pub rate_limit_api: Option<Window>,

    /// limit/seconds for executions of one person, over RATE_LIMITS and tiers. Default 100/3600.
    #[arg(long, env = "RATE_LIMIT_EXECUTIONS", value_parser = window)]
    pub rate_limit_executions: Option<Window>,

    /// Proxies in front of this function that add to X-Forwarded-For. Default: 1 in production, else 0.
    #[arg(long, env = "TRUSTED_PROXIES")]
    pub trusted_proxies: Option<usize>,
}

/// `100/3600`
fn window(text: &str) -> Result<Window, String> {
    let parse = |text: &str| text.trim().parse::<u32>().ok().filter(|n| *n > 0);
    text.split_once('/')
        .and_then(|(limit, seconds)| Some(Window::new(parse(limit)?, parse(seconds)?)))
        .ok_or_else(|| "expected limit/seconds, as in 100/3600".to_owned())
}

impl Config {
    pub fn trusted_proxies(&self) -> usize {
        let default = usize::from(self.common.environment.is_production());
        self.trusted_proxies.unwrap_or(default)
    }

    /// The keys that sign, or none when the variable is not set.
    ///
    /// # Errors
    /// When the variable has another shape.
    pub fn keys(&self) -> Result<Option<TokenKeys>, guard::KeyError> {
        let text = self.jwt_secret_key.as_ref().map(|key| key.expose().trim());
        text.filter(|text| !text.is_empty())
            .map(TokenKeys::parse)
            .transpose()
    }
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, findings: &mut runtime::Findings) {
        self.common.check_push(findings);
        let keys = self.keys();
        findings.always(
            "JWT_SECRET_KEY",
            keys.is_ok(),
            "must be kid:secret, several separated by commas",
        );
        let keys = keys.ok().flatten();
        findings.always(
            "JWT_SECRET_KEY",
            keys.is_some(),
            "must be set: kid:secret, with a secret of at least 32 bytes",
        );
        findings.production(
            "JWT_SECRET_KEY",
            keys.is_none_or(|keys| keys.check_strength().is_ok()),
            "has a secret shorter than 32 bytes",
        );
        let origins = &self.cors_allowed_origins;
        let well_formed = |origin: &String| {
            origin.contains("://")
                && !origin.ends_with('/')
                && HeaderValue::from_str(origin).is_ok()
        };
        findings.always(
            "CORS_ALLOWED_ORIGINS",
            origins.iter().all(well_formed),
            "must list origins such as https://app.raptorflow.com, without * and without a path",
        );
        if let Err(error) = self.prices.state() {
            let error = error.to_string();
            let rule = error.trim_start_matches("SUPPLIER_GSTIN ");
            findings.always("SUPPLIER_GSTIN", false, rule);
        }
        findings.production(
            "SUPPLIER_GSTIN",
            !self.prices.is_development(),
            "must be RaptorFlow's own: what stands there is for development",
        );
        findings.required("INVOICES_BUCKET", self.money.bucket());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTION: [&str; 8] = [
        "ingress",
        "--environment=production",
        "--database-url=postgresql://ingress:pw@/raptorflow?host=/cloudsql/p:asia-south1:main",
        "--google-cloud-project=raptorflow-prod",
        "--push-audience=https://ingress.example",
        "--push-service-account=push@raptorflow-prod.iam.gserviceaccount.com",
        "--jwt-secret-key=k:0123456789abcdef0123456789abcdef",
        "--cors-allowed-origins=https://app.raptorflow.com",
    ];

    fn load(more: &[&str]) -> Result<Config, String> {
        let arguments = PRODUCTION.iter().chain(more);
        runtime::config::load_from(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn production_knows_who_sells_and_where_invoices_are() {
        let error = load(&["--invoices-bucket= "]).unwrap_err();
        for expected in [
            "SUPPLIER_GSTIN must be RaptorFlow's own",
            "INVOICES_BUCKET must be set",
        ] {
            assert!(error.contains(expected), "{error}");
        }
        let wrong = load(&[
            "--supplier-gstin=27AAPFU0939F1ZX",
            "--invoices-bucket=rf-invoices",
        ])
        .unwrap_err();
        assert!(
            wrong.contains("SUPPLIER_GSTIN has a wrong check character"),
            "{wrong}"
        );
        let own = [
            "--supplier-gstin=27AAPFU0939F1ZV",
            "--invoices-bucket=rf-invoices",
        ];
        let config = load(&own).unwrap();
        assert_eq!(config.money.place(), "gs://rf-invoices");
    }

    #[test]
    fn invoices_are_in_the_bucket_or_in_the_folder() {
        let place = |more: &[&str]| {
            use clap::Parser;
            let arguments = ["ingress", "--invoices-dir=kept/here"];
            let config = Config::try_parse_from(arguments.iter().chain(more)).unwrap();
            config.money.place()
        };
        assert_eq!(place(&["--invoices-bucket="]), "kept/here");
        assert_eq!(place(&["--invoices-bucket=rf"]), "gs://rf");
        assert_eq!(place(&["--invoices-bucket=gs://rf/pdf"]), "gs://rf/pdf");
    }
}
