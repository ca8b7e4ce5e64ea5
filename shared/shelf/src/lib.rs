//! Which skills are served now. The files say: a folder, a bucket, or both, the bucket's file before the
//! folder's of the same path. Labels override them for a while: `production` takes a published version
//! back to an earlier one, `canary` gives some workspaces another. A file that has a mistake disturbs
//! nobody: what it last said stays, and the mistake is told. Every version that was ever served is kept
//! in the database with its files, so that an execution ends with the version it was planned with.

mod files;
mod settings;
mod shelf;
mod view;
mod watch;

pub use settings::Settings;
pub use shelf::{Fault, Shelf, version_of};
pub use view::View;
