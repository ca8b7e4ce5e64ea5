use chrono::TimeDelta;
use gst_invoice::portal::{CancelReason, Portal, PortalError, codes};
use serde_json::json;
use testkit::gst::{Call, Fault};

use super::{Setting, refusal};
use crate::documents;

#[tokio::test]
async fn a_registration_can_be_taken_back_for_a_day() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    let registered = portal.register(&documents::invoice()).await.unwrap();
    setting.clock.advance(TimeDelta::hours(24));
    portal
        .cancel(
            &registered.irn,
            CancelReason::OrderCancelled,
            "the customer left",
        )
        .await
        .unwrap();
    let sent = &setting.fake.calls(Call::Cancel)[0].body;
    assert_eq!(
        *sent,
        json!({ "Irn": registered.irn, "Cnlrsn": "3", "Cnlrem": "the customer left" })
    );
    assert!(setting.fake.registered()[0].cancelled_at.is_some());
    let again = portal.register(&documents::invoice()).await;
    assert_eq!(refusal(again), "2278", "its number stays used");
}

#[tokio::test]
async fn after_a_day_it_stands() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    let irn = portal.register(&documents::invoice()).await.unwrap().irn;
    setting
        .clock
        .advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
    let late = portal.cancel(&irn, CancelReason::EntryMistake, "").await;
    let Err(PortalError::Refused { code, .. }) = late else {
        panic!("{late:?}")
    };
    assert_eq!(code, "2270");
    assert_eq!(setting.fake.registered()[0].cancelled_at, None);
}

#[tokio::test]
async fn what_is_taken_back_already_is_no_error() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    let irn = portal.register(&documents::invoice()).await.unwrap().irn;
    setting.fake.fail_next(Call::Cancel, Fault::TimeoutAfter);
    let lost = setting
        .impatient()
        .cancel(&irn, CancelReason::Other, "x")
        .await;
    assert!(matches!(lost, Err(PortalError::Unavailable(_))), "{lost:?}");
    let cancelled_at = setting.fake.registered()[0].cancelled_at;
    assert!(cancelled_at.is_some());
    setting.fake.fail_next(Call::ByIrn, Fault::Status(503));
    let unsure = portal.cancel(&irn, CancelReason::Other, "x").await;
    assert!(matches!(unsure, Err(PortalError::Unavailable(_))));
    portal.cancel(&irn, CancelReason::Other, "x").await.unwrap();
    assert_eq!(setting.fake.registered()[0].cancelled_at, cancelled_at);
}

#[tokio::test]
async fn not_active_and_yet_not_taken_back_is_refused() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    let irn = portal.register(&documents::invoice()).await.unwrap().irn;
    setting
        .fake
        .fail_next(Call::Cancel, Fault::Refused("9999".into()));
    let result = portal.cancel(&irn, CancelReason::Other, "x").await;
    let Err(PortalError::Refused { code, .. }) = result else {
        panic!("{result:?}")
    };
    assert_eq!(code, "9999");
}

#[tokio::test]
async fn a_number_that_the_portal_does_not_have_or_that_is_none_is_refused() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    for (irn, expected, sent) in [
        ("a".repeat(64), codes::ABSENT, 1),
        ("A".repeat(64), codes::DOCUMENT, 1),
        ("../auth".to_owned(), codes::DOCUMENT, 1),
    ] {
        let result = portal.cancel(&irn, CancelReason::Duplicate, "x").await;
        let Err(PortalError::Refused { code, .. }) = result else {
            panic!("{result:?}")
        };
        assert_eq!(code, expected);
        assert_eq!(setting.count(Call::Cancel), sent);
    }
}

#[tokio::test]
async fn a_first_registration_that_was_taken_back_is_none() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    let irn = portal.register(&documents::invoice()).await.unwrap().irn;
    portal.cancel(&irn, CancelReason::Other, "x").await.unwrap();
    // A portal that calls it a duplicate all the same.
    let duplicate = Fault::Refused("2150".into());
    setting.fake.fail_next(Call::Register, duplicate);
    let second = portal.register(&documents::invoice()).await;
    assert_eq!(refusal(second), codes::CANCELLED);
}
