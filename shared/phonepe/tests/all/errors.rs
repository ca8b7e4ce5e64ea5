use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use phonepe::{Account, Error, MandateState, OrderState, PhonePe, RefundState};
use serde_json::{Value, json};
use testkit::ManualClock;
use testkit::phonepe::{Call, Fault};
use tokio::net::TcpListener;

use crate::support::{Stage, inr, ist, notify, pay, refund};

#[tokio::test]
async fn after_a_timeout_the_status_tells_whether_it_happened() {
    let stage = Stage::new().await;
    for (id, fault, happened) in [
        ("P_1", Fault::TimeoutAfter, true),
        ("P_2", Fault::CutAfter, true),
        ("P_3", Fault::Timeout, false),
    ] {
        stage.fake.fail_next(Call::Pay, fault);
        let error = stage.impatient.pay(&pay(id, "10")).await.unwrap_err();
        assert!(
            matches!(error, Error::OutcomeUnknown(_)),
            "{fault:?}: {error}"
        );
        assert!(error.may_have_happened() && error.is_retryable());
        let asked = stage.phonepe.order_status(id).await;
        if happened {
            assert_eq!(asked.unwrap().state, OrderState::Pending);
            // The same again makes no second.
            let error = stage.phonepe.pay(&pay(id, "10")).await.unwrap_err();
            assert!(error.is_duplicate(), "{error}");
        } else {
            assert!(matches!(asked.unwrap_err(), Error::NotFound(_)));
            stage.phonepe.pay(&pay(id, "10")).await.unwrap();
        }
    }
    assert_eq!(stage.fake.orders().len(), 3);
}

#[tokio::test]
async fn a_refund_and_a_debit_of_unknown_outcome_are_not_made_twice() {
    let stage = Stage::new().await;
    stage.paid("P_1", "100").await;
    stage.fake.fail_next(Call::Refund, Fault::TimeoutAfter);
    let error = stage
        .impatient
        .refund(&refund("R_1", "P_1", "100"))
        .await
        .unwrap_err();
    assert!(error.may_have_happened());
    let done = stage.phonepe.refund_status("R_1").await.unwrap();
    assert_eq!(done.state, RefundState::Completed);
    stage.active("M_1").await;
    stage.fake.fail_next(Call::Notify, Fault::ServerAfter(502));
    let error = stage
        .phonepe
        .notify(&notify("P_2", "M_1", "999"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)) && error.may_have_happened());
    let state = stage.phonepe.order_status("P_2").await.unwrap().state;
    assert_eq!(state, OrderState::Notified);
    stage.at("2026-11-21 13:01");
    stage.fake.fail_next(Call::Redeem, Fault::TimeoutAfter);
    let error = stage.impatient.redeem("P_2").await.unwrap_err();
    assert!(matches!(error, Error::OutcomeUnknown(_)));
    let state = stage.phonepe.order_status("P_2").await.unwrap().state;
    assert_eq!(state, OrderState::Completed);
    assert!(stage.phonepe.redeem("P_2").await.is_err());
    assert_eq!(stage.fake.captured_total(), inr("2098"));
    assert_eq!(stage.fake.refunded_total(), inr("100"));
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    let stage = Stage::new().await;
    stage.paid("P_1", "100").await;
    stage.fake.fail_next(Call::OrderStatus, Fault::Server(503));
    let error = stage.phonepe.order_status("P_1").await.unwrap_err();
    assert!(matches!(&error, Error::Unavailable(refusal) if refusal.status == 503));
    assert_eq!(error.refusal().unwrap().code, "INTERNAL_SERVER_ERROR");
    assert!(error.is_retryable());
    stage.fake.fail_next(Call::OrderStatus, Fault::RateLimited);
    let error = stage.phonepe.order_status("P_1").await.unwrap_err();
    let Error::RateLimited { retry_after, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*retry_after, Some(Duration::from_secs(1)));
    assert!(error.is_retryable() && !error.may_have_happened());
    stage.fake.fail_next(Call::Refund, Fault::Malformed);
    let error = stage
        .phonepe
        .refund(&refund("R_1", "P_1", "10"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Malformed(_)) && error.may_have_happened());
    stage.phonepe.refund_status("R_1").await.unwrap();
    for unknown in [
        stage.phonepe.order_status("nothing").await.map(drop),
        stage.phonepe.transaction_status("OM1").await.map(drop),
        stage.phonepe.refund_status("nothing").await.map(drop),
        stage.phonepe.mandate_status("nothing").await.map(drop),
        stage.phonepe.redeem("nothing").await.map(drop),
    ] {
        let error = unknown.unwrap_err();
        assert!(matches!(error, Error::NotFound(_)), "{error}");
        assert!(!error.is_retryable() && !error.may_have_happened());
    }
}

#[tokio::test]
async fn a_connection_that_never_stood_has_sent_nothing() {
    // A port that was free a moment ago, and is free again.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let account = Account::at(&address, "client", "secret");
    let clock = ManualClock::at(ist("2026-11-20 10:30"));
    let phonepe = PhonePe::new(account, clock).unwrap();
    let error = phonepe.pay(&pay("P_1", "10")).await.unwrap_err();
    assert!(matches!(error, Error::NotSent(_)), "{error}");

    // The gateway gone with the token in hand.
    let stage = Stage::new().await;
    let mut account = Account::at(&stage.fake.base_url(), "client", "secret");
    account.pg_base_url = address;
    let phonepe = PhonePe::new(account, stage.clock.clone()).unwrap();
    let error = phonepe.pay(&pay("P_1", "10")).await.unwrap_err();
    assert!(
        matches!(error, Error::NotSent(_)) && !error.may_have_happened(),
        "{error}"
    );
    assert_eq!(stage.fake.calls(Call::Token).len(), 1);
}

/// A gateway that answers every status with this.
async fn answering(status: u16, body: Value) -> PhonePe {
    let token = json!({"access_token": "t", "issued_at": 1, "expires_at": 3601});
    let status = StatusCode::from_u16(status).unwrap();
    let answer = get(move || async move { (status, axum::Json(body)) });
    let app = Router::new()
        .route(
            "/v1/oauth/token",
            post(move || async move { axum::Json(token) }),
        )
        .fallback_service(answer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let clock = ManualClock::at(ist("2026-11-20 10:30"));
    PhonePe::new(Account::at(&address, "client", "secret"), clock).unwrap()
}

#[tokio::test]
async fn what_is_new_in_an_answer_breaks_nothing() {
    let order = json!({
        "orderId": "OMO1", "state": "ON_THE_MOON", "amount": 1000, "somethingNew": {"a": [1]},
        "paymentFlow": {"type": "TELEPATHY"}, "metaInfo": {"udf1": null, "udf2": ""},
        "paymentDetails": [{
            "paymentMode": "BARTER", "state": "CREATED", "rail": {"type": "MONORAIL", "x": 1},
            "instrument": {"type": "COWRIE"}, "splitInstruments": null,
        }],
    });
    let order = answering(200, order)
        .await
        .order_status("P_1")
        .await
        .unwrap();
    assert_eq!(order.state, OrderState::Unknown("ON_THE_MOON".to_owned()));
    assert!(!order.state.is_final());
    assert_eq!(order.amount, inr("10"));
    assert_eq!(
        order.payment_details[0].payment_mode.as_deref(),
        Some("BARTER")
    );
    let refund = json!({"amount": 1000, "state": "EVAPORATED", "paymentDetails": null});
    let refund = answering(200, refund)
        .await
        .refund_status("R_1")
        .await
        .unwrap();
    assert_eq!(refund.state, RefundState::Unknown("EVAPORATED".to_owned()));
    // The documented sample of a paused mandate, with a new state and a new field.
    let mandate = json!({
        "merchantSubscriptionId": "MS1708797962855",
        "subscriptionId": "OMS2402242336054995042603", "state": "HIBERNATING",
        "authWorkflowType": "TRANSACTION", "amountType": "FIXED", "maxAmount": 200,
        "frequency": "ON_DEMAND", "expireAt": 1_737_278_524_000_i64,
        "pauseStartDate": 1_708_798_426_196_i64, "pauseEndDate": null, "mood": "calm",
    });
    let mandate = answering(200, mandate).await;
    let mandate = mandate.mandate_status("MS1708797962855").await.unwrap();
    assert_eq!(
        mandate.state,
        MandateState::Unknown("HIBERNATING".to_owned())
    );
    assert_eq!(mandate.max_amount, Some(inr("2")));
    assert_eq!(
        mandate.pause_start_date.unwrap().timestamp_millis(),
        1_708_798_426_196
    );
}

#[tokio::test]
async fn what_is_missing_or_about_something_else_is_not_believed() {
    for (body, where_it_is) in [
        (json!({"orderId": "OMO1", "state": "COMPLETED"}), "amount"),
        (
            json!({"orderId": "OMO1", "state": "COMPLETED", "amount": 10.5}),
            "amount",
        ),
        (
            json!({"orderId": "OMO1", "state": "COMPLETED", "amount": -100}),
            "amount",
        ),
        (json!({"orderId": "OMO1", "amount": 100}), "state"),
        (
            json!({"orderId": "OMO1", "state": "COMPLETED", "amount": 1, "merchantOrderId": "P_2"}),
            "another",
        ),
        (
            json!({"orderId": "OMO1", "state": "COMPLETED", "amount": 1, "currency": "USD"}),
            "rupees",
        ),
        (json!([]), ""),
        (json!(null), ""),
    ] {
        let error = answering(200, body.clone())
            .await
            .order_status("P_1")
            .await
            .unwrap_err();
        let Error::Malformed(what) = &error else {
            panic!("{body}: {error}")
        };
        assert!(what.contains(where_it_is), "{body}: {what}");
        // Never what stood there: it may be personal.
        assert!(!what.contains("OMO1") && !what.contains("P_2"), "{what}");
    }
}

#[tokio::test]
async fn every_documented_status_has_its_meaning() {
    // The statuses both SDKs map.
    for (status, code, expected) in [
        (400, "BAD_REQUEST", "refused"),
        (400, "INVALID_MERCHANT_ORDER_ID", "not found"),
        (400, "MERCHANT_ORDER_MAPPING_NOT_FOUND", "not found"),
        (401, "AUTHORIZATION_FAILED", "unauthorised"),
        (403, "FORBIDDEN", "refused"),
        (404, "ORDER_NOT_FOUND", "not found"),
        (409, "CONFLICT", "refused"),
        (410, "GONE", "refused"),
        (417, "EXPECTATION_FAILED", "refused"),
        (422, "INVALID", "refused"),
        (429, "TOO_MANY", "rate limited"),
        (302, "", "refused"),
        (500, "INTERNAL_SERVER_ERROR", "unavailable"),
        (504, "", "unavailable"),
    ] {
        let body = json!({"success": false, "code": code, "message": "m", "data": {}});
        let error = answering(status, body)
            .await
            .order_status("P_1")
            .await
            .unwrap_err();
        let meaning = match &error {
            Error::Refused(_) => "refused",
            Error::NotFound(_) => "not found",
            Error::Unauthorised(_) => "unauthorised",
            Error::RateLimited { .. } => "rate limited",
            Error::Unavailable(_) => "unavailable",
            _ => "something else",
        };
        assert_eq!(meaning, expected, "{status} {code}: {error}");
        assert_eq!(error.is_duplicate(), status == 409);
        assert_eq!(error.refusal().unwrap().status, status);
    }
}
