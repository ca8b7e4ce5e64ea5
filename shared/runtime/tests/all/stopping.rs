use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get as on_get;
use runtime::config::{Findings, Validate, load_from};
use runtime::{Common, bind, boot, serve_on, shutdown_signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

#[derive(clap::Parser)]
struct Config {
    #[command(flatten)]
    common: Common,
}

impl Validate for Config {
    fn common(&self) -> &Common {
        &self.common
    }

    fn check(&self, _findings: &mut Findings) {}
}

fn common(arguments: &[&str]) -> Common {
    let base = [
        "test",
        "--environment=test",
        "--log-level=info",
        "--host=127.0.0.1",
    ];
    load_from::<Config, _, _>(base.iter().chain(arguments))
        .unwrap()
        .common
}

const PATIENCE: Duration = Duration::from_secs(20);

async fn ask(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    stream
}

async fn read(mut stream: TcpStream) -> String {
    let mut text = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut text))
        .await
        .unwrap()
        .unwrap();
    text
}

#[tokio::test]
async fn a_stop_lets_the_request_in_flight_end_and_takes_no_other() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, go) = (Arc::clone(&entered), Arc::clone(&leave));
    let router = Router::new().route(
        "/",
        on_get(move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
            let (inside, go) = (Arc::clone(&inside), Arc::clone(&go));
            async move {
                inside.notify_one();
                go.notified().await;
                format!("goodbye {}", peer.ip())
            }
        }),
    );
    let listener = bind(&common(&["--port=0"])).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve_on(listener, "test", router, stop.clone()));
    let stream = ask(address).await;
    timeout(PATIENCE, entered.notified()).await.unwrap();
    stop.cancel();
    stop.cancel();
    // The listener closes soon after the stop; then connections are refused.
    timeout(PATIENCE, async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await
        }
    })
    .await
    .unwrap();
    assert!(
        !server.is_finished(),
        "the request in flight must keep the server"
    );
    leave.notify_one();
    assert!(read(stream).await.ends_with("goodbye 127.0.0.1"));
    timeout(PATIENCE, server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_taken_port_says_which_variable_to_change() {
    let taken = bind(&common(&["--port=0"])).await.unwrap();
    let port = format!("--port={}", taken.local_addr().unwrap().port());
    let error = bind(&common(&[&port])).await.unwrap_err();
    assert!(error.to_string().contains("set PORT or HOST"), "{error}");
}

#[tokio::test]
async fn booting_twice_in_one_process_is_fine() {
    let common = common(&[]);
    let first = boot("bill", &common).unwrap();
    let second = boot("route", &common).unwrap();
    assert!(first.seams.uuid() < second.seams.uuid());
    assert!(first.metrics.render().len() <= second.metrics.render().len());
}

#[tokio::test]
async fn the_signal_that_ends_a_container_is_a_stop() {
    let (stop, same) = (shutdown_signal(), shutdown_signal());
    assert!(!stop.is_cancelled());
    let sent = std::process::Command::new("sh")
        .args(["-c", &format!("kill -TERM {}", std::process::id())])
        .status()
        .unwrap();
    assert!(sent.success());
    timeout(PATIENCE, async {
        tokio::join!(stop.cancelled(), same.cancelled())
    })
    .await
    .unwrap();
}
