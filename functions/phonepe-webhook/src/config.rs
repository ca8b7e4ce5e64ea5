use phonepe::WebhookSettings;
use phonepe::callback::Authenticator;

const USERNAME: &str = "PHONEPE_WEBHOOK_USERNAME";
const PASSWORD: &str = "PHONEPE_WEBHOOK_PASSWORD";

/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "phonepe-webhook",
    about = "Authenticates PhonePe's callbacks, records them and passes them on."
)]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,

    #[command(flatten)]
    pub webhook: WebhookSettings,
}

impl Config {
    /// What callbacks are checked against: the simulator's user name and password when none are set.
    ///
    /// # Errors
    /// Names the variable that is missing or not as PhonePe's dashboard takes it.
    pub fn authenticator(&self) -> Result<Authenticator, phonepe::Error> {
        let (username, password) = WebhookSettings::SIMULATED;
        let own = self.webhook.authenticator()?;
        Ok(own.unwrap_or_else(|| Authenticator::new(username, password)))
    }

    /// Neither variable is set.
    pub fn is_simulated(&self) -> bool {
        matches!(self.webhook.authenticator(), Ok(None))
    }

    fn knows_only_what_everybody_knows(&self) -> bool {
        let password = self.webhook.phonepe_webhook_password.as_ref();
        password.is_some_and(|password| password.expose().trim() == WebhookSettings::SIMULATED.1)
    }
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, findings: &mut runtime::Findings) {
        self.common.check_push(findings);
        match self.webhook.authenticator() {
            Ok(Some(_)) => {}
            Ok(None) => {
                for variable in [USERNAME, PASSWORD] {
                    findings.production(variable, false, "must be set");
                }
            }
            Err(phonepe::Error::Invalid(what)) => {
                // "PHONEPE_WEBHOOK_PASSWORD must be …"
                let (variable, rule) = what.split_once(' ').unwrap_or((&what, "can't be used"));
                findings.always(variable, false, rule);
            }
            Err(error) => findings.always(USERNAME, false, &error.to_string()),
        }
        findings.production(
            PASSWORD,
            !self.knows_only_what_everybody_knows(),
            "must not be the simulator's, which everybody knows",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(arguments: &[&str]) -> Result<Config, String> {
        let unset = ["phonepe-webhook", "--environment=development"];
        runtime::config::load_from(unset.iter().chain(arguments)).map_err(|e| e.to_string())
    }

    fn production(arguments: &[&str]) -> Result<Config, String> {
        let sound = [
            "phonepe-webhook",
            "--environment=production",
            "--database-url=postgresql://webhook:pw@/raptorflow?host=/cloudsql/p:asia-south1:main",
            "--gcp-project-id=raptorflow-prod",
            "--push-audience=https://phonepe-webhook.example",
            "--push-service-account=push@raptorflow-prod.iam.gserviceaccount.com",
        ];
        runtime::config::load_from(sound.iter().chain(arguments)).map_err(|e| e.to_string())
    }

    #[test]
    fn without_any_the_simulator_is_believed() {
        let none = ["--phonepe-webhook-username=", "--phonepe-webhook-password="];
        let config = load(&none).unwrap();
        assert!(config.is_simulated());
        // sha256sum of simulator:simulator2026
        let header = b"faeb5b5b34607464230a4614a869d0207924c146d3207ad6543f116db1506575";
        assert!(config.authenticator().unwrap().check(header));
    }

    #[test]
    fn production_needs_both_and_not_the_simulators() {
        let none = ["--phonepe-webhook-username=", "--phonepe-webhook-password="];
        let error = production(&none).unwrap_err();
        for variable in [USERNAME, PASSWORD] {
            assert!(
                error.contains(&format!("{variable} must be set")),
                "{error}"
            );
        }
        let error = production(&[
            "--phonepe-webhook-username=simulator",
            "--phonepe-webhook-password=simulator2026",
        ])
        .unwrap_err();
        assert!(error.contains("everybody knows"), "{error}");
        let own = [
            "--phonepe-webhook-username=raptor_hook",
            "--phonepe-webhook-password=Kw39xQ2mPz",
        ];
        let config = production(&own).unwrap();
        assert!(!config.is_simulated());
        assert!(!format!("{config:?}").contains("Kw39xQ2mPz"));
    }

    #[test]
    fn what_the_dashboard_does_not_take_is_refused_everywhere() {
        for (username, password, named) in [
            ("hook", "abcd1234", USERNAME),                  // 4
            ("a23456789012345678901", "abcd1234", USERNAME), // 21
            ("hook-user", "abcd1234", USERNAME),
            ("hook_user", "abcd123", PASSWORD),               // 7
            ("hook_user", "abcd12345678901234567", PASSWORD), // 21
            ("hook_user", "abcd 1234", PASSWORD),
            ("hook_user", "", PASSWORD),
            ("", "abcd1234", USERNAME),
        ] {
            let error = load(&[
                &format!("--phonepe-webhook-username={username}"),
                &format!("--phonepe-webhook-password={password}"),
            ])
            .unwrap_err();
            assert!(error.contains(named), "{username} {password}: {error}");
            assert!(
                password.is_empty() || !error.contains(password),
                "it repeats the password: {error}"
            );
        }
        for (username, password) in [
            ("hooks", "abcd1234"),
            ("a2345678901234567890", "A2345678901234567890"),
        ] {
            load(&[
                &format!("--phonepe-webhook-username={username}"),
                &format!("--phonepe-webhook-password={password}"),
            ])
            .unwrap();
        }
    }
}
