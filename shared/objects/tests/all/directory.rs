//! What only a folder can meet: links, crashes, clocks, foreign files, rights.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use objects::{Meta, ObjectError, Objects, Options, Precondition, open};
use runtime::SystemClock;
use tempfile::TempDir;

use crate::harness::TEXT;

struct Folder {
    objects: Arc<dyn Objects>,
    root: PathBuf,
    outside: PathBuf,
    _temporary: TempDir,
}

impl Folder {
    async fn start() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let (root, outside) = (
            temporary.path().join("root"),
            temporary.path().join("outside"),
        );
        fs::create_dir(&outside).unwrap();
        Self {
            objects: at(&root).await.unwrap(),
            root,
            outside,
            _temporary: temporary,
        }
    }

    async fn put(&self, name: &str, bytes: &'static str) -> Result<Meta, ObjectError> {
        let put = self
            .objects
            .put(name, bytes.into(), TEXT, Precondition::Any);
        put.await
    }

    async fn read(&self, name: &str) -> Option<String> {
        let (_, bytes) = self.objects.get(name).await.unwrap()?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// The only file of an object.
    fn file(&self, name: &str) -> PathBuf {
        let files: Vec<_> = fs::read_dir(self.root.join(name)).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].as_ref().unwrap().path()
    }

    fn entries(&self, folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }
}

async fn at(root: &Path) -> Result<Arc<dyn Objects>, ObjectError> {
    let url = root.to_str().unwrap();
    open(url, Options::default(), Arc::new(SystemClock)).await
}

#[tokio::test]
async fn links_do_not_lead_out() {
    let folder = Folder::start().await;
    fs::create_dir(folder.outside.join("b")).unwrap();
    fs::write(folder.outside.join("b/@5 text%plain"), "secret").unwrap();
    symlink(&folder.outside, folder.root.join("a")).unwrap();
    for name in ["a/b", "a/new"] {
        let error = folder.put(name, "x").await.unwrap_err();
        assert!(error.to_string().contains("is a link"), "{error}");
        assert!(folder.objects.get(name).await.is_err());
        assert!(folder.objects.head(name).await.is_err());
        assert!(folder.objects.delete(name, None).await.is_err());
    }
    assert!(folder.objects.list("").await.unwrap().is_empty());
    assert!(folder.objects.list("a/").await.unwrap().is_empty());
    assert_eq!(folder.entries(&folder.outside), ["b"]);
    assert_eq!(folder.entries(&folder.outside.join("b")), ["@5 text%plain"]);

    // The object's own file.
    fs::create_dir(folder.root.join("c")).unwrap();
    let secret = folder.outside.join("b/@5 text%plain");
    symlink(&secret, folder.root.join("c/@5 text%plain")).unwrap();
    assert_eq!(folder.read("c").await, None);
    assert!(folder.objects.list("").await.unwrap().is_empty());
    // What is being written.
    symlink(&secret, folder.root.join("@new")).unwrap();
    folder.put("d", "mine").await.unwrap();
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    assert_eq!(folder.read("d").await.unwrap(), "mine");
    // And the lock.
    let lock = folder.root.join("@lock");
    fs::remove_file(&lock).unwrap();
    symlink(&secret, &lock).unwrap();
    assert!(folder.put("e", "x").await.is_err());
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
}

#[tokio::test]
async fn what_a_crash_leaves_does_no_harm() {
    let folder = Folder::start().await;
    let first = folder.put("a", "first").await.unwrap();
    let old = folder.file("a");
    let kept = fs::read(&old).unwrap();
    // Before the rename: a part of the new bytes lies about.
    fs::write(folder.root.join("@new"), "half of the seco").unwrap();
    assert_eq!(folder.read("a").await.unwrap(), "first");
    assert_eq!(folder.objects.list("").await.unwrap(), [first]);
    let second = folder.put("a", "second").await.unwrap();
    // After it: the old file is still there.
    fs::write(&old, kept).unwrap();
    assert_eq!(folder.read("a").await.unwrap(), "second");
    assert_eq!(folder.objects.list("").await.unwrap(), [second]);
    folder.objects.delete("a", None).await.unwrap();
    assert_eq!(folder.read("a").await, None);
    folder.put("a", "third").await.unwrap();
    folder.file("a");
}

#[tokio::test]
async fn a_clock_that_goes_back_gives_no_old_generation() {
    let folder = Folder::start().await;
    let ahead: i64 = 4_000_000_000_000_000;
    fs::write(folder.root.join("@lock"), format!("{ahead}\n")).unwrap();
    let first = folder.put("a", "x").await.unwrap().generation;
    let second = folder.put("b", "x").await.unwrap().generation;
    folder.objects.delete("b", None).await.unwrap();
    let again = at(&folder.root).await.unwrap();
    let third = again.put("b", "x".into(), TEXT, Precondition::Absent).await;
    let seen = [first, second, third.unwrap().generation];
    assert_eq!(seen, [ahead + 1, ahead + 2, ahead + 3]);
    // Without the lock file, as after copying the objects alone.
    fs::remove_file(folder.root.join("@lock")).unwrap();
    let fourth = folder.put("b", "x").await.unwrap().generation;
    assert!(fourth > seen[2]);
    fs::remove_file(folder.root.join("@lock")).unwrap();
    folder.objects.delete("b", Some(fourth)).await.unwrap();
    assert!(folder.put("b", "x").await.unwrap().generation > fourth);
}

#[tokio::test]
async fn what_others_put_there_is_left_alone() {
    let folder = Folder::start().await;
    let put = folder.put("a/b", "x").await.unwrap();
    for (path, bytes) in [
        ("notes.txt", "notes"),
        ("a/b/notes.txt", "notes"),
        ("a/@x text%plain", "no generation"),
        ("%zz/@5 text%plain", "no name of ours"),
        ("a%40/@5 text%plain", "nor this"),
    ] {
        let path = folder.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(folder.objects.list("").await.unwrap(), [put]);
    // Where a file of theirs is in the way, they are told of it.
    let error = folder.put("notes.txt", "x").await.unwrap_err();
    assert!(error.to_string().contains("notes.txt"), "{error}");
    assert_eq!(folder.read("notes.txt").await, None);
    folder.objects.delete("a/b", None).await.unwrap();
    assert_eq!(folder.entries(&folder.root.join("a/b")), ["notes.txt"]);
    assert_eq!(
        fs::read_to_string(folder.root.join("notes.txt")).unwrap(),
        "notes"
    );
}

#[tokio::test]
async fn a_delete_leaves_no_empty_folders() {
    let folder = Folder::start().await;
    folder.put("a/b/c/d", "x").await.unwrap();
    folder.put("a/e", "x").await.unwrap();
    folder.objects.delete("a/b/c/d", None).await.unwrap();
    assert_eq!(folder.entries(&folder.root.join("a")), ["e"]);
    folder.objects.delete("a/e", None).await.unwrap();
    assert_eq!(folder.entries(&folder.root), ["@lock"]);
}

#[tokio::test]
async fn a_file_can_be_found_by_its_name() {
    let folder = Folder::start().await;
    let meta = folder.put("चालान/1.txt", "x").await.unwrap();
    let file = format!("@{} text%plain; charset=utf-8", meta.generation);
    assert_eq!(folder.file("चालान/1.txt").file_name().unwrap(), &*file);
}

#[tokio::test]
async fn the_folder_is_made_for_this_user_alone() {
    let folder = Folder::start().await;
    let mode = fs::metadata(&folder.root).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let error = at(Path::new("/proc/nowhere/kept")).await.err().unwrap();
    assert!(error.to_string().contains("/proc/nowhere"), "{error}");
    fs::write(folder.outside.join("file"), "x").unwrap();
    assert!(at(&folder.outside.join("file")).await.is_err());
}

/// Whoever reads in the middle of a write could meet neither the old file nor the new one.
#[tokio::test]
async fn while_one_writes_everyone_waits() {
    let folder = Folder::start().await;
    folder.put("a", "x").await.unwrap();
    let lock = fs::File::open(folder.root.join("@lock")).unwrap();
    let inode = format!(":{} ", lock.metadata().unwrap().ino());
    for call in ["get", "head", "list", "put", "delete"] {
        lock.lock().unwrap();
        let objects = folder.objects.clone();
        let work = tokio::spawn(async move {
            match call {
                "get" => objects.get("a").await.map(drop),
                "head" => objects.head("a").await.map(drop),
                "list" => objects.list("").await.map(drop),
                "put" => {
                    let put = objects.put("a", "y".into(), TEXT, Precondition::Any);
                    put.await.map(drop)
                }
                _ => objects.delete("a", None).await,
            }
        });
        // The kernel marks those that wait for a lock with an arrow.
        let waits = || {
            let locks = fs::read_to_string("/proc/locks").unwrap();
            let mut lines = locks.lines();
            lines.any(|line| line.contains("->") && line.contains(&inode))
        };
        while !waits() {
            assert!(!work.is_finished(), "{call} did not wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        lock.unlock().unwrap();
        work.await.unwrap().unwrap();
    }
    assert_eq!(folder.read("a").await, None);
}
