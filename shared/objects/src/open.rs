//! Which store a URL means.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use url::{Host, Url};

use crate::{CloudStorage, Directory, Memory, ObjectError, Objects};

/// What holds for a whole store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// A stand-in for Cloud Storage on this machine, such as `http://127.0.0.1:4443`. It is spoken to
    /// without credentials. `None`: the real one.
    pub endpoint: Option<String>,
    /// The largest object that is read or written. Objects are held in memory whole.
    pub max_bytes: u64,
    /// Cloud Storage only: what a call may take, with all its tries. (For a list: each page of it.)
    pub time_limit: Duration,
    /// Cloud Storage only: objects to a page of a list, at most 1000. Lists are always whole.
    pub page_size: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: None,
            max_bytes: 64 << 20,
            time_limit: Duration::from_secs(20),
            page_size: 1000,
        }
    }
}

/// Environment of every function that keeps files; flatten it into the function's own settings.
#[derive(Debug, Clone, Default, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// Where files are kept: `gs://bucket/prefix`, `file:///folder` or a folder's path, or `memory:`,
    /// which forgets them with the process.
    #[arg(long, env = "OBJECTS_URL")]
    pub objects_url: Option<String>,

    /// A stand-in for Cloud Storage on this machine, such as http://127.0.0.1:4443. Real credentials are
    /// never sent to it.
    #[arg(long, env = "OBJECTS_ENDPOINT")]
    pub objects_endpoint: Option<String>,
}

impl Settings {
    /// The store that the settings name.
    ///
    /// # Errors
    /// Words that say which variable is wrong or missing.
    pub async fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn Objects>, ObjectError> {
        let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let Some(url) = set(&self.objects_url) else {
            return Err(ObjectError::other(
                "OBJECTS_URL is not set: give a gs://bucket/prefix, or a folder",
            ));
        };
        let options = Options {
            endpoint: set(&self.objects_endpoint),
            ..Options::default()
        };
        open(&url, options, clock).await
    }
}

/// The store at `gs://bucket/prefix` (names begin with the prefix and a slash there), `file:///folder` or
/// a folder's path (made if it is missing), or `memory:` (a new one each time).
///
/// # Errors
/// [`ObjectError::Other`] where the URL or the endpoint can't be meant; [`ObjectError::Denied`] where
/// there are no Google credentials, or the folder can't be made. Whether a bucket is there, and may be
/// used, shows at the first call.
pub async fn open(
    url: &str,
    options: Options,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Objects>, ObjectError> {
    Ok(match Place::parse(url)? {
        Place::Memory => Arc::new(Memory::new(options, clock)),
        Place::Directory(path) => Arc::new(Directory::open(&path, options)?),
        Place::Bucket { bucket, prefix } => {
            Arc::new(CloudStorage::connect(&bucket, &prefix, options).await?)
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Memory,
    Directory(PathBuf),
    Bucket { bucket: String, prefix: String },
}

impl Place {
    fn parse(url: &str) -> Result<Self, ObjectError> {
        let wrong = |why: &str| {
            Err(ObjectError::other(format!(
                "{url:?} is no place for objects ({why}): expected gs://bucket/prefix, file:///folder, a folder's path, or memory:"
            )))
        };
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        // Not a URL to the parser: a bucket may have an underscore, and a prefix any character.
        if let Some(rest) = url.strip_prefix("gs://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let letter = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
            };
            if !(3..=222).contains(&bucket.len()) || !bucket.bytes().all(letter) {
                return wrong("the bucket's name");
            }
            return Ok(Self::Bucket {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_end_matches('/').to_owned(),
            });
        }
        if url.starts_with("file:///") {
            return match Url::parse(url).ok().and_then(|url| url.to_file_path().ok()) {
                Some(path) => Ok(Self::Directory(path)),
                None => wrong("not a path"),
            };
        }
        if url.trim().is_empty() {
            return wrong("it is empty");
        }
        let schemes = ["file:", "gs:", "memory:"];
        if url.contains("://") || schemes.iter().any(|scheme| url.starts_with(scheme)) {
            return wrong("unknown");
        }
        Ok(Self::Directory(Path::new(url).to_owned()))
    }
}

/// The address of a stand-in: http(s) and on this machine, since objects hold people's data.
pub(crate) fn loopback(endpoint: &str) -> Result<Url, ObjectError> {
    let wrong = || {
        ObjectError::other(format!(
            "OBJECTS_ENDPOINT {endpoint:?} is not an http address on this machine: give one such as http://127.0.0.1:4443, or leave it out for the real Cloud Storage"
        ))
    };
    let url = Url::parse(endpoint).map_err(|_| wrong())?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if here && matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(bucket: &str, prefix: &str) -> Place {
        Place::Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    #[test]
    fn a_url_names_its_store() {
        let folder = |path: &str| Place::Directory(path.into());
        for (url, place) in [
            ("memory:", Place::Memory),
            ("gs://kept", bucket("kept", "")),
            ("gs://kept/", bucket("kept", "")),
            ("gs://kept_1/a/b c/", bucket("kept_1", "a/b c")),
            ("file:///var/kept%20here", folder("/var/kept here")),
            ("/var/kept", folder("/var/kept")),
            ("kept/here", folder("kept/here")),
        ] {
            assert_eq!(Place::parse(url), Ok(place), "{url}");
        }
        for bad in [
            "",
            " ",
            "gs://",
            "gs:///a",
            "gs://AB/c",
            "gs://a b",
            "s3://kept/a",
            "https://example.com",
            "file://elsewhere/a",
            "file:kept",
            "memory:x",
        ] {
            let error = Place::parse(bad).unwrap_err().to_string();
            assert!(error.contains("gs://bucket/prefix"), "{bad:?}: {error}");
        }
    }

    #[test]
    fn a_stand_in_is_on_this_machine() {
        for good in [
            "http://127.0.0.1:1",
            "http://localhost:1/",
            "http://[::1]:1",
        ] {
            assert!(loopback(good).is_ok(), "{good}");
        }
        for bad in [
            "http://storage.googleapis.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "127.0.0.1:1",
            "ftp://127.0.0.1",
            "",
        ] {
            let error = loopback(bad).unwrap_err().to_string();
            assert!(error.contains("OBJECTS_ENDPOINT"), "{error}");
        }
    }

    #[tokio::test]
    async fn settings_that_say_nothing_say_what_to_set() {
        let settings = Settings {
            objects_url: Some(String::new()),
            objects_endpoint: None,
        };
        let error = settings.open(Arc::new(runtime::SystemClock)).await.err();
        assert!(error.unwrap().to_string().contains("OBJECTS_URL"));
    }
}
