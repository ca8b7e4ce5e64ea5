//! Texts as vectors. Vectors of different models don't compare, so a call never falls over to
//! another model, only to another provider of the same one.

use domain::Usd;
use serde_json::Value;

use crate::failure::Who;
use crate::{Attempt, Category, Error, ModelRow, Usage};

/// Texts to embed, and what for.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbedRequest<'a> {
    /// An alias (`embedding`) or a model id.
    pub model: &'a str,
    pub texts: &'a [&'a str],
    pub task: Task,
    /// Length of the vectors; the model row's when absent. At most 2,000 can be indexed by
    /// pgvector's HNSW.
    pub dimensions: Option<usize>,
}

/// What the vectors are for. Documents and the queries that look for them are embedded
/// differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Task {
    #[default]
    Document,
    Query,
    Similarity,
}

/// One vector of unit length for each text, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    pub vectors: Vec<Vec<f32>>,
    /// Store these two beside each vector.
    pub model: String,
    pub dimensions: usize,
    pub provider: &'static str,
    /// Everything this call used and cost, failed attempts included.
    pub usage: Usage,
    pub cost: Usd,
    pub attempts: Vec<Attempt>,
}

/// A provider's vectors, before they are cut and priced.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawEmbeddings {
    pub vectors: Vec<Vec<f32>>,
    /// Absent when the provider doesn't count.
    pub usage: Option<Usage>,
}

/// A list of numbers out of an answer.
pub(crate) fn numbers(who: Who, values: &Value) -> Result<Vec<f32>, Error> {
    #[expect(clippy::cast_possible_truncation, reason = "vectors are f32")]
    let number = |value: &Value| value.as_f64().map(|value| value as f32);
    values
        .as_array()
        .and_then(|list| list.iter().map(number).collect::<Option<Vec<f32>>>())
        .filter(|vector| !vector.is_empty())
        .ok_or_else(|| {
            let message = format!("{} sent no vector", who.name);
            Error::new(Category::Provider, message)
        })
}

pub(crate) fn too_long(model: &ModelRow, tokens: u64) -> Error {
    let limit = model.max_prompt_tokens.unwrap_or_default();
    let message = format!(
        "a text of about {tokens} tokens is too long to embed: {} reads {limit}",
        model.id
    );
    Error::new(Category::InvalidRequest, message)
}

/// The first `dimensions` numbers, of unit length again: a cut vector is shorter than one.
///
/// # Errors
/// `Provider` when the vector is shorter than that, or has no direction.
pub(crate) fn fit(mut vector: Vec<f32>, dimensions: usize) -> Result<Vec<f32>, Error> {
    let unusable = |what: String| Error::new(Category::Provider, format!("a vector {what}"));
    if vector.len() < dimensions {
        let length = vector.len();
        return Err(unusable(format!("has {length} dimensions of {dimensions}")));
    }
    vector.truncate(dimensions);
    let length = vector
        .iter()
        .map(|value| f64::from(*value).powi(2))
        .sum::<f64>()
        .sqrt();
    if !length.is_normal() {
        return Err(unusable("has no direction".to_owned()));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a part of a unit vector")]
    let unit = |value: &mut f32| *value = (f64::from(*value) / length) as f32;
    vector.iter_mut().for_each(unit);
    Ok(vector)
}

/// Stand-in vectors for when no provider is configured: texts that share words and parts of words
/// are near each other. Deterministic and free, and no match for a model.
pub(crate) fn hashed(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    let mut add = |feature: &str, weight: f32| {
        let hash = fnv1a(feature.as_bytes());
        let at = usize::try_from(hash % dimensions as u64).unwrap_or_default();
        // The sign keeps features that meet in one place from only adding up.
        vector[at] += if hash >> 63 == 0 { weight } else { -weight };
    };
    let lower = text.to_lowercase();
    for word in lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        add(word, 1.0);
        let bounded: Vec<char> = format!("^{word}$").chars().collect();
        for part in bounded.windows(3) {
            add(&part.iter().collect::<String>(), 0.5);
        }
    }
    // Never without a direction.
    add("", 0.01);
    vector
}

fn fnv1a(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits alone are weak; the dimension is taken from them.
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> f32 {
        let vector = |text| fit(hashed(text, 768), 768).unwrap();
        vector(a).iter().zip(vector(b)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn a_cut_vector_has_unit_length_again() {
        let vector = fit(vec![3.0, 4.0, 12.0], 2).unwrap();
        assert!((vector[0] - 0.6).abs() < 1e-6 && (vector[1] - 0.8).abs() < 1e-6);
        assert!(fit(vec![1.0], 2).is_err());
        assert!(fit(vec![0.0, 0.0], 2).is_err());
        assert!(fit(vec![f32::NAN, 1.0], 2).is_err());
    }

    #[test]
    fn stand_in_vectors_know_shared_words() {
        let near = alike("Diwali sale on sarees", "saree sale for diwali");
        let far = alike("Diwali sale on sarees", "GST invoice numbering");
        assert!(near > 0.4 && far < 0.3, "{near} {far}");
        assert!(alike("", "") > 0.99 && alike("दीवाली", "दीवाली") > 0.99);
    }
}
