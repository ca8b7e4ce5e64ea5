//! axum's extractors with answers a program can act on: every rejection is a [`Problem`] that names
//! the field.

use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request, path};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Problem;

/// A JSON body. 415 unless the content type is JSON, 413 past the body limit, 400 for text that is
/// not UTF-8 or not JSON, 422 naming the field for JSON that is not a `T`. Put
/// `#[serde(deny_unknown_fields)]` on `T`, so that a misspelt field is an answer and not a surprise.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection {
                    BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                        Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE)
                    }
                    _ => Problem::new(
                        StatusCode::BAD_REQUEST,
                        "body.unreadable",
                        "The body did not arrive whole.",
                    ),
                })?;
        Self::parse(&body).map(Self)
    }
}

impl<T: DeserializeOwned> Json<T> {
    /// The value in `body`.
    ///
    /// # Errors
    /// 400 `body.not_utf8` or `body.malformed`, 422 `validation.failed`.
    pub fn parse(body: &[u8]) -> Result<T, Problem> {
        let malformed = |code, detail: String| Problem::new(StatusCode::BAD_REQUEST, code, detail);
        let text = std::str::from_utf8(body)
            .map_err(|_| malformed("body.not_utf8", "The body is not UTF-8.".to_owned()))?;
        let broken = |error: serde_json::Error| {
            malformed(
                "body.malformed",
                format!("The body is not valid JSON: {error}."),
            )
        };
        // serde would also take a list as a struct's fields in order.
        if text.trim_start().starts_with('[') {
            return Err(refused(
                "The body is not what this address takes.",
                "",
                "invalid type: sequence, expected an object",
            ));
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let error = error.into_inner();
            if error.is_data() {
                refused(
                    "The body is not what this address takes.",
                    &path,
                    &error.to_string(),
                )
            } else {
                broken(error)
            }
        })?;
        deserializer.end().map_err(broken)?;
        Ok(value)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => (
                [(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/json"),
                )],
                body,
            )
                .into_response(),
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// The query string. 422 naming the field when it is not a `T`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                // axum keeps the path only in the text: "Failed to …: <path>: <reason>".
                let text = rejection.body_text();
                let text = text
                    .strip_prefix("Failed to deserialize query string: ")
                    .unwrap_or(&text);
                let (path, reason) = text
                    .split_once(": ")
                    .filter(|(path, _)| !path.contains([' ', '`']))
                    .unwrap_or(("", text));
                Err(refused(
                    "The query string is not what this address takes.",
                    path,
                    reason,
                ))
            }
        }
    }
}

/// The parameters in the path. 422 naming the parameter when they are not a `T`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        use path::ErrorKind;
        const DETAIL: &str = "The address has a parameter that can't be right.";
        let rejection = match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => return Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(inner)) => inner.into_kind(),
            Err(other) => return Err(Problem::internal(other)),
        };
        Err(match rejection {
            ErrorKind::InvalidUtf8InPathParam { key } => Problem::new(
                StatusCode::BAD_REQUEST,
                "path.not_utf8",
                DETAIL,
            )
            .field(key, "invalid", "not UTF-8"),
            ErrorKind::ParseErrorAtKey {
                key, expected_type, ..
            } => {
                Problem::validation(DETAIL).field(key, "type", format!("expected {expected_type}"))
            }
            ErrorKind::DeserializeError { key, message, .. } => {
                Problem::validation(DETAIL).field(key, "invalid", tidy(&message))
            }
            ErrorKind::ParseErrorAtIndex {
                index,
                expected_type,
                ..
            } => Problem::validation(DETAIL).field(
                format!("[{index}]"),
                "type",
                format!("expected {expected_type}"),
            ),
            ErrorKind::ParseError { expected_type, .. } => {
                Problem::validation(DETAIL).field("", "type", format!("expected {expected_type}"))
            }
            ErrorKind::Message(message) => {
                Problem::validation(DETAIL).field("", "invalid", tidy(&message))
            }
            other => Problem::internal(other),
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// 422 with the field and the kind of fault that serde's message tells.
fn refused(detail: &str, path: &str, message: &str) -> Problem {
    let path = if path == "." { "" } else { path };
    let message = tidy(message);
    let missing = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next());
    let (code, path) = if let Some(field) = missing {
        // serde reports the struct that lacks the field, not the field.
        (
            "missing",
            if path.is_empty() {
                field.to_owned()
            } else {
                format!("{path}.{field}")
            },
        )
    } else if message.starts_with("unknown field") {
        ("unknown", path.to_owned())
    } else if message.starts_with("invalid type") {
        ("type", path.to_owned())
    } else {
        ("invalid", path.to_owned())
    };
    Problem::validation(detail).field(path, code, message)
}

/// A serde message without serde_json's position, cut where it would echo a long input.
fn tidy(message: &str) -> String {
    const LONGEST: usize = 300;
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(message, _)| message);
    match message.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &message[..cut]),
        None => message.to_owned(),
    }
}
