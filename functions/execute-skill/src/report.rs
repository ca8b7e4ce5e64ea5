//! Telling those who watch how a step is getting on. A step that ends quickly tells it all at its
//! end, in the transaction that ends it; a slow one a few times a second.

use std::time::Duration;

use store::claims::Claim;
use store::events::ExecutionEvent;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::Deps;

/// How long news waits for more.
const PACE: Duration = Duration::from_millis(300);
/// The most text one event carries.
const MAX_NOTE: usize = 4_000;

/// The way to tell.
#[derive(Clone)]
pub struct Reporter(mpsc::UnboundedSender<ExecutionEvent>);

impl Reporter {
    pub fn new() -> (Self, mpsc::UnboundedReceiver<ExecutionEvent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub fn tell(&self, event: ExecutionEvent) {
        // Nobody listens any more when the step has ended.
        let _ = self.0.send(event);
    }
}

/// Writes news down as it comes, not more often than [`PACE`]; answers what was left when the last
/// reporter went.
pub async fn write_down(
    deps: &Deps,
    workspace: domain::WorkspaceId,
    claim: &Claim,
    mut news: mpsc::UnboundedReceiver<ExecutionEvent>,
) -> Vec<ExecutionEvent> {
    let mut pending: Vec<ExecutionEvent> = Vec::new();
    let mut due = Instant::now() + PACE;
    loop {
        let next = if pending.is_empty() {
            Ok(news.recv().await)
        } else {
            timeout_at(due, news.recv()).await
        };
        match next {
            Ok(Some(event)) => add(&mut pending, event),
            Ok(None) => return pending,
            Err(_) => {
                due = Instant::now() + PACE;
                let written = async {
                    let mut tx = deps.store.tenant_relaxed(workspace).await?;
                    store::events::append(&mut tx, claim.execution_id, &pending, deps.seams.now())
                        .await?;
                    tx.commit().await
                };
                match written.await {
                    Ok(()) => pending.clear(),
                    // It goes with what comes next.
                    Err(error) => tracing::debug!(%error, "progress was not written"),
                }
            }
        }
        if pending.is_empty() {
            due = due.max(Instant::now());
        }
    }
}

/// Text that follows text makes one event.
fn add(pending: &mut Vec<ExecutionEvent>, event: ExecutionEvent) {
    if let ExecutionEvent::StepProgress { note, .. } = &event
        && let Some(ExecutionEvent::StepProgress { note: last, .. }) = pending.last_mut()
        && last.len() + note.len() <= MAX_NOTE
    {
        last.push_str(note);
        return;
    }
    pending.push(event);
}
