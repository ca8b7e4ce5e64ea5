//! Objects in a folder, for one machine. Any number of processes may use it at once.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::name;
use crate::{Meta, ObjectError, Objects, Options, Precondition};

mod path;
mod tree;

use tree::Tree;

/// Objects in a folder. A write is a rename, under a lock (flock) that all users of the folder take; it
/// is on the disk when it returns. Links are never followed, so nothing outside is read or written:
/// provided that whoever may write into the folder is trusted not to swap in a link at the very moment.
///
/// `path.rs` says how the folder is laid out. Its file systems are those that tell upper from lower case
/// and leave Unicode as it is.
pub struct Directory {
    tree: Arc<Tree>,
    options: Options,
}

impl Directory {
    /// Makes the folder if it is missing, for this user alone.
    ///
    /// # Errors
    /// [`ObjectError::Denied`] or [`ObjectError::Other`] where it can't be made or used.
    pub fn open(root: &Path, options: Options) -> Result<Self, ObjectError> {
        Ok(Self {
            tree: Arc::new(Tree::open(root)?),
            options,
        })
    }

    /// Files block, so they are worked on elsewhere.
    async fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tree) -> Result<T, ObjectError> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let tree = self.tree.clone();
        match spawn_blocking(move || work(&tree)).await {
            Ok(result) => result,
            Err(error) => Err(ObjectError::other(format!("the work was cut off: {error}"))),
        }
    }
}

#[async_trait]
impl Objects for Directory {
    async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        content_type: &str,
        precondition: Precondition,
    ) -> Result<Meta, ObjectError> {
        name::check(name)?;
        name::check_content_type(content_type)?;
        self.options.check_size(name, bytes.len() as u64)?;
        let (name, content_type) = (name.to_owned(), content_type.to_owned());
        self.on(move |tree| tree.put(&name, &bytes, &content_type, precondition))
            .await
    }

    async fn get(&self, name: &str) -> Result<Option<(Meta, Bytes)>, ObjectError> {
        name::check(name)?;
        let (name, options) = (name.to_owned(), self.options.clone());
        self.on(move |tree| tree.get(&name, &options)).await
    }

    async fn head(&self, name: &str) -> Result<Option<Meta>, ObjectError> {
        name::check(name)?;
        let name = name.to_owned();
        self.on(move |tree| tree.head(&name)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Meta>, ObjectError> {
        name::check_prefix(prefix)?;
        let prefix = prefix.to_owned();
        self.on(move |tree| tree.list(&prefix)).await
    }

    async fn delete(&self, name: &str, generation: Option<i64>) -> Result<(), ObjectError> {
        name::check(name)?;
        let name = name.to_owned();
        self.on(move |tree| tree.delete(&name, generation)).await
    }
}
