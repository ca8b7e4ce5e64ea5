//! The simulator by itself: what it refuses that our client never sends, and what it offers that our
//! client never asks for.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use testkit::phonepe::{Call, Fault, Options, RandomFaults, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::Stage;

struct Raw {
    client: Client,
    base: String,
    token: String,
}

impl Raw {
    async fn new(base: String) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        let form = [
            ("client_id", "client"),
            ("client_secret", "secret"),
            ("client_version", "1"),
            ("grant_type", "client_credentials"),
        ];
        let asked = client.post(format!("{base}/v1/oauth/token")).form(&form);
        let issued: Value = asked.send().await.unwrap().json().await.unwrap();
        assert_eq!(issued["token_type"], "O-Bearer");
        let token = issued["access_token"].as_str().unwrap().to_owned();
        Self {
            client,
            base,
            token,
        }
    }

    async fn answer(&self, request: RequestBuilder) -> (u16, Value) {
        let authorization = format!("O-Bearer {}", self.token);
        let request = request.header("authorization", authorization);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        self.answer(self.client.post(url).json(&body)).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        self.answer(self.client.get(url)).await
    }
}

fn checkout(id: &str, amount: Value) -> Value {
    json!({"merchantOrderId": id, "amount": amount, "paymentFlow": {"type": "PG_CHECKOUT"}})
}

/// The custom family's.
fn custom_setup(id: &str) -> Value {
    json!({
        "merchantOrderId": format!("{id}-setup"), "amount": 20_000,
        "paymentFlow": {
            "type": "SUBSCRIPTION_SETUP", "merchantSubscriptionId": id,
            "authWorkflowType": "TRANSACTION", "amountType": "FIXED", "maxAmount": 20_000,
            "frequency": "ON_DEMAND", "paymentMode": {"type": "UPI_INTENT"},
        },
    })
}

#[tokio::test]
async fn what_breaks_a_documented_rule_is_refused() {
    let stage = Stage::new().await;
    let raw = Raw::new(stage.fake.base_url()).await;
    let with = |field: &str, value: Value| {
        let mut body = checkout("P_1", json!(100));
        body[field] = value;
        body
    };
    let modes = json!({
        "type": "PG_CHECKOUT",
        "paymentModeConfig": {
            "enabledPaymentModes": [{"type": "CARD"}],
            "disabledPaymentModes": [{"type": "UPI_QR"}],
        },
    });
    for body in [
        checkout("P_1", json!(99)),
        checkout("P_1", json!(100.5)),
        checkout("P_1", json!("100")),
        checkout("P_1", json!(null)),
        checkout(&"x".repeat(64), json!(100)),
        checkout("a b", json!(100)),
        checkout("", json!(100)),
        with("expireAfter", json!(299)),
        with("expireAfter", json!(3601)),
        with("metaInfo", json!({"udf1": "x".repeat(257)})),
        with("metaInfo", json!({"udf11": "a/b"})),
        with("metaInfo", json!({"udf16": "x"})),
        with("metaInfo", json!({"note": "x"})),
        with("paymentFlow", modes),
        with("paymentFlow", json!({"type": "EMI"})),
        json!([]),
    ] {
        let (status, refusal) = raw.post("/checkout/v2/pay", body.clone()).await;
        assert_eq!(
            (status, refusal["code"].as_str()),
            (400, Some("BAD_REQUEST")),
            "{body}"
        );
        assert!(refusal["message"].is_string());
    }
    // Explicit nulls are as good as nothing, as the Python SDK sends them.
    let mut nulls = checkout("P_1", json!(100));
    for field in ["metaInfo", "expireAfter", "disablePaymentRetry"] {
        nulls[field] = Value::Null;
    }
    let (status, _) = raw.post("/checkout/v2/pay", nulls).await;
    assert_eq!(status, 200);
    assert_eq!(stage.fake.orders().len(), 1);
}

#[tokio::test]
async fn without_a_token_that_lives_nothing_is_answered() {
    let stage = Stage::new().await;
    let mut raw = Raw::new(stage.fake.base_url()).await;
    for path in [
        "/checkout/v2/order/P_1/status",
        "/payments/v2/refund/R_1/status",
    ] {
        assert_eq!(raw.get(path).await.0, 404);
    }
    raw.token = "another".to_owned();
    let (status, refusal) = raw.get("/checkout/v2/order/P_1/status").await;
    assert_eq!(
        (status, refusal["code"].as_str()),
        (401, Some("AUTHORIZATION_FAILED"))
    );
    let raw = Raw::new(stage.fake.base_url()).await;
    stage.advance(chrono::TimeDelta::hours(1));
    assert_eq!(raw.get("/checkout/v2/order/P_1/status").await.0, 401);
}

#[tokio::test]
async fn the_two_families_do_not_mix() {
    let stage = Stage::new().await;
    let raw = Raw::new(stage.fake.base_url()).await;
    stage.active("hosted").await;
    let (status, started) = raw
        .post("/subscriptions/v2/setup", custom_setup("custom"))
        .await;
    assert_eq!(status, 200);
    assert!(
        started["intentUrl"]
            .as_str()
            .unwrap()
            .starts_with("upi://mandate?")
    );
    stage.fake.pay("custom-setup");
    for (path, expected) in [
        ("/subscriptions/v2/custom/status", 200),
        ("/checkout/v2/subscriptions/hosted/status", 200),
        ("/subscriptions/v2/hosted/status", 404),
        ("/checkout/v2/subscriptions/custom/status", 404),
        ("/subscriptions/v2/order/custom-setup/status", 200),
        ("/checkout/v2/order/custom-setup/status", 404),
        ("/subscriptions/v2/order/hosted-setup/status", 404),
    ] {
        assert_eq!(raw.get(path).await.0, expected, "{path}");
    }
    let mut debit = json!({
        "merchantOrderId": "P_1", "amount": 100,
        "paymentFlow": {"type": "SUBSCRIPTION_REDEMPTION", "merchantSubscriptionId": "hosted"},
    });
    assert_eq!(
        raw.post("/subscriptions/v2/notify", debit.clone()).await.0,
        404
    );
    // The right path with the other family's word.
    assert_eq!(
        raw.post("/checkout/v2/subscriptions/notify", debit.clone())
            .await
            .0,
        400
    );
    debit["paymentFlow"]["type"] = json!("SUBSCRIPTION_CHECKOUT_REDEMPTION");
    assert_eq!(
        raw.post("/checkout/v2/subscriptions/notify", debit).await.0,
        200
    );
    let events: Vec<_> = stage
        .fake
        .webhooks()
        .into_iter()
        .map(|hook| hook.event)
        .collect();
    assert_eq!(
        events,
        [
            "checkout.order.completed",
            "subscription.setup.order.completed"
        ]
    );
    let cancelled = raw
        .post("/subscriptions/v2/custom/cancel", Value::Null)
        .await;
    assert_eq!(cancelled, (204, Value::Null));
}

#[tokio::test]
async fn what_our_client_does_not_ask_for_is_there_too() {
    let stage = Stage::new().await;
    let raw = Raw::new(stage.fake.base_url()).await;
    let (status, order) = raw
        .post("/checkout/v2/sdk/order", checkout("P_1", json!(100)))
        .await;
    assert_eq!(status, 200);
    assert!(order["token"].is_string() && order["redirectUrl"].is_null());
    let vpa = |vpa: &str| raw.post("/v2/validate/upi", json!({"type": "VPA", "vpa": vpa}));
    assert_eq!(vpa("success@ybl").await.1["valid"], true);
    assert_eq!(vpa("failure@ybl").await.1, json!({"valid": false}));
    assert_eq!(vpa("nothing").await.1["valid"], false);
    // Only the latest attempt unless all are asked for, however that is written.
    stage.active("M_1").await;
    stage
        .phonepe
        .notify(&crate::support::notify("P_2", "M_1", "10"))
        .await
        .unwrap();
    stage.fake.tick();
    stage.fake.fail_next_redemptions(1);
    for time in ["2026-11-21 13:01", "2026-11-21 14:31"] {
        stage.at(time);
        stage.phonepe.redeem("P_2").await.unwrap();
        stage.fake.tick();
    }
    let raw = Raw::new(stage.fake.base_url()).await;
    for (query, attempts) in [
        ("", 1),
        ("?details=False", 1),
        ("?details=True", 2),
        ("?details=true&details=true", 2),
    ] {
        let (_, order) = raw
            .get(&format!("/checkout/v2/order/P_2/status{query}"))
            .await;
        assert_eq!(
            order["paymentDetails"].as_array().unwrap().len(),
            attempts,
            "{query}"
        );
        assert_eq!(order["paymentDetails"][attempts - 1]["state"], "COMPLETED");
    }
}

#[tokio::test]
async fn in_a_process_of_its_own_it_is_moved_from_outside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let options = Options::new(testkit::manual_seams().0);
    let served = tokio::spawn(serve(listener, options, stop.clone()));
    let raw = Raw::new(base.clone()).await;
    raw.post("/checkout/v2/pay", checkout("P_1", json!(100)))
        .await;
    assert_eq!(
        raw.post("/simulator/orders/P_1/pay", json!({})).await.0,
        204
    );
    assert_eq!(
        raw.post("/simulator/orders/P_1/pay", json!({})).await.0,
        409
    );
    assert_eq!(
        raw.post("/simulator/orders/P_1/steal", json!({})).await.0,
        404
    );
    let fault = json!({"call": "refund", "fault": "503-after"});
    assert_eq!(raw.post("/simulator/fail", fault).await.0, 204);
    let refund =
        json!({"merchantRefundId": "R_1", "originalMerchantOrderId": "P_1", "amount": 100});
    assert_eq!(raw.post("/payments/v2/refund", refund).await.0, 503);
    let nonsense = json!({"call": "refund", "fault": "flood"});
    assert_eq!(raw.post("/simulator/fail", nonsense).await.0, 400);
    let (_, books) = raw.get("/simulator/books").await;
    assert_eq!(
        (&books["captured"], &books["refunded"]),
        (&json!(100), &json!(100))
    );
    assert_eq!(books["refunds"]["R_1"], "COMPLETED");
    raw.post("/checkout/v2/pay", checkout("P_2", json!(100)))
        .await;
    let moved = raw
        .post("/simulator/clock", json!({"at": "2030-01-01T00:00:00Z"}))
        .await;
    assert_eq!(moved.1["now"], "2030-01-01T00:00:00Z");
    let raw = Raw::new(base).await;
    let (_, expired) = raw.get("/checkout/v2/order/P_2/status").await;
    assert_eq!(expired["state"], "FAILED");
    let (_, told) = raw.get("/simulator/webhooks").await;
    let last = told.as_array().unwrap().last().unwrap();
    assert_eq!(last["event"], "checkout.order.failed");
    stop.cancel();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_share_of_calls_fails_the_same_way_for_the_same_seed() {
    let mut runs = vec![];
    for seed in [1, 1, 2] {
        let stage = Stage::with(|options| {
            options.random_faults = Some(RandomFaults {
                share: 0.5,
                fault: Fault::Server(500),
                seed,
            });
        })
        .await;
        stage
            .fake
            .fail_always(Call::Token, Some(Fault::Server(500)));
        let client = Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/checkout/v2/order/P_1/status", stage.fake.base_url());
        let mut statuses = vec![];
        for _ in 0..40 {
            statuses.push(client.get(&url).send().await.unwrap().status().as_u16());
        }
        let failed = statuses.iter().filter(|status| **status == 500).count();
        assert!((8..=32).contains(&failed), "{failed} of 40");
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}
