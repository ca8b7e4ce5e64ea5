//! `/v1/embeddings`.

use serde::Serialize;
use serde_json::Value;

use crate::embed::numbers;
use crate::failure::{Who, unreadable};
use crate::response::count;
use crate::{Category, EmbedRequest, Error, ModelRow, RawEmbeddings, Usage};

#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

/// Too long a text is refused by the provider: there is nothing to switch off.
pub(super) fn body<'a>(model: &'a ModelRow, request: &EmbedRequest<'a>) -> Body<'a> {
    let native = model.embedding.map(|spec| spec.native_dimensions);
    Body {
        model: &model.id,
        input: request.texts,
        encoding_format: "float",
        // Many servers refuse the field, so it goes only where it changes something.
        dimensions: request.dimensions.filter(|wanted| Some(*wanted) != native),
    }
}

pub(super) fn read(who: Who, answer: &[u8]) -> Result<RawEmbeddings, Error> {
    let answer: Value = serde_json::from_slice(answer).map_err(|error| unreadable(who, &error))?;
    let data = answer["data"].as_array().map_or(&[][..], Vec::as_slice);
    let mut vectors = vec![Vec::new(); data.len()];
    for (at, item) in data.iter().enumerate() {
        // They say which text they belong to; the order is a habit.
        let place = item["index"]
            .as_u64()
            .and_then(|index| usize::try_from(index).ok());
        let slot = vectors.get_mut(place.unwrap_or(at)).ok_or_else(|| {
            let message = format!("{} sent a vector for no text", who.name);
            Error::new(Category::Provider, message)
        })?;
        *slot = numbers(who, &item["embedding"])?;
    }
    let usage = &answer["usage"]["prompt_tokens"];
    let input = usage.is_u64().then(|| count(usage));
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
    use serde_json::json;

    use super::*;

    const WHO: Who = Who {
        name: "OpenAI",
        refused: "",
    };

    #[test]
    fn vectors_go_to_the_texts_they_name() {
        let answer = json!({"data": [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}], "usage": {"prompt_tokens": 9}});
        let read = read(WHO, answer.to_string().as_bytes()).unwrap();
        assert_eq!(read.vectors, [vec![1.0], vec![2.0]]);
        assert_eq!(read.usage.unwrap().input, 9);
    }

    #[test]
    fn strange_replies_are_the_providers_fault() {
        for odd in [
            json!({"data": [{"index": 7, "embedding": [1.0]}]}),
            json!({"data": [{"embedding": "AAAA"}]}),
        ] {
            let error = read(WHO, odd.to_string().as_bytes()).unwrap_err();
            assert_eq!(error.category, Category::Provider);
        }
    }
}
