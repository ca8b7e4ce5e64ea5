use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::{Class, Decision, Window, decide};

/// Counts in this process, to decide without asking the database. Its owner syncs it about once a
/// second: [`drain_deltas`](Self::drain_deltas), add them to the shared counts, and hand the shared
/// totals to [`merge_totals`](Self::merge_totals). Between two syncs, several processes may together
/// allow a little more than the limit.
pub struct LocalLimiter {
    /// The most subjects kept for each class.
    capacity: usize,
    classes: Mutex<HashMap<Class, HashMap<Box<str>, Entry>>>,
}

/// Requests to add to the shared count of one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    pub subject: String,
    pub class: Class,
    pub window: Window,
    pub bucket_start: DateTime<Utc>,
    pub count: u32,
}

/// The shared count of one bucket, this process's drained deltas included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub subject: String,
    pub class: Class,
    pub bucket_start: DateTime<Utc>,
    pub count: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// The shared count when last heard of.
    shared: u32,
    /// Drained, and not yet in `shared`.
    in_flight: u32,
    /// Counted since the last drain.
    pending: u32,
}

impl Bucket {
    fn count(self) -> u32 {
        self.shared
            .saturating_add(self.in_flight)
            .saturating_add(self.pending)
    }
}

#[derive(Debug)]
struct Entry {
    window: Window,
    /// The number of `current`.
    number: i64,
    current: Bucket,
    previous: Bucket,
}

impl Entry {
    fn new(window: Window, number: i64) -> Self {
        Self {
            window,
            number,
            current: Bucket::default(),
            previous: Bucket::default(),
        }
    }

    /// Moves on to the bucket `number`. A clock that went back stays in the bucket it was in.
    fn advance(&mut self, number: i64) {
        if number > self.number {
            let current = std::mem::take(&mut self.current);
            self.previous = if number == self.number + 1 {
                current
            } else {
                Bucket::default()
            };
            self.number = number;
        }
    }

    fn bucket_mut(&mut self, start: DateTime<Utc>) -> Option<&mut Bucket> {
        let number = self.window.bucket(start);
        if number == self.number {
            Some(&mut self.current)
        } else if number == self.number - 1 {
            Some(&mut self.previous)
        } else {
            None
        }
    }

    /// Nothing in it bears on a decision at `now` or later.
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.window.bucket(now) > self.number + 1
    }
}

impl LocalLimiter {
    /// Keeps at most `capacity` subjects a class. Past that, those that are over go first, then quiet
    /// ones: losing a count errs towards allowing.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            classes: Mutex::default(),
        }
    }

    /// Decides on one request of `subject` (`user:<id>`, or [`super::login_subject`]) and, when it is
    /// allowed, counts it. A refused request costs nothing, so waiting always helps.
    pub fn check(
        &self,
        now: DateTime<Utc>,
        subject: &str,
        class: Class,
        window: Window,
    ) -> Decision {
        let mut classes = self.lock();
        let entries = classes.entry(class).or_default();
        if !entries.contains_key(subject) {
            if entries.len() >= self.capacity {
                make_room(entries, now, self.capacity);
            }
            entries.insert(subject.into(), Entry::new(window, window.bucket(now)));
        }
        let entry = entries.get_mut(subject).expect("it was just put there");
        if entry.window.seconds() != window.seconds() {
            *entry = Entry::new(window, window.bucket(now));
        }
        entry.window = window;
        entry.advance(window.bucket(now));
        // After the clock went back, judge at the start of the bucket that is counted in.
        let now = now.max(window.start_of(entry.number));
        let decision = decide(now, window, entry.previous.count(), entry.current.count());
        if decision.allowed {
            entry.current.pending = entry.current.pending.saturating_add(1);
        }
        decision
    }

    /// What was counted since the last drain.
    pub fn drain_deltas(&self) -> Vec<Delta> {
        let mut deltas = Vec::new();
        for (class, entries) in self.lock().iter_mut() {
            for (subject, entry) in entries {
                let (window, number) = (entry.window, entry.number);
                for (bucket, number) in [
                    (&mut entry.previous, number - 1),
                    (&mut entry.current, number),
                ] {
                    if bucket.pending > 0 {
                        let count = std::mem::take(&mut bucket.pending);
                        bucket.in_flight = bucket.in_flight.saturating_add(count);
                        deltas.push(Delta {
                            subject: subject.to_string(),
                            class: *class,
                            window,
                            bucket_start: window.start_of(number),
                            count,
                        });
                    }
                }
            }
        }
        deltas
    }

    /// Takes over shared counts that contain everything drained. Buckets no longer kept are passed over.
    pub fn merge_totals(&self, totals: &[Total]) {
        let mut classes = self.lock();
        for total in totals {
            let entry = classes
                .get_mut(&total.class)
                .and_then(|entries| entries.get_mut(&*total.subject));
            if let Some(bucket) = entry.and_then(|entry| entry.bucket_mut(total.bucket_start)) {
                bucket.shared = total.count;
                bucket.in_flight = 0;
            }
        }
    }

    /// Takes back deltas that could not be added to the shared counts; the next drain has them again.
    pub fn restore_deltas(&self, deltas: &[Delta]) {
        let mut classes = self.lock();
        for delta in deltas {
            let entry = classes
                .get_mut(&delta.class)
                .and_then(|entries| entries.get_mut(&*delta.subject));
            if let Some(bucket) = entry.and_then(|entry| entry.bucket_mut(delta.bucket_start)) {
                bucket.in_flight = bucket.in_flight.saturating_sub(delta.count);
                bucket.pending = bucket.pending.saturating_add(delta.count);
            }
        }
    }

    /// Subjects kept, over all classes.
    pub fn len(&self) -> usize {
        self.lock().values().map(HashMap::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Class, HashMap<Box<str>, Entry>>> {
        // Counts are whole after every statement, so a panic elsewhere doesn't spoil them.
        self.classes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees at least a sixteenth, so that a flood of new subjects pays for a sweep only now and then.
fn make_room(entries: &mut HashMap<Box<str>, Entry>, now: DateTime<Utc>, capacity: usize) {
    entries.retain(|_, entry| !entry.is_over(now));
    let keep = capacity - (capacity / 16).max(1);
    if entries.len() <= keep {
        return;
    }
    let excess = entries.len() - keep;
    // The quietest go: whoever is near a limit stays.
    let mut weights: Vec<u32> = entries.values().map(weight).collect();
    let (_, threshold, _) = weights.select_nth_unstable(excess - 1);
    let threshold = *threshold;
    let mut left = excess;
    entries.retain(|_, entry| {
        let goes = left > 0 && weight(entry) <= threshold;
        left -= usize::from(goes);
        !goes
    });
}

fn weight(entry: &Entry) -> u32 {
    entry.current.count().saturating_add(entry.previous.count())
}
