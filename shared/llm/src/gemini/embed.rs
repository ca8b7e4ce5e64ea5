//! Embeddings: `predict` for the older models on Vertex AI, `embedContent` there for the newer, and
//! `batchEmbedContents` by key.

use serde_json::{Map, Value, json};

use super::encode::Door;
use crate::embed::{numbers, too_long};
use crate::estimate::text_tokens;
use crate::failure::Who;
use crate::response::count;
use crate::{Category, EmbedRequest, EmbeddingMethod, Error, ModelRow, RawEmbeddings, Task, Usage};

/// The method to call, and its body. Texts too long for the model are refused, by the provider
/// where it can be told so, else here.
pub(super) fn body(
    door: Door,
    model: &ModelRow,
    request: &EmbedRequest<'_>,
) -> Result<(&'static str, Value), Error> {
    let task = model
        .embedding
        .filter(|spec| spec.task_types)
        .map(|_| task_type(request.task));
    let method = model.embedding.map(|spec| spec.method);
    match (door, method) {
        (Door::Key, _) => by_key(model, request, task).map(|body| ("batchEmbedContents", body)),
        (Door::Vertex, Some(EmbeddingMethod::Predict)) => Ok(("predict", predict(request, task))),
        (Door::Vertex, _) => one(request, task).map(|body| ("embedContent", body)),
    }
}

fn predict(request: &EmbedRequest<'_>, task: Option<&str>) -> Value {
    let instance = |text: &&str| match task {
        Some(task) => json!({ "content": text, "task_type": task }),
        None => json!({ "content": text }),
    };
    let instances: Vec<_> = request.texts.iter().map(instance).collect();
    let mut parameters = json!({ "autoTruncate": false });
    if let Some(dimensions) = request.dimensions {
        parameters["outputDimensionality"] = dimensions.into();
    }
    json!({ "instances": instances, "parameters": parameters })
}

fn one(request: &EmbedRequest<'_>, task: Option<&str>) -> Result<Value, Error> {
    let [text] = request.texts else {
        let message = "this model embeds one text at a time: texts_per_call must be 1";
        return Err(Error::new(Category::InvalidRequest, message));
    };
    let mut config = options(request, task);
    config.insert("autoTruncate".into(), false.into());
    Ok(json!({ "content": { "parts": [{ "text": text }] }, "embedContentConfig": config }))
}

fn by_key(
    model: &ModelRow,
    request: &EmbedRequest<'_>,
    task: Option<&str>,
) -> Result<Value, Error> {
    // This door cuts long texts without a word.
    let long = |text: &&&str| {
        model
            .max_prompt_tokens
            .is_some_and(|limit| text_tokens(text) > limit)
    };
    if let Some(text) = request.texts.iter().find(long) {
        return Err(too_long(model, text_tokens(text)));
    }
    let options = options(request, task);
    let each = |text: &&str| {
        let mut each = options.clone();
        each.insert("model".into(), format!("models/{}", model.id).into());
        each.insert("content".into(), json!({ "parts": [{ "text": text }] }));
        Value::from(each)
    };
    let requests: Vec<_> = request.texts.iter().map(each).collect();
    Ok(json!({ "requests": requests }))
}

fn options(request: &EmbedRequest<'_>, task: Option<&str>) -> Map<String, Value> {
    let mut options = Map::new();
    if let Some(task) = task {
        options.insert("taskType".into(), task.into());
    }
    if let Some(dimensions) = request.dimensions {
        options.insert("outputDimensionality".into(), dimensions.into());
    }
    options
}

fn task_type(task: Task) -> &'static str {
    match task {
        Task::Document => "RETRIEVAL_DOCUMENT",
        Task::Query => "RETRIEVAL_QUERY",
        Task::Similarity => "SEMANTIC_SIMILARITY",
    }
}

/// Any of the three replies.
pub(super) fn read(who: Who, answer: &[u8]) -> Result<RawEmbeddings, Error> {
    let answer: Value =
        serde_json::from_slice(answer).map_err(|error| crate::failure::unreadable(who, &error))?;
    let usage = &answer["usageMetadata"]["promptTokenCount"];
    let mut input = usage.is_u64().then(|| count(usage));
    let mut vectors = Vec::new();
    if let Some(predictions) = answer["predictions"].as_array() {
        for prediction in predictions {
            let embedding = &prediction["embeddings"];
            let statistics = &embedding["statistics"];
            if statistics["truncated"] == true {
                let message = format!("{} cut a text although told not to", who.name);
                return Err(Error::new(Category::Provider, message));
            }
            // A count is a float here: 7.0.
            let read = statistics["token_count"].as_f64();
            if let Some(read) = read.filter(|read| (0.0..1e9).contains(read)) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within range"
                )]
                let read = read as u64;
                input = Some(input.unwrap_or(0) + read);
            }
            vectors.push(numbers(who, &embedding["values"])?);
        }
    } else if let Some(embeddings) = answer["embeddings"].as_array() {
        for embedding in embeddings {
            vectors.push(numbers(who, &embedding["values"])?);
        }
    } else {
        vectors.push(numbers(who, &answer["embedding"]["values"])?);
    }
    Ok(RawEmbeddings {
        vectors,
        usage: input.map(|input| Usage {
            input,
            ..Usage::default()
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Models;

    const WHO: Who = Who {
        name: "Vertex AI",
        refused: "",
    };

    fn encode(door: Door, name: &str, texts: &[&str]) -> Result<(&'static str, Value), Error> {
        let models = Models::embedded();
        let request = EmbedRequest {
            texts,
            task: Task::Query,
            dimensions: Some(768),
            ..EmbedRequest::default()
        };
        body(door, models.row(name).unwrap(), &request)
    }

    #[test]
    fn each_model_is_asked_in_its_own_way() {
        assert_eq!(
            encode(Door::Vertex, "text-embedding-005", &["a", "b"]).unwrap(),
            (
                "predict",
                json!({
                    "instances": [{"content": "a", "task_type": "RETRIEVAL_QUERY"}, {"content": "b", "task_type": "RETRIEVAL_QUERY"}],
                    "parameters": {"autoTruncate": false, "outputDimensionality": 768},
                })
            )
        );
        assert_eq!(
            encode(Door::Vertex, "vertex/gemini-embedding-2", &["a"]).unwrap(),
            (
                "embedContent",
                json!({
                    "content": {"parts": [{"text": "a"}]},
                    "embedContentConfig": {"outputDimensionality": 768, "autoTruncate": false},
                })
            )
        );
        assert!(encode(Door::Vertex, "vertex/gemini-embedding-2", &["a", "b"]).is_err());
        let (method, body) =
            encode(Door::Key, "gemini-api/gemini-embedding-001", &["a", "b"]).unwrap();
        assert_eq!(
            (method, body["requests"].as_array().unwrap().len()),
            ("batchEmbedContents", 2)
        );
        assert_eq!(
            body["requests"][1],
            json!({"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "b"}]}, "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 768})
        );
    }

    #[test]
    fn a_long_text_is_refused_where_the_provider_would_cut_it() {
        let long = "x".repeat(6_200);
        let error =
            encode(Door::Key, "gemini-api/gemini-embedding-001", &["a", &long]).unwrap_err();
        assert_eq!(error.category, Category::InvalidRequest);
        assert!(encode(Door::Vertex, "text-embedding-005", &[&long]).is_ok());
    }

    #[test]
    fn every_reply_is_read() {
        let said = |answer: Value| read(WHO, answer.to_string().as_bytes());
        let predicted = said(json!({"predictions": [
            {"embeddings": {"values": [1, 0.5], "statistics": {"token_count": 3.0, "truncated": false}}},
            {"embeddings": {"values": [0], "statistics": {"token_count": 4}}},
        ]}))
        .unwrap();
        assert_eq!(predicted.vectors, [vec![1.0, 0.5], vec![0.0]]);
        assert_eq!(predicted.usage.unwrap().input, 7);
        let one = json!({"embedding": {"values": [2]}, "usageMetadata": {"promptTokenCount": 5}});
        assert_eq!(said(one).unwrap().usage.unwrap().input, 5);
        let batch = said(json!({"embeddings": [{"values": [1]}, {"values": [2]}]})).unwrap();
        assert_eq!((batch.vectors.len(), batch.usage), (2, None));

        let cut = json!({"predictions": [{"embeddings": {"values": [1], "statistics": {"truncated": true}}}]});
        assert_eq!(said(cut).unwrap_err().category, Category::Provider);
        for odd in [json!({}), json!({"embedding": {"values": ["x"]}}), json!(1)] {
            assert_eq!(said(odd).unwrap_err().category, Category::Provider);
        }
    }
}
