//! What a refusal means, for every wire: the status first, the provider's own words where they say
//! more.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::{Category, Error};

/// Who refuses, for people who read the message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    /// `Vertex AI`.
    pub name: &'static str,
    /// What to check when the caller is refused.
    pub refused: &'static str,
}

/// Longer messages say nothing more.
const MESSAGE_LEN: usize = 500;
/// Nor do longer bodies.
const BODY_LEN: usize = 64 * 1024;

pub(crate) async fn of_response(who: Who, mut response: reqwest::Response, model: &str) -> Error {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_LEN {
            break;
        }
    }
    of_status(who, status, &headers, &body, model)
}

pub(crate) fn of_status(
    who: Who,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    model: &str,
) -> Error {
    let body: Value = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    let said = Said::of(&body);
    let wait = header_wait(headers).or_else(|| said.wait());
    let category = match headers
        .get("x-should-retry")
        .and_then(|value| value.to_str().ok())
    {
        Some("false") => match said.category(status, wait) {
            retryable if retryable.retryable() => Category::Provider,
            other => other,
        },
        Some("true") => match said.category(status, wait) {
            retryable if retryable.retryable() => retryable,
            _ => Category::Transient,
        },
        _ => said.category(status, wait),
    };
    let advice = match (category, status) {
        (Category::Provider, 400..=403) => format!(" ({})", who.refused),
        (Category::UnknownModel, _) => {
            tracing::error!(
                model,
                provider = who.name,
                "the model is unknown there: retired?"
            );
            format!(
                " (is {model} retired, or not served at its location? see shared/llm/data/models.json)"
            )
        }
        _ => String::new(),
    };
    let message = said.message();
    Error::new(
        category,
        format!("{} answered {status}: {message}{advice}", who.name),
    )
}

/// An error object inside a stream that had begun well.
pub(crate) fn of_event(who: Who, event: &Value, model: &str) -> Error {
    let said = Said::of(event);
    let status = said.status();
    let category = said.category(status, said.wait());
    let message = said.message();
    tracing::warn!(
        model,
        provider = who.name,
        message,
        "the stream ended in an error"
    );
    Error::new(
        category,
        format!("{} stopped with {status}: {message}", who.name),
    )
}

pub(crate) fn of_transport(who: Who, error: &reqwest::Error) -> Error {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    Error::new(
        Category::Transient,
        format!("{} is not reached: {}", who.name, short(&text)),
    )
}

pub(crate) fn cut(who: Who) -> Error {
    Error::new(
        Category::Transient,
        format!("{}'s answer was cut off", who.name),
    )
}

pub(crate) fn unreadable(who: Who, error: &serde_json::Error) -> Error {
    Error::new(
        Category::Transient,
        format!("{} sent no readable JSON: {error}", who.name),
    )
}

/// An error object in any provider's shape:
/// Google's `{error: {code, status, message, details}}`, sometimes in an array of one;
/// Anthropic's `{type: error, error: {type, message}}`; OpenAI's `{error: {message, type, code}}`,
/// and the `{error: text}`, `{message}` or `{detail}` of servers like it.
struct Said<'a> {
    body: &'a Value,
    error: &'a Value,
}

impl<'a> Said<'a> {
    fn of(body: &'a Value) -> Self {
        let body = body
            .as_array()
            .and_then(|list| list.first())
            .unwrap_or(body);
        Self {
            body,
            error: &body["error"],
        }
    }

    fn message(&self) -> String {
        let places = [
            &self.error["message"],
            self.error,
            &self.body["message"],
            &self.body["detail"],
            self.body,
        ];
        let said = places.into_iter().find_map(Value::as_str);
        short(said.filter(|text| !text.is_empty()).unwrap_or("no message"))
    }

    fn says(&self, words: &[&str]) -> bool {
        let own = [
            &self.error["type"],
            &self.error["code"],
            &self.error["status"],
        ];
        let details = self.error["details"].as_array().into_iter().flatten();
        own.into_iter()
            .chain(details.map(|detail| &detail["reason"]))
            .filter_map(Value::as_str)
            .any(|word| words.contains(&word))
    }

    /// Of an error that came without one.
    fn status(&self) -> u16 {
        if let Some(code) = self.error["code"].as_u64() {
            return u16::try_from(code).unwrap_or(500);
        }
        let kinds = [
            ("overloaded_error", 529),
            ("rate_limit_error", 429),
            ("rate_limit_exceeded", 429),
            ("timeout_error", 504),
            ("invalid_request_error", 400),
            ("authentication_error", 401),
            ("billing_error", 402),
            ("permission_error", 403),
            ("not_found_error", 404),
            ("request_too_large", 413),
        ];
        kinds
            .into_iter()
            .find(|(kind, _)| self.says(&[kind]))
            .map_or(500, |(_, status)| status)
    }

    fn category(&self, status: u16, wait: Option<Duration>) -> Category {
        // Waiting helps neither an empty account nor a wrong key, whatever the status.
        if self.says(&["insufficient_quota", "billing_error", "API_KEY_INVALID"]) {
            return Category::Provider;
        }
        if self.says(&["content_filter", "content_policy_violation"]) {
            return Category::Policy;
        }
        match status {
            429 => Category::RateLimited { retry_after: wait },
            // A provider that names a time is to be asked then.
            503 | 529 if wait.is_some() => Category::RateLimited { retry_after: wait },
            501 | 505 => Category::Provider,
            408 | 409 | 425 | 500.. => Category::Transient,
            400 | 413 | 422 => Category::InvalidRequest,
            404 => Category::UnknownModel,
            _ => Category::Provider,
        }
    }

    /// `google.rpc.RetryInfo`: `{"retryDelay": "3.5s"}`.
    fn wait(&self) -> Option<Duration> {
        let details = self.error["details"].as_array()?;
        let delay = details
            .iter()
            .find_map(|detail| detail["retryDelay"].as_str())?;
        Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
    }
}

/// `retry-after-ms`, or `retry-after` as seconds or as a date. A date is read against the answer's
/// own `date`, so that it doesn't matter whose clock is right.
fn header_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let number = |text: &str| text.parse::<f64>().ok();
    if let Some(milliseconds) = text("retry-after-ms").and_then(number) {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    let after = text(RETRY_AFTER.as_str())?;
    if let Some(seconds) = number(after) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let then = DateTime::parse_from_rfc2822(after).ok()?;
    let now = DateTime::parse_from_rfc2822(text(DATE.as_str())?).ok()?;
    Some((then - now).to_std().unwrap_or_default())
}

fn short(text: &str) -> String {
    text.chars().take(MESSAGE_LEN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Who = Who {
        name: "Vertex AI",
        refused: "check the account",
    };

    fn category(status: u16, body: &str) -> Category {
        with_headers(status, &[], body)
    }

    fn with_headers(status: u16, pairs: &[(&'static str, &str)], body: &str) -> Category {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        of_status(WHO, status, &headers, body.as_bytes(), "m").category
    }

    fn limited(milliseconds: u64) -> Category {
        Category::RateLimited {
            retry_after: Some(Duration::from_millis(milliseconds)),
        }
    }

    #[test]
    fn a_status_has_its_category_whatever_the_body() {
        let wrapped = r#"[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},{"retryDelay":"2.5s"}]}}]"#;
        assert_eq!(category(429, wrapped), limited(2_500));
        for (status, expected) in [
            (503, Category::Transient),
            (529, Category::Transient),
            (409, Category::Transient),
            (404, Category::UnknownModel),
            (400, Category::InvalidRequest),
            (413, Category::InvalidRequest),
            (401, Category::Provider),
            (402, Category::Provider),
            (403, Category::Provider),
            (501, Category::Provider),
        ] {
            for body in ["", "<html>", "{}", "[]", "null", r#"{"error":3}"#] {
                assert_eq!(category(status, body), expected, "{status} {body}");
            }
        }
    }

    #[test]
    fn what_a_provider_says_of_itself_comes_before_the_status() {
        let key = r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#;
        assert_eq!(category(400, key), Category::Provider);
        let quota = r#"{"error":{"message":"pay","code":"insufficient_quota"}}"#;
        assert_eq!(category(429, quota), Category::Provider);
        let filtered = r#"{"error":{"code":"content_filter"}}"#;
        assert_eq!(category(400, filtered), Category::Policy);
    }

    #[test]
    fn a_wait_is_read_in_every_form() {
        assert_eq!(
            with_headers(429, &[("retry-after", "7")], ""),
            limited(7_000)
        );
        assert_eq!(
            with_headers(503, &[("retry-after", "0.5")], ""),
            limited(500)
        );
        let both = [("retry-after", "7"), ("retry-after-ms", "1500")];
        assert_eq!(with_headers(429, &both, ""), limited(1_500));
        let date = [
            ("date", "Fri, 20 Nov 2026 06:00:00 GMT"),
            ("retry-after", "Fri, 20 Nov 2026 06:00:20 GMT"),
        ];
        assert_eq!(with_headers(429, &date, ""), limited(20_000));
        let past = [date[0], ("retry-after", "Fri, 20 Nov 2026 05:00:00 GMT")];
        assert_eq!(with_headers(429, &past, ""), limited(0));
        for strange in ["soon", "-3", "1e400", ""] {
            let unknown = Category::RateLimited { retry_after: None };
            assert_eq!(
                with_headers(429, &[("retry-after", strange)], ""),
                unknown,
                "{strange}"
            );
        }
    }

    #[test]
    fn the_provider_decides_whether_to_try_again() {
        let say = |word| [("x-should-retry", word)];
        assert_eq!(with_headers(500, &say("false"), ""), Category::Provider);
        assert_eq!(with_headers(429, &say("false"), ""), Category::Provider);
        assert_eq!(with_headers(404, &say("false"), ""), Category::UnknownModel);
        assert_eq!(with_headers(400, &say("true"), ""), Category::Transient);
        assert_eq!(with_headers(500, &say("maybe"), ""), Category::Transient);
    }

    #[test]
    fn the_message_is_found_in_every_shape() {
        for body in [
            r#"{"error":{"message":"bad field"}}"#,
            r#"[{"error":{"message":"bad field"}}]"#,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"bad field"}}"#,
            r#"{"error":"bad field"}"#,
            r#"{"object":"error","message":"bad field"}"#,
            r#"{"detail":"bad field"}"#,
            "bad field",
        ] {
            let error = of_status(WHO, 400, &HeaderMap::new(), body.as_bytes(), "m");
            assert_eq!(error.message, "Vertex AI answered 400: bad field");
        }
    }

    #[test]
    fn an_error_in_a_stream_is_told_by_its_code_or_kind() {
        let category =
            |event: &str| of_event(WHO, &serde_json::from_str(event).unwrap(), "m").category;
        let limited = Category::RateLimited { retry_after: None };
        assert_eq!(
            category(r#"{"type":"error","error":{"type":"overloaded_error"}}"#),
            Category::Transient
        );
        assert_eq!(
            category(r#"{"error":{"type":"rate_limit_error"}}"#),
            limited
        );
        assert_eq!(category(r#"{"error":{"code":429}}"#), limited);
        assert_eq!(category(r#"{"error":"oops"}"#), Category::Transient);
        assert_eq!(
            category(r#"{"error":{"type":"invalid_request_error"}}"#),
            Category::InvalidRequest
        );
    }
}
