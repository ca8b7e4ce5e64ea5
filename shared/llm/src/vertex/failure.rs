//! What a refusal means. Errors are `{"error": {code, status, message, details}}`, sometimes in an
//! array of one.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::{Category, Error};

/// Bodies longer than this say nothing more.
const MESSAGE_LEN: usize = 500;

pub(super) async fn of_response(response: reqwest::Response, model: &str) -> Error {
    let status = response.status();
    let retry_after = header_wait(response.headers());
    let body = response.bytes().await.unwrap_or_default();
    of_status(status, &body, retry_after, model)
}

pub(super) fn of_status(
    status: StatusCode,
    body: &[u8],
    retry_after: Option<Duration>,
    model: &str,
) -> Error {
    let body: Value = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    let error = unwrap(&body);
    let said = short(
        error["message"]
            .as_str()
            .or(body.as_str())
            .unwrap_or("no message"),
    );
    let category = match status.as_u16() {
        408 | 500 | 502 | 503 | 504 => Category::Transient,
        429 => Category::RateLimited {
            retry_after: retry_after.or_else(|| detail_wait(error)),
        },
        400 | 413 => Category::InvalidRequest,
        404 => Category::UnknownModel,
        _ => Category::Provider,
    };
    let advice = match status.as_u16() {
        401 | 403 => {
            " (may the service account use Vertex AI? role roles/aiplatform.user)".to_owned()
        }
        404 => {
            tracing::error!(model, "Vertex AI does not know the model: retired?");
            format!(
                " ({model} is unknown at its location: retired? see shared/llm/data/models.json)"
            )
        }
        _ => String::new(),
    };
    Error::new(
        category,
        format!("Vertex AI answered {}: {said}{advice}", status.as_u16()),
    )
}

/// An error object inside a stream that had begun well.
pub(super) fn of_event(error: &Value) -> Error {
    let code = error["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok())
        .unwrap_or(500);
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({ "error": error }).to_string();
    of_status(status, body.as_bytes(), None, "the model")
}

pub(super) fn of_transport(error: &reqwest::Error) -> Error {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    Error::new(
        Category::Transient,
        format!("Vertex AI is not reached: {}", short(&text)),
    )
}

pub(super) fn cut() -> Error {
    Error::new(Category::Transient, "Vertex AI's answer was cut off")
}

/// The error object, out of the array it may be wrapped in.
fn unwrap(body: &Value) -> &Value {
    let body = body
        .as_array()
        .and_then(|list| list.first())
        .unwrap_or(body);
    &body["error"]
}

fn header_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// `google.rpc.RetryInfo`: `{"retryDelay": "3.5s"}`.
fn detail_wait(error: &Value) -> Option<Duration> {
    let details = error["details"].as_array()?;
    let delay = details
        .iter()
        .find_map(|detail| detail["retryDelay"].as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

fn short(text: &str) -> String {
    text.chars().take(MESSAGE_LEN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(status: u16, body: &str) -> Category {
        of_status(
            StatusCode::from_u16(status).unwrap(),
            body.as_bytes(),
            None,
            "m",
        )
        .category
    }

    #[test]
    fn a_status_has_its_category_whatever_the_body() {
        let wrapped = r#"[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},{"retryDelay":"2.5s"}]}}]"#;
        let wait = Some(Duration::from_millis(2500));
        assert_eq!(
            category(429, wrapped),
            Category::RateLimited { retry_after: wait }
        );
        assert_eq!(category(503, "<html>"), Category::Transient);
        assert_eq!(category(404, "{}"), Category::UnknownModel);
        assert_eq!(category(400, ""), Category::InvalidRequest);
        assert_eq!(category(403, "[]"), Category::Provider);
    }

    #[test]
    fn the_message_is_found_in_both_shapes() {
        for body in [
            r#"{"error":{"message":"bad field"}}"#,
            r#"[{"error":{"message":"bad field"}}]"#,
        ] {
            let error = of_status(StatusCode::BAD_REQUEST, body.as_bytes(), None, "m");
            assert_eq!(error.message, "Vertex AI answered 400: bad field");
        }
    }
}
