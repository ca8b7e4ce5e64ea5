use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use phonepe::callback::ParseError;
use runtime::Problem;
use store::StoreError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a genuine callback was not recorded. PhonePe sends again what was not answered with a 2xx.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the body is not said to be JSON")]
    MediaType,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body did not arrive in time")]
    Slow,
    #[error("the body did not arrive whole")]
    Unreadable,
    #[error(transparent)]
    Malformed(#[from] ParseError),
    #[error("the database did not answer in time")]
    Late,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let refused = |status, code: &'static str, detail: &str| {
            // The caller knows the password: this is PhonePe, or a fault that people should see.
            tracing::warn!(code, "a genuine callback was refused");
            Problem::new(status, code, detail)
        };
        let problem = match self {
            Self::MediaType => refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "body.unsupported_type",
                "Send the body as application/json.",
            ),
            Self::TooLarge => refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body.too_large",
                "A body may have 64 KiB.",
            ),
            Self::Slow => refused(
                StatusCode::REQUEST_TIMEOUT,
                "request.timed_out",
                "The body did not arrive in time.",
            ),
            Self::Unreadable => refused(
                StatusCode::BAD_REQUEST,
                "body.unreadable",
                "The body did not arrive whole.",
            ),
            Self::Malformed(error) => refused(
                StatusCode::BAD_REQUEST,
                "body.malformed",
                &format!("The body is {error}."),
            ),
            Self::Late | Self::Store(StoreError::Unavailable(_)) => {
                metrics::counter!("phonepe_callbacks_total", "outcome" => "unavailable")
                    .increment(1);
                tracing::warn!(error = %self, "a callback was not recorded: PhonePe sends it again");
                Problem::unavailable("This is not available now. Send it again.").retry_after(1)
            }
            Self::Store(error) => Problem::internal(error),
        };
        problem.into_response()
    }
}
