use phonepe::{Error, Settings, WebhookSettings};
use testkit::ManualClock;

use crate::support::ist;

fn settings(pg: Option<&str>, id: Option<&str>, secret: Option<&str>) -> Settings {
    Settings {
        phonepe_pg_base_url: pg.map(str::to_owned),
        phonepe_oauth_base_url: None,
        phonepe_client_id: id.map(str::to_owned),
        phonepe_client_secret: secret.map(Into::into),
        phonepe_client_version: 1,
    }
}

fn complaint<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    outcome.unwrap_err().to_string()
}

#[test]
fn nothing_set_is_no_account_and_a_part_is_a_mistake() {
    assert!(settings(None, None, None).account().unwrap().is_none());
    assert!(
        settings(Some(" "), Some(""), None)
            .account()
            .unwrap()
            .is_none()
    );
    let half = settings(None, Some("id"), None).account();
    assert!(complaint(half).contains("PHONEPE_CLIENT_SECRET"));
    let half = settings(Some("http://127.0.0.1:1"), None, Some("s")).account();
    assert!(complaint(half).contains("PHONEPE_CLIENT_ID"));
    let clock = ManualClock::at(ist("2026-11-20 10:30"));
    let wrong = settings(Some("phonepe"), Some("id"), Some("s")).client(clock);
    assert!(complaint(wrong).contains("PHONEPE_PG_BASE_URL"));
}

#[test]
fn tokens_come_from_where_the_gateway_is() {
    let account = |pg| {
        settings(pg, Some("id"), Some("s"))
            .account()
            .unwrap()
            .unwrap()
    };
    // Production's two hosts, and the sandbox's one.
    let production = account(None);
    assert_eq!(production.pg_base_url, "https://api.phonepe.com/apis/pg");
    assert_eq!(
        production.oauth_base_url,
        "https://api.phonepe.com/apis/identity-manager"
    );
    let sandbox = "https://api-preprod.phonepe.com/apis/pg-sandbox";
    assert_eq!(account(Some(sandbox)).oauth_base_url, sandbox);
    assert!(!format!("{production:?}").contains("\"s\""));
}

#[test]
fn the_webhook_takes_what_the_dashboard_takes() {
    let made = |username: Option<&str>, password: Option<&str>| {
        WebhookSettings {
            phonepe_webhook_username: username.map(str::to_owned),
            phonepe_webhook_password: password.map(Into::into),
        }
        .authenticator()
    };
    assert!(made(None, None).unwrap().is_none());
    let right = made(Some("raptor_1"), Some("abcdefg1")).unwrap().unwrap();
    assert!(!right.check(b""));
    for (username, password) in [
        (Some("raptor"), None),
        (None, Some("abcdefg1")),
        (Some("four"), Some("abcdefg1")),
        (Some("rap-tor"), Some("abcdefg1")),
        (Some("raptor"), Some("short12")),
        (Some("raptor"), Some("abcdefg_1")),
        (Some("raptor"), Some("abcdefghijklmnopqrst1")),
    ] {
        let complaint = complaint(made(username, password));
        assert!(complaint.contains("PHONEPE_WEBHOOK_"), "{complaint}");
        assert!(!complaint.contains("abcdefg"), "{complaint}");
    }
}
