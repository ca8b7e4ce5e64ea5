//! Live updates: one query of the event log per tick for all who watch on this instance, spread in memory.
//! Any instance serves any watcher, because the log is the same for all. Nobody watching costs nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use domain::{ExecutionId, UserId, WorkspaceId};
use serde_json::{Value, json};
use store::events::{self, FeedCursor, FeedEvent};
use store::{alerts, budgets};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::Deps;

const TICK: Duration = Duration::from_millis(40);
/// How often alerts are looked for.
const ALERTS: Duration = Duration::from_secs(5);
/// How far back they are looked for each time.
const ALERTS_OVERLAP: TimeDelta = TimeDelta::minutes(1);
const BATCH: i64 = 1000;
/// Updates that wait for one slow watcher. Whoever falls further behind is cut off and reads the log again.
const BACKLOG: usize = 512;
/// After the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// What a watcher gets.
#[derive(Debug, Clone)]
pub enum Update {
    Event(Arc<FeedEvent>),
    /// For everyone, or a workspace. May come again with the same `id`.
    Alert(Arc<Value>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Execution(ExecutionId),
    Person(WorkspaceId, UserId),
}

#[derive(Default)]
struct Watchers {
    by_key: HashMap<Key, HashMap<u64, mpsc::Sender<Update>>>,
    next: u64,
}

/// Who watches what on this instance.
pub struct Hub {
    watchers: Mutex<Watchers>,
    /// Whether the log is being read.
    reading: watch::Sender<bool>,
    wake: Notify,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            watchers: Mutex::default(),
            reading: watch::Sender::new(false),
            wake: Notify::new(),
        }
    }
}

/// One watcher. Ends with its drop. [`Watch::next`] is `None` when it fell too far behind.
pub struct Watch {
    hub: Arc<Hub>,
    key: Key,
    id: u64,
    updates: mpsc::Receiver<Update>,
}

impl Watch {
    pub async fn next(&mut self) -> Option<Update> {
        self.updates.recv().await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.remove(self.key, self.id);
    }
}

impl Hub {
    /// The events of one execution from now on: whatever is committed after this returns arrives here.
    pub async fn execution(self: &Arc<Self>, id: ExecutionId) -> Watch {
        self.watch(Key::Execution(id)).await
    }

    /// The events of a person's executions in a workspace, and alerts.
    pub async fn person(self: &Arc<Self>, workspace: WorkspaceId, user: UserId) -> Watch {
        self.watch(Key::Person(workspace, user)).await
    }

    async fn watch(self: &Arc<Self>, key: Key) -> Watch {
        let (sender, updates) = mpsc::channel(BACKLOG);
        let id = {
            let mut watchers = self.lock();
            watchers.next += 1;
            let id = watchers.next;
            watchers.by_key.entry(key).or_default().insert(id, sender);
            id
        };
        let watch = Watch {
            hub: self.clone(),
            key,
            id,
            updates,
        };
        metrics::gauge!("watchers").increment(1.0);
        self.wake.notify_one();
        // The sender lives as long as the hub.
        let _ = self.reading.subscribe().wait_for(|reading| *reading).await;
        watch
    }

    fn remove(&self, key: Key, id: u64) {
        let mut watchers = self.lock();
        if let Some(some) = watchers.by_key.get_mut(&key) {
            some.remove(&id);
            if some.is_empty() {
                watchers.by_key.remove(&key);
            }
        }
        metrics::gauge!("watchers").decrement(1.0);
    }

    /// `true` when nobody watches; reading has stopped then.
    fn rest(&self) -> bool {
        let watchers = self.lock();
        let idle = watchers.by_key.is_empty();
        if idle {
            // Under the lock: a watcher that comes now waits for reading to begin again.
            self.reading.send_replace(false);
        }
        idle
    }

    fn watches_people(&self) -> bool {
        self.lock()
            .by_key
            .keys()
            .any(|key| matches!(key, Key::Person(..)))
    }

    fn spread(&self, event: FeedEvent) {
        let event = Arc::new(event);
        let mut watchers = self.lock();
        let mut keys = vec![Key::Execution(event.logged.execution_id)];
        if let Some(user) = event.user_id {
            keys.push(Key::Person(event.workspace_id, user));
        }
        for key in keys {
            if let Some(some) = watchers.by_key.get_mut(&key) {
                some.retain(|_, sender| sender.try_send(Update::Event(event.clone())).is_ok());
            }
        }
    }

    /// To everyone, or to those in one workspace.
    fn alert(&self, workspace: Option<WorkspaceId>, alert: Value) {
        let alert = Arc::new(alert);
        let mut watchers = self.lock();
        for (key, some) in &mut watchers.by_key {
            let concerned = match key {
                Key::Execution(_) => false,
                Key::Person(of, _) => workspace.is_none_or(|wanted| wanted == *of),
            };
            if concerned {
                some.retain(|_, sender| sender.try_send(Update::Alert(alert.clone())).is_ok());
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Watchers> {
        // The map is whole after every statement.
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the log for the watchers of this instance until `stop`.
pub async fn read_log(deps: Deps, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = forever(&deps) => {}
    }
}

async fn forever(deps: &Deps) {
    loop {
        if deps.hub.rest() {
            deps.hub.wake.notified().await;
        }
        match feed_end(deps).await {
            Ok(end) => {
                deps.hub.reading.send_replace(true);
                follow(deps, end).await;
            }
            Err(error) => {
                tracing::warn!(%error, "live updates wait for the database");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Until nobody watches.
async fn follow(deps: &Deps, mut cursor: FeedCursor) {
    let mut tick = interval(TICK);
    let mut alerts = interval(ALERTS);
    for interval in [&mut tick, &mut alerts] {
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    while !deps.hub.rest() {
        let done = tokio::select! {
            _ = tick.tick() => read(deps, &mut cursor).await,
            _ = alerts.tick() => read_alerts(deps).await,
        };
        if let Err(error) = done {
            // The cursor stands where it stood: nothing is passed over.
            tracing::warn!(%error, "live updates wait for the database");
            sleep(PAUSE).await;
        }
    }
}

async fn feed_end(deps: &Deps) -> store::Result<FeedCursor> {
    let mut tx = deps.store.sweep().await?;
    let end = events::feed_end(&mut tx).await?;
    tx.rollback().await?;
    Ok(end)
}

async fn read(deps: &Deps, cursor: &mut FeedCursor) -> store::Result<()> {
    loop {
        let mut tx = deps.store.sweep().await?;
        let (events, next) = events::feed(&mut tx, *cursor, BATCH).await?;
        tx.rollback().await?;
        *cursor = next;
        let more = i64::try_from(events.len()).is_ok_and(|count| count == BATCH);
        events.into_iter().for_each(|event| deps.hub.spread(event));
        if !more {
            return Ok(());
        }
    }
}

/// Gives out the alerts of the last minute, again and again: one that is committed late has an earlier
/// time than one that was read before it. Watchers tell by its `id` what they had.
async fn read_alerts(deps: &Deps) -> store::Result<()> {
    if !deps.hub.watches_people() {
        return Ok(());
    }
    let now = deps.seams.now();
    let after = now - ALERTS_OVERLAP;
    let mut tx = deps.store.sweep().await?;
    let system = alerts::since(&mut tx, after, now).await?;
    let budget = budgets::alerts(&mut tx, after).await?;
    tx.rollback().await?;
    for alert in system {
        deps.hub.alert(None, json!(alert));
    }
    for alert in budget {
        let workspace = alert.workspace_id;
        let mut value = json!(alert);
        value["id"] = json!(format!(
            "budget-{}-{}",
            alert.period, alert.threshold_percent
        ));
        value["severity"] = json!("warning");
        value["text"] = json!(format!(
            "{} % of this month's budget is used: {} of {}.",
            alert.threshold_percent, alert.spent_usd, alert.limit_usd
        ));
        deps.hub.alert(Some(workspace), value);
    }
    Ok(())
}
