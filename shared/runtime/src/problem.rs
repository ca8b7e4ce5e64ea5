use std::borrow::Cow;
use std::fmt;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::context;

/// An error as a client sees it: RFC 9457 `application/problem+json`. It holds only words meant for
/// the client; what went wrong inside goes to the log through [`Problem::internal`].
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
}

/// What is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it is: `input.channels[2].name`; empty for the whole.
    pub path: String,
    /// Stable: `missing`, `unknown`, `type`, `invalid`, or one of the endpoint's own.
    pub code: Cow<'static, str>,
    pub message: String,
}

/// The JSON on the wire.
#[derive(Serialize, ToSchema)]
struct Wire<'a> {
    /// `urn:raptorflow:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable; for programs: `budget.exceeded`.
    code: &'a str,
    /// What happened and what to do, for people.
    detail: &'a str,
    /// Name this to support.
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    /// One entry for each field that was refused.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// 401 `auth.unauthenticated`.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "auth.unauthenticated", detail)
    }

    /// 402 `budget.exceeded`.
    pub fn budget_exceeded(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, "budget.exceeded", detail)
    }

    /// 403 `auth.forbidden`.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "auth.forbidden", detail)
    }

    /// 404 `not_found`. Also the answer for what belongs to another workspace.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 409 `conflict`.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 422 `validation.failed`; add [`Problem::field`]s.
    pub fn validation(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation.failed",
            detail,
        )
    }

    /// 429 `rate.limited`, with `Retry-After` in seconds.
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        let detail = format!("Too many requests. Try again in {retry_after_seconds} s.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate.limited", detail)
            .retry_after(retry_after_seconds)
    }

    /// 503 `unavailable`.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    /// 500 `internal`. Logs the error, once, with its chain of causes if its `{:#}` prints one; tells
    /// the client nothing of it.
    pub fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(error = format!("{error:#}"), "internal error");
        Self::silent_internal()
    }

    /// 500 for what is logged already.
    pub(crate) fn silent_internal() -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// For a status that something below answered without saying more.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::BAD_REQUEST => ("request.malformed", "The request is malformed."),
            StatusCode::UNAUTHORIZED => {
                ("auth.unauthenticated", "Sign in and send a bearer token.")
            }
            StatusCode::FORBIDDEN => ("auth.forbidden", "You are not allowed to do this."),
            StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method.not_allowed",
                "This address has other methods: see Allow.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("body.too_large", "The body is too large."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "body.unsupported_type",
                "Send the body as application/json.",
            ),
            StatusCode::UPGRADE_REQUIRED => ("upgrade.required", "This address speaks WebSocket."),
            StatusCode::TOO_MANY_REQUESTS => {
                ("rate.limited", "Too many requests. Try again later.")
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                ("unavailable", "This is not available now. Try again.")
            }
            StatusCode::GATEWAY_TIMEOUT => ("request.timed_out", "This took too long. Try again."),
            _ if status.is_client_error() => ("request.refused", "The request was refused."),
            _ => (
                "internal",
                "Something went wrong on our side. Try again, or name the correlation id to support.",
            ),
        };
        Self::new(status, code, detail)
    }

    /// Replaces the code.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Adds an entry for one field of the input.
    #[must_use]
    pub fn field(
        mut self,
        path: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        self.errors.push(FieldError {
            path: path.into(),
            code: code.into(),
            message: message.into(),
        });
        self
    }

    /// Sets `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn stable_code(&self) -> &'static str {
        self.code
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl From<anyhow::Error> for Problem {
    /// A problem that was passed up keeps its words; anything else is internal.
    fn from(error: anyhow::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::internal)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let context = context::current();
        let wire = Wire {
            kind: format!("urn:raptorflow:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            correlation_id: context
                .as_ref()
                .map(|context| context.correlation_id.as_str()),
            errors: &self.errors,
        };
        let mut response = (self.status, Json(wire)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Wire::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Wire::schemas(schemas);
    }
}
