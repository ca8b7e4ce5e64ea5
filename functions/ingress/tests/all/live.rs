//! Server-sent events and sockets, over a real connection.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::TimeDelta;
use domain::Tier;
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::World;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const PATIENCE: Duration = Duration::from_secs(10);

async fn serve(world: &World) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(runtime::serve_on(
        listener,
        "ingress",
        world.app.clone(),
        world.stop.clone(),
    ));
    tokio::spawn(ingress::background(world.deps.clone(), world.stop.clone()));
    address
}

/// The events of a stream from after `last`, until it ends: ids and kinds.
async fn stream(world: &World, path: &str, token: &str, last: &str) -> Vec<(i32, String)> {
    let request = axum::http::Request::get(path)
        .header("authorization", format!("Bearer {token}"))
        .header("last-event-id", last)
        .body(axum::body::Body::empty())
        .unwrap();
    let response = tower::ServiceExt::oneshot(world.app.clone(), request)
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let body = timeout(
        PATIENCE,
        axum::body::to_bytes(response.into_body(), 1 << 20),
    );
    let text = String::from_utf8(body.await.expect("the stream ends").unwrap().to_vec()).unwrap();
    let field = |frame: &str, name: &str| {
        frame.lines().find_map(|line| {
            line.strip_prefix(name)?
                .strip_prefix(": ")
                .map(str::to_owned)
        })
    };
    text.split("\n\n")
        .filter_map(|frame| Some((field(frame, "id")?.parse().ok()?, field(frame, "event")?)))
        .collect()
}

async fn connect(address: SocketAddr, query: &str, token: &str) -> Socket {
    let mut request = format!("ws://{address}/v1/ws{query}")
        .into_client_request()
        .unwrap();
    let offered = format!("raptorflow, bearer.{token}");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", offered.parse().unwrap());
    let (mut socket, answer) = connect_async(request).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "raptorflow");
    assert_eq!(next(&mut socket).await["type"], "connected");
    socket
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        let message = timeout(PATIENCE, socket.next())
            .await
            .expect("a message")
            .expect("open")
            .unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

/// The kinds of the updates up to the execution's end, and the last cursor.
async fn to_the_end(socket: &mut Socket) -> (Vec<String>, String) {
    let mut kinds = Vec::new();
    loop {
        let message = next(socket).await;
        assert_eq!(message["type"], "execution_update", "{message}");
        kinds.push(message["update"]["kind"].as_str().unwrap().to_owned());
        if kinds
            .last()
            .is_some_and(|kind| kind == "execution.finished")
        {
            return (kinds, message["cursor"].as_str().unwrap().to_owned());
        }
    }
}

#[tokio::test]
async fn a_stream_tells_what_was_and_what_comes_and_ends_with_the_execution() {
    let world = World::new().await;
    serve(&world).await;
    let (_, workspace, token) = world.person(Tier::Growth).await;
    let id = world.execute(&token).await;
    let path = format!("/v1/executions/{id}/events");
    let (seen, ()) = tokio::join!(stream(&world, &path, &token, "0"), async {
        // The stream is open by then, or reads the log: either way nothing is lost.
        tokio::time::sleep(Duration::from_millis(150)).await;
        world.work(workspace, id).await;
    });
    let kinds: Vec<&str> = seen.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "execution.accepted",
            "step.started",
            "step.finished",
            "execution.finished"
        ]
    );
    assert_eq!(
        seen.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    // Taken up in the middle, and at the end.
    assert_eq!(stream(&world, &path, &token, "2").await.len(), 2);
    let request = [("last-event-id", "4")];
    world
        .call_with(
            axum::http::Method::GET,
            &path,
            &token,
            Value::Null,
            &request,
        )
        .await
        .expect(204);
}

#[tokio::test]
async fn many_streams_of_many_executions_each_get_their_own() {
    let world = World::new().await;
    serve(&world).await;
    let (_, workspace, token) = world.person(Tier::Agency).await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(world.execute(&token).await);
    }
    let streams = ids.iter().map(|id| {
        let path = format!("/v1/executions/{id}/events");
        let (world, token) = (&world, &token);
        async move { stream(world, &path, token, "0").await.len() }
    });
    let (lengths, ()) = tokio::join!(futures::future::join_all(streams), async {
        for id in &ids {
            world.work(workspace, *id).await;
        }
    });
    assert_eq!(lengths, vec![4; 20]);
}

#[tokio::test]
async fn sockets_get_their_persons_executions_and_can_be_taken_up_again() {
    let world = World::new().await;
    let address = serve(&world).await;
    let (_, workspace, asha) = world.person(Tier::Growth).await;
    let (_, _, ravi) = world.person(Tier::Growth).await;
    let (mut phone, mut laptop) = (
        connect(address, "", &asha).await,
        connect(address, "", &asha).await,
    );
    let mut other = connect(address, "", &ravi).await;
    let first = world.execute(&asha).await;
    world.work(workspace, first).await;
    let (kinds, cursor) = to_the_end(&mut phone).await;
    assert_eq!(kinds.len(), 4);
    assert_eq!(to_the_end(&mut laptop).await.0, kinds);
    phone.close(None).await.unwrap();
    // While the phone is away.
    let second = world.execute(&asha).await;
    world.work(workspace, second).await;
    assert_eq!(to_the_end(&mut laptop).await.0.len(), 4);
    let mut phone = connect(address, &format!("?cursor={cursor}"), &asha).await;
    assert_eq!(to_the_end(&mut phone).await.0.len(), 4);
    // And goes on from there, each once.
    let third = world.execute(&asha).await;
    world.work(workspace, third).await;
    assert_eq!(to_the_end(&mut phone).await.0.len(), 4);
    // A stranger has heard nothing.
    assert!(
        timeout(Duration::from_millis(200), other.next())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_system_alert_reaches_everyone_connected() {
    let world = World::new().await;
    let address = serve(&world).await;
    let (_, _, asha) = world.person(Tier::Growth).await;
    let (_, _, ravi) = world.person(Tier::Growth).await;
    let mut sockets = [
        connect(address, "", &asha).await,
        connect(address, "", &ravi).await,
    ];
    let store = world.db.store(store::DbRole::Operator);
    let mut tx = store.sweep().await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    let now = world.seams.now();
    let until = now + TimeDelta::hours(1);
    store::alerts::insert(
        &mut tx,
        world.seams.uuid(),
        "warning",
        "Maintenance at 02:00 IST",
        now,
        until,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    for socket in &mut sockets {
        let message = next(socket).await;
        assert_eq!(message["type"], "system_alert");
        assert_eq!(message["alert"]["text"], "Maintenance at 02:00 IST");
    }
    // Whoever comes later is told too, as long as it is in force.
    let mut late = connect(address, "", &asha).await;
    assert_eq!(next(&mut late).await["type"], "system_alert");
}

#[tokio::test]
async fn a_socket_without_a_good_token_or_cursor_is_not_opened() {
    let world = World::new().await;
    let address = serve(&world).await;
    let (_, _, asha) = world.person(Tier::Growth).await;
    let refused = connect_async(format!("ws://{address}/v1/ws"))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("401"), "{refused}");
    let mut request = format!("ws://{address}/v1/ws?cursor=yesterday")
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {asha}").parse().unwrap());
    let refused = connect_async(request).await.unwrap_err();
    assert!(refused.to_string().contains("422"), "{refused}");
}

#[tokio::test]
async fn a_socket_closes_when_the_server_stops() {
    let world = World::new().await;
    let address = serve(&world).await;
    let (_, _, asha) = world.person(Tier::Growth).await;
    let mut socket = connect(address, "", &asha).await;
    socket.send(Message::Text("hello".into())).await.unwrap();
    world.stop.cancel();
    let closing = timeout(PATIENCE, socket.next())
        .await
        .expect("told")
        .expect("a frame")
        .unwrap();
    let Message::Close(Some(frame)) = closing else {
        panic!("{closing:?}")
    };
    assert_eq!(u16::from(frame.code), 1001);
}
