use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use events::{DeadLetter, MessageLog, Rejection};
use uuid::Uuid;

/// Writes down what becomes of messages, and can be told to fail at it.
#[derive(Default)]
pub struct Log {
    confirmed: Mutex<Vec<Uuid>>,
    letters: Mutex<Vec<DeadLetter>>,
    rejections: Mutex<Vec<Rejection>>,
    /// So many of the next writes of each kind fail.
    pub failing_confirmations: AtomicUsize,
    pub failing_letters: AtomicUsize,
    pub failing_rejections: AtomicUsize,
}

fn written<T: Clone>(rows: &Mutex<Vec<T>>) -> Vec<T> {
    rows.lock().unwrap().clone()
}

fn open<'a, T>(
    rows: &'a Mutex<Vec<T>>,
    failing: &AtomicUsize,
) -> Result<MutexGuard<'a, Vec<T>>, String> {
    let fails = failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
    match fails {
        Ok(_) => Err("the database is down".to_owned()),
        Err(_) => Ok(rows.lock().unwrap()),
    }
}

impl Log {
    pub fn confirmed(&self) -> Vec<Uuid> {
        written(&self.confirmed)
    }

    pub fn letters(&self) -> Vec<DeadLetter> {
        written(&self.letters)
    }

    pub fn rejections(&self) -> Vec<Rejection> {
        written(&self.rejections)
    }
}

#[async_trait]
impl MessageLog for Log {
    async fn confirm(&self, ids: Vec<Uuid>) -> Result<(), String> {
        open(&self.confirmed, &self.failing_confirmations)?.extend(ids);
        Ok(())
    }

    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), String> {
        open(&self.letters, &self.failing_letters)?.push(letter);
        Ok(())
    }

    async fn reject(&self, rejection: Rejection) -> Result<(), String> {
        open(&self.rejections, &self.failing_rejections)?.push(rejection);
        Ok(())
    }
}
