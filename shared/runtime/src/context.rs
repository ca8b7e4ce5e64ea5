//! Who a piece of work is for, readable anywhere in the task that does it.

use std::cell::RefCell;
use std::sync::Arc;

use domain::{CorrelationId, Role, UserId, WorkspaceId};
use tokio::task::JoinHandle;
use tracing::Instrument;

/// What is known about the request or message being worked on. The correlation layer starts it, the
/// caller's authentication adds the user, workspace and role with [`update`]; log lines and problems
/// carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    pub correlation_id: CorrelationId,
    /// The W3C `traceparent` to hand on.
    pub traceparent: Option<String>,
    pub user_id: Option<UserId>,
    pub workspace_id: Option<WorkspaceId>,
    pub role: Option<Role>,
}

impl RequestContext {
    pub fn new(correlation_id: CorrelationId) -> Self {
        Self {
            correlation_id,
            traceparent: None,
            user_id: None,
            workspace_id: None,
            role: None,
        }
    }
}

impl From<CorrelationId> for RequestContext {
    fn from(correlation_id: CorrelationId) -> Self {
        Self::new(correlation_id)
    }
}

tokio::task_local! {
    static CURRENT: RefCell<Arc<RequestContext>>;
}

/// The context of the running task; `None` outside a request or message.
pub fn current() -> Option<Arc<RequestContext>> {
    CURRENT
        .try_with(|cell| cell.try_borrow().ok().map(|context| Arc::clone(&context)))
        .ok()
        .flatten()
}

pub fn correlation_id() -> Option<CorrelationId> {
    current().map(|context| context.correlation_id.clone())
}

pub fn traceparent() -> Option<String> {
    current().and_then(|context| context.traceparent.clone())
}

/// Runs `work` with `context` as its own; the one around it, if any, is back when it ends.
pub async fn scope<F: Future>(context: impl Into<Arc<RequestContext>>, work: F) -> F::Output {
    CURRENT.scope(RefCell::new(context.into()), work).await
}

/// Adds to the context of the running task, for everything it does from here on. Nothing happens
/// outside a request or message.
pub fn update(change: impl FnOnce(&mut RequestContext)) {
    if let Some(mut context) = current() {
        change(Arc::make_mut(&mut context));
        // The task can't have ended in between, so the only way to miss is a nested borrow, and
        // nothing here hands one out.
        let _ = CURRENT.try_with(|cell| cell.replace(context));
    }
}

/// `tokio::spawn` that takes the context and the tracing span along, as a plain spawn does not.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let work = work.in_current_span();
    match current() {
        Some(context) => tokio::spawn(scope(context, work)),
        None => tokio::spawn(work),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(name: &str) -> RequestContext {
        RequestContext::new(CorrelationId::parse(name).unwrap())
    }

    fn name() -> Option<String> {
        correlation_id().map(|id| id.to_string())
    }

    #[tokio::test]
    async fn a_scope_ends_where_it_ends() {
        assert_eq!(name(), None);
        scope(context("outer"), async {
            scope(context("inner"), async {
                assert_eq!(name().as_deref(), Some("inner"))
            })
            .await;
            assert_eq!(name().as_deref(), Some("outer"));
        })
        .await;
        assert_eq!(name(), None);
    }

    #[tokio::test]
    async fn an_update_is_seen_later_in_the_task_and_in_what_it_spawns() {
        scope(context("one"), async {
            update(|context| context.role = Some(Role::Owner));
            tokio::task::yield_now().await;
            assert_eq!(current().unwrap().role, Some(Role::Owner));
            let seen = spawn(async { current().map(|context| context.role) })
                .await
                .unwrap();
            assert_eq!(seen, Some(Some(Role::Owner)));
            assert!(tokio::spawn(async { current() }).await.unwrap().is_none());
        })
        .await;
    }

    #[tokio::test]
    async fn two_tasks_do_not_see_each_other() {
        let one = tokio::spawn(scope(context("one"), async {
            update(|context| context.role = Some(Role::Viewer));
            tokio::task::yield_now().await;
            (name(), current().unwrap().role)
        }));
        let two = tokio::spawn(scope(context("two"), async {
            tokio::task::yield_now().await;
            (name(), current().unwrap().role)
        }));
        assert_eq!(one.await.unwrap(), (Some("one".into()), Some(Role::Viewer)));
        assert_eq!(two.await.unwrap(), (Some("two".into()), None));
    }
}
