//! What a function does on a clock. Every run may come twice at once, late or not at all: the work itself
//! is idempotent; what would be wasteful twice at once runs alone, under a name that one process holds for
//! a time.

use bus::ScheduleHandler;
use chrono::TimeDelta;
use domain::Seams;
use serde_json::{Value, json};
use store::{Store, StoreError, leases};

pub struct Schedules {
    store: Store,
    seams: Seams,
    all: Vec<(&'static str, ScheduleHandler)>,
}

impl Schedules {
    pub fn new(store: &Store, seams: &Seams) -> Self {
        Self {
            store: store.clone(),
            seams: seams.clone(),
            all: vec![],
        }
    }

    /// Runs whenever it is called.
    pub fn add<H, F>(&mut self, name: &'static str, work: H)
    where
        H: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<Value, String>> + Send + 'static,
    {
        self.all.push((name, bus::schedule(work)));
    }

    /// Runs when nobody else is at it: a call that finds it running answers `{"running": true}` and does
    /// nothing. The name is free again after the work, or after `ttl` if its process died; work that takes
    /// longer must bear a second run beside it.
    pub fn alone<H, F>(&mut self, name: &'static str, ttl: TimeDelta, work: H)
    where
        H: Fn() -> F + Send + Sync + Clone + 'static,
        F: Future<Output = Result<Value, String>> + Send + 'static,
    {
        let (store, seams) = (self.store.clone(), self.seams.clone());
        let handler = bus::schedule(move || {
            let (store, seams, work) = (store.clone(), seams.clone(), work.clone());
            async move {
                let held = format!("{}/{name}", store.role().sender());
                let holder = seams.uuid();
                let take = async {
                    let now = seams.now();
                    let mut tx = store.plain().await?;
                    let taken = leases::take(&mut tx, &held, holder, now, now + ttl).await?;
                    tx.commit().await?;
                    Ok::<_, StoreError>(taken)
                };
                if !take.await.map_err(|error| error.to_string())? {
                    return Ok(json!({ "running": true }));
                }
                let done = work().await;
                let release = async {
                    let mut tx = store.plain().await?;
                    leases::release(&mut tx, &held, holder).await?;
                    tx.commit().await
                };
                if let Err(error) = release.await {
                    tracing::warn!(%error, name, "the name is free again when its time is over");
                }
                done
            }
        });
        self.all.push((name, handler));
    }
}

impl From<Schedules> for Vec<(&'static str, ScheduleHandler)> {
    fn from(schedules: Schedules) -> Self {
        schedules.all
    }
}
