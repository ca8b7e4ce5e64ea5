//! Embeddings: `predict` for the older models, `embedContent` and `batchEmbedContents` for those
//! with gemini in their names.

use serde_json::{Value, json};

use super::super::catalogue::{Embedder, embedder};
use super::super::vector::{text_tokens, vector};

/// `text-embedding-005` takes this many texts and tokens at once.
const MOST_INSTANCES: usize = 250;
const MOST_TOKENS: u64 = 20_000;

pub(super) fn embed(id: &str, method: &str, body: &Value) -> Result<Value, String> {
    let model = embedder(id).ok_or_else(|| format!("{id} does not support {method}."))?;
    let by_content = id.contains("gemini");
    match method {
        "predict" if id != "gemini-embedding-2" => predict(id, model, body),
        "embedContent" if by_content => {
            let (values, tokens) = content(model, body)?;
            Ok(
                json!({ "embedding": { "values": values }, "usageMetadata": { "promptTokenCount": tokens, "totalTokenCount": tokens } }),
            )
        }
        "batchEmbedContents" if by_content => {
            let requests = body["requests"].as_array().filter(|list| !list.is_empty());
            let requests = requests.ok_or("BatchEmbedContentsRequest.requests is empty")?;
            let mut embeddings = Vec::new();
            let mut tokens = 0;
            for request in requests {
                let (values, read) = content(model, request)?;
                embeddings.push(json!({ "values": values }));
                tokens += read;
            }
            Ok(
                json!({ "embeddings": embeddings, "usageMetadata": { "promptTokenCount": tokens, "totalTokenCount": tokens } }),
            )
        }
        _ => Err(format!("{id} does not support {method}.")),
    }
}

fn predict(id: &str, model: Embedder, body: &Value) -> Result<Value, String> {
    let instances = body["instances"].as_array().filter(|list| !list.is_empty());
    let instances = instances.ok_or("Empty instances.")?;
    let most = if id == "gemini-embedding-001" {
        1
    } else {
        MOST_INSTANCES
    };
    if instances.len() > most {
        return Err(format!(
            "{} instance(s) is not allowed. Max allowed is {most}.",
            instances.len()
        ));
    }
    let parameters = &body["parameters"];
    let size = size(model, &parameters["outputDimensionality"])?;
    let mut all = 0;
    let mut predictions = Vec::new();
    for instance in instances {
        let text = instance["content"]
            .as_str()
            .filter(|text| !text.is_empty())
            .ok_or("The text content is empty.")?;
        let (tokens, truncated) = fit(text, model, parameters["autoTruncate"] != false)?;
        all += tokens;
        predictions.push(json!({ "embeddings": {
            "values": vector(text, model, size),
            // A count that is a float: 7.0.
            "statistics": { "token_count": tokens as f64, "truncated": truncated },
        } }));
    }
    if all > MOST_TOKENS {
        return Err(format!(
            "The input token count is {all} but the model supports up to {MOST_TOKENS}."
        ));
    }
    Ok(json!({ "predictions": predictions, "metadata": { "billableCharacterCount": all * 4 } }))
}

/// One text, its options beside it or under `embedContentConfig`.
fn content(model: Embedder, request: &Value) -> Result<(Vec<f32>, u64), String> {
    let option = |name: &str| {
        let beside = &request[name];
        if beside.is_null() {
            request["embedContentConfig"][name].clone()
        } else {
            beside.clone()
        }
    };
    let parts = request["content"]["parts"].as_array().into_iter().flatten();
    let text: String = parts.filter_map(|part| part["text"].as_str()).collect();
    if text.is_empty() {
        return Err("EmbedContentRequest.content contains an empty Part.".to_owned());
    }
    let size = size(model, &option("outputDimensionality"))?;
    let (tokens, _) = fit(&text, model, option("autoTruncate") != false)?;
    Ok((vector(&text, model, size), tokens))
}

fn size(model: Embedder, wanted: &Value) -> Result<Option<usize>, String> {
    if wanted.is_null() {
        return Ok(None);
    }
    let fits = |size: &usize| (1..=model.dimensions).contains(size);
    let size = wanted.as_u64().and_then(|size| usize::try_from(size).ok());
    size.filter(fits).map(Some).ok_or_else(|| {
        format!(
            "outputDimensionality must be from 1 to {}.",
            model.dimensions
        )
    })
}

/// How many tokens are read, and whether that is fewer than there are.
fn fit(text: &str, model: Embedder, truncate: bool) -> Result<(u64, bool), String> {
    let tokens = text_tokens(text);
    match (tokens > model.most_tokens, truncate) {
        (false, _) => Ok((tokens, false)),
        (true, true) => Ok((model.most_tokens, true)),
        (true, false) => Err(format!(
            "The input token count is {tokens} but the model supports up to {}.",
            model.most_tokens
        )),
    }
}
