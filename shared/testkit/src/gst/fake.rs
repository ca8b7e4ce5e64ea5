//! Simulators inside a test, and what a test does with them.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Call, Entry, Fake, Fault, Options, Seen, Taxpayer, gsp_routes, lock, portal_routes, run,
};

struct Running {
    fake: Fake,
    address: SocketAddr,
    _stops: DropGuard,
}

impl Running {
    async fn start(options: Options, routes: Router<Fake>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free loopback port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let stop = CancellationToken::new();
        let fake = Fake::new(options, stop.clone());
        tokio::spawn(run(listener, routes, fake.clone()));
        Self {
            fake,
            address,
            _stops: stop.drop_guard(),
        }
    }
}

/// A running e-invoice portal; it stops when dropped.
pub struct FakePortal(Running);

impl FakePortal {
    /// # Panics
    /// When no loopback port is free.
    pub async fn start(options: Options) -> Self {
        Self(Running::start(options, portal_routes()).await)
    }

    /// For EINVOICE_BASE_URL.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The next of these calls goes wrong; after others that were told before.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        lock(&self.0.fake.faults).push(call, fault);
    }

    /// All of these calls go wrong, or none any more.
    pub fn fail_always(&self, call: Call, fault: Option<Fault>) {
        lock(&self.0.fake.faults).always(call, fault);
    }

    /// No token that was given is taken any more.
    pub fn withdraw_tokens(&self) {
        lock(&self.0.fake.world).tokens.clear();
    }

    /// All that is registered, cancelled or not.
    pub fn registered(&self) -> Vec<Entry> {
        lock(&self.0.fake.world).entries.values().cloned().collect()
    }

    /// The latest requests of one kind, oldest first.
    pub fn calls(&self, call: Call) -> Vec<Seen> {
        self.0.fake.requests(call)
    }
}

/// A running GSP that looks up GSTINs; it stops when dropped.
pub struct FakeGsp(Running);

impl FakeGsp {
    /// # Panics
    /// When no loopback port is free.
    pub async fn start(options: Options) -> Self {
        Self(Running::start(options, gsp_routes()).await)
    }

    /// For GSP_BASE_URL.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// From now on the register has this of the taxpayer.
    pub fn set(&self, taxpayer: Taxpayer) {
        let mut taxpayers = lock(&self.0.fake.taxpayers);
        taxpayers.retain(|known| known.gstin != taxpayer.gstin);
        taxpayers.push(taxpayer);
    }

    /// The next look-up goes wrong; after others that were told before.
    pub fn fail_next(&self, fault: Fault) {
        lock(&self.0.fake.faults).push(Call::Search, fault);
    }

    /// All look-ups go wrong, or none any more.
    pub fn fail_always(&self, fault: Option<Fault>) {
        lock(&self.0.fake.faults).always(Call::Search, fault);
    }

    /// The latest look-ups, oldest first.
    pub fn calls(&self) -> Vec<Seen> {
        self.0.fake.requests(Call::Search)
    }
}
