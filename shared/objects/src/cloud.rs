//! Objects in a Cloud Storage bucket. Google's crate writes and reads (with checksums); lists, heads and
//! deletes go over the plain JSON API, which the crate offers over gRPC only, and no emulator has.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::DateTime;
use google_cloud_auth::credentials::{self, anonymous};
use google_cloud_gax::exponential_backoff::ExponentialBackoffBuilder;
use google_cloud_storage::client::Storage;
use google_cloud_storage::model::Object;
use url::Url;

use crate::name;
use crate::open::loopback;
use crate::{Meta, ObjectError, Objects, Options, Precondition};

mod fault;
mod json;
mod tries;

use fault::{Fault, Target};
use json::Api;
use tries::{Tries, Waits};

const HOST: &str = "https://storage.googleapis.com";
/// An object that is written again between the two questions of a get, this often in a row, is not read.
const GET_ROUNDS: usize = 16;

/// A bucket, or what is below a prefix in it.
///
/// Needs the rights of `roles/storage.objectUser` on the bucket. Failed calls are tried again within
/// [`Options::time_limit`].
pub struct CloudStorage {
    storage: Storage,
    api: Api,
    bucket: String,
    /// With a slash at the end, or empty.
    prefix: String,
    options: Options,
}

impl CloudStorage {
    /// Makes the clients; nothing is sent yet. With [`Options::endpoint`] it is spoken to without
    /// credentials, otherwise with those of the process (the application default ones, or the metadata
    /// server's).
    ///
    /// # Errors
    /// [`ObjectError::Denied`] where there are no credentials; [`ObjectError::Other`] for an endpoint
    /// that is not on this machine, or a prefix that can't be.
    pub async fn connect(
        bucket: &str,
        prefix: &str,
        options: Options,
    ) -> Result<Self, ObjectError> {
        let prefix = match prefix {
            "" => String::new(),
            prefix => {
                name::check(prefix)?;
                format!("{prefix}/")
            }
        };
        let (base, credentials) = match &options.endpoint {
            Some(endpoint) => (loopback(endpoint)?, anonymous::Builder::new().build()),
            None => {
                let credentials = credentials::Builder::default().build().map_err(|error| {
                    ObjectError::Denied {
                        reason: format!(
                            "no Google credentials ({error}): give the service an account, or run `gcloud auth application-default login`"
                        ),
                    }
                })?;
                let base =
                    Url::parse(HOST).map_err(|error| ObjectError::other(error.to_string()))?;
                (base, credentials)
            }
        };
        let waits = Waits::new(options.time_limit);
        let backoff = ExponentialBackoffBuilder::new()
            .with_initial_delay(waits.first)
            .with_maximum_delay(waits.longest)
            .build()
            .map_err(|error| ObjectError::other(error.to_string()))?;
        let storage = Storage::builder()
            .with_endpoint(base.as_str().trim_end_matches('/'))
            .with_credentials(credentials.clone())
            .with_backoff_policy(backoff)
            // One request a write: its bytes are at hand for another try, and there is no session that
            // could be left open.
            .with_resumable_upload_threshold(usize::MAX)
            .build()
            .await
            .map_err(|error| ObjectError::other(format!("no Cloud Storage client: {error}")))?;
        Ok(Self {
            storage,
            api: Api::new(base, bucket, credentials, &options)?,
            bucket: bucket.to_owned(),
            prefix,
            options,
        })
    }

    /// The object as the bucket has it.
    fn target(&self, name: &str) -> Result<Target, ObjectError> {
        name::check(name)?;
        let full = format!("{}{name}", self.prefix);
        name::check(&full)?;
        Ok(Target {
            name: name.to_owned(),
            full,
            bucket: self.bucket.clone(),
        })
    }

    fn crate_bucket(&self) -> String {
        format!("projects/_/buckets/{}", self.bucket)
    }

    /// Of an object as the service describes it.
    fn meta(&self, object: json::Object) -> Option<Meta> {
        Some(Meta {
            name: object.name.strip_prefix(&self.prefix)?.to_owned(),
            generation: object.generation,
            size: object.size,
            updated: object.updated,
            content_type: object.content_type,
        })
    }

    async fn limited<T>(
        &self,
        work: impl Future<Output = Result<T, ObjectError>>,
    ) -> Result<T, ObjectError> {
        let limit = self.options.time_limit;
        match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_) => Err(ObjectError::unavailable(format!(
                "no answer from Cloud Storage within {limit:?}"
            ))),
        }
    }

    /// One look: `None` if the object was written, made or deleted in the middle of it.
    async fn look(&self, target: &Target) -> Result<Option<Option<(Meta, Bytes)>>, ObjectError> {
        let read = self
            .storage
            .read_object(self.crate_bucket(), &target.full)
            .with_retry_policy(Arc::new(Tries::new(self.options.time_limit)).policy());
        // The read brings the bytes and their generation, and only the head when that was written.
        let (object, reader) = tokio::join!(self.api.head(target), read.send());
        let mut reader = match reader.map_err(Fault::from) {
            Ok(reader) => Some(reader),
            Err(fault) if fault.is_missing() => None,
            Err(fault) => return Err(fault.explain("read", target)),
        };
        let Some(object) = object? else {
            return Ok(reader.is_none().then_some(None));
        };
        self.options.check_size(&target.name, object.size)?;
        let Some(reader) = reader
            .as_mut()
            .filter(|reader| reader.object().generation == object.generation)
        else {
            return Ok(None);
        };
        let mut bytes = BytesMut::new();
        while let Some(chunk) = reader.next().await {
            bytes.extend_from_slice(
                &chunk.map_err(|error| Fault::from(error).explain("read", target))?,
            );
            self.options.check_size(&target.name, bytes.len() as u64)?;
        }
        let meta = self
            .meta(object)
            .filter(|meta| meta.size == bytes.len() as u64);
        match meta {
            Some(meta) => Ok(Some(Some((meta, bytes.freeze())))),
            None => Err(ObjectError::other(format!(
                "{target} came with another size than it has: was it stored compressed?"
            ))),
        }
    }
}

#[async_trait]
impl Objects for CloudStorage {
    async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        content_type: &str,
        precondition: Precondition,
    ) -> Result<Meta, ObjectError> {
        let target = self.target(name)?;
        name::check_content_type(content_type)?;
        self.options.check_size(name, bytes.len() as u64)?;
        let refused = || ObjectError::Precondition {
            name: name.to_owned(),
            expected: precondition,
        };
        let tries = Arc::new(Tries::new(self.options.time_limit));
        let write = self
            .storage
            .write_object(self.crate_bucket(), &target.full, bytes)
            .set_content_type(content_type)
            .with_retry_policy(tries.policy())
            // Written twice is written: what a condition makes of it is told apart below.
            .with_idempotency(true);
        let write = match precondition {
            Precondition::Any => write,
            Precondition::Absent => write.set_if_generation_match(0),
            // To the service 0 means absent.
            Precondition::Generation(generation) if generation <= 0 => return Err(refused()),
            Precondition::Generation(generation) => write.set_if_generation_match(generation),
        };
        let written = async {
            match write.send_buffered().await.map_err(Fault::from) {
                Ok(object) => self.meta(json::Object::try_from(object)?).ok_or_else(|| {
                    ObjectError::other(format!("{target} was written under another name"))
                }),
                Err(fault) if fault.is_precondition() && tries.may_have_worked() => {
                    Err(ObjectError::unavailable(format!(
                        "{target}: the answer to a first try was lost, and it may be what is there now"
                    )))
                }
                Err(fault) if fault.is_precondition() => Err(refused()),
                Err(fault) => Err(fault.explain("write", &target)),
            }
        };
        self.limited(written).await
    }

    async fn get(&self, name: &str) -> Result<Option<(Meta, Bytes)>, ObjectError> {
        let target = self.target(name)?;
        self.limited(async {
            for _ in 0..GET_ROUNDS {
                if let Some(seen) = self.look(&target).await? {
                    return Ok(seen);
                }
            }
            Err(ObjectError::unavailable(format!(
                "{target} is written all the time"
            )))
        })
        .await
    }

    async fn head(&self, name: &str) -> Result<Option<Meta>, ObjectError> {
        let target = self.target(name)?;
        let object = self.limited(self.api.head(&target)).await?;
        Ok(object.and_then(|object| self.meta(object)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Meta>, ObjectError> {
        name::check_prefix(prefix)?;
        let full = format!("{}{prefix}", self.prefix);
        name::check_prefix(&full)?;
        let (mut metas, mut token) = (Vec::new(), None);
        loop {
            let page = self.limited(self.api.page(&full, token.as_deref())).await?;
            let found = page.items.into_iter().filter_map(|one| self.meta(one));
            // Others may have put objects there that have no name here, such as `folder/`.
            metas.extend(found.filter(|meta| name::is_name(&meta.name)));
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        metas.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(metas)
    }

    async fn delete(&self, name: &str, generation: Option<i64>) -> Result<(), ObjectError> {
        let target = self.target(name)?;
        self.limited(self.api.delete(&target, generation)).await
    }
}

impl TryFrom<Object> for json::Object {
    type Error = ObjectError;

    fn try_from(object: Object) -> Result<Self, ObjectError> {
        let updated = object.update_time.and_then(|time| {
            DateTime::from_timestamp(time.seconds(), u32::try_from(time.nanos()).ok()?)
        });
        let (Some(updated), Ok(size)) = (updated, u64::try_from(object.size)) else {
            return Err(ObjectError::other(
                "Cloud Storage described the written object without its time or size",
            ));
        };
        Ok(Self {
            name: object.name,
            generation: object.generation,
            size,
            updated,
            content_type: object.content_type,
        })
    }
}
