//! The folder itself, with calls that block.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use chrono::DateTime;

use super::path::{Place, file_name, folders, parse_file_name};
use crate::{Meta, ObjectError, Options, Precondition};

/// In the root: held by whoever reads or writes. It keeps the last generation given, so that an object
/// that is deleted and made again does not get an old one.
const LOCK: &str = "@lock";
/// In the root: what is being written. What a crash leaves of it goes with the next write.
const NEW: &str = "@new";

pub(super) struct Tree {
    root: PathBuf,
}

/// The file of an object's present generation.
struct Found {
    path: PathBuf,
    generation: i64,
    content_type: String,
    /// Those that a crash left beside it.
    older: Vec<PathBuf>,
}

impl Tree {
    pub fn open(root: &Path) -> Result<Self, ObjectError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(root);
        let root = made.and_then(|()| root.canonicalize()).at(root)?;
        Ok(Self { root })
    }

    pub fn put(
        &self,
        name: &str,
        bytes: &[u8],
        content_type: &str,
        precondition: Precondition,
    ) -> Result<Meta, ObjectError> {
        let mut lock = self.lock(true)?;
        let current = self.find(name)?;
        let known = current.as_ref().map(|found| found.generation);
        precondition.check(name, known)?;

        let new = self.root.join(NEW);
        let now = write_new(&new, bytes).at(&new)?;
        let last = last_generation(&mut lock).at(&self.root)?;
        let generation = now.max(last.max(known.unwrap_or(0)) + 1);
        record_generation(&mut lock, generation).at(&self.root)?;

        let folder = self.make_folders(name)?;
        let file = folder.join(file_name(generation, content_type));
        let moved = fs::rename(&new, &file).and_then(|()| sync(&folder));
        moved.at(&file)?;
        for old in current.iter().flat_map(Found::files) {
            // Written is written: an older one that stays does not count, and goes with the next write.
            let _ = fs::remove_file(old);
        }
        Ok(Meta {
            name: name.to_owned(),
            generation,
            size: bytes.len() as u64,
            updated: DateTime::from_timestamp_micros(generation).unwrap_or_default(),
            content_type: content_type.to_owned(),
        })
    }

    pub fn get(&self, name: &str, options: &Options) -> Result<Option<(Meta, Bytes)>, ObjectError> {
        let lock = self.lock(false)?;
        let Some(found) = self.find(name)? else {
            return Ok(None);
        };
        let mut file = File::open(&found.path).at(&found.path)?;
        // The open file stays what it is, also when it is replaced or deleted from here on.
        drop(lock);
        let size = file.metadata().at(&found.path)?.len();
        options.check_size(name, size)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).at(&found.path)?;
        Ok(Some((found.meta(name.to_owned(), size), bytes.into())))
    }

    pub fn head(&self, name: &str) -> Result<Option<Meta>, ObjectError> {
        let _lock = self.lock(false)?;
        let Some(found) = self.find(name)? else {
            return Ok(None);
        };
        let size = found.size()?;
        Ok(Some(found.meta(name.to_owned(), size)))
    }

    pub fn list(&self, prefix: &str) -> Result<Vec<Meta>, ObjectError> {
        let _lock = self.lock(false)?;
        let mut metas = Vec::new();
        let mut waiting = vec![(self.root.clone(), Place::default())];
        while let Some((folder, place)) = waiting.pop() {
            let mut best = None;
            for entry in fs::read_dir(&folder).at(&folder)? {
                let entry = entry.at(&folder)?;
                // The kind of a link is a link.
                let kind = entry.file_type().at(&folder)?;
                if kind.is_file() {
                    Found::keep_newest(&mut best, entry.path());
                } else if kind.is_dir()
                    && let Some(name) = entry.file_name().to_str()
                    && let Some(below) = place.below(name)
                    && below.leads_to(prefix)
                {
                    waiting.push((entry.path(), below));
                }
            }
            // A folder made by hand may spell a name in another way than ours, which nothing finds.
            let ours = || self.root.join(folders(&place.name)) == folder;
            if let Some(found) = best
                && place.is_object()
                && place.name.starts_with(prefix)
                && ours()
            {
                let size = found.size()?;
                metas.push(found.meta(place.name, size));
            }
        }
        metas.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(metas)
    }

    pub fn delete(&self, name: &str, generation: Option<i64>) -> Result<(), ObjectError> {
        let mut lock = self.lock(true)?;
        let Some(found) = self.find(name)? else {
            return Ok(());
        };
        if let Some(expected) = generation {
            Precondition::Generation(expected).check(name, Some(found.generation))?;
        }
        // It is to be remembered here from now on, also where the lock file is younger than the object.
        let last = last_generation(&mut lock).at(&self.root)?;
        record_generation(&mut lock, last.max(found.generation)).at(&self.root)?;
        let folder = self.root.join(folders(name));
        for file in found.files() {
            fs::remove_file(file).at(file)?;
        }
        sync(&folder).at(&folder)?;
        // Up to the first folder that holds something else.
        for folder in folder.ancestors().take_while(|one| *one != self.root) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Waits for the lock: alone to write, with others to read. It is freed when the file is dropped, or
    /// the process ends.
    fn lock(&self, alone: bool) -> Result<File, ObjectError> {
        let path = self.root.join(LOCK);
        refuse_link(&path)?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).at(&path)?;
        loop {
            let locked = if alone {
                file.lock()
            } else {
                file.lock_shared()
            };
            match locked {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result.map(|()| file).at(&path),
            }
        }
    }

    fn find(&self, name: &str) -> Result<Option<Found>, ObjectError> {
        let mut folder = self.root.clone();
        for part in &folders(name) {
            folder.push(part);
            refuse_link(&folder)?;
        }
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error).at(&folder),
        };
        let mut best = None;
        for entry in entries {
            let entry = entry.at(&folder)?;
            if entry.file_type().at(&folder)?.is_file() {
                Found::keep_newest(&mut best, entry.path());
            }
        }
        Ok(best)
    }

    fn make_folders(&self, name: &str) -> Result<PathBuf, ObjectError> {
        let mut folder = self.root.clone();
        for part in &folders(name) {
            let above = folder.clone();
            folder.push(part);
            match fs::create_dir(&folder) {
                Ok(()) => sync(&above).at(&above)?,
                // It was looked at when the object was.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).at(&folder),
            }
        }
        Ok(folder)
    }
}

impl Found {
    /// Keeps the newest of an object's files in `best`, if `path` is one.
    fn keep_newest(best: &mut Option<Self>, path: PathBuf) {
        let file = path.file_name().and_then(|file| file.to_str());
        let Some((generation, content_type)) = file.and_then(parse_file_name) else {
            return;
        };
        match best {
            Some(best) if best.generation > generation => best.older.push(path),
            _ => {
                let mut older = Vec::new();
                if let Some(before) = best.take() {
                    older = before.older;
                    older.push(before.path);
                }
                *best = Some(Self {
                    path,
                    generation,
                    content_type,
                    older,
                });
            }
        }
    }

    /// Older ones first: an older one that is left alone would be the object again.
    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.older.iter().chain([&self.path])
    }

    fn size(&self) -> Result<u64, ObjectError> {
        Ok(fs::symlink_metadata(&self.path).at(&self.path)?.len())
    }

    fn meta(self, name: String, size: u64) -> Meta {
        Meta {
            name,
            generation: self.generation,
            size,
            updated: DateTime::from_timestamp_micros(self.generation).unwrap_or_default(),
            content_type: self.content_type,
        }
    }
}

/// Writes the file to the disk; the time at which that was, in microseconds since 1970.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<i64> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // A new one, or none: not through a link.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let modified = file.metadata()?.modified()?;
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(i64::try_from(since.as_micros()).unwrap_or_default())
}

fn last_generation(lock: &mut File) -> io::Result<i64> {
    let mut text = String::new();
    lock.rewind()?;
    match lock.read_to_string(&mut text) {
        Err(error) if error.kind() != ErrorKind::InvalidData => Err(error),
        // A new file is empty; time alone then makes generations new.
        _ => Ok(text.trim().parse().unwrap_or_default()),
    }
}

fn record_generation(lock: &mut File, generation: i64) -> io::Result<()> {
    lock.rewind()?;
    lock.write_all(format!("{generation:020}\n").as_bytes())
}

/// Makes what was created in a folder, renamed or removed last through a loss of power.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn refuse_link(path: &Path) -> Result<(), ObjectError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(ObjectError::other(format!(
            "{} is a link, and links are not followed: take it away",
            path.display()
        ))),
        Err(error) if !is_missing(&error) => Err(error).at(path),
        _ => Ok(()),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// What an error of a file means to whoever asked for an object.
trait At<T> {
    fn at(self, path: &Path) -> Result<T, ObjectError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, ObjectError> {
        self.map_err(|error| {
            let path = path.display();
            match error.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    ObjectError::Denied {
                        reason: format!(
                            "{path}: {error}: let the user that this runs as read and write the folder"
                        ),
                    }
                }
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    ObjectError::unavailable(format!("{path}: {error}: make room"))
                }
                _ => ObjectError::other(format!("{path}: {error}")),
            }
        })
    }
}
