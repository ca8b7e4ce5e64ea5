//! Whether a GSTIN is a taxpayer's: what the register says, and that an outage says nothing.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use gst_invoice::gstins::{Found, Gsp, NotSetUp, Register, Settings};
use testkit::ManualClock;
use testkit::gst::{FakeGsp, Fault, Options, Taxpayer, Twist};

const ACTIVE: &str = "27AAPFU0939F1ZV";
const SUSPENDED: &str = "05AAACG2115R1ZN";
const CANCELLED: &str = "06AACCG0527D1Z8";
/// Of a right shape, and not registered.
const NOBODY: &str = "33GSPTN0231G1ZM";

struct Setting {
    fake: FakeGsp,
    clock: Arc<ManualClock>,
    gsp: Gsp,
}

impl Setting {
    async fn new() -> Self {
        Self::patient(Duration::from_secs(30)).await
    }

    async fn patient(answer_within: Duration) -> Self {
        let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let clock = ManualClock::at(now);
        let fake = FakeGsp::start(Options::new(runtime::system_seams())).await;
        let base_url = format!("{}/", fake.base_url());
        let gsp = Gsp::new(&base_url, "key", clock.clone(), answer_within).unwrap();
        Self { fake, clock, gsp }
    }

    fn asked(&self) -> usize {
        self.fake.calls().len()
    }
}

fn active(name: &str) -> Found {
    Found::Active { name: name.into() }
}

fn unknown(found: Found) -> String {
    match found {
        Found::Unknown(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_register_says_who_it_is() {
    let setting = Setting::new().await;
    let look_up = |gstin| setting.gsp.look_up(gstin);
    assert_eq!(look_up(ACTIVE).await, active("UDAY SILK TRADERS LLP"));
    assert_eq!(
        look_up(SUSPENDED).await,
        Found::Inactive {
            name: "DEHRADUN SAMPLE LIMITED".into(),
            status: "Suspended".into()
        }
    );
    assert_eq!(
        look_up(CANCELLED).await,
        Found::Inactive {
            name: "GURUGRAM SAMPLE LIMITED".into(),
            status: "Cancelled".into()
        }
    );
    assert_eq!(look_up(NOBODY).await, Found::NotFound);
    let first = &setting.fake.calls()[0];
    assert_eq!(first.query, format!("action=TP&gstin={ACTIVE}"));
    assert_eq!(first.headers["x-api-key"], "key");
}

#[tokio::test]
async fn an_active_number_is_asked_for_once_a_day() {
    let setting = Setting::new().await;
    let found = setting.gsp.look_up(ACTIVE).await;
    setting.fake.set(Taxpayer::new(ACTIVE, "UDAY", "Cancelled"));
    setting
        .clock
        .advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let again = setting.gsp.look_up(" 27aapfu0939f1zv ").await;
    assert_eq!(again, found);
    assert_eq!(setting.asked(), 1);
    setting.clock.advance(TimeDelta::seconds(1));
    let status = "Cancelled".to_owned();
    assert_eq!(
        setting.gsp.look_up(ACTIVE).await,
        Found::Inactive {
            name: "UDAY".into(),
            status
        }
    );
    assert_eq!(setting.asked(), 2);
}

#[tokio::test]
async fn what_is_not_active_is_asked_for_each_time() {
    let setting = Setting::new().await;
    for gstin in [NOBODY, SUSPENDED] {
        setting.gsp.look_up(gstin).await;
        setting.fake.set(Taxpayer::new(gstin, "NEW NAME", "Active"));
        assert_eq!(setting.gsp.look_up(gstin).await, active("NEW NAME"));
    }
}

#[tokio::test]
async fn an_outage_is_never_taken_for_an_answer() {
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(429),
        Fault::StatusAfter(502),
        Fault::Malformed,
        // Whatever it says while it fails.
        Fault::RefusedWith(503, "FO8000".into()),
        Fault::RefusedWith(429, "FO8000".into()),
        Fault::RefusedWith(401, "FO8000".into()),
        Fault::Refused("GEN5008".into()),
        Fault::Refused("SWEB_9035".into()),
        Fault::Twisted(Twist::Taxpayer),
    ] {
        let setting = Setting::new().await;
        for gstin in [NOBODY, ACTIVE] {
            setting.fake.fail_next(fault.clone());
            unknown(setting.gsp.look_up(gstin).await);
        }
        assert_eq!(setting.gsp.look_up(NOBODY).await, Found::NotFound);
        let name = "UDAY SILK TRADERS LLP";
        assert_eq!(setting.gsp.look_up(ACTIVE).await, active(name), "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for_for_ever() {
    let setting = Setting::patient(Duration::from_millis(200)).await;
    for fault in [Fault::Timeout, Fault::TimeoutAfter] {
        setting.fake.fail_next(fault);
        let why = unknown(setting.gsp.look_up(NOBODY).await);
        assert!(why.contains("did not answer in time"), "{why}");
    }
}

#[tokio::test]
async fn nobody_at_the_door_is_an_outage() {
    let setting = Setting::new().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let patience = Duration::from_secs(30);
    let gsp = Gsp::new(&base_url, "key", setting.clock.clone(), patience).unwrap();
    let why = unknown(gsp.look_up(ACTIVE).await);
    assert!(
        why.contains("no connection") && !why.contains(ACTIVE),
        "{why}"
    );
}

#[tokio::test]
async fn a_wrong_key_is_an_outage_too() {
    let setting = Setting::new().await;
    let (base_url, clock) = (setting.fake.base_url(), setting.clock.clone());
    let gsp = Gsp::new(&base_url, "wrong", clock, Duration::from_secs(30)).unwrap();
    let why = unknown(gsp.look_up(ACTIVE).await);
    assert!(why.contains("does not take our key"), "{why}");
}

#[tokio::test]
async fn an_outage_is_not_hammered() {
    let setting = Setting::new().await;
    let name = "UDAY SILK TRADERS LLP";
    assert_eq!(setting.gsp.look_up(ACTIVE).await, active(name));
    setting.fake.fail_always(Some(Fault::Status(503)));
    for _ in 0..20 {
        unknown(setting.gsp.look_up(NOBODY).await);
    }
    assert_eq!(setting.asked(), 6, "five failures, then nothing");
    assert_eq!(
        setting.gsp.look_up(ACTIVE).await,
        active(name),
        "it is kept"
    );
    setting.fake.fail_always(None);
    setting.clock.advance(TimeDelta::seconds(59));
    let why = unknown(setting.gsp.look_up(NOBODY).await);
    assert!(why.contains("left alone for 1 s"), "{why}");
    setting.clock.advance(TimeDelta::seconds(1));
    assert_eq!(setting.gsp.look_up(NOBODY).await, Found::NotFound);
    assert_eq!(setting.gsp.look_up(NOBODY).await, Found::NotFound);
}

#[tokio::test]
async fn numbers_that_there_are_not_are_no_outage() {
    let setting = Setting::new().await;
    for _ in 0..10 {
        assert_eq!(setting.gsp.look_up(NOBODY).await, Found::NotFound);
    }
    assert_eq!(setting.asked(), 10);
}

#[tokio::test]
async fn what_has_not_the_shape_is_not_asked() {
    let setting = Setting::new().await;
    for text in ["", "27AAPFU0939F1Z", "27AAPFU0939F1ZV&x=1", "२७AAPFU0939"] {
        let why = unknown(setting.gsp.look_up(text).await);
        assert!(why.contains("shape"), "{why}");
    }
    assert_eq!(setting.asked(), 0);
}

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    settings: Settings,
}

fn open(flags: &[&str]) -> Result<Arc<dyn Register>, String> {
    let arguments = ["test"].iter().chain(flags);
    let settings = Command::parse_from(arguments).settings;
    assert!(!format!("{settings:?}").contains("s3cret"));
    let opened = settings.open(&runtime::system_seams());
    opened.map_err(|error| error.to_string())
}

#[tokio::test]
async fn without_settings_nothing_is_known() {
    let register = open(&[]).unwrap();
    let expected = Found::Unknown("no GSP is set up".into());
    assert_eq!(register.look_up(ACTIVE).await, expected);
    assert_eq!(NotSetUp.look_up(ACTIVE).await, expected);
}

#[tokio::test]
async fn settings_open_a_gsp() {
    let setting = Setting::new().await;
    let base_url = setting.fake.base_url();
    let register = open(&["--gsp-base-url", &base_url, "--gsp-api-key", "key"]).unwrap();
    assert_eq!(
        register.look_up(ACTIVE).await,
        active("UDAY SILK TRADERS LLP")
    );
}

#[test]
fn settings_in_part_name_what_is_missing() {
    for (flags, expected) in [
        (
            &["--gsp-api-key", "s3cret"][..],
            "the GSP is set up in part: set GSP_BASE_URL",
        ),
        (
            &["--gsp-base-url", "https://gsp.example"],
            "the GSP is set up in part: set GSP_API_KEY",
        ),
        (
            &[
                "--gsp-base-url",
                "http://gsp.example",
                "--gsp-api-key",
                "s3cret",
            ],
            "GSP_BASE_URL must be an https address",
        ),
        (
            &[
                "--gsp-base-url",
                "https://gsp.example",
                "--gsp-api-key",
                "s3\ncret",
            ],
            "GSP_API_KEY has letters that no header carries",
        ),
    ] {
        assert_eq!(open(flags).err().unwrap(), expected);
    }
}
