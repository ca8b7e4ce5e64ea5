//! A provider whose outcomes are written down beforehand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use llm::{
    Category, Control, Delta, Error, Gateway, ModelRow, Provider, RawResponse, Request, Usage,
};
use tokio::time::Instant;

use super::support::clock;

pub type Outcome = Result<RawResponse, Error>;

/// A provider that answers by list and notes when it was asked, and for which model.
pub struct Scripted {
    name: &'static str,
    pub outcomes: Mutex<VecDeque<Outcome>>,
    asked: Mutex<Vec<(String, Instant)>>,
}

impl Scripted {
    pub fn new(outcomes: impl IntoIterator<Item = Outcome>) -> Arc<Self> {
        Self::named("vertex", outcomes)
    }

    pub fn named(name: &'static str, outcomes: impl IntoIterator<Item = Outcome>) -> Arc<Self> {
        Arc::new(Self {
            name,
            outcomes: Mutex::new(outcomes.into_iter().collect()),
            asked: Mutex::default(),
        })
    }

    pub fn models(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|(model, _)| model.clone())
            .collect()
    }

    pub fn waits(&self) -> Vec<Duration> {
        self.asked
            .lock()
            .unwrap()
            .windows(2)
            .map(|pair| pair[1].1 - pair[0].1)
            .collect()
    }
}

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn generate(
        &self,
        model: &ModelRow,
        _: &Request,
        _: &Control,
        _: &mut (dyn FnMut(Delta) + Send),
    ) -> Outcome {
        self.asked
            .lock()
            .unwrap()
            .push((model.id.clone(), Instant::now()));
        self.outcomes
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or_else(|| good("again"))
    }
}

pub fn good(text: &str) -> Outcome {
    Ok(RawResponse {
        text: text.into(),
        usage: used(),
        ..RawResponse::default()
    })
}

pub fn used() -> Usage {
    Usage {
        input: 1_000,
        output: 100,
        ..Usage::default()
    }
}

pub fn bad(category: Category) -> Outcome {
    Err(Error::new(category, "scripted"))
}

pub fn limited(seconds: u64) -> Outcome {
    bad(Category::RateLimited {
        retry_after: Some(Duration::from_secs(seconds)),
    })
}

pub fn gateway(provider: &Arc<Scripted>) -> Gateway {
    Gateway::builder(clock()).provider(provider.clone()).build()
}

pub fn minute() -> Control {
    Control::within(Duration::from_secs(60))
}
