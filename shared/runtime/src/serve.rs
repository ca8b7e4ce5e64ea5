use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{Common, telemetry::metrics_handle};

/// Requests in flight at a stop have this long to end. Cloud Run kills the process after 10 s too.
const GRACE: Duration = Duration::from_secs(10);

/// Histogram samples wait in memory until they are counted into their buckets.
const UPKEEP: Duration = Duration::from_secs(10);

/// Listens at the configured address.
///
/// # Errors
/// When the address is taken or not allowed.
pub async fn bind(common: &Common) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(common.host(), common.port);
    TcpListener::bind(address).await.with_context(|| {
        format!("can't listen on {address}: set PORT or HOST to an address that is free")
    })
}

/// Serves until `shutdown` is cancelled, then takes no new connections and gives those in flight 10 s.
/// Handlers of endless streams must watch the token themselves.
///
/// # Errors
/// When the address can't be listened on.
pub async fn serve(
    function: &'static str,
    router: Router,
    common: &Common,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    serve_on(bind(common).await?, function, router, shutdown).await
}

/// [`serve`] on a listener that is open already.
///
/// # Errors
/// When the listener fails.
pub async fn serve_on(
    listener: TcpListener,
    function: &'static str,
    router: Router,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    tracing::info!(function, %address, "listening");
    // Answers are small and latency counts: don't wait for more bytes to fill a packet.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(
        listener,
        router.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let overdue = async {
        shutdown.cancelled().await;
        tracing::info!(function, "stopping");
        sleep(GRACE).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.context("the server failed")?,
        () = overdue => tracing::warn!(function, "stopped with requests in flight"),
        () = orphaned() => tracing::warn!(function, "stopped: the process that started this one is gone"),
        () = metrics_upkeep() => {}
    }
    Ok(())
}

/// With EXIT_WITH_PARENT set, returns when the parent process has ended: what a local run starts must
/// not outlive it, however it was killed.
async fn orphaned() {
    const LOOK: Duration = Duration::from_secs(1);
    if std::env::var_os("EXIT_WITH_PARENT").is_none() {
        return std::future::pending().await;
    }
    let parent = std::os::unix::process::parent_id();
    while std::os::unix::process::parent_id() == parent {
        sleep(LOOK).await;
    }
}

async fn metrics_upkeep() {
    let handle = metrics_handle();
    let mut tick = interval(UPKEEP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        handle.run_upkeep();
    }
}

/// A token that is cancelled by SIGTERM or SIGINT: the same one, however often it is asked for.
///
/// # Panics
/// Outside a tokio runtime, or when the operating system takes no signal handlers.
pub fn shutdown_signal() -> CancellationToken {
    static SIGNAL: OnceLock<CancellationToken> = OnceLock::new();
    SIGNAL
        .get_or_init(|| {
            let token = CancellationToken::new();
            let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
            let mut interrupt = signal(SignalKind::interrupt()).expect("SIGINT can be handled");
            let stop = token.clone();
            tokio::spawn(async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                stop.cancel();
            });
            token
        })
        .clone()
}
