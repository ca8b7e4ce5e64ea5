use async_trait::async_trait;

use crate::{Control, Delta, Error, ModelRow, RawResponse, Request};

/// One wire to models. A provider makes one attempt: retries, fall-over, breakers and prices are
/// the gateway's.
#[async_trait]
pub trait Provider: Send + Sync {
    /// As in the `provider` column of the model rows.
    fn name(&self) -> &'static str;

    /// Asks `model` once. Ends as soon as `control` says so, dropping what it has open, and reports
    /// in [`Error::with_usage`] what may have been used until then.
    async fn generate(
        &self,
        model: &ModelRow,
        request: &Request,
        control: &Control,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<RawResponse, Error>;
}
