use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use gst_invoice::portal::{Account, Portal};
use serde_json::Value;
use testkit::gst::{Call, Fault};

use super::{Setting, unavailable};
use crate::documents;

#[tokio::test]
async fn one_login_serves_all_until_it_ends() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    let numbers: Vec<Value> = (1..=20).map(documents::numbered).collect();
    let all = join_all(numbers.iter().map(|invoice| portal.register(invoice))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(setting.count(Call::Login), 1);
    setting.clock.advance(TimeDelta::hours(6));
    portal.register(&documents::numbered(21)).await.unwrap();
    assert_eq!(setting.count(Call::Login), 2);
    assert_eq!(setting.count(Call::Register), 21, "none with a dead token");
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_replaced_at_once() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    portal.register(&documents::numbered(1)).await.unwrap();
    setting.fake.withdraw_tokens();
    portal.register(&documents::numbered(2)).await.unwrap();
    assert_eq!(setting.count(Call::Login), 2);
    assert_eq!(setting.count(Call::Register), 3);
    let never = Fault::Refused("1005".into());
    setting.fake.fail_always(Call::Register, Some(never));
    unavailable(portal.register(&documents::numbered(3)).await);
    assert_eq!(setting.count(Call::Register), 5, "twice and no more");
}

#[tokio::test]
async fn a_login_that_is_not_taken_is_nothing_of_the_documents() {
    let setting = Setting::new().await;
    let wrong: [fn(&mut Account); 3] = [
        |account| account.password = "wrong".into(),
        |account| account.username = "wrong".into(),
        |account| account.client_secret = "wrong".into(),
    ];
    for (change, code) in wrong.into_iter().zip(["1019", "1017", "1010"]) {
        let mut account = setting.account();
        change(&mut account);
        let portal = setting.open(account);
        let why = unavailable(portal.register(&documents::invoice()).await);
        assert!(why.contains(code) && why.contains("login"), "{why}");
    }
    assert_eq!(setting.count(Call::Register), 0);
}

#[tokio::test]
async fn whoever_waits_for_a_login_shares_its_end() {
    let setting = Setting::new().await;
    let portal = setting.portal();
    setting
        .fake
        .fail_next(Call::Login, Fault::Slow(Duration::from_millis(300)));
    setting.fake.withdraw_tokens();
    let numbers: Vec<Value> = (1..=5).map(documents::numbered).collect();
    let good = join_all(numbers.iter().map(|invoice| portal.register(invoice))).await;
    assert!(good.iter().all(Result::is_ok));
    assert_eq!(setting.count(Call::Login), 1);

    setting.clock.advance(TimeDelta::hours(7));
    setting.fake.fail_next(Call::Login, Fault::Timeout);
    let impatient = setting.impatient();
    let bad = join_all(numbers.iter().map(|invoice| impatient.register(invoice))).await;
    for result in bad {
        unavailable(result);
    }
    assert_eq!(setting.count(Call::Login), 2);
    assert!(impatient.register(&documents::numbered(6)).await.is_ok());
}
