use std::error::Error as _;
use std::fmt;

use crate::ObjectError;

/// The object that a call is about.
pub(super) struct Target {
    /// As the caller says it, without the prefix.
    pub name: String,
    pub full: String,
    pub bucket: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gs://{}/{}", self.bucket, self.full)
    }
}

/// Why a call to Cloud Storage failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// An answer that is no success.
    Status {
        code: u16,
        message: String,
    },
    /// No answer, or half of one.
    Line(String),
    Credentials {
        message: String,
        transient: bool,
    },
    Other(String),
}

impl Fault {
    /// No such object. (No such bucket is a mistake in a setting, and not to be taken for that.)
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Status { code: 404, message } if !message.contains("bucket does not exist"))
    }

    pub fn is_precondition(&self) -> bool {
        matches!(self, Self::Status { code: 412, .. })
    }

    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { code, .. } => matches!(code, 408 | 429 | 500..600),
            Self::Line(_) => true,
            Self::Credentials { transient, .. } => *transient,
            Self::Other(_) => false,
        }
    }

    /// For the caller. `verb` is what was tried: "read", "write".
    pub fn explain(self, verb: &str, what: impl fmt::Display) -> ObjectError {
        if self.is_transient() {
            return ObjectError::unavailable(format!("Cloud Storage, to {verb} {what}: {self}"));
        }
        match self {
            Self::Status {
                code: 401 | 403, ..
            } => ObjectError::Denied {
                reason: format!(
                    "Cloud Storage does not let this {verb} {what} ({self}): give the service account roles/storage.objectUser on the bucket"
                ),
            },
            Self::Status { code: 404, .. } => ObjectError::other(format!(
                "there is no bucket to {verb} {what} ({self}): make it, or name another in OBJECTS_URL"
            )),
            Self::Credentials { .. } => ObjectError::Denied {
                reason: format!(
                    "no Google access token to {verb} {what} ({self}): check the service's account, or run `gcloud auth application-default login`"
                ),
            },
            other => ObjectError::other(format!("Cloud Storage did not {verb} {what}: {other}")),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { code, message } => write!(f, "{code} {message}"),
            Self::Line(message) | Self::Credentials { message, .. } | Self::Other(message) => {
                f.write_str(message)
            }
        }
    }
}

/// Where tries were given up, what the last of them ended with.
fn last_answer(error: &google_cloud_storage::Error) -> &google_cloud_storage::Error {
    let mut cause = error.source();
    while let Some(inner) = cause {
        match inner.downcast_ref::<google_cloud_storage::Error>() {
            Some(inner) if error.is_exhausted() => return last_answer(inner),
            _ => cause = inner.source(),
        }
    }
    error
}

/// With what caused it: the outermost text alone says little.
pub(super) fn whole(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

impl From<google_cloud_storage::Error> for Fault {
    fn from(outer: google_cloud_storage::Error) -> Self {
        let error = last_answer(&outer);
        if let Some(code) = error.http_status_code() {
            let message = match (error.status(), error.http_payload()) {
                (Some(status), _) => status.message.clone(),
                (None, Some(payload)) => super::json::message(payload),
                (None, None) => String::new(),
            };
            return Self::Status { code, message };
        }
        let message = whole(error);
        if error.is_authentication() {
            let transient = error.is_transient_and_before_rpc();
            return Self::Credentials { message, transient };
        }
        if error.is_io()
            || error.is_connect()
            || error.is_transport()
            || error.is_timeout()
            || error.is_exhausted()
        {
            return Self::Line(message);
        }
        // A body that was cut off is an error of the checksum or the length: another try may do.
        match error.source() {
            Some(_) if error.is_deserialization() => Self::Line(message),
            _ => Self::Other(message),
        }
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        Self::Line(whole(&error.without_url()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str) -> Fault {
        Fault::Status {
            code,
            message: message.to_owned(),
        }
    }

    #[test]
    fn each_fault_says_what_to_do() {
        let explain = |fault: Fault| fault.explain("read", "gs://kept/a");
        for code in [408, 429, 500, 502, 503, 504] {
            assert!(explain(status(code, "x")).retryable(), "{code}");
        }
        assert!(explain(Fault::Line("reset".to_owned())).retryable());
        for code in [401, 403] {
            let error = explain(status(code, "x"));
            assert!(matches!(error, ObjectError::Denied { .. }), "{error}");
            assert!(error.to_string().contains("objectUser"), "{error}");
        }
        let error = explain(status(404, "The specified bucket does not exist."));
        assert!(error.to_string().contains("OBJECTS_URL"), "{error}");
        assert!(matches!(
            explain(status(400, "x")),
            ObjectError::Other { .. }
        ));
        let credentials = |transient| Fault::Credentials {
            message: "x".to_owned(),
            transient,
        };
        assert!(explain(credentials(true)).retryable());
        assert!(matches!(
            explain(credentials(false)),
            ObjectError::Denied { .. }
        ));
    }

    #[test]
    fn a_missing_bucket_is_not_a_missing_object() {
        assert!(status(404, "No such object: kept/a").is_missing());
        assert!(!status(404, "The specified bucket does not exist.").is_missing());
    }
}
