use chrono::TimeDelta;
use phonepe::{AuthWorkflow, Error, MandateState, Notify, OrderState, RetryStrategy, window};
use serde_json::json;
use testkit::phonepe::Call;

use crate::support::{Stage, inr, ist, notify, setup};

async fn state(stage: &Stage, order: &str) -> OrderState {
    stage.phonepe.order_status(order).await.unwrap().state
}

async fn mandate(stage: &Stage, id: &str) -> MandateState {
    stage.phonepe.mandate_status(id).await.unwrap().state
}

async fn refused(stage: &Stage, order: &str) -> String {
    match stage.phonepe.redeem(order).await {
        Err(Error::Refused(refusal)) => refusal.message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mandate_is_set_up_by_its_first_payment() {
    let stage = Stage::new().await;
    let mut asked = setup("M_1");
    asked.mandate_expires_at = Some(ist("2030-01-01 00:00"));
    let started = stage.phonepe.setup_mandate(&asked).await.unwrap();
    assert!(started.redirect_url.starts_with("http"));
    assert_eq!(
        stage.fake.calls(Call::Pay)[0].body,
        json!({
            "merchantOrderId": "M_1-setup",
            "amount": 99_900,
            "paymentFlow": {
                "type": "SUBSCRIPTION_CHECKOUT_SETUP",
                "merchantUrls": {
                    "redirectUrl": "https://app.example/back",
                    "cancelRedirectUrl": "https://app.example/plans",
                },
                "subscriptionDetails": {
                    "subscriptionType": "RECURRING",
                    "merchantSubscriptionId": "M_1",
                    "authWorkflowType": "TRANSACTION",
                    "amountType": "VARIABLE",
                    "maxAmount": 120_000,
                    "frequency": "MONTHLY",
                    "productType": "UPI_MANDATE",
                    // 2029-12-31T18:30:00Z
                    "expireAt": 1_893_436_200_000_i64,
                },
            },
        })
    );
    assert_eq!(
        mandate(&stage, "M_1").await,
        MandateState::ActivationInProgress
    );
    stage.fake.pay("M_1-setup");
    let active = stage.phonepe.mandate_status("M_1").await.unwrap();
    assert_eq!(active.state, MandateState::Active);
    assert_eq!(active.max_amount, Some(inr("1200")));
    assert_eq!(active.expire_at, Some(ist("2030-01-01 00:00")));
    let order = stage.phonepe.order_status("M_1-setup").await.unwrap();
    assert_eq!(
        (order.state, order.amount),
        (OrderState::Completed, inr("999"))
    );
    let flow = order.payment_flow.unwrap();
    assert_eq!(flow.kind.as_deref(), Some("SUBSCRIPTION_CHECKOUT_SETUP"));
    assert_eq!(flow.merchant_subscription_id.as_deref(), Some("M_1"));
    assert_eq!(flow.subscription_id, active.subscription_id);

    let mut declined = setup("M_2");
    declined.auth_workflow = AuthWorkflow::PennyDrop;
    declined.amount = inr("2");
    stage.phonepe.setup_mandate(&declined).await.unwrap();
    stage.fake.decline("M_2-setup");
    assert_eq!(mandate(&stage, "M_2").await, MandateState::Failed);
}

#[tokio::test]
async fn a_setup_that_breaks_a_rule_is_not_sent() {
    let stage = Stage::new().await;
    let mut penny = setup("M_1");
    penny.auth_workflow = AuthWorkflow::PennyDrop;
    let mut above = setup("M_1");
    above.amount = inr("1200.01");
    let mut nameless = setup("M_1");
    nameless.merchant_subscription_id = String::new();
    for wrong in [penny, above, nameless] {
        let error = stage.phonepe.setup_mandate(&wrong).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
    }
    assert!(stage.fake.requests().is_empty());
}

#[tokio::test]
async fn a_debit_is_announced_a_day_ahead_and_made_in_a_window() {
    // The clock stands at 10:30 in India.
    let stage = Stage::with(|options| options.notify_after = TimeDelta::minutes(5)).await;
    stage.active("M_1").await;
    let announced = stage
        .phonepe
        .notify(&notify("P_1", "M_1", "999"))
        .await
        .unwrap();
    assert_eq!(announced.state, OrderState::NotificationInProgress);
    assert_eq!(announced.expire_at, Some(ist("2026-11-22 10:30")));
    let seen = &stage.fake.calls(Call::Notify)[0];
    assert_eq!(seen.path, "/checkout/v2/subscriptions/notify");
    assert_eq!(
        seen.body,
        json!({
            "merchantOrderId": "P_1",
            "amount": 99_900,
            "paymentFlow": {
                "type": "SUBSCRIPTION_CHECKOUT_REDEMPTION",
                "merchantSubscriptionId": "M_1",
                "redemptionRetryStrategy": "CUSTOM",
                "autoDebit": false,
            },
        })
    );
    assert!(refused(&stage, "P_1").await.contains("not notified"));
    stage.advance(TimeDelta::minutes(5));
    let told = stage.phonepe.order_status("P_1").await.unwrap();
    assert_eq!(told.state, OrderState::Notified);
    let flow = told.payment_flow.unwrap();
    assert_eq!(flow.notified_at, Some(ist("2026-11-20 10:35")));
    assert_eq!(flow.valid_after, Some(ist("2026-11-21 10:35")));

    stage.at("2026-11-21 09:59");
    assert!(refused(&stage, "P_1").await.contains("24 hours"));
    stage.at("2026-11-21 10:35");
    assert!(refused(&stage, "P_1").await.contains("non-peak"));
    let due = window::earliest_redeem(flow.notified_at.unwrap(), ist("2026-11-21 10:35"));
    assert_eq!(due, ist("2026-11-21 13:01"));
    stage.clock.set(due);
    let redeemed = stage.phonepe.redeem("P_1").await.unwrap();
    assert_eq!(redeemed.state, OrderState::Pending);
    assert_eq!(
        stage.fake.calls(Call::Redeem)[0].body,
        json!({"merchantOrderId": "P_1"})
    );
    let done = stage.phonepe.order_status("P_1").await.unwrap();
    assert_eq!(done.state, OrderState::Completed);
    assert_eq!(
        done.payment_details[0].payment_mode.as_deref(),
        Some("UPI_AUTO_PAY")
    );
    assert_eq!(
        done.payment_details[0].transaction_id,
        redeemed.transaction_id
    );
    // The setup's and the debit's.
    assert_eq!(stage.fake.captured_total(), inr("1998"));
    assert!(refused(&stage, "P_1").await.contains("terminal"));
    assert_eq!(stage.fake.captured_total(), inr("1998"));
}

#[tokio::test]
async fn a_debit_that_fails_is_tried_four_times() {
    let stage = Stage::new().await;
    stage.active("M_1").await;
    stage
        .phonepe
        .notify(&notify("P_1", "M_1", "999"))
        .await
        .unwrap();
    stage.fake.tick();
    stage.fake.fail_next_redemptions(10);
    stage.at("2026-11-21 13:01");
    for attempt in 1..=4 {
        stage.phonepe.redeem("P_1").await.unwrap();
        stage.fake.tick();
        let order = stage.phonepe.order_status("P_1").await.unwrap();
        assert_eq!(order.payment_details.len(), attempt);
        assert_eq!(order.state.is_final(), attempt == 4, "after {attempt}");
        if attempt < 4 {
            stage.advance(TimeDelta::minutes(89));
            assert!(stage.phonepe.redeem("P_1").await.is_err());
            let ended = stage.clock.as_ref();
            let retry = window::earliest_retry(domain::Clock::now(ended) - TimeDelta::minutes(89));
            stage.clock.set(retry);
        }
    }
    // 13:01, 14:31, 16:01, and the last after the evening's peak.
    assert_eq!(
        domain::Clock::now(stage.clock.as_ref()),
        ist("2026-11-21 21:31")
    );
    let failed = stage.phonepe.order_status("P_1").await.unwrap();
    assert_eq!(failed.state, OrderState::Failed);
    assert_eq!(failed.error_code.as_deref(), Some("INSUFFICIENT_BALANCE"));
    assert_eq!(stage.fake.captured_total(), inr("999"));
}

#[tokio::test]
async fn an_automatic_debit_makes_itself_and_tries_again_by_itself() {
    let stage = Stage::new().await;
    stage.active("M_1").await;
    let asked = Notify {
        auto_debit: true,
        retry: RetryStrategy::Standard,
        ..notify("P_1", "M_1", "999")
    };
    stage.phonepe.notify(&asked).await.unwrap();
    assert_eq!(state(&stage, "P_1").await, OrderState::Notified);
    stage.at("2026-11-21 13:00");
    assert!(refused(&stage, "P_1").await.contains("automatically"));
    stage.fake.fail_next_redemptions(1);
    for time in ["2026-11-21 13:01", "2026-11-21 14:30"] {
        stage.at(time);
        let tried = stage.phonepe.order_status("P_1").await.unwrap();
        assert_eq!(tried.payment_details.len(), 1, "at {time}");
        assert_eq!(tried.state, OrderState::Pending);
    }
    stage.at("2026-11-21 14:31");
    assert_eq!(state(&stage, "P_1").await, OrderState::Completed);
    assert_eq!(stage.fake.captured_total(), inr("1998"));
}

#[tokio::test]
async fn only_an_active_mandate_is_debited_and_only_up_to_its_cap() {
    let stage = Stage::new().await;
    stage.phonepe.setup_mandate(&setup("M_1")).await.unwrap();
    let error = stage
        .phonepe
        .notify(&notify("P_1", "M_1", "999"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    stage.fake.pay("M_1-setup");
    let error = stage
        .phonepe
        .notify(&notify("P_1", "M_1", "1200.01"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    stage
        .phonepe
        .notify(&notify("P_1", "M_1", "1200"))
        .await
        .unwrap();
    let error = stage
        .phonepe
        .notify(&notify("P_1", "M_1", "1200"))
        .await
        .unwrap_err();
    assert!(error.is_duplicate(), "{error}");
    let error = stage
        .phonepe
        .notify(&notify("P_2", "M_2", "1200"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
}

#[tokio::test]
async fn after_a_pause_the_payer_is_told_again() {
    let stage = Stage::new().await;
    stage.active("M_1").await;
    stage
        .phonepe
        .notify(&notify("P_1", "M_1", "999"))
        .await
        .unwrap();
    stage.fake.tick();
    stage.fake.pause("M_1", ist("2026-12-20 00:00"));
    let paused = stage.phonepe.mandate_status("M_1").await.unwrap();
    assert_eq!(paused.state, MandateState::Paused);
    assert_eq!(paused.pause_start_date, Some(ist("2026-11-20 10:30")));
    assert_eq!(paused.pause_end_date, Some(ist("2026-12-20 00:00")));
    stage.at("2026-11-21 13:01");
    assert!(refused(&stage, "P_1").await.contains("not ACTIVE"));
    stage.fake.resume("M_1");
    assert_eq!(mandate(&stage, "M_1").await, MandateState::Active);
    assert!(refused(&stage, "P_1").await.contains("notify again"));
    stage
        .phonepe
        .notify(&notify("P_2", "M_1", "999"))
        .await
        .unwrap();
    assert_eq!(state(&stage, "P_2").await, OrderState::Notified);
    stage.at("2026-11-22 13:01");
    stage.phonepe.redeem("P_2").await.unwrap();
    assert_eq!(state(&stage, "P_2").await, OrderState::Completed);
    // The first was never made.
    stage.fake.tick();
    assert_eq!(stage.fake.captured_total(), inr("1998"));
}

#[tokio::test]
async fn a_mandate_is_ended_by_either_side() {
    let stage = Stage::new().await;
    for id in ["M_1", "M_2", "M_3"] {
        stage.active(id).await;
    }
    stage.phonepe.cancel_mandate("M_1").await.unwrap();
    let cancel = &stage.fake.calls(Call::Cancel)[0];
    assert_eq!(cancel.path, "/checkout/v2/subscriptions/M_1/cancel");
    assert_eq!(mandate(&stage, "M_1").await, MandateState::Cancelled);
    stage.fake.revoke("M_2");
    assert_eq!(mandate(&stage, "M_2").await, MandateState::Revoked);
    stage.fake.pause("M_3", ist("2026-12-20 00:00"));
    stage.phonepe.cancel_mandate("M_3").await.unwrap();
    assert_eq!(mandate(&stage, "M_3").await, MandateState::Cancelled);
    let error = stage.phonepe.cancel_mandate("M_2").await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    let error = stage
        .phonepe
        .notify(&notify("P_1", "M_1", "999"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    let error = stage.phonepe.cancel_mandate("nothing").await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
}

#[tokio::test]
async fn a_notice_that_fails_and_a_debit_nobody_makes_end_the_order() {
    let stage = Stage::new().await;
    stage.active("M_1").await;
    stage.fake.fail_next_notices(1);
    stage
        .phonepe
        .notify(&notify("P_1", "M_1", "999"))
        .await
        .unwrap();
    assert_eq!(state(&stage, "P_1").await, OrderState::Failed);
    stage
        .phonepe
        .notify(&notify("P_2", "M_1", "999"))
        .await
        .unwrap();
    assert_eq!(state(&stage, "P_2").await, OrderState::Notified);
    stage.advance(TimeDelta::hours(48));
    assert_eq!(state(&stage, "P_2").await, OrderState::Failed);
    assert_eq!(stage.fake.captured_total(), inr("999"));
}
