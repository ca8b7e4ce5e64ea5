//! When to look again: a file of the folder changed, or time has passed, which shows new generations in
//! the bucket and new labels.

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::Shelf;

/// Between two looks. A notification of the bucket reaches one instance of a function; the others see the
/// change by this.
const PACE: Duration = Duration::from_secs(15);
/// Editors write a file in several steps: they are taken together.
const SETTLE: Duration = Duration::from_millis(100);

/// Watches for as long as somebody holds the shelf.
pub(crate) fn start(shelf: &Arc<Shelf>, folder: &Path) {
    let (changed, mut changes) = mpsc::channel(1);
    let told = move |event: notify::Result<notify::Event>| {
        let reading = matches!(event.map(|event| event.kind), Ok(EventKind::Access(_)));
        if !reading {
            // One that waits is as good as two.
            let _ = changed.try_send(());
        }
    };
    let watcher = notify::recommended_watcher(told).and_then(|mut watcher| {
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    if let Err(error) = &watcher {
        tracing::warn!(folder = %folder.display(), %error, "the folder of skills can't be watched: it is looked at every {} s", PACE.as_secs());
    }
    let weak: Weak<Shelf> = Arc::downgrade(shelf);
    tokio::spawn(async move {
        // Held for as long as this runs.
        let watcher = watcher;
        // What the first look may have missed: the database was not there yet, the bucket was slow.
        let mut pace = Duration::from_millis(500);
        loop {
            tokio::select! {
                told = changes.recv(), if watcher.is_ok() => match told {
                    Some(()) => {
                        tokio::time::sleep(SETTLE).await;
                        // What was told meanwhile is seen by this look.
                        let _ = changes.try_recv();
                    }
                    None => return,
                },
                () = tokio::time::sleep(pace) => pace = PACE,
            }
            let Some(shelf) = weak.upgrade() else {
                return;
            };
            shelf.refresh().await;
        }
    });
}
