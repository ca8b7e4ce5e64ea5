//! phonepe-webhook on a real PostgreSQL, through its router.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accept;
mod outage;
mod refuse;

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bus::Verify;
use domain::billing::{MerchantId, MerchantKind};
use domain::{Seams, WorkspaceId};
use events::{Custody, Message, PublishError, Publisher};
use phonepe::callback::Authenticator;
use phonepe_webhook::{Deps, PATH, app, attach};
use serde_json::{Value, json};
use sqlx::PgPool;
use store::{DbRole, Store};
use testkit::{Database, ManualClock, manual_seams};
use tower::ServiceExt;
use uuid::Uuid;

const USERNAME: &str = "hook_user";
const PASSWORD: &str = "hook2026pass";
/// `printf hook_user:hook2026pass | sha256sum`
const HEADER: &str = "48c3766a7c5adebf7177ce99ed90b168d7134b5b6de29bdeba24cb0351e1aa41";

/// Remembers what was published, or does not answer well.
#[derive(Default)]
struct Broker {
    published: Mutex<Vec<Message>>,
    mood: AtomicU8,
}

const WORKING: u8 = 0;
const FAILING: u8 = 1;
const SILENT: u8 = 2;

impl Broker {
    fn be(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    fn published(&self) -> Vec<Message> {
        self.published.lock().unwrap().clone()
    }
}

#[async_trait]
impl Publisher for Broker {
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        let mood = self.mood.load(Ordering::SeqCst);
        if mood == SILENT {
            return std::future::pending().await;
        }
        let publish = |message: Message| {
            if mood == FAILING {
                return Err(PublishError {
                    topic: message.topic,
                    reason: "down".into(),
                });
            }
            self.published.lock().unwrap().push(message);
            Ok(Custody::Released)
        };
        messages.into_iter().map(publish).collect()
    }
}

/// A row of `payment_callbacks`.
#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Recorded {
    workspace_id: Option<Uuid>,
    event: String,
    merchant_id: Option<String>,
    body: Vec<u8>,
    hash_fits: bool,
}

struct World {
    db: Database,
    owner: PgPool,
    seams: Seams,
    clock: Arc<ManualClock>,
    broker: Arc<Broker>,
    store: Store,
    app: Router,
    workspace: WorkspaceId,
}

impl World {
    async fn new() -> Self {
        let db = Database::create().await;
        let (seams, clock) = manual_seams();
        let broker = Arc::new(Broker::default());
        let store = db.store(DbRole::PhonepeWebhook);
        attach(&store, broker.clone());
        Self {
            owner: db.owner().await,
            app: webhook(store.clone(), &seams),
            workspace: WorkspaceId(seams.uuid()),
            db,
            seams,
            clock,
            broker,
            store,
        }
    }

    fn id(&self, kind: MerchantKind) -> MerchantId {
        MerchantId {
            kind,
            workspace_id: self.workspace,
            id: self.seams.uuid(),
        }
    }

    async fn send(&self, body: impl Into<Body>) -> StatusCode {
        send(&self.app, genuine(body)).await.0
    }

    async fn recorded(&self) -> Vec<Recorded> {
        sqlx::query_as(
            "SELECT workspace_id, event, merchant_id, body, body_hash = sha256(body) AS hash_fits
             FROM payment_callbacks ORDER BY received_at, body_hash",
        )
        .fetch_all(&self.owner)
        .await
        .unwrap()
    }

    async fn waiting(&self) -> i64 {
        let mut tx = self.db.store(DbRole::Operator).sweep().await.unwrap();
        store::outbox::waiting(&mut tx).await.unwrap()
    }

    /// Rows of sent messages go in the background, soon.
    async fn until_nothing_waits(&self) {
        for _ in 0..500 {
            if self.waiting().await == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the outbox did not empty");
    }
}

fn webhook(store: Store, seams: &Seams) -> Router {
    let authenticator = Authenticator::new(USERNAME, PASSWORD);
    app(&Deps::new(store, seams.clone(), authenticator), Verify::Off)
}

/// A store whose database is not there.
fn nowhere() -> Store {
    let url = "postgres://nobody@127.0.0.1:1/none";
    Store::connect(url, DbRole::PhonepeWebhook, 2).unwrap()
}

fn genuine(body: impl Into<Body>) -> Request<Body> {
    Request::post(PATH)
        .header("authorization", HEADER)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 16).await;
    (
        status,
        serde_json::from_slice(&body.unwrap()).unwrap_or_default(),
    )
}

/// As PhonePe sends it: the order's status in full. Only the id in it counts.
fn order(event: &str, id: &str) -> Value {
    json!({
        "type": "CHECKOUT_ORDER_COMPLETED",
        "event": event,
        "payload": {
            "merchantId": "RAPTORFLOWUAT",
            "merchantOrderId": id,
            "orderId": "OMO2611211200000000000001W",
            "state": "COMPLETED",
            "amount": 353_882,
            "currency": "INR",
            "expireAt": 1_795_260_000_000_i64,
            "metaInfo": { "udf1": "starter" },
            "paymentDetails": [{
                "transactionId": "OM2611211200000000000002W",
                "paymentMode": "UPI_INTENT",
                "timestamp": 1_795_256_500_000_i64,
                "amount": 353_882,
                "state": "COMPLETED",
                "rail": { "type": "UPI", "utr": "632512345678", "vpa": "asha@ybl" },
                "instrument": { "type": "ACCOUNT", "accountType": "SAVINGS" },
            }],
        },
    })
}

fn refund(event: &str, id: &str) -> Value {
    json!({
        "event": event,
        "payload": {
            "merchantId": "RAPTORFLOWUAT",
            "merchantRefundId": id,
            "originalMerchantOrderId": "P_the_payment",
            "refundId": "OMR2611211200000000000003W",
            "amount": 100_000,
            "state": "COMPLETED",
            "timestamp": 1_795_256_500_000_i64,
        },
    })
}

fn mandate(event: &str, id: &str) -> Value {
    json!({
        "event": event,
        "payload": {
            "merchantSubscriptionId": id,
            "subscriptionId": "OMS2611211200000000000004W",
            "state": "PAUSED",
            "amountType": "VARIABLE",
            "maxAmount": 424_600,
            "frequency": "MONTHLY",
            "pauseStartDate": 1_795_256_500_000_i64,
            "pauseEndDate": 1_797_848_500_000_i64,
        },
    })
}
