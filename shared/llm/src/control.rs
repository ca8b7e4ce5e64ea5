use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::Usd;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Category, Error, Residency};

/// The limits of one call: when it must be over, who may stop it, what it may cost.
#[derive(Debug, Clone)]
pub struct Control {
    pub deadline: Instant,
    pub cancel: CancellationToken,
    /// No attempt is started whose upper bound would take the call's total past this.
    pub max_cost: Option<Usd>,
    /// Ask for the answer piece by piece. A streamed call that breaks still knows what it heard,
    /// so leave it on unless nobody listens and the load is high.
    pub stream: bool,
    /// Where this call's data may go, within what the gateway allows. Everywhere when absent.
    pub residency: Option<Arc<Residency>>,
}

impl Control {
    pub fn new(deadline: Instant, cancel: CancellationToken) -> Self {
        Self {
            deadline,
            cancel,
            max_cost: None,
            stream: true,
            residency: None,
        }
    }

    /// At most this long from now, with nobody to cancel it.
    pub fn within(limit: Duration) -> Self {
        Self::new(Instant::now() + limit, CancellationToken::new())
    }

    pub fn max_cost(mut self, limit: Usd) -> Self {
        self.max_cost = Some(limit);
        self
    }

    pub fn unary(mut self) -> Self {
        self.stream = false;
        self
    }

    /// Keeps the call to these providers and locations.
    pub fn within_residency(mut self, residency: Arc<Residency>) -> Self {
        self.residency = Some(residency);
        self
    }

    pub(crate) fn permits(&self, row: &crate::ModelRow) -> bool {
        self.residency
            .as_ref()
            .is_none_or(|residency| residency.permits(row))
    }

    /// Runs `work` until it ends, the deadline passes or the call is cancelled. Stopping drops
    /// `work`, and with it any HTTP request it has open.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                Err(Error::new(Category::Cancelled, "the call was cancelled"))
            }
            () = tokio::time::sleep_until(self.deadline) => {
                Err(Error::new(Category::Deadline, "the model did not answer before the deadline"))
            }
            done = work => Ok(done),
        }
    }
}
