use std::time::Duration;

use chrono::TimeDelta;
use phonepe::{CardType, Error, Meta, Mode, Modes, OrderState};
use serde_json::json;
use testkit::phonepe::{Auto, Call};

use crate::support::{Stage, inr, ist, pay};

#[tokio::test]
async fn a_payment_is_begun_paid_and_seen() {
    let stage = Stage::new().await;
    let mut asked = pay("P_1", "1499.50");
    asked.expire_after = Some(Duration::from_secs(900));
    asked.message = Some("Growth, November".to_owned());
    asked.meta = Meta::default().udf(1, "बढ़त").udf(11, "w-1@x.y +");
    asked.phone = Some("9876543210".to_owned());
    asked.disable_retry = Some(true);
    asked.modes = Some(Modes::Only(vec![
        Mode::UpiQr,
        Mode::Card(vec![CardType::DebitCard]),
    ]));
    let started = stage.phonepe.pay(&asked).await.unwrap();
    assert_eq!(started.state, OrderState::Pending);
    assert_eq!(started.expire_at, Some(ist("2026-11-20 10:45")));
    assert!(started.redirect_url.starts_with(&stage.fake.base_url()));
    // What went over the wire, field by field as PhonePe documents it; paise.
    let seen = &stage.fake.calls(Call::Pay)[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/checkout/v2/pay")
    );
    assert_eq!(
        seen.body,
        json!({
            "merchantOrderId": "P_1",
            "amount": 149_950,
            "expireAfter": 900,
            "metaInfo": {"udf1": "बढ़त", "udf11": "w-1@x.y +"},
            "disablePaymentRetry": true,
            "prefillUserLoginDetails": {"phoneNumber": "9876543210"},
            "paymentFlow": {
                "type": "PG_CHECKOUT",
                "message": "Growth, November",
                "merchantUrls": {"redirectUrl": "https://app.example/back"},
                "paymentModeConfig": {"enabledPaymentModes": [
                    {"type": "UPI_QR"},
                    {"type": "CARD", "cardTypes": ["DEBIT_CARD"]},
                ]},
            },
        })
    );

    let pending = stage.phonepe.order_status("P_1").await.unwrap();
    assert_eq!(pending.state, OrderState::Pending);
    assert_eq!(pending.payment_details, []);
    stage.fake.pay("P_1");
    let paid = stage.phonepe.order_status("P_1").await.unwrap();
    assert_eq!(paid.state, OrderState::Completed);
    assert_eq!(paid.order_id, started.order_id);
    assert_eq!(paid.amount, inr("1499.50"));
    assert_eq!(paid.payable_amount, Some(inr("1499.5")));
    assert_eq!(paid.meta_info["udf1"], "बढ़त");
    let attempt = &paid.payment_details[0];
    assert_eq!(attempt.state, Some(OrderState::Completed));
    assert_eq!(attempt.timestamp, Some(ist("2026-11-20 10:30")));
    assert_eq!(
        attempt.rail.as_ref().unwrap().utr.as_ref().unwrap().len(),
        12
    );
    let transaction = attempt.transaction_id.as_deref().unwrap();
    let one = stage.phonepe.transaction_status(transaction).await.unwrap();
    assert_eq!(one.merchant_order_id.as_deref(), Some("P_1"));
    assert_eq!(stage.fake.captured_total(), inr("1499.50"));
}

#[tokio::test]
async fn a_payment_that_is_declined_cancelled_or_let_expire_has_failed() {
    let stage = Stage::new().await;
    for id in ["declined", "cancelled", "expired"] {
        stage.phonepe.pay(&pay(id, "10")).await.unwrap();
    }
    stage.fake.decline("declined");
    stage.fake.cancel("cancelled");
    stage.advance(TimeDelta::hours(1));
    for id in ["declined", "cancelled", "expired"] {
        let order = stage.phonepe.order_status(id).await.unwrap();
        assert_eq!(order.state, OrderState::Failed, "{id}");
        assert!(
            order.error_code.is_some() && order.error_context.is_some(),
            "{id}"
        );
    }
    let declined = stage.phonepe.order_status("declined").await.unwrap();
    assert_eq!(declined.error_code.as_deref(), Some("INVALID_MPIN"));
    assert_eq!(declined.payment_details[0].state, Some(OrderState::Failed));
    assert_eq!(stage.fake.captured_total(), inr("0"));
}

#[tokio::test]
async fn payers_may_act_by_themselves() {
    let stage = Stage::with(|options| options.auto = Auto::Pay(TimeDelta::seconds(30))).await;
    stage.phonepe.pay(&pay("P_1", "10")).await.unwrap();
    stage.advance(TimeDelta::seconds(29));
    let state = stage.phonepe.order_status("P_1").await.unwrap().state;
    assert_eq!(state, OrderState::Pending);
    stage.advance(TimeDelta::seconds(1));
    let state = stage.phonepe.order_status("P_1").await.unwrap().state;
    assert_eq!(state, OrderState::Completed);
}

#[tokio::test]
async fn a_person_pays_on_the_hosted_page_and_is_sent_back() {
    let stage = Stage::new().await;
    let mut asked = pay("P_1", "1499.5");
    asked.message = Some("<b>Growth</b>".to_owned());
    let page = stage.phonepe.pay(&asked).await.unwrap().redirect_url;
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let text = browser
        .get(&page)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        text.contains("₹1499.50") && text.contains("value=\"decline\""),
        "{text}"
    );
    assert!(
        text.contains("&lt;b&gt;Growth") && !text.contains("<b>Growth"),
        "{text}"
    );
    assert!(
        !text.contains("src=") && !text.contains("@import"),
        "{text}"
    );
    let form = [("action", "pay")];
    let sent = browser.post(&page).form(&form).send().await.unwrap();
    assert_eq!(sent.status(), 303);
    assert_eq!(sent.headers()["location"], "https://app.example/back");
    assert_eq!(stage.fake.captured_total(), inr("1499.50"));
    // Again is not twice.
    browser.post(&page).form(&form).send().await.unwrap();
    assert_eq!(stage.fake.captured_total(), inr("1499.50"));
    let text = browser
        .get(&page)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        text.contains("completed") && !text.contains("<form"),
        "{text}"
    );
}

#[tokio::test]
async fn the_payer_who_cancels_a_mandate_is_sent_to_its_own_page() {
    let stage = Stage::new().await;
    let setup = crate::support::setup("M_1");
    let page = stage
        .phonepe
        .setup_mandate(&setup)
        .await
        .unwrap()
        .redirect_url;
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let text = browser
        .get(&page)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.contains("up to <b>₹1200.00</b>, monthly"), "{text}");
    let form = [("action", "cancel")];
    let sent = browser.post(&page).form(&form).send().await.unwrap();
    assert_eq!(sent.headers()["location"], "https://app.example/plans");
}

#[tokio::test]
async fn what_breaks_a_rule_is_not_sent() {
    let stage = Stage::new().await;
    let long = "x".repeat(64);
    let mut wrong = vec![
        pay("", "10"),
        pay(&long, "10"),
        pay("a/b", "10"),
        pay("a b", "10"),
        pay("P", "0.99"),
        pay("P", "10.005"),
        pay("P", "-10"),
    ];
    for seconds in [299, 3601] {
        let mut asked = pay("P", "10");
        asked.expire_after = Some(Duration::from_secs(seconds));
        wrong.push(asked);
    }
    for meta in [
        Meta::default().udf(0, "x"),
        Meta::default().udf(16, "x"),
        Meta::default().udf(1, "x".repeat(257)),
        Meta::default().udf(11, "x".repeat(51)),
        Meta::default().udf(15, "a/b"),
    ] {
        let mut asked = pay("P", "10");
        asked.meta = meta;
        wrong.push(asked);
    }
    for asked in wrong {
        let error = stage.phonepe.pay(&asked).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{asked:?}: {error}");
        assert!(!error.may_have_happened() && !error.is_retryable());
    }
    let error = stage.phonepe.order_status("../refund").await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)));
    assert!(stage.fake.requests().is_empty());
    // The longest that is allowed, and every letter.
    let id = format!("{}-_9Az", "x".repeat(58));
    stage.phonepe.pay(&pay(&id, "1")).await.unwrap();
}
