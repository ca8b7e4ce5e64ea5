//! Streaming pull to HTTP push. The emulator's own push has two requests in flight and leaves out the
//! delivery attempt; this carries load and chaos in its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use google_cloud_auth::credentials::anonymous;
use google_cloud_pubsub::client::Subscriber;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::push::{PushMessage, PushRequest};

/// Deliveries under way at once, for each subscription.
const IN_FLIGHT: usize = 64;

/// Carries every subscription of the functions in `bases` (function to address) until `stop`, dead
/// letters included. `emulator` is host:port; the topology must be there, made for pulling.
pub async fn start(
    project: &str,
    emulator: &str,
    bases: &BTreeMap<&'static str, String>,
    stop: CancellationToken,
) -> Result<()> {
    let subscriber = Subscriber::builder()
        .with_endpoint(format!("http://{emulator}"))
        .with_credentials(anonymous::Builder::new().build())
        .build()
        .await?;
    let http = reqwest::Client::new();
    for subscription in events::topics()
        .iter()
        .flat_map(events::Topic::subscriptions)
    {
        let Some(base) = bases.get(subscription.function) else {
            continue;
        };
        let letters = events::dead_letter_topic(&subscription.name);
        for (name, route) in [(&subscription.name, "push"), (&letters, "dead-letters")] {
            let carrier = Carrier {
                subscriber: subscriber.clone(),
                path: format!("projects/{project}/subscriptions/{name}"),
                url: format!("{base}/{route}/{}", subscription.name),
                http: http.clone(),
                stop: stop.clone(),
            };
            tokio::spawn(carrier.run());
        }
    }
    Ok(())
}

struct Carrier {
    subscriber: Subscriber,
    path: String,
    url: String,
    http: reqwest::Client,
    stop: CancellationToken,
}

impl Carrier {
    async fn run(self) {
        let permits = Arc::new(Semaphore::new(IN_FLIGHT));
        while !self.stop.is_cancelled() {
            let mut stream = self.subscriber.subscribe(self.path.clone()).build();
            loop {
                let next = tokio::select! {
                    next = stream.next() => next,
                    () = self.stop.cancelled() => return,
                };
                let Some(Ok((message, handler))) = next else {
                    break;
                };
                let Ok(permit) = permits.clone().acquire_owned().await else {
                    return;
                };
                let push = PushRequest {
                    subscription: self.path.clone(),
                    delivery_attempt: handler
                        .delivery_attempt()
                        .and_then(|n| u32::try_from(n).ok()),
                    message: PushMessage {
                        data: STANDARD.encode(&message.data),
                        attributes: message.attributes.into_iter().collect(),
                        message_id: message.message_id,
                    },
                };
                let request = self.http.post(&self.url).json(&push);
                tokio::spawn(async move {
                    match request.send().await {
                        Ok(response) if response.status().is_success() => handler.ack(),
                        _ => handler.nack(),
                    }
                    drop(permit);
                });
            }
            tracing::warn!(
                subscription = self.path,
                "the stream ended; opening it again"
            );
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    }
}
