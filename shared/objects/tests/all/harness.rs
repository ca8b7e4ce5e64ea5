//! One store, made by its URL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use objects::{Meta, ObjectError, Objects, Options, Precondition, open};
use runtime::SystemClock;
use tempfile::TempDir;

pub const TEXT: &str = "text/plain; charset=utf-8";

/// Where objects are kept.
#[derive(Clone)]
pub enum Way {
    Memory,
    Directory,
    /// Cloud Storage at `http://host:port`.
    Cloud(String),
}

/// A store that nobody else uses, empty.
pub struct Store {
    pub objects: Arc<dyn Objects>,
    way: Way,
    url: String,
    _folder: Option<TempDir>,
}

static BUCKETS: AtomicUsize = AtomicUsize::new(0);

impl Store {
    pub async fn start(way: Way) -> Self {
        let mut folder = None;
        let url = match &way {
            Way::Memory => "memory:".to_owned(),
            Way::Directory => {
                let folder = folder.insert(tempfile::tempdir().unwrap());
                let root = folder.path().join("kept here");
                url::Url::from_file_path(root).unwrap().to_string()
            }
            Way::Cloud(endpoint) => {
                let number = BUCKETS.fetch_add(1, Ordering::SeqCst);
                let bucket = format!("bucket-{number}");
                make_bucket(endpoint, &bucket).await;
                format!("gs://{bucket}/kept here")
            }
        };
        let mut store = Self {
            objects: Arc::new(objects::Memory::new(
                Options::default(),
                Arc::new(SystemClock),
            )),
            way,
            url,
            _folder: folder,
        };
        store.objects = store.again(Options::default()).await;
        store
    }

    /// The same store through a handle of its own, as another process has it. (Memory has only one.)
    pub async fn again(&self, mut options: Options) -> Arc<dyn Objects> {
        if let Way::Memory = self.way
            && options == Options::default()
        {
            return self.objects.clone();
        }
        if let Way::Cloud(endpoint) = &self.way {
            options.endpoint = Some(endpoint.clone());
        }
        open(&self.url, options, Arc::new(SystemClock))
            .await
            .unwrap()
    }

    pub fn is_memory(&self) -> bool {
        matches!(self.way, Way::Memory)
    }

    /// What a content type comes back as. The stand-in takes it from where Google's crate does not put it;
    /// `wire.rs` tells what is sent.
    pub fn kept<'a>(&self, content_type: &'a str) -> &'a str {
        match self.way {
            Way::Cloud(_) => "",
            _ => content_type,
        }
    }

    pub async fn put(&self, name: &str, bytes: impl Into<Bytes>) -> Meta {
        self.put_if(name, bytes, Precondition::Any).await.unwrap()
    }

    pub async fn put_if(
        &self,
        name: &str,
        bytes: impl Into<Bytes>,
        precondition: Precondition,
    ) -> Result<Meta, ObjectError> {
        self.objects
            .put(name, bytes.into(), TEXT, precondition)
            .await
    }

    /// An object that is there.
    pub async fn got(&self, name: &str) -> (Meta, Bytes) {
        let got = self.objects.get(name).await.unwrap();
        got.unwrap_or_else(|| panic!("{name:?} is missing"))
    }

    pub async fn names(&self, prefix: &str) -> Vec<String> {
        let metas = self.objects.list(prefix).await.unwrap();
        metas.into_iter().map(|meta| meta.name).collect()
    }
}

pub async fn make_bucket(endpoint: &str, bucket: &str) {
    let request = reqwest::Client::new()
        .post(format!("{endpoint}/storage/v1/b"))
        .json(&serde_json::json!({ "name": bucket }));
    request.send().await.unwrap().error_for_status().unwrap();
}

/// Fails unless the write, or the delete, was refused for what is there.
pub fn refused<T: std::fmt::Debug>(result: Result<T, ObjectError>, expected: Precondition) {
    match result {
        Err(ObjectError::Precondition { expected: told, .. }) => assert_eq!(told, expected),
        other => panic!("not refused: {other:?}"),
    }
}
