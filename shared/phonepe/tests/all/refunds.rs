use phonepe::{Error, RefundState};
use testkit::phonepe::Refunds;

use crate::support::{Stage, inr, pay, refund};

#[tokio::test]
async fn a_refund_is_begun_and_seen_to_its_end() {
    let stage = Stage::with(|options| options.refunds = Refunds::OnCommand).await;
    stage.paid("P_1", "1499.50").await;
    let started = stage
        .phonepe
        .refund(&refund("R_1", "P_1", "500.50"))
        .await
        .unwrap();
    assert_eq!(
        (started.state, started.amount),
        (RefundState::Pending, inr("500.5"))
    );
    let state = |id: &'static str| {
        let phonepe = stage.phonepe.clone();
        async move { phonepe.refund_status(id).await.unwrap().state }
    };
    assert_eq!(state("R_1").await, RefundState::Pending);
    stage.fake.confirm_refund("R_1");
    assert_eq!(state("R_1").await, RefundState::Confirmed);
    assert_eq!(stage.fake.refunded_total(), inr("0"));
    stage.fake.complete_refund("R_1");
    let done = stage.phonepe.refund_status("R_1").await.unwrap();
    assert_eq!(done.state, RefundState::Completed);
    assert_eq!(done.refund_id.as_deref(), Some(started.refund_id.as_str()));
    assert_eq!(done.original_merchant_order_id.as_deref(), Some("P_1"));
    assert_eq!(done.amount, inr("500.50"));
    assert!(done.payment_details[0].rail.as_ref().unwrap().utr.is_some());
    assert_eq!(stage.fake.refunded_total(), inr("500.50"));
}

#[tokio::test]
async fn a_refund_that_failed_is_tried_again_under_a_new_id() {
    let stage = Stage::with(|options| options.refunds = Refunds::OnCommand).await;
    stage.paid("P_1", "100").await;
    stage
        .phonepe
        .refund(&refund("R_1", "P_1", "100"))
        .await
        .unwrap();
    stage.fake.fail_refund("R_1");
    let failed = stage.phonepe.refund_status("R_1").await.unwrap();
    assert_eq!(failed.state, RefundState::Failed);
    assert_eq!(failed.error_code.as_deref(), Some("OTHERS"));
    let error = stage
        .phonepe
        .refund(&refund("R_1", "P_1", "100"))
        .await
        .unwrap_err();
    assert!(error.is_duplicate(), "{error}");
    stage
        .phonepe
        .refund(&refund("R_2", "P_1", "100"))
        .await
        .unwrap();
    stage.fake.complete_refund("R_2");
    assert_eq!(stage.fake.refunded_total(), inr("100"));
}

#[tokio::test]
async fn no_more_is_given_back_than_was_paid() {
    let stage = Stage::new().await;
    stage.phonepe.pay(&pay("open", "100")).await.unwrap();
    stage.paid("P_1", "100").await;
    let refused = |error: Error| matches!(error, Error::Refused(refusal) if refusal.status == 400);
    let not_paid = stage.phonepe.refund(&refund("R_0", "open", "100")).await;
    assert!(refused(not_paid.unwrap_err()));
    let too_much = stage.phonepe.refund(&refund("R_0", "P_1", "100.01")).await;
    assert!(refused(too_much.unwrap_err()));
    stage
        .phonepe
        .refund(&refund("R_1", "P_1", "60"))
        .await
        .unwrap();
    let too_much = stage.phonepe.refund(&refund("R_2", "P_1", "40.01")).await;
    assert!(refused(too_much.unwrap_err()));
    stage
        .phonepe
        .refund(&refund("R_3", "P_1", "40"))
        .await
        .unwrap();
    stage.fake.tick();
    assert_eq!(stage.fake.refunded_total(), inr("100"));
    let nothing = stage.phonepe.refund(&refund("R_4", "nothing", "1")).await;
    assert!(matches!(nothing.unwrap_err(), Error::NotFound(_)));
}

#[tokio::test]
async fn one_refund_of_an_order_at_a_time() {
    let stage = Stage::with(|options| options.refunds = Refunds::OnCommand).await;
    stage.paid("P_1", "100").await;
    stage
        .phonepe
        .refund(&refund("R_1", "P_1", "10"))
        .await
        .unwrap();
    let second = stage.phonepe.refund(&refund("R_2", "P_1", "10")).await;
    assert!(matches!(second.unwrap_err(), Error::Refused(_)));
    stage.fake.complete_refund("R_1");
    stage
        .phonepe
        .refund(&refund("R_2", "P_1", "10"))
        .await
        .unwrap();
}
