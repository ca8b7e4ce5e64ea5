//! PhonePe waits for an answer, so the broker is waited for only so long.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use events::{Custody, Message, PublishError, Publisher};
use store::Store;

/// Together with a healthy database's few milliseconds well within what a callback may take.
const LIMIT: Duration = Duration::from_millis(150);

/// Lets committed messages out through `publisher`. One that has not taken a message by then goes on with
/// it or not; the message's row stays, and the sweep sends it (again).
pub fn attach(store: &Store, publisher: Arc<dyn Publisher>) {
    service::attach(store, Arc::new(Limited(publisher)));
}

struct Limited(Arc<dyn Publisher>);

#[async_trait]
impl Publisher for Limited {
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>> {
        let topics: Vec<String> = messages.iter().map(|m| m.topic.clone()).collect();
        let published = tokio::time::timeout(LIMIT, self.0.publish(messages)).await;
        published.unwrap_or_else(|_| {
            let late = topics.into_iter().map(|topic| {
                Err(PublishError {
                    topic,
                    reason: "the broker did not answer in time".to_owned(),
                })
            });
            late.collect()
        })
    }
}
