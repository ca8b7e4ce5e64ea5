//! Asking for vectors: one model, at each of its providers in turn.

use domain::Usd;

use crate::book::Book;
use crate::embed::{fit, hashed};
use crate::estimate::text_tokens;
use crate::gateway::Entry;
use crate::generate::Patience;
use crate::models::Kind;
use crate::{
    Category, Certainty, Control, EmbedRequest, Embeddings, Error, Gateway, RawEmbeddings, Tier,
    Usage,
};

/// A request holds at most this many tokens, whatever it holds of texts: what
/// `text-embedding-005` takes, less what an estimate may be wrong by.
const TOKENS_PER_CALL: u64 = 18_000;
/// Length of the stand-in vectors when nothing else is said.
const OFFLINE_DIMENSIONS: usize = 768;

impl Gateway {
    /// Embeds `texts` as documents, at the model row's length.
    ///
    /// # Errors
    /// As for [`Self::embed_as`].
    pub async fn embed<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        model: &str,
        control: &Control,
    ) -> Result<Embeddings, Error> {
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let request = EmbedRequest {
            model,
            texts: &texts,
            ..EmbedRequest::default()
        };
        self.embed_as(&request, control).await
    }

    /// Embeds texts in as many requests as it takes. No text is cut: one that is too long is an
    /// error. Without a provider the vectors are stand-ins made of the words themselves.
    ///
    /// # Errors
    /// `UnknownModel` for a name that is no embedding model here, `InvalidRequest` for an empty or
    /// too long text or an impossible length of vector, and whatever the provider failed with,
    /// carrying what was used.
    pub async fn embed_as(
        &self,
        request: &EmbedRequest<'_>,
        control: &Control,
    ) -> Result<Embeddings, Error> {
        if request.texts.iter().any(|text| text.trim().is_empty()) {
            let message = "an empty text has no vector";
            return Err(Error::new(Category::InvalidRequest, message));
        }
        let entries = self.entries(request.model)?;
        if self.is_offline() {
            return offline(request);
        }
        let first = entries
            .iter()
            .find(|entry| entry.row.kind == Kind::Embedding);
        let Some(first) = first.map(|entry| &entry.row) else {
            let message = format!("{} makes no vectors", request.model);
            return Err(Error::new(Category::UnknownModel, message));
        };
        let native = first.embedding.map_or(0, |spec| spec.native_dimensions);
        let usual = first.embedding.map_or(0, |spec| spec.dimensions);
        let dimensions = request.dimensions.unwrap_or(usual);
        if !(1..=native).contains(&dimensions) {
            let message = format!(
                "{} makes vectors of up to {native}, not {dimensions}",
                first.id
            );
            return Err(Error::new(Category::InvalidRequest, message));
        }
        let request = &EmbedRequest {
            dimensions: Some(dimensions),
            ..*request
        };
        let same = entries
            .iter()
            .filter(|entry| entry.row.id == first.id && entry.row.kind == Kind::Embedding)
            .filter(|entry| control.permits(&entry.row));
        let mut book = Book::default();
        let mut failure = Error::new(
            Category::UnknownModel,
            format!("{} is not where this call may go", first.id),
        );
        for entry in same {
            match self.embed_at(entry, request, control, &mut book).await {
                Ok(vectors) => return Ok(embeddings(entry, vectors, dimensions, book)),
                Err(error) if !error.category.may_fall_over() => return Err(book.fail(error)),
                Err(error) => {
                    tracing::warn!(model = %entry.row.name(), %error, "the provider is passed over");
                    failure = error;
                }
            }
        }
        Err(book.fail(failure))
    }

    async fn embed_at(
        &self,
        entry: &Entry,
        request: &EmbedRequest<'_>,
        control: &Control,
        book: &mut Book,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let dimensions = request.dimensions.unwrap_or_default();
        let at_once = entry.row.embedding.map_or(1, |spec| spec.texts_per_call);
        let mut vectors = Vec::with_capacity(request.texts.len());
        for texts in chunks(request.texts, at_once) {
            let part = EmbedRequest { texts, ..*request };
            let raw = self.embed_part(entry, &part, control, book).await?;
            if raw.vectors.len() != texts.len() {
                let message = format!(
                    "{} vectors came for {} texts",
                    raw.vectors.len(),
                    texts.len()
                );
                return Err(Error::new(Category::Provider, message));
            }
            for vector in raw.vectors {
                vectors.push(fit(vector, dimensions)?);
            }
        }
        Ok(vectors)
    }

    /// One request, with its retries.
    async fn embed_part(
        &self,
        entry: &Entry,
        request: &EmbedRequest<'_>,
        control: &Control,
        book: &mut Book,
    ) -> Result<RawEmbeddings, Error> {
        let counted = Usage {
            input: request.texts.iter().map(|text| text_tokens(text)).sum(),
            certainty: Certainty::Estimated,
            ..Usage::default()
        };
        let bound = entry.price(counted.input, self.today())?.cost(&counted);
        let mut patience = Patience::new(&entry.retries, control);
        loop {
            entry.afford(bound, book, control)?;
            let work = entry.provider.embed(&entry.row, request, control);
            let weigh =
                |raw: &RawEmbeddings| (raw.usage.unwrap_or(counted), Tier::Standard, "done");
            match self.attempt(entry, book, work, weigh).await {
                Ok(raw) => return Ok(raw),
                Err(error) => {
                    if !patience.after(error.category).await? {
                        return Err(error);
                    }
                }
            }
        }
    }
}

fn embeddings(entry: &Entry, vectors: Vec<Vec<f32>>, dimensions: usize, book: Book) -> Embeddings {
    let spent = book.spent();
    Embeddings {
        vectors,
        model: entry.row.id.clone(),
        dimensions,
        provider: entry.provider.name(),
        usage: spent.usage,
        cost: spent.cost,
        attempts: spent.attempts,
    }
}

/// Runs of at most `most` texts and about [`TOKENS_PER_CALL`] tokens; a longer text goes alone.
fn chunks<'a>(texts: &'a [&'a str], most: usize) -> impl Iterator<Item = &'a [&'a str]> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut tokens = 0;
        let fits = |text: &&&str| {
            tokens += text_tokens(text);
            tokens <= TOKENS_PER_CALL
        };
        let count = rest.iter().take(most).take_while(fits).count();
        let (now, later) = rest.split_at(count.max(1).min(rest.len()));
        rest = later;
        (!now.is_empty()).then_some(now)
    })
}

fn offline(request: &EmbedRequest<'_>) -> Result<Embeddings, Error> {
    let dimensions = request.dimensions.unwrap_or(OFFLINE_DIMENSIONS);
    if dimensions == 0 {
        let message = "a vector has at least one dimension";
        return Err(Error::new(Category::InvalidRequest, message));
    }
    let vectors = request.texts.iter();
    Ok(Embeddings {
        vectors: vectors
            .map(|text| fit(hashed(text, dimensions), dimensions))
            .collect::<Result<_, _>>()?,
        model: "offline".to_owned(),
        dimensions,
        provider: "offline",
        usage: Usage {
            input: request.texts.iter().map(|text| text_tokens(text)).sum(),
            certainty: Certainty::Estimated,
            ..Usage::default()
        },
        cost: Usd::ZERO,
        attempts: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stay_small() {
        let long = "x".repeat(40_000);
        let texts = ["a", "b", "c", &long, &long, "d"];
        let sizes: Vec<_> = chunks(&texts, 9).map(<[_]>::len).collect();
        assert_eq!(sizes, [4, 2], "as many tokens as go into one");
        let sizes: Vec<_> = chunks(&["x"; 5], 2).map(<[_]>::len).collect();
        assert_eq!(sizes, [2, 2, 1]);
        let huge = "x".repeat(90_000);
        let sizes: Vec<_> = chunks(&[&huge, "a"], 9).map(<[_]>::len).collect();
        assert_eq!(sizes, [1, 1]);
        assert_eq!(chunks(&[], 9).count(), 0);
    }
}
