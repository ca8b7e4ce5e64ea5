//! What the fake said before. Providers sign parts of their answers and look whether they come back
//! as they were.

use std::collections::VecDeque;

use serde_json::Value;

/// Messages kept of each wire; older ones are no longer recognised.
const KEPT: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Memory {
    messages: VecDeque<Value>,
}

impl Memory {
    pub fn keep(&mut self, message: Value) {
        if self.messages.len() == KEPT {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
    }

    /// Everything said, the latest first.
    pub fn said(&self) -> impl Iterator<Item = &Value> {
        self.messages.iter().rev()
    }
}
