//! `/v1/embeddings`. Vectors come as numbers; base64 is not spoken here.

use serde_json::{Value, json};

use super::super::catalogue::Embedder;
use super::super::vector::{text_tokens, vector};

/// Texts in one request.
const MOST: usize = 2_048;

pub(super) fn embed(model: Embedder, id: &str, body: &Value) -> Result<Value, String> {
    let texts: Vec<&str> = match &body["input"] {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    if texts.is_empty() || texts.len() > MOST || texts.iter().any(|text| text.is_empty()) {
        return Err(format!(
            "'$.input' is invalid: expected a non-empty text or at most {MOST} of them."
        ));
    }
    let size = match &body["dimensions"] {
        Value::Null => None,
        wanted => {
            let size = wanted.as_u64().and_then(|size| usize::try_from(size).ok());
            let size = size.filter(|size| (1..=model.dimensions).contains(size));
            Some(size.ok_or(format!(
                "Invalid value for 'dimensions': expected 1 to {}.",
                model.dimensions
            ))?)
        }
    };
    let mut all = 0;
    let mut data = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let tokens = text_tokens(text);
        if tokens > model.most_tokens {
            return Err(format!(
                "This model's maximum context length is {} tokens, however you requested {tokens} tokens.",
                model.most_tokens
            ));
        }
        all += tokens;
        data.push(json!({ "object": "embedding", "index": index, "embedding": vector(text, model, size) }));
    }
    Ok(
        json!({ "object": "list", "data": data, "model": id, "usage": { "prompt_tokens": all, "total_tokens": all } }),
    )
}
