//! What the simulator tells by itself, read as the webhook function reads it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use phonepe::callback::{Authenticator, Callback, parse};
use testkit::phonepe::{Disorder, WebhookTarget};
use tokio::net::TcpListener;

use crate::support::{Stage, ist, notify, pay, refund};

/// A merchant's server. It refuses the first `refusing` callbacks.
#[derive(Clone, Default)]
struct Merchant {
    heard: Arc<Mutex<Vec<Callback>>>,
    refusing: Arc<Mutex<u32>>,
}

impl Merchant {
    async fn listen(&self) -> WebhookTarget {
        let me = self.clone();
        let heard = post(move |headers: HeaderMap, body: Bytes| async move {
            let authenticator = Authenticator::new("raptor", "password1");
            if !authenticator.check(headers["authorization"].as_bytes()) {
                return StatusCode::UNAUTHORIZED;
            }
            let mut refusing = me.refusing.lock().unwrap();
            if *refusing > 0 {
                *refusing -= 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            me.heard.lock().unwrap().push(parse(&body).unwrap());
            StatusCode::OK
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().route("/hook", heard);
        tokio::spawn(async move { axum::serve(listener, app).await });
        WebhookTarget {
            url,
            username: "raptor".to_owned(),
            password: "password1".to_owned(),
        }
    }

    fn events(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .map(|callback| callback.event.clone())
            .collect()
    }
}

async fn with(merchant: &Merchant, disorder: Disorder) -> Stage {
    let target = merchant.listen().await;
    Stage::with(|options| {
        options.webhook = Some(target);
        options.disorder = disorder;
    })
    .await
}

#[tokio::test]
async fn a_life_is_told_in_order() {
    let merchant = Merchant::default();
    let stage = with(&merchant, Disorder::default()).await;
    stage.paid("P_1", "100").await;
    stage
        .phonepe
        .refund(&refund("R_1", "P_1", "100"))
        .await
        .unwrap();
    stage.fake.tick();
    stage.phonepe.pay(&pay("P_2", "100")).await.unwrap();
    stage.fake.decline("P_2");
    stage.active("M_1").await;
    stage
        .phonepe
        .notify(&notify("P_3", "M_1", "999"))
        .await
        .unwrap();
    stage.fake.tick();
    stage.at("2026-11-21 13:01");
    stage.phonepe.redeem("P_3").await.unwrap();
    stage.fake.tick();
    stage.fake.pause("M_1", ist("2026-12-01 00:00"));
    stage.fake.resume("M_1");
    stage.fake.revoke("M_1");
    stage.fake.quiet().await;
    assert_eq!(
        merchant.events(),
        [
            "checkout.order.completed",
            "pg.refund.accepted",
            "pg.refund.completed",
            "checkout.transaction.attempt.failed",
            "checkout.order.failed",
            "checkout.order.completed",
            "subscription.notification.completed",
            "subscription.redemption.transaction.completed",
            "subscription.redemption.order.completed",
            "subscription.paused",
            "subscription.unpaused",
            "subscription.revoked",
        ]
    );
}

#[tokio::test]
async fn a_callback_that_is_refused_comes_again() {
    let merchant = Merchant::default();
    *merchant.refusing.lock().unwrap() = 2;
    let stage = with(&merchant, Disorder::default()).await;
    stage.paid("P_1", "100").await;
    stage.fake.quiet().await;
    assert_eq!(merchant.events(), ["checkout.order.completed"]);
    let statuses: Vec<_> = stage
        .fake
        .deliveries()
        .into_iter()
        .map(|d| d.status)
        .collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
}

#[tokio::test]
async fn callbacks_go_astray_the_same_way_each_time() {
    let mut runs = vec![];
    for _ in 0..2 {
        let merchant = Merchant::default();
        let disorder = Disorder {
            drop: 0.2,
            duplicate: 0.3,
            hold: 0.3,
            seed: 7,
        };
        let stage = with(&merchant, disorder).await;
        for n in 0..40 {
            stage.paid(&format!("P_{n:02}"), "100").await;
        }
        stage.fake.quiet().await;
        let before = merchant.heard.lock().unwrap().len();
        stage.fake.release_webhooks().await;
        let heard = merchant.heard.lock().unwrap().clone();
        assert!(heard.len() > before, "nothing was late");
        let ids: Vec<_> = heard
            .iter()
            .map(|callback| format!("{:?}", callback.subject))
            .collect();
        let mut sorted = ids.clone();
        sorted.sort();
        assert_ne!(ids, sorted, "nothing was out of order");
        sorted.dedup();
        assert!(sorted.len() < 40, "nothing was dropped");
        assert!(ids.len() > sorted.len(), "nothing came twice");
        runs.push(ids);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_test_may_hold_callbacks_back_and_send_them_as_it_likes() {
    let merchant = Merchant::default();
    let stage = with(&merchant, Disorder::default()).await;
    stage.fake.hold_webhooks();
    stage.paid("P_1", "100").await;
    stage.paid("P_2", "100").await;
    let held = stage.fake.take_held_webhooks().await;
    assert_eq!((held.len(), merchant.events().len()), (2, 0));
    for webhook in [&held[1], &held[0], &held[0]] {
        assert_eq!(stage.fake.send(webhook).await, Some(200));
    }
    assert_eq!(merchant.events().len(), 3);
    // Without an address they are still there to look at.
    stage.fake.set_webhook(None);
    stage.paid("P_3", "100").await;
    assert_eq!(stage.fake.webhooks().len(), 3);
    assert_eq!(stage.fake.send(&held[0]).await, None);
}
