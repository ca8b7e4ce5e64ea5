//! Blobs: Cloud Storage, a directory, memory. One contract for the three, and one suite of cases that
//! each of them keeps ([`Objects`]); [`open`] chooses by a URL.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};

mod cloud;
mod directory;
mod error;
mod memory;
mod name;
mod open;

pub use cloud::CloudStorage;
pub use directory::Directory;
pub use error::ObjectError;
pub use memory::Memory;
pub use open::{Options, Settings, open};

/// What is known of an object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    pub name: String,
    /// Which writing of the object this is. Every put makes another one, also of the same bytes, and also
    /// after a delete. Above 0; comparing two for anything but equality means nothing.
    pub generation: i64,
    /// Bytes.
    pub size: u64,
    /// When this generation was written, by the store's clock.
    pub updated: DateTime<Utc>,
    /// A media type, such as `application/pdf`.
    pub content_type: String,
}

/// What must hold of the present object for a write to happen. Looking and writing are one step: of
/// several writers with the same condition, one succeeds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Write over whatever is there.
    #[default]
    Any,
    /// There is no object of that name.
    Absent,
    /// The object has this [`Meta::generation`].
    Generation(i64),
}

impl Precondition {
    fn allows(self, current: Option<i64>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => current.is_none(),
            Self::Generation(generation) => current == Some(generation),
        }
    }
}

impl std::fmt::Display for Precondition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("anything"),
            Self::Absent => f.write_str("no object of that name"),
            Self::Generation(generation) => write!(f, "generation {generation}"),
        }
    }
}

/// Named bytes, written whole and read whole.
///
/// A name is 1 to 1024 bytes of UTF-8: parts separated by `/`, none of them empty, `.` or `..`, and no
/// control characters. (Cloud Storage counts the prefix of the URL too.) Names differ when their bytes
/// do: nothing is folded or normalised. `a` and `a/b` may both be objects.
///
/// What a reader gets is always one whole generation. A write that returned is seen by every later read.
///
/// # Errors
/// [`ObjectError::Unavailable`] where nothing answers in time; it says nothing about whether a write took
/// place. [`ObjectError::Denied`] where the store refuses. [`ObjectError::Other`] for a name that can't
/// be, and for what no retry helps. The methods name what else they return.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Writes an object and returns what is now there.
    ///
    /// # Errors
    /// [`ObjectError::Precondition`] if something else was there: never on account of this same call.
    /// [`ObjectError::TooLarge`] above [`Options::max_bytes`].
    async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        content_type: &str,
        precondition: Precondition,
    ) -> Result<Meta, ObjectError>;

    /// The object, or `None` where there is none of that name.
    ///
    /// # Errors
    /// [`ObjectError::TooLarge`] above [`Options::max_bytes`]; nothing of it is then read.
    async fn get(&self, name: &str) -> Result<Option<(Meta, Bytes)>, ObjectError>;

    /// What is known of the object, or `None` where there is none of that name.
    async fn head(&self, name: &str) -> Result<Option<Meta>, ObjectError>;

    /// All objects whose names begin with `prefix` (any beginning, not only whole parts; empty for all),
    /// in the order of the names' bytes.
    async fn list(&self, prefix: &str) -> Result<Vec<Meta>, ObjectError>;

    /// Deletes the object, if it has that generation where one is given. One that is not there is fine.
    ///
    /// # Errors
    /// [`ObjectError::Precondition`] if it has another generation.
    async fn delete(&self, name: &str, generation: Option<i64>) -> Result<(), ObjectError>;
}
