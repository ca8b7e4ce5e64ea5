use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{CorrelationId, WorkspaceId};
use events::{DecodeError, Event, Message, MessageLog, Rejection, Subscription};
use futures::FutureExt;
use futures::future::BoxFuture;
use tracing::Instrument;
use uuid::Uuid;

use crate::Failure;

/// What comes with an event.
#[derive(Debug, Clone)]
pub struct Meta {
    pub message_id: Uuid,
    pub workspace_id: WorkspaceId,
    pub correlation_id: CorrelationId,
    pub traceparent: Option<String>,
    /// When the fact was stated.
    pub time: DateTime<Utc>,
    /// From 1, where the broker says.
    pub attempt: Option<u32>,
    pub subscription: Arc<str>,
}

type Handler =
    Arc<dyn Fn(Arc<Message>, Meta) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// A handler of one subscription.
#[derive(Clone)]
pub struct Consumer {
    pub subscription: Subscription,
    name: Arc<str>,
    handler: Handler,
}

impl Consumer {
    /// `handler` hears events of type `E` on each of `topics`, as `function`.
    ///
    /// # Panics
    /// When the topology declares no such subscription: that is a mistake in the program.
    pub fn on<E, H, F>(function: &'static str, topics: &[&'static str], handler: H) -> Vec<Self>
    where
        E: Event,
        H: Fn(E, Meta) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let handler: Handler = {
            let handler = Arc::new(handler);
            Arc::new(move |message: Arc<Message>, meta| {
                let handler = handler.clone();
                async move {
                    let event = message.decode::<E>().map_err(rejected)?;
                    handler(event, meta).await
                }
                .boxed()
            })
        };
        topics
            .iter()
            .map(|topic| {
                let subscription = events::subscription(topic, function).unwrap_or_else(|| {
                    panic!("{function} is not declared as a subscriber of {topic}: add it to events::topology")
                });
                let name = subscription.name.as_str().into();
                Self { subscription, name, handler: handler.clone() }
            })
            .collect()
    }

    /// Names the declared subscriptions of `function` that none of `consumers` handles.
    pub fn missing(function: &str, consumers: &[Self]) -> Vec<String> {
        events::topics()
            .iter()
            .flat_map(events::Topic::subscriptions)
            .filter(|declared| declared.function == function)
            .filter(|declared| {
                consumers
                    .iter()
                    .all(|consumer| consumer.subscription.name != declared.name)
            })
            .map(|declared| declared.name)
            .collect()
    }

    /// Handles a message. What is rejected is recorded and counts as handled; a failure to record it,
    /// and a panic, mean that it comes again.
    pub(crate) async fn deliver(
        &self,
        message: Arc<Message>,
        attempt: Option<u32>,
        log: &Arc<dyn MessageLog>,
    ) -> Result<(), String> {
        let meta = Meta {
            message_id: message.id,
            workspace_id: message.workspace_id,
            correlation_id: message.correlation_id.clone(),
            traceparent: message.traceparent.clone(),
            time: message.time,
            attempt,
            subscription: self.name.clone(),
        };
        let span = tracing::info_span!(
            "bus.deliver",
            subscription = &*self.name,
            message.id = %message.id,
            workspace.id = %message.workspace_id,
            correlation.id = %message.correlation_id,
        );
        let handled = AssertUnwindSafe((self.handler)(message.clone(), meta))
            .catch_unwind()
            .instrument(span);
        match handled.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Failure::Retry { reason })) => {
                tracing::warn!(subscription = &*self.name, message.id = %message.id, attempt, reason, "to be retried");
                Err(reason)
            }
            Ok(Err(Failure::Reject { code, reason })) => {
                let rejection = Rejection {
                    subscription: self.name.to_string(),
                    message_id: message.id.to_string(),
                    attributes: message.attributes(),
                    data: message.data.to_vec(),
                    code,
                    reason,
                };
                record(log, rejection).await
            }
            Err(_) => {
                tracing::error!(subscription = &*self.name, message.id = %message.id, "the handler panicked");
                Err("the handler panicked".to_owned())
            }
        }
    }
}

/// Records what can't be handled. An error means that it must come again.
pub(crate) async fn record(log: &Arc<dyn MessageLog>, rejection: Rejection) -> Result<(), String> {
    tracing::error!(
        subscription = rejection.subscription,
        message.id = rejection.message_id,
        code = rejection.code,
        reason = rejection.reason,
        "message rejected"
    );
    metrics::counter!("messages_rejected_total", "code" => rejection.code.clone()).increment(1);
    log.reject(rejection).await
}

pub(crate) fn rejected(error: DecodeError) -> Failure {
    let code = match error {
        DecodeError::Type { .. } => "message.unknown_version",
        DecodeError::Attribute(_) | DecodeError::Data { .. } => "message.malformed",
    };
    Failure::Reject {
        code: code.to_owned(),
        reason: error.to_string(),
    }
}
