//! Typed configuration: environment variables and flags from one struct. Production is strict and
//! names everything that is missing or unsafe at once; elsewhere the defaults are good enough.

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use anyhow::anyhow;
use clap::error::ErrorKind;

use crate::Secret;
use crate::telemetry::log_filter;

/// Where a process runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Environment {
    #[default]
    Development,
    /// Fakes stand in for outside systems.
    Test,
    Production,
}

impl Environment {
    pub fn is_production(self) -> bool {
        self == Self::Production
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "development" | "dev" => Ok(Self::Development),
            "test" => Ok(Self::Test),
            "production" | "prod" => Ok(Self::Production),
            _ => Err("expected development, test or production".to_owned()),
        }
    }
}

/// The variables every function reads. Flatten it into the function's own `Config` as `common`.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Common")]
pub struct Common {
    /// development, test or production. Production refuses to start on missing or unsafe values.
    #[arg(long, env = "ENVIRONMENT", default_value = "development")]
    pub environment: Environment,

    /// The port to listen on; 0 takes a free one.
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// The address to listen on. Default: 127.0.0.1, in production 0.0.0.0.
    #[arg(long, env = "HOST")]
    pub host: Option<IpAddr>,

    /// PostgreSQL, as this function's own role: postgresql://role:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret<String>>,

    /// The most connections this process opens.
    #[arg(long, env = "DATABASE_MAX_CONNECTIONS", default_value_t = 10)]
    pub database_max_connections: u32,

    /// error, warn, info, debug or trace, or directives such as `info,bill=debug`.
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    pub log_level: String,

    /// The Google Cloud project. Default: GOOGLE_CLOUD_PROJECT.
    #[arg(long, env = "GCP_PROJECT_ID")]
    pub gcp_project_id: Option<String>,

    /// What Google's own tools call the project; GCP_PROJECT_ID goes first.
    #[arg(long, env = "GOOGLE_CLOUD_PROJECT")]
    pub google_cloud_project: Option<String>,

    /// The Google Cloud region.
    #[arg(long, env = "GCP_LOCATION", default_value = "asia-south1")]
    pub gcp_location: String,

    /// host:port of a Pub/Sub emulator. Never in production.
    #[arg(long, env = "PUBSUB_EMULATOR_HOST")]
    pub pubsub_emulator_host: Option<String>,

    /// Address of the embedded broker when functions run as separate processes. Never in production.
    #[arg(long, env = "BROKER_URL")]
    pub broker_url: Option<String>,

    /// The audience that push requests' OIDC tokens must carry.
    #[arg(long, env = "PUSH_AUDIENCE")]
    pub push_audience: Option<String>,

    /// The service account (email) that push requests' OIDC tokens must be of.
    #[arg(long, env = "PUSH_SERVICE_ACCOUNT")]
    pub push_service_account: Option<String>,
}

impl Common {
    /// The address to listen on.
    pub fn host(&self) -> IpAddr {
        let default = match self.environment {
            Environment::Production => Ipv4Addr::UNSPECIFIED,
            Environment::Development | Environment::Test => Ipv4Addr::LOCALHOST,
        };
        self.host.unwrap_or(IpAddr::V4(default))
    }

    /// The Google Cloud project, from whichever variable names it.
    pub fn project(&self) -> Option<&str> {
        filled(self.gcp_project_id.as_deref()).or(filled(self.google_cloud_project.as_deref()))
    }

    pub fn database_url(&self) -> Option<&str> {
        filled(self.database_url.as_ref().map(|url| url.expose().as_str()))
    }

    fn check(&self, findings: &mut Findings) {
        findings.always(
            "LOG_LEVEL",
            log_filter(&self.log_level).is_ok(),
            "is not a level or directive",
        );
        findings.always(
            "DATABASE_MAX_CONNECTIONS",
            self.database_max_connections > 0,
            "must be at least 1",
        );
        findings.required("GCP_PROJECT_ID", self.project());
        findings.required("DATABASE_URL", self.database_url());
        if let Some(url) = self.database_url() {
            let known = url.starts_with("postgresql://") || url.starts_with("postgres://");
            findings.always("DATABASE_URL", known, "must start with postgresql://");
            findings.production(
                "DATABASE_URL",
                database_is_private(url),
                "must use a unix socket, loopback, or sslmode=require or stricter",
            );
        }
        let emulated = filled(self.pubsub_emulator_host.as_deref()).is_some();
        findings.production("PUBSUB_EMULATOR_HOST", !emulated, "must not be set");
        let embedded = filled(self.broker_url.as_deref()).is_some();
        findings.production("BROKER_URL", !embedded, "must not be set");
    }

    /// For functions that receive push requests: production must know whose tokens to believe.
    pub fn check_push(&self, findings: &mut Findings) {
        findings.required("PUSH_AUDIENCE", filled(self.push_audience.as_deref()));
        findings.required(
            "PUSH_SERVICE_ACCOUNT",
            filled(self.push_service_account.as_deref()),
        );
    }
}

/// A variable that is set to nothing counts as not set.
fn filled(value: Option<&str>) -> Option<&str> {
    value.filter(|text| !text.trim().is_empty())
}

/// Whether what passes between us and the database can't be read on the way.
fn database_is_private(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let has = |name: &str, fits: &dyn Fn(&str) -> bool| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .any(|(key, value)| key == name && fits(value))
    };
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let socket = has("host", &|host| {
        host.starts_with('/') || host.starts_with("%2F")
    });
    let host_is_local = host.starts_with("%2F")
        || host.starts_with("[::1]")
        || ["localhost", "127.0.0.1"].contains(&host.split(':').next().unwrap_or_default());
    socket
        || host_is_local
        || has("sslmode", &|mode| {
            matches!(mode, "require" | "verify-ca" | "verify-full")
        })
}

/// What a function's own configuration adds to the checks on [`Common`].
pub trait Validate {
    fn common(&self) -> &Common;

    /// Records what is missing or unsafe. The checks on [`Common`] are made already.
    fn check(&self, findings: &mut Findings);
}

/// What is wrong with a configuration, collected so that one start names all of it.
#[derive(Debug)]
pub struct Findings {
    environment: Environment,
    list: Vec<String>,
}

impl Findings {
    pub fn new(environment: Environment) -> Self {
        Self {
            environment,
            list: Vec::new(),
        }
    }

    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The variable must be set in production.
    pub fn required<T>(&mut self, variable: &str, value: Option<T>) {
        self.production(variable, value.is_some(), "must be set");
    }

    /// `holds` must be true in production. `rule` completes the sentence after the variable's name.
    pub fn production(&mut self, variable: &str, holds: bool, rule: &str) {
        self.always(variable, holds || !self.environment.is_production(), rule);
    }

    /// `holds` must be true everywhere.
    pub fn always(&mut self, variable: &str, holds: bool, rule: &str) {
        if !holds {
            self.list.push(format!("{variable} {rule}"));
        }
    }

    /// # Errors
    /// One message with a line for each finding.
    pub fn into_result(self) -> anyhow::Result<()> {
        if self.list.is_empty() {
            return Ok(());
        }
        Err(anyhow!(
            "the configuration is not fit for {}:\n  {}\n--help lists every variable",
            self.environment,
            self.list.join("\n  "),
        ))
    }
}

/// Reads flags and environment, then checks them. `--help` and `--version` print and exit.
///
/// # Errors
/// A value of the wrong type, or one message naming all that [`Validate`] found.
pub fn load<C: clap::Parser + Validate>() -> anyhow::Result<C> {
    load_from(std::env::args_os())
}

/// [`load`] with the given arguments, the program's name first.
///
/// # Errors
/// As [`load`].
pub fn load_from<C, I, A>(arguments: I) -> anyhow::Result<C>
where
    C: clap::Parser + Validate,
    I: IntoIterator<Item = A>,
    A: Into<OsString> + Clone,
{
    let config = match C::try_parse_from(arguments) {
        Ok(config) => config,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            error.exit()
        }
        Err(error) => return Err(anyhow!("{}", error.to_string().trim_end())),
    };
    let mut findings = Findings::new(config.common().environment);
    config.common().check(&mut findings);
    config.check(&mut findings);
    findings.into_result()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[derive(Debug, clap::Parser)]
    struct Config {
        #[command(flatten)]
        common: Common,
        /// The key that signs tokens.
        #[arg(long, env = "RUNTIME_TEST_SIGNING_KEY", hide_env_values = true)]
        signing_key: Option<Secret<String>>,
    }

    impl Validate for Config {
        fn common(&self) -> &Common {
            &self.common
        }

        fn check(&self, findings: &mut Findings) {
            findings.required("RUNTIME_TEST_SIGNING_KEY", self.signing_key.as_ref());
            self.common.check_push(findings);
        }
    }

    fn load(arguments: &[&str]) -> anyhow::Result<Config> {
        load_from(["test"].iter().chain(arguments))
    }

    #[test]
    fn development_needs_nothing() {
        let config = load(&["--environment=development", "--port=0"]).unwrap();
        assert_eq!(config.common.host(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(config.common.gcp_location, "asia-south1");
    }

    #[test]
    fn production_names_everything_that_is_wrong_at_once() {
        let error = load(&[
            "--environment=production",
            "--database-url=postgres://app:pw@10.0.0.9/raptorflow",
            "--pubsub-emulator-host=localhost:8085",
            "--broker-url=http://localhost:9",
            "--gcp-project-id=",
            "--google-cloud-project=",
            "--push-audience=",
        ])
        .unwrap_err()
        .to_string();
        for expected in [
            "GCP_PROJECT_ID must be set",
            "DATABASE_URL must use a unix socket",
            "PUBSUB_EMULATOR_HOST must not be set",
            "BROKER_URL must not be set",
            "RUNTIME_TEST_SIGNING_KEY must be set",
            "PUSH_AUDIENCE must be set",
            "PUSH_SERVICE_ACCOUNT must be set",
        ] {
            assert!(
                error.contains(expected),
                "{expected:?} is missing from: {error}"
            );
        }
        assert!(!error.contains(":pw@"), "{error}");
    }

    #[test]
    fn a_sound_production_configuration_starts_on_all_interfaces() {
        let config = load(&[
            "--environment=production",
            "--database-url=postgresql://bill:pw@/raptorflow?host=/cloudsql/p:asia-south1:main",
            "--google-cloud-project=raptorflow-prod",
            "--signing-key=k",
            "--push-audience=https://bill.example",
            "--push-service-account=push@raptorflow-prod.iam.gserviceaccount.com",
        ])
        .unwrap();
        assert_eq!(config.common.host(), IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        assert_eq!(config.common.project(), Some("raptorflow-prod"));
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("pw@") && printed.contains("***"),
            "{printed}"
        );
    }

    #[test]
    fn wrong_values_are_refused_everywhere() {
        let error = load(&[
            "--environment=development",
            "--database-max-connections=0",
            "--log-level=a=b=c",
        ]);
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("LOG_LEVEL") && error.contains("DATABASE_MAX_CONNECTIONS"),
            "{error}"
        );
        assert!(
            load(&["--environment=staging"])
                .unwrap_err()
                .to_string()
                .contains("production")
        );
    }

    #[test]
    fn which_databases_are_private() {
        for good in [
            "postgresql://u:p@localhost:5432/d",
            "postgresql://u:p@127.0.0.1/d",
            "postgresql://u:p@[::1]:5432/d",
            "postgresql://u:p@%2Fcloudsql%2Fp:r:i/d",
            "postgresql:///d?host=/run/pg",
            "postgresql://u:p@db.example/d?application_name=x&sslmode=verify-full",
        ] {
            assert!(database_is_private(good), "{good}");
        }
        for bad in [
            "postgresql://u:p@db.example/d",
            "postgresql://u:p@db.example/d?sslmode=prefer",
            "postgresql://localhost:p@db.example/d",
            "postgresql://u:p@localhost.example/d",
        ] {
            assert!(!database_is_private(bad), "{bad}");
        }
    }

    #[test]
    fn help_lists_the_variables_and_none_of_the_secrets() {
        let mut command = Config::command();
        let help = command.render_long_help().to_string();
        for variable in [
            "ENVIRONMENT",
            "PORT",
            "DATABASE_URL",
            "PUSH_AUDIENCE",
            "RUNTIME_TEST_SIGNING_KEY",
        ] {
            assert!(
                help.contains(variable),
                "{variable} is missing from: {help}"
            );
        }
        for secret in ["database_url", "signing_key"] {
            let argument = command
                .get_arguments()
                .find(|argument| argument.get_id() == secret);
            assert!(argument.unwrap().is_hide_env_values_set(), "{secret}");
        }
    }
}
