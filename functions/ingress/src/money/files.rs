//! PDFs that `gst-invoice` has stored, as downloads.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::Seams;
use objects::{ObjectError, Objects, Options};
use runtime::Problem;
use tokio::sync::OnceCell;

use crate::Config;

/// A document that has its number never changes, so a browser may keep it; nobody between may.
const KEPT: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub struct Files {
    place: String,
    options: Options,
    seams: Seams,
    opened: OnceCell<Arc<dyn Objects>>,
}

impl Files {
    /// A bucket is opened at once, so that a wrong one shows; a folder at the first look, so that nothing
    /// is made where nobody asks for invoices.
    pub async fn open(config: &Config, seams: &Seams) -> anyhow::Result<Self> {
        let endpoint = config.skills.objects_endpoint.clone();
        let files = Self {
            place: config.money.place(),
            options: Options {
                endpoint: endpoint.filter(|url| !url.is_empty()),
                ..Options::default()
            },
            seams: seams.clone(),
            opened: OnceCell::new(),
        };
        if config.money.bucket().is_some() {
            files.opened().await.context("INVOICES_BUCKET")?;
        }
        Ok(files)
    }

    async fn opened(&self) -> Result<&Arc<dyn Objects>, ObjectError> {
        let open = || objects::open(&self.place, self.options.clone(), self.seams.clock.clone());
        self.opened.get_or_try_init(open).await
    }

    /// The bytes of a file that a row says is there.
    pub async fn read(&self, name: &str) -> Result<Bytes, Problem> {
        let away = |error: &dyn std::fmt::Display| {
            tracing::error!(object = name, %error, "a stored file can't be read");
            Problem::unavailable("The file can't be read now. Try again.").retry_after(5)
        };
        let objects = self.opened().await.map_err(|error| away(&error))?;
        match objects.get(name).await {
            Ok(Some((_, bytes))) => Ok(bytes),
            Ok(None) => Err(away(&"it is not there")),
            Err(error) => Err(away(&error)),
        }
    }
}

/// Whether the client has what this mark stands for.
pub fn has(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|mark| mark.trim().trim_start_matches("W/"))
        .any(|mark| mark == "*" || mark.as_bytes() == etag.as_bytes())
}

/// The mark of bytes with this SHA-256.
pub fn etag(sha256: &[u8]) -> Option<HeaderValue> {
    let hex: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).ok()
}

/// 304 for those who have it.
pub fn unchanged(etag: HeaderValue) -> Response {
    let headers = [(header::ETAG, etag), (header::CACHE_CONTROL, KEPT)];
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

/// A file to keep under `name`, which has only letters, digits, dots and dashes.
pub fn download(bytes: Bytes, kind: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    response
}

/// [`download`] of what never changes.
pub fn kept_download(
    bytes: Bytes,
    kind: &'static str,
    name: &str,
    etag: Option<HeaderValue>,
) -> Response {
    let mut response = download(bytes, kind, name);
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    if let Some(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
