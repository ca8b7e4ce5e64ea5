use async_trait::async_trait;

use crate::{
    Category, Control, Delta, EmbedRequest, Error, ModelRow, RawEmbeddings, RawResponse, Request,
};

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

    /// Embeds the texts in one request. Asked with at most the row's `texts_per_call`.
    async fn embed(
        &self,
        model: &ModelRow,
        request: &EmbedRequest<'_>,
        control: &Control,
    ) -> Result<RawEmbeddings, Error> {
        let _ = (request, control);
        let message = format!("{} has no embeddings for {}", self.name(), model.id);
        Err(Error::new(Category::InvalidRequest, message))
    }
}
