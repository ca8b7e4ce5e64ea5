//! Reading skill files where they are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use objects::Objects;
use skills::Source;

/// How many objects are fetched at once.
const AT_ONCE: usize = 16;

/// Where skills come from.
pub(crate) struct Places {
    pub folder: PathBuf,
    pub bucket: Option<Arc<dyn Objects>>,
}

/// What was read last, by path below its place.
#[derive(Default)]
pub(crate) struct Files {
    folder: BTreeMap<String, String>,
    /// With the object's generation: a file that has not changed is not fetched again.
    bucket: BTreeMap<String, (i64, String)>,
}

impl Places {
    /// Reads what has changed. What can't be read stays as it was, and is told in the log.
    pub async fn read(&self, files: &mut Files, patience: Duration) {
        match self.read_folder() {
            Ok(read) => files.folder = read,
            // Without a bucket that is told as an error; with one the folder may well be missing.
            Err(error) => {
                tracing::warn!(folder = %self.folder.display(), %error, "the folder of skills can't be read")
            }
        }
        if let Some(bucket) = &self.bucket {
            let reading = read_bucket(&**bucket, &files.bucket);
            match tokio::time::timeout(patience, reading).await {
                Ok(Ok(read)) => files.bucket = read,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the bucket of skills can't be read: what it had stays")
                }
                Err(_) => tracing::warn!("the bucket of skills is slow: what it had stays for now"),
            }
        }
    }

    fn read_folder(&self) -> std::io::Result<BTreeMap<String, String>> {
        let sources = Source::below(&self.folder)?.into_iter();
        Ok(sources
            .map(|source| {
                let path = std::path::Path::new(&source.path);
                let below = path.strip_prefix(&self.folder).unwrap_or(path);
                (below.display().to_string(), source.text)
            })
            .collect())
    }
}

impl Files {
    /// All files, the bucket's before the folder's.
    pub fn sources(&self) -> Vec<Source> {
        let mut all: BTreeMap<&str, &str> = BTreeMap::new();
        for (path, text) in &self.folder {
            all.insert(path, text);
        }
        for (path, (_, text)) in &self.bucket {
            all.insert(path, text);
        }
        all.into_iter()
            .map(|(path, text)| Source::new(path, text))
            .collect()
    }
}

async fn read_bucket(
    bucket: &dyn Objects,
    before: &BTreeMap<String, (i64, String)>,
) -> Result<BTreeMap<String, (i64, String)>, objects::ObjectError> {
    let listed = bucket.list("").await?;
    let wanted = listed.into_iter().filter(|meta| Source::is_one(&meta.name));
    let fetched = futures::stream::iter(wanted.map(|meta| async move {
        if let Some(known) = before
            .get(&meta.name)
            .filter(|(generation, _)| *generation == meta.generation)
        {
            return Ok(Some((meta.name, known.clone())));
        }
        // Gone since it was listed: then there is none.
        let found = bucket.get(&meta.name).await?;
        Ok(found.map(|(meta, bytes)| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            (meta.name, (meta.generation, text))
        }))
    }))
    .buffer_unordered(AT_ONCE)
    .try_collect::<Vec<_>>()
    .await?;
    Ok(fetched.into_iter().flatten().collect())
}
