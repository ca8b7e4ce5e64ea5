use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use phonepe::{Account, Error, PhonePe};
use testkit::phonepe::{Call, Fault};

use crate::support::{Stage, pay};

#[tokio::test]
async fn a_hundred_callers_fetch_one_token() {
    let stage = Stage::new().await;
    stage.fake.requests();
    let ids: Vec<_> = (0..100).map(|n| format!("P_{n}")).collect();
    let calls = ids.iter().map(|id| {
        let phonepe = stage.phonepe.clone();
        async move { phonepe.pay(&pay(id, "10")).await }
    });
    for answered in join_all(calls).await {
        answered.unwrap();
    }
    assert_eq!(stage.fake.calls(Call::Token).len(), 1);
    assert_eq!(stage.fake.calls(Call::Pay).len(), 100);
}

#[tokio::test]
async fn a_token_is_renewed_at_half_its_life_once() {
    // An hour.
    let stage = Stage::new().await;
    stage.phonepe.pay(&pay("P_1", "10")).await.unwrap();
    stage.advance(TimeDelta::minutes(29));
    stage.phonepe.order_status("P_1").await.unwrap();
    assert_eq!(stage.fake.calls(Call::Token).len(), 1);
    stage.advance(TimeDelta::minutes(1));
    let calls = (0..100).map(|_| stage.phonepe.order_status("P_1"));
    for answered in join_all(calls).await {
        answered.unwrap();
    }
    assert_eq!(stage.fake.calls(Call::Token).len(), 2);
    let seen = stage.fake.calls(Call::Pay);
    assert!(
        seen[0]
            .authorization
            .as_ref()
            .unwrap()
            .starts_with("O-Bearer ")
    );
}

#[tokio::test]
async fn while_a_renewal_fails_the_old_token_serves() {
    let stage = Stage::new().await;
    stage.phonepe.pay(&pay("P_1", "10")).await.unwrap();
    stage.advance(TimeDelta::minutes(31));
    stage
        .fake
        .fail_always(Call::Token, Some(Fault::Server(503)));
    for _ in 0..10 {
        stage.phonepe.order_status("P_1").await.unwrap();
    }
    // Tried once, and not at every call.
    assert_eq!(stage.fake.calls(Call::Token).len(), 2);
    stage.advance(TimeDelta::seconds(6));
    stage.fake.fail_always(Call::Token, None);
    stage.phonepe.order_status("P_1").await.unwrap();
    stage.phonepe.order_status("P_1").await.unwrap();
    assert_eq!(stage.fake.calls(Call::Token).len(), 3);
}

#[tokio::test]
async fn an_expired_token_is_never_used() {
    let stage = Stage::new().await;
    stage.phonepe.pay(&pay("P_1", "10")).await.unwrap();
    stage.advance(TimeDelta::minutes(60));
    stage.phonepe.order_status("P_1").await.unwrap();
    let tokens: Vec<_> = stage
        .fake
        .requests()
        .into_iter()
        .filter_map(|seen| seen.authorization)
        .collect();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_refused_token_is_dropped_and_the_call_sent_once_more() {
    let stage = Stage::new().await;
    stage.phonepe.pay(&pay("P_1", "10")).await.unwrap();
    stage.fake.withdraw_tokens();
    let calls = (0..20).map(|_| stage.phonepe.order_status("P_1"));
    for answered in join_all(calls).await {
        answered.unwrap();
    }
    assert_eq!(stage.fake.calls(Call::Token).len(), 2);
    // A write as well: a 401 was not acted on.
    stage.fake.fail_next(Call::Pay, Fault::Unauthorised);
    stage.phonepe.pay(&pay("P_2", "10")).await.unwrap();
    assert_eq!(stage.fake.calls(Call::Pay).len(), 3);
    // Refused again, it is told.
    stage.fake.fail_always(Call::Pay, Some(Fault::Unauthorised));
    let error = stage.phonepe.pay(&pay("P_3", "10")).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorised(_)), "{error}");
    assert!(!error.may_have_happened() && !error.is_retryable());
    assert_eq!(stage.fake.calls(Call::Pay).len(), 5);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_waiting_callers_share_the_end() {
    let stage = Stage::new().await;
    stage.fake.fail_next(Call::Token, Fault::Timeout);
    let calls = (0..50).map(|_| stage.impatient.order_status("P_1"));
    for answered in join_all(calls).await {
        let error = answered.unwrap_err();
        assert!(matches!(error, Error::NotSent(_)), "{error}");
        assert!(error.is_retryable() && !error.may_have_happened());
    }
    assert_eq!(stage.fake.requests().len(), 1);
    stage.fake.fail_next(Call::Token, Fault::RateLimited);
    let error = stage.phonepe.order_status("P_1").await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error}");
    for fault in [Fault::Server(500), Fault::Malformed, Fault::CutAfter] {
        stage.fake.fail_next(Call::Token, fault);
        let error = stage.phonepe.order_status("P_1").await.unwrap_err();
        assert!(matches!(error, Error::NotSent(_)), "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_as_such() {
    let stage = Stage::new().await;
    let account = Account::at(&stage.fake.base_url(), "client", "wrong");
    let patience = Duration::from_secs(5);
    let phonepe = PhonePe::with_timeout(account, stage.clock.clone(), patience).unwrap();
    let error = phonepe.pay(&pay("P_1", "10")).await.unwrap_err();
    let Error::Unauthorised(refusal) = &error else {
        panic!("{error}")
    };
    // As the Python SDK's tests have it.
    assert_eq!((refusal.status, refusal.code.as_str()), (400, "OIM000"));
    assert!(!format!("{error} {error:?} {phonepe:?}").contains("wrong"));
}
