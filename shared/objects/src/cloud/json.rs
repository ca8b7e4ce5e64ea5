//! The JSON API of Cloud Storage (cloud.google.com/storage/docs/json_api/v1), as far as it is used here.

use std::fmt;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use google_cloud_auth::credentials::{CacheableResource, Credentials};
use http::Extensions;
use reqwest::{Client, Method, redirect};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::fault::{Fault, Target};
use super::tries::Waits;
use crate::{ObjectError, Options, Precondition};

const FIELDS: &str = "name,generation,size,updated,contentType";

/// A bucket's metadata.
pub(super) struct Api {
    client: Client,
    credentials: Credentials,
    /// `…/storage/v1/b/<bucket>/o`
    objects: Url,
    bucket: String,
    page_size: u32,
    pace: ExponentialBuilder,
}

/// The fields asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    pub name: String,
    #[serde(deserialize_with = "number")]
    pub generation: i64,
    #[serde(deserialize_with = "number")]
    pub size: u64,
    pub updated: DateTime<Utc>,
    #[serde(default)]
    pub content_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    #[serde(default)]
    pub items: Vec<Object>,
    pub next_page_token: Option<String>,
}

impl Api {
    pub fn new(
        base: Url,
        bucket: &str,
        credentials: Credentials,
        options: &Options,
    ) -> Result<Self, ObjectError> {
        let mut objects = base;
        match objects.path_segments_mut() {
            Ok(mut path) => {
                path.pop_if_empty()
                    .extend(["storage", "v1", "b", bucket, "o"]);
            }
            Err(()) => return Err(ObjectError::other("the endpoint takes no paths")),
        }
        // Nothing answers with a redirect: one would lead elsewhere.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // There is time for another try.
            .timeout(options.time_limit / 4)
            .build()
            .map_err(|error| ObjectError::other(format!("no HTTP client: {error}")))?;
        let waits = Waits::new(options.time_limit);
        Ok(Self {
            client,
            credentials,
            objects,
            bucket: bucket.to_owned(),
            page_size: options.page_size.clamp(1, 1000),
            pace: ExponentialBuilder::default()
                .with_min_delay(waits.first)
                .with_max_delay(waits.longest)
                .with_total_delay(Some(waits.all))
                .without_max_times()
                .with_jitter(),
        })
    }

    pub async fn head(&self, target: &Target) -> Result<Option<Object>, ObjectError> {
        let url = self.object(target);
        let query = [("fields", FIELDS.to_owned())];
        match self.call(Method::GET, &url, &query).await {
            Ok(body) => parse(&body)
                .map(Some)
                .map_err(|fault| fault.explain("read", target)),
            Err(fault) if fault.is_missing() => Ok(None),
            Err(fault) => Err(fault.explain("read", target)),
        }
    }

    pub async fn page(&self, prefix: &str, token: Option<&str>) -> Result<Page, ObjectError> {
        let mut query = vec![
            ("fields", format!("items({FIELDS}),nextPageToken")),
            ("maxResults", self.page_size.to_string()),
            ("prefix", prefix.to_owned()),
        ];
        query.extend(token.map(|token| ("pageToken", token.to_owned())));
        let body = self.call(Method::GET, &self.objects, &query).await;
        body.and_then(|body| parse(&body))
            .map_err(|fault| fault.explain("list", format_args!("gs://{}/{prefix}", self.bucket)))
    }

    pub async fn delete(
        &self,
        target: &Target,
        generation: Option<i64>,
    ) -> Result<(), ObjectError> {
        let url = self.object(target);
        let query = generation.map(|generation| ("ifGenerationMatch", generation.to_string()));
        let query: Vec<_> = query.into_iter().collect();
        match (self.call(Method::DELETE, &url, &query).await, generation) {
            (Ok(_), _) => Ok(()),
            (Err(fault), _) if fault.is_missing() => Ok(()),
            (Err(fault), Some(expected)) if fault.is_precondition() => {
                Err(ObjectError::Precondition {
                    name: target.name.clone(),
                    expected: Precondition::Generation(expected),
                })
            }
            (Err(fault), _) => Err(fault.explain("delete", target)),
        }
    }

    fn object(&self, target: &Target) -> Url {
        let mut url = self.objects.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(&target.full);
        }
        url
    }

    /// The answer's body, after as many tries as there is time for.
    async fn call(
        &self,
        method: Method,
        url: &Url,
        query: &[(&str, String)],
    ) -> Result<Bytes, Fault> {
        let once = || self.once(method.clone(), url, query);
        once.retry(self.pace).when(Fault::is_transient).await
    }

    async fn once(
        &self,
        method: Method,
        url: &Url,
        query: &[(&str, String)],
    ) -> Result<Bytes, Fault> {
        let mut request = self.client.request(method, url.clone()).query(query);
        match self.credentials.headers(Extensions::new()).await {
            Ok(CacheableResource::New { data, .. }) => request = request.headers(data),
            // Only where an older answer was held out to it.
            Ok(CacheableResource::NotModified) => {}
            Err(error) => {
                return Err(Fault::Credentials {
                    transient: error.is_transient(),
                    message: super::fault::whole(&error),
                });
            }
        }
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(Fault::Status {
            code: status.as_u16(),
            message: message(&body),
        })
    }
}

fn parse<T: de::DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body)
        .map_err(|error| Fault::Other(format!("an answer that is not understood ({error})")))
}

/// The text of an error's body, or the beginning of what is there in its place.
pub(super) fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Body {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        message: String,
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(body) => body.error.message,
        Err(_) => String::from_utf8_lossy(body).chars().take(200).collect(),
    }
}

/// JSON has no 64-bit numbers, so that the API writes them as text.
fn number<'de, D, N>(deserializer: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: std::str::FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}
