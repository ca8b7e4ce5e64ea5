//! The e-invoice portal, on its good days and on all others. The simulator checks forms and computes
//! reference numbers by itself: what both say alike was written twice.

mod cancel;
mod login;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use gst_invoice::portal::{Account, HttpPortal, Portal, PortalError, codes};
use serde_json::{Value, json};
use tax::document::Registered;
use testkit::ManualClock;
use testkit::gst::{CERTIFICATE, Call, FakePortal, Fault, Options, PUBLIC_KEY, Style, Twist};

use crate::documents::{self, BUYER, SELLER};

/// 2026-11-21, half past three in the afternoon in India: the day of the documents here.
const TODAY: &str = "2026-11-21T10:00:00Z";

struct Setting {
    fake: FakePortal,
    clock: Arc<ManualClock>,
}

impl Setting {
    async fn at(time: &str, change: impl FnOnce(&mut Options)) -> Self {
        let clock = ManualClock::at(time.parse::<DateTime<Utc>>().unwrap());
        let seams = domain::Seams {
            clock: clock.clone(),
            ..runtime::system_seams()
        };
        let mut options = Options::new(seams);
        change(&mut options);
        Self {
            fake: FakePortal::start(options).await,
            clock,
        }
    }

    async fn new() -> Self {
        Self::at(TODAY, |_| {}).await
    }

    fn account(&self) -> Account {
        Account {
            base_url: self.fake.base_url(),
            client_id: "client".into(),
            client_secret: "secret".into(),
            username: "API_raptor".into(),
            password: "password1".into(),
            gstin: SELLER.into(),
            public_keys: Some(PUBLIC_KEY.into()),
            answer_within: Duration::from_secs(30),
        }
    }

    fn open(&self, account: Account) -> HttpPortal {
        HttpPortal::new(account, self.clock.clone()).unwrap()
    }

    fn portal(&self) -> HttpPortal {
        self.open(self.account())
    }

    /// For answers that never come.
    fn impatient(&self) -> HttpPortal {
        self.open(Account {
            answer_within: Duration::from_millis(200),
            ..self.account()
        })
    }

    fn count(&self, call: Call) -> usize {
        self.fake.calls(call).len()
    }
}

fn refusal(result: Result<Registered, PortalError>) -> String {
    match result.unwrap_err() {
        PortalError::Refused { code, .. } => code,
        PortalError::Unavailable(why) => panic!("unavailable: {why}"),
    }
}

fn unavailable(result: Result<Registered, PortalError>) -> String {
    match result.unwrap_err() {
        PortalError::Unavailable(why) => why,
        refused @ PortalError::Refused { .. } => panic!("{refused}"),
    }
}

/// The first from the portal's page on reference numbers, the second from an answer of its sandbox.
#[tokio::test]
async fn reference_numbers_are_those_of_the_worked_examples() {
    for (seller, day, time, number, irn) in [
        (
            "29AAFCC9980M1ZR",
            "15/12/2019",
            "2019-12-15T10:00:00Z",
            "2019-20/KA/1",
            "23f498ee41441ecad30f72ba5b9907506c3df70a17b0e0dff46b76a786400662",
        ),
        (
            "01AMBPG7773M002",
            "16/09/2022",
            "2022-09-16T13:59:00Z",
            "SINV-CFY-00067",
            "706daeccda0ef6f818da78f3a2a05a1288731057373002289b46c3229289a2e7",
        ),
    ] {
        let setting = Setting::at(time, |_| {}).await;
        let portal = setting.open(Account {
            gstin: seller.into(),
            ..setting.account()
        });
        let mut invoice = documents::invoice();
        invoice["SellerDtls"]["Gstin"] = json!(seller);
        invoice["SellerDtls"]["Stcd"] = json!(seller[..2]);
        invoice["DocDtls"] = json!({ "Typ": "INV", "No": number, "Dt": day });
        let registered = portal.register(&invoice).await.unwrap();
        assert_eq!(registered.irn, irn);
    }
}

#[tokio::test]
async fn a_registration_is_what_the_portal_answers() {
    let setting = Setting::new().await;
    let registered = setting
        .portal()
        .register(&documents::invoice())
        .await
        .unwrap();
    let entries = setting.fake.registered();
    let [entry] = &entries[..] else {
        panic!("{entries:?}")
    };
    assert_eq!(
        registered,
        Registered {
            irn: entry.irn.clone(),
            ack_number: "112610000000001".into(),
            ack_date: "2026-11-21 15:30:00".into(),
            signed_qr: entry.signed_qr.clone(),
        }
    );
    let sent = &setting.fake.calls(Call::Register)[0];
    assert_eq!(sent.body, documents::invoice());
    assert_eq!(
        (
            sent.headers["gstin"].as_str(),
            sent.headers["user_name"].as_str()
        ),
        (SELLER, "API_raptor")
    );
}

#[tokio::test]
async fn what_the_form_is_made_into_is_what_the_portal_takes() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    for (name, invoice) in documents::every_kind() {
        assert_eq!(tax::einvoice::validate(&invoice), [], "{name}");
        let registered = portal.register(&invoice).await;
        assert!(registered.is_ok(), "{name}: {registered:?}");
    }
    let kinds = documents::every_kind().len();
    assert_eq!(setting.fake.registered().len(), kinds);
}

/// Sent without the client, which would not send some of them.
#[tokio::test]
async fn what_the_form_forbids_the_portal_refuses() {
    let setting = Setting::new().await;
    // It logs in.
    setting
        .portal()
        .register(&documents::numbered(2))
        .await
        .unwrap();
    let token = setting.fake.calls(Call::Register)[0].headers["authtoken"].clone();
    let url = format!("{}/eicore/v1.03/Invoice", setting.fake.base_url());
    let send = async |invoice: &Value| -> Value {
        let request = reqwest::Client::new().post(&url).json(invoice);
        let request = [
            ("client_id", "client"),
            ("client_secret", "secret"),
            ("gstin", SELLER),
            ("user_name", "API_raptor"),
            ("authtoken", &token),
        ]
        .into_iter()
        .fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        request.send().await.unwrap().json().await.unwrap()
    };
    let mut wrong = vec![];
    for (path, value) in documents::spoilt() {
        let mut invoice = documents::invoice();
        *invoice.pointer_mut(path).unwrap() = value;
        if tax::einvoice::validate(&invoice).is_empty() {
            wrong.push(format!("{path} passes the form"));
        }
        let answer = send(&invoice).await;
        let code = &answer["ErrorDetails"][0]["ErrorCode"];
        let expected = documents::code_of(path);
        if answer["Status"] != 0 || !expected.iter().any(|expected| code == expected) {
            wrong.push(format!("{path} is answered {code}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(setting.fake.registered().len(), 1);
    assert_eq!(send(&documents::invoice()).await["Status"], 1);
}

#[tokio::test]
async fn a_second_registration_is_the_first() {
    for style in [Style::Objects, Style::Texts] {
        let setting = Setting::at(TODAY, |options| options.style = style).await;
        let portal = setting.portal();
        let first = portal.register(&documents::invoice()).await.unwrap();
        setting.clock.advance(TimeDelta::hours(5));
        let second = portal.register(&documents::invoice()).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(setting.fake.registered().len(), 1);
        assert_eq!(setting.count(Call::ByIrn), 1);
    }
}

#[tokio::test]
async fn a_second_registration_with_other_content_is_refused() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    portal.register(&documents::invoice()).await.unwrap();
    let dearer = documents::dearer();
    assert_eq!(refusal(portal.register(&dearer).await), codes::MISMATCH);
}

#[tokio::test]
async fn a_number_that_is_registered_as_something_else_is_refused() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    portal.register(&documents::invoice()).await.unwrap();
    let other = Fault::Twisted(Twist::Irn);
    setting.fake.fail_next(Call::Register, other);
    let second = portal.register(&documents::invoice()).await;
    assert_eq!(refusal(second), codes::MISMATCH);
    assert_eq!(setting.count(Call::ByIrn), 0);
}

#[tokio::test]
async fn after_three_days_a_first_registration_is_not_given_again() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    portal.register(&documents::invoice()).await.unwrap();
    setting.clock.advance(TimeDelta::days(4));
    let error = portal.register(&documents::invoice()).await.unwrap_err();
    let PortalError::Refused { code, message } = error else {
        panic!("{error}")
    };
    let irn = &setting.fake.registered()[0].irn;
    assert_eq!(code, "2283");
    assert!(message.contains(irn), "{message}");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_had_with_the_next_try() {
    let happened = [
        Fault::TimeoutAfter,
        Fault::StatusAfter(503),
        Fault::Malformed,
    ];
    let not = [
        Fault::Timeout,
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(429),
        Fault::Status(401),
        Fault::Status(404),
        Fault::Refused("2146".into()),
        Fault::Refused("GEN5008".into()),
        // Whatever it says while it fails.
        Fault::RefusedWith(503, "2172".into()),
    ];
    let cases = happened.map(|fault| (fault, 1)).into_iter();
    for (fault, entries) in cases.chain(not.map(|fault| (fault, 0))) {
        let setting = Setting::new().await;
        let portal = setting.portal();
        setting.fake.fail_next(Call::Register, fault.clone());
        let first = match fault {
            Fault::Timeout | Fault::TimeoutAfter => {
                let impatient = setting.impatient();
                impatient.register(&documents::invoice()).await
            }
            _ => portal.register(&documents::invoice()).await,
        };
        unavailable(first);
        assert_eq!(setting.fake.registered().len(), entries, "{fault:?}");
        let registered = portal.register(&documents::invoice()).await.unwrap();
        let kept = setting.fake.registered();
        assert_eq!(kept.len(), 1, "{fault:?}");
        assert_eq!(registered.signed_qr, kept[0].signed_qr, "{fault:?}");
    }
}

#[tokio::test]
async fn the_question_for_the_first_registration_can_fail_and_be_asked_again() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    portal.register(&documents::invoice()).await.unwrap();
    for fault in [Fault::Status(503), Fault::Malformed] {
        setting.fake.fail_next(Call::ByIrn, fault);
        unavailable(portal.register(&documents::invoice()).await);
    }
    assert!(portal.register(&documents::invoice()).await.is_ok());
}

#[tokio::test]
async fn nobody_at_the_door_is_an_outage() {
    let setting = Setting::new().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let portal = setting.open(Account {
        base_url: format!("http://{address}"),
        ..setting.account()
    });
    let why = unavailable(portal.register(&documents::invoice()).await);
    assert!(why.contains("no connection"), "{why}");
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let setting = Setting::new().await;
    let slow = Fault::Slow(Duration::from_millis(300));
    setting.fake.fail_next(Call::Register, slow);
    assert!(
        setting
            .portal()
            .register(&documents::invoice())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_refusal_bears_the_portals_code() {
    for style in [Style::Objects, Style::Texts] {
        let setting = Setting::at(TODAY, |options| options.style = style).await;
        let portal = setting.portal();
        let refused = Fault::Refused("2172".into());
        setting.fake.fail_next(Call::Register, refused);
        let error = portal.register(&documents::invoice()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the e-invoice portal refuses: 2172 2172 as told"
        );
        assert_eq!(setting.count(Call::Register), 1);
    }
}

#[tokio::test]
async fn a_document_is_taken_for_thirty_days() {
    for (days, code) in [(30, None), (31, Some("2305")), (-1, Some("2163"))] {
        let setting = Setting::new().await;
        setting.clock.advance(TimeDelta::days(days));
        let registered = setting.portal().register(&documents::invoice()).await;
        match code {
            None => assert!(registered.is_ok(), "{registered:?}"),
            Some(code) => assert_eq!(refusal(registered), code),
        }
    }
}

#[tokio::test]
async fn an_answer_about_something_else_is_not_believed() {
    for (twist, code) in [
        (Twist::Signature, codes::SIGNATURE),
        (Twist::Irn, codes::MISMATCH),
        (Twist::Code("SellerGstin"), codes::MISMATCH),
        (Twist::Code("BuyerGstin"), codes::MISMATCH),
        (Twist::Code("DocNo"), codes::MISMATCH),
        (Twist::Code("TotInvVal"), codes::MISMATCH),
        (Twist::Code("Irn"), codes::MISMATCH),
    ] {
        let setting = Setting::new().await;
        let portal = setting.portal();
        setting
            .fake
            .fail_next(Call::Register, Fault::Twisted(twist));
        let first = portal.register(&documents::invoice()).await;
        assert_eq!(refusal(first), code, "{twist:?}");
        setting.fake.fail_next(Call::ByIrn, Fault::Twisted(twist));
        let second = portal.register(&documents::invoice()).await;
        assert_eq!(refusal(second), code, "{twist:?}");
        assert!(portal.register(&documents::invoice()).await.is_ok());
    }
}

#[tokio::test]
async fn a_key_may_stand_in_a_certificate_or_beside_another() {
    let setting = Setting::new().await;
    for keys in [CERTIFICATE.to_owned(), format!("{CERTIFICATE}{PUBLIC_KEY}")] {
        let portal = setting.open(Account {
            public_keys: Some(keys),
            ..setting.account()
        });
        assert!(portal.register(&documents::invoice()).await.is_ok());
        let forged = Fault::Twisted(Twist::Signature);
        setting.fake.fail_next(Call::ByIrn, forged);
        let second = portal.register(&documents::invoice()).await;
        assert_eq!(refusal(second), codes::SIGNATURE);
    }
}

#[tokio::test]
async fn without_a_key_what_is_signed_is_compared_all_the_same() {
    let setting = Setting::new().await;
    let portal = setting.open(Account {
        public_keys: None,
        ..setting.account()
    });
    let forged = Fault::Twisted(Twist::Signature);
    setting.fake.fail_next(Call::Register, forged);
    assert!(portal.register(&documents::invoice()).await.is_ok());
    setting
        .fake
        .fail_next(Call::ByIrn, Fault::Twisted(Twist::Code("TotInvVal")));
    let second = portal.register(&documents::invoice()).await;
    assert_eq!(refusal(second), codes::MISMATCH);
}

#[tokio::test]
async fn a_document_that_is_not_the_suppliers_is_not_sent() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    let mut other = documents::invoice();
    other["SellerDtls"]["Gstin"] = json!(BUYER);
    let mut nameless = documents::invoice();
    nameless["DocDtls"]["No"] = Value::Null;
    for invoice in [other, nameless, Value::Null] {
        assert_eq!(refusal(portal.register(&invoice).await), codes::DOCUMENT);
    }
    assert_eq!(
        setting.count(Call::Login) + setting.count(Call::Register),
        0
    );
}
