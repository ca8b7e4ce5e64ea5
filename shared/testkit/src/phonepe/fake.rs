//! A simulator inside a test, and what a test does with it.

use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use domain::Inr;
use rust_decimal::Decimal;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::hooks::{Delivery, Webhook, WebhookTarget};
use super::orders::Payer;
use super::world::{OrderState, RefundState, World};
use super::{Call, Fake, Fault, Options, Seen, lock, run};

/// A running simulator; it stops when dropped.
pub struct FakePhonePe {
    fake: Fake,
    address: SocketAddr,
    stop: CancellationToken,
}

impl FakePhonePe {
    /// # Panics
    /// When no loopback port is free.
    pub async fn start(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free loopback port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let stop = CancellationToken::new();
        let fake = Fake::new(options, address, stop.clone());
        tokio::spawn(run(listener, fake.clone(), stop.clone()));
        Self {
            fake,
            address,
            stop,
        }
    }

    /// For PHONEPE_PG_BASE_URL and PHONEPE_OAUTH_BASE_URL.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets time do its work: what is due by the clock happens now.
    pub fn tick(&self) {
        self.fake.tick();
    }

    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let changed = {
            let mut world = lock(&self.fake.world);
            world.tick();
            change(&mut world)
        };
        self.fake.flush();
        changed
    }

    /// The payer pays an open payment or setup.
    ///
    /// # Panics
    /// When there is none of this id, here and below.
    pub fn pay(&self, merchant_order_id: &str) {
        let done = self.change(|world| world.act(merchant_order_id, Payer::Pays));
        assert!(done, "{merchant_order_id} is not open");
    }

    /// The payer enters a wrong PIN.
    ///
    /// # Panics
    /// When the order is not open.
    pub fn decline(&self, merchant_order_id: &str) {
        let done = self.change(|world| world.act(merchant_order_id, Payer::Declines));
        assert!(done, "{merchant_order_id} is not open");
    }

    /// The payer goes back.
    ///
    /// # Panics
    /// When the order is not open.
    pub fn cancel(&self, merchant_order_id: &str) {
        let done = self.change(|world| world.act(merchant_order_id, Payer::Cancels));
        assert!(done, "{merchant_order_id} is not open");
    }

    /// The payer pauses a mandate.
    ///
    /// # Panics
    /// When it is not active.
    pub fn pause(&self, merchant_subscription_id: &str, until: DateTime<Utc>) {
        let done = self.change(|world| world.pause(merchant_subscription_id, until));
        assert!(done, "{merchant_subscription_id} is not active");
    }

    /// The payer goes on with a mandate.
    ///
    /// # Panics
    /// When it is not paused.
    pub fn resume(&self, merchant_subscription_id: &str) {
        let done = self.change(|world| world.resume(merchant_subscription_id));
        assert!(done, "{merchant_subscription_id} is not paused");
    }

    /// The payer ends a mandate.
    ///
    /// # Panics
    /// When it is neither active nor paused.
    pub fn revoke(&self, merchant_subscription_id: &str) {
        let done = self.change(|world| world.revoke(merchant_subscription_id));
        assert!(
            done,
            "{merchant_subscription_id} is neither active nor paused"
        );
    }

    /// The next attempts at recurring debits find too little in the account.
    pub fn fail_next_redemptions(&self, attempts: u32) {
        self.change(|world| world.failing_redemptions = attempts);
    }

    /// The next notices don't reach the payer.
    pub fn fail_next_notices(&self, notices: u32) {
        self.change(|world| world.failing_notices = notices);
    }

    /// The next refunds that go by themselves fail.
    pub fn fail_next_refunds(&self, refunds: u32) {
        lock(&self.fake.world).failing_refunds = refunds;
    }

    /// The bank accepts a refund.
    ///
    /// # Panics
    /// When it is not pending.
    pub fn confirm_refund(&self, merchant_refund_id: &str) {
        let done = self.change(|world| world.confirm_refund(merchant_refund_id));
        assert!(done, "{merchant_refund_id} is not pending");
    }

    /// A refund reaches the payer.
    ///
    /// # Panics
    /// When it is final.
    pub fn complete_refund(&self, merchant_refund_id: &str) {
        let done = self.change(|world| world.complete_refund(merchant_refund_id));
        assert!(done, "{merchant_refund_id} is not open");
    }

    /// A refund fails.
    ///
    /// # Panics
    /// When it is final.
    pub fn fail_refund(&self, merchant_refund_id: &str) {
        let done = self.change(|world| world.fail_refund(merchant_refund_id));
        assert!(done, "{merchant_refund_id} is not open");
    }

    /// A refund that was called failed reaches the payer all the same.
    ///
    /// # Panics
    /// When it did not fail.
    pub fn complete_failed_refund(&self, merchant_refund_id: &str) {
        let done = self.change(|world| world.complete_failed_refund(merchant_refund_id));
        assert!(done, "{merchant_refund_id} did not fail");
    }

    /// The next of these calls goes wrong; after others that were told before.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        lock(&self.fake.faults).push(call, fault);
    }

    /// All of these calls go wrong, or none any more.
    pub fn fail_always(&self, call: Call, fault: Option<Fault>) {
        lock(&self.fake.faults).always(call, fault);
    }

    /// No token that was issued is taken any more.
    pub fn withdraw_tokens(&self) {
        lock(&self.fake.tokens).clear();
    }

    /// All requests, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.fake.seen).iter().cloned().collect()
    }

    /// The requests of one kind, oldest first.
    pub fn calls(&self, call: Call) -> Vec<Seen> {
        let all = self.requests().into_iter();
        all.filter(|seen| seen.call == call).collect()
    }

    /// Where callbacks go from now on.
    pub fn set_webhook(&self, target: Option<WebhookTarget>) {
        self.fake.hooks.set_target(target);
    }

    /// All callbacks there were, oldest first, sent or not.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.fake.hooks.made()
    }

    /// The tries to deliver them, as they ended.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.fake.hooks.deliveries()
    }

    /// Keeps all callbacks back from now on.
    pub fn hold_webhooks(&self) {
        self.fake.hooks.hold();
    }

    /// Ends that, and gives those kept back, oldest first, for [`Self::send`] in any order.
    pub async fn take_held_webhooks(&self) -> Vec<Webhook> {
        self.quiet().await;
        self.fake.hooks.take_held()
    }

    /// Sends those that disorder keeps back, in any order.
    pub async fn release_webhooks(&self) {
        self.fake.hooks.release().await;
    }

    /// Sends one, again or late. The answer's status.
    pub async fn send(&self, webhook: &Webhook) -> Option<u16> {
        self.fake.hooks.send(webhook).await
    }

    /// Waits until no callback is on its way.
    pub async fn quiet(&self) {
        self.fake.hooks.quiet().await;
    }

    /// What all completed orders come to: payments, setups and debits.
    pub fn captured_total(&self) -> Inr {
        self.sum(|world| {
            let orders = world.orders.values();
            let done = orders.filter(|order| order.state == OrderState::Completed);
            done.map(|order| order.amount).sum()
        })
    }

    /// What all completed refunds come to.
    pub fn refunded_total(&self) -> Inr {
        self.sum(|world| {
            let refunds = world.refunds.values();
            let done = refunds.filter(|refund| refund.state == RefundState::Completed);
            done.map(|refund| refund.amount).sum()
        })
    }

    /// What was captured of one order: nothing, or all of it.
    pub fn captured(&self, merchant_order_id: &str) -> Inr {
        self.sum(|world| {
            let order = world.orders.get(merchant_order_id);
            let done = order.filter(|order| order.state == OrderState::Completed);
            done.map_or(0, |order| order.amount)
        })
    }

    /// Every order's id and state, as PhonePe writes it.
    pub fn orders(&self) -> Vec<(String, &'static str)> {
        let world = lock(&self.fake.world);
        let orders = world.orders.values();
        orders
            .map(|order| (order.id.clone(), order.state.wire()))
            .collect()
    }

    fn sum(&self, paise: impl FnOnce(&World) -> i64) -> Inr {
        Inr(Decimal::new(paise(&lock(&self.fake.world)), 2))
    }
}

impl Drop for FakePhonePe {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
