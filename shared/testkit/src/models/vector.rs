//! Embeddings that mean something: texts that share words are near each other.

use super::catalogue::Embedder;

/// The vector of `text`, cut to `dimensions` where asked. A cut one has length one only where the
/// real model sees to that.
pub(super) fn vector(text: &str, model: Embedder, dimensions: Option<usize>) -> Vec<f32> {
    let mut values = vec![0.0_f32; model.dimensions];
    let lower = text.to_lowercase();
    for word in lower.split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let mut hash = fnv(word);
        for _ in 0..4 {
            let at = usize::try_from(hash >> 33).unwrap_or(0) % model.dimensions;
            values[at] += if hash & 1 == 0 { 1.0 } else { -1.0 };
            hash = hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        }
    }
    // Something of every text, so that none is the zero vector, cut or not.
    values[0] += 0.5;
    scale(&mut values);
    if let Some(fewer) = dimensions {
        values.truncate(fewer);
        if model.unit {
            scale(&mut values);
        }
    }
    values
}

fn scale(values: &mut [f32]) {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    for value in values {
        *value /= length;
    }
}

/// FNV-1a.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// One token for four bytes.
pub(super) fn text_tokens(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::embedder;
    use super::*;

    fn near(left: &[f32], right: &[f32]) -> f32 {
        left.iter().zip(right).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn texts_that_share_words_are_near() {
        let model = embedder("gemini-embedding-001").unwrap();
        let of = |text: &str| vector(text, model, None);
        let (sarees, silk, tax) = (
            of("handloom sarees from Jaipur"),
            of("silk sarees, Jaipur"),
            of("GST on software"),
        );
        assert!(near(&sarees, &silk) > near(&sarees, &tax) + 0.2);
        assert!((near(&sarees, &sarees) - 1.0).abs() < 1e-5);
        assert_eq!(sarees, of("handloom sarees from Jaipur"));
    }

    #[test]
    fn only_some_models_scale_what_they_cut() {
        let cut = |id: &str| vector("a cut text", embedder(id).unwrap(), Some(256));
        let (gemini, openai) = (cut("gemini-embedding-001"), cut("text-embedding-3-small"));
        assert_eq!((gemini.len(), openai.len()), (256, 256));
        assert!(near(&gemini, &gemini) < 0.99);
        assert!((near(&openai, &openai) - 1.0).abs() < 1e-5);
    }
}
