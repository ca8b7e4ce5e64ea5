//! What is served as files, labels and the database come and go.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::{Seams, WorkspaceId};
use shelf::{Settings, Shelf};
use store::skill_versions::{self, Label, Rule};
use store::{DbRole, Store};
use testkit::{Database, manual_seams};
use uuid::Uuid;

const GOOD: &str = "---
name: fair.stall
version: 1.0.0
description: Plans a stall at a fair.
output:
  schema:
    plan: string, the plan
raptor:
  examples: [Plan our stall]
---
# MISSION
Be brief.
";

struct World {
    db: Database,
    seams: Seams,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "fair/stall/SKILL.md", GOOD);
        Self {
            db: Database::create().await,
            seams: manual_seams().0,
            folder,
        }
    }

    fn store(&self) -> Store {
        self.db.store(DbRole::ExecuteSkill)
    }

    async fn open(&self) -> Arc<Shelf> {
        let settings = Settings::folder(self.folder.path());
        Shelf::open(&settings, self.store(), self.seams.clone())
            .await
            .unwrap()
    }

    /// As an operator does.
    async fn label(&self, hash: &str, rule: Rule) {
        let store = self.db.store(DbRole::Operator);
        let mut tx = store.plain().await.unwrap();
        let label = Label {
            skill_id: "fair.stall".into(),
            content_hash: hash.into(),
            rule,
            note: String::new(),
            set_at: self.seams.now(),
        };
        skill_versions::set_label(&mut tx, &label).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn version(n: u8) -> String {
    GOOD.replace("1.0.0", &format!("{n}.0.0"))
}

fn served(shelf: &Shelf) -> Option<(String, String)> {
    let view = shelf.production();
    let skill = view.catalogue.get("fair.stall")?;
    Some((skill.version.clone(), skill.hash.clone()))
}

fn workspace(lot: u16) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(0x0190 << 112 | u128::from(lot)))
}

/// Waits until it is so.
async fn until(what: &str, check: impl Fn() -> bool) {
    for _ in 0..400 {
        if check() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what} never came about");
}

#[tokio::test]
async fn a_changed_file_is_served_at_once_and_planned_work_keeps_its_version() {
    let world = World::new().await;
    let shelf = world.open().await;
    let (_, first) = served(&shelf).unwrap();
    write(world.folder.path(), "fair/stall/SKILL.md", &version(2));
    until("version 2", || {
        served(&shelf).is_some_and(|(version, _)| version == "2.0.0")
    })
    .await;
    let old = shelf.pinned("fair.stall", &first).await.unwrap().unwrap();
    assert_eq!(old.version, "1.0.0");

    // Another process, which never saw version 1.
    let other = world.open().await;
    let old = other.pinned("fair.stall", &first).await.unwrap().unwrap();
    assert_eq!((old.version.as_str(), &old.hash), ("1.0.0", &first));
    assert!(
        other
            .pinned("fair.stall", "unheard of")
            .await
            .unwrap()
            .is_none()
    );

    std::fs::remove_file(world.folder.path().join("fair/stall/SKILL.md")).unwrap();
    write(
        world.folder.path(),
        "fair/tent/SKILL.md",
        &GOOD.replace("stall", "tent"),
    );
    until("the new skill alone", || {
        let view = shelf.production();
        served(&shelf).is_none() && view.catalogue.get("fair.tent").is_some()
    })
    .await;
    assert!(shelf.pinned("fair.stall", &first).await.unwrap().is_some());
}

#[tokio::test]
async fn a_bad_file_is_named_and_what_it_last_said_stays() {
    let world = World::new().await;
    let shelf = world.open().await;
    let (_, first) = served(&shelf).unwrap();
    let bad = GOOD.replace("description", "descripton");
    write(world.folder.path(), "fair/stall/SKILL.md", &bad);
    write(
        world.folder.path(),
        "fair/tent/SKILL.md",
        &GOOD.replace("stall", "tent"),
    );
    until("the fault", || !shelf.faults().is_empty()).await;
    let faults = shelf.faults();
    let fault = &faults[0];
    assert_eq!(
        (
            fault.error.file.as_str(),
            fault.error.line,
            fault.error.code,
            fault.last_good_served
        ),
        ("fair/stall/SKILL.md", 4, "unknown-key", true)
    );
    assert_eq!(served(&shelf).unwrap().1, first);
    until("its neighbour", || {
        shelf.production().catalogue.get("fair.tent").is_some()
    })
    .await;

    // A process that starts now has never read the good one: the database has.
    let late = world.open().await;
    assert_eq!(served(&late).unwrap().1, first);
    assert!(late.faults()[0].last_good_served);

    write(world.folder.path(), "fair/stall/SKILL.md", &version(3));
    until("it is mended", || {
        shelf.faults().is_empty() && served(&shelf).unwrap().0 == "3.0.0"
    })
    .await;
}

#[tokio::test]
async fn a_version_can_be_taken_back_until_the_next_is_published() {
    let world = World::new().await;
    let shelf = world.open().await;
    let (_, first) = served(&shelf).unwrap();
    write(world.folder.path(), "fair/stall/SKILL.md", &version(2));
    until("version 2", || served(&shelf).unwrap().0 == "2.0.0").await;
    let (_, second) = served(&shelf).unwrap();

    world
        .label(
            &first,
            Rule::Production {
                instead_of: second.clone(),
            },
        )
        .await;
    assert!(shelf.refresh().await);
    assert_eq!(served(&shelf).unwrap().1, first);
    assert_eq!(
        served(&*world.open().await).unwrap().1,
        first,
        "and for who starts now"
    );

    write(world.folder.path(), "fair/stall/SKILL.md", &version(3));
    until("version 3", || served(&shelf).unwrap().0 == "3.0.0").await;
    let store = world.db.store(DbRole::Operator);
    let mut tx = store.plain().await.unwrap();
    let history = skill_versions::history(&mut tx, "fair.stall")
        .await
        .unwrap();
    let versions: Vec<&str> = history.iter().map(|kept| kept.version.as_str()).collect();
    assert_eq!(versions.len(), 3, "{versions:?}");
}

#[tokio::test]
async fn a_canary_is_for_some_workspaces_and_always_the_same() {
    let world = World::new().await;
    let shelf = world.open().await;
    let loaded = skills::Catalogue::from_sources(
        vec![skills::Source::new("fair/stall/SKILL.md", version(2))],
        skills::Known::default(),
    );
    let next = loaded.catalogue.get("fair.stall").unwrap().clone();
    let sources = [skills::Source::new("fair/stall/SKILL.md", version(2))];
    let store = world.db.store(DbRole::Operator);
    let mut tx = store.plain().await.unwrap();
    let kept = shelf::version_of(&next, &sources);
    skill_versions::keep(&mut tx, &[kept], false, world.seams.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let named = workspace(99);
    world
        .label(
            &next.hash,
            Rule::Canary {
                workspaces: vec![named],
                percent: 30,
            },
        )
        .await;
    shelf.refresh().await;
    let has = |workspace| {
        let view = shelf.view(workspace);
        view.catalogue.get("fair.stall").unwrap().version == "2.0.0"
    };
    assert!(has(named) && has(workspace(29)) && !has(workspace(30)) && !has(workspace(98)));
    assert_eq!((0..100).filter(|lot| has(workspace(*lot))).count(), 31);
    assert!(
        shelf
            .pinned("fair.stall", &next.hash)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(served(&shelf).unwrap().0, "1.0.0");
    assert!(
        Arc::ptr_eq(&shelf.view(named), &shelf.view(workspace(1))),
        "one view for all of them"
    );
}

#[tokio::test]
async fn a_bucket_comes_before_the_folder_and_is_read_only_where_it_changed() {
    let world = World::new().await;
    let bucket = tempfile::tempdir().unwrap();
    let objects = objects::open(
        bucket.path().to_str().unwrap(),
        objects::Options::default(),
        world.seams.clock.clone(),
    )
    .await
    .unwrap();
    let put = async |file: &str, text: String| {
        objects
            .put(
                file,
                text.into(),
                "text/markdown",
                objects::Precondition::Any,
            )
            .await
            .unwrap();
    };
    put("fair/stall/SKILL.md", version(7)).await;
    put("README.md", "not a skill".into()).await;
    let settings = Settings {
        skills_bucket: Some(bucket.path().display().to_string()),
        ..Settings::folder(world.folder.path())
    };
    let shelf = Shelf::open(&settings, world.store(), world.seams.clone())
        .await
        .unwrap();
    assert_eq!(served(&shelf).unwrap().0, "7.0.0");
    put("fair/stall/SKILL.md", version(8)).await;
    put("fair/tent/SKILL.md", GOOD.replace("stall", "tent")).await;
    assert!(shelf.refresh().await);
    assert_eq!(served(&shelf).unwrap().0, "8.0.0");
    assert!(shelf.production().catalogue.get("fair.tent").is_some());
    assert!(!shelf.refresh().await, "nothing new");
    objects.delete("fair/stall/SKILL.md", None).await.unwrap();
    shelf.refresh().await;
    assert_eq!(served(&shelf).unwrap().0, "1.0.0", "the folder's again");
}

#[tokio::test]
async fn without_a_database_the_files_are_served_and_without_files_it_says_so() {
    let world = World::new().await;
    let away = Store::connect("postgres://nobody:x@127.0.0.1:1/none", DbRole::Route, 1).unwrap();
    let settings = Settings::folder(world.folder.path());
    let began = std::time::Instant::now();
    let shelf = Shelf::open(&settings, away.clone(), world.seams.clone())
        .await
        .unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert!(served(&shelf).is_some());
    assert!(
        shelf.pinned("fair.stall", "another").await.is_err(),
        "it can't be known now"
    );

    let empty = tempfile::tempdir().unwrap();
    let settings = Settings::folder(empty.path());
    let refused = Shelf::open(&settings, world.store(), world.seams.clone()).await;
    assert!(refused.err().unwrap().to_string().contains("SKILLS_DIR"));
}

#[tokio::test]
async fn what_its_file_switches_off_is_off_unless_settings_say_otherwise() {
    let world = World::new().await;
    let off = GOOD.replace("raptor:\n", "raptor:\n  enabled: false\n");
    write(world.folder.path(), "fair/stall/SKILL.md", &off);
    write(
        world.folder.path(),
        "fair/tent/SKILL.md",
        &GOOD.replace("stall", "tent"),
    );
    assert!(served(&*world.open().await).is_none());
    let settings = Settings {
        skills_enabled: vec!["fair.stall".into()],
        ..Settings::folder(world.folder.path())
    };
    let shelf = Shelf::open(&settings, world.store(), world.seams.clone())
        .await
        .unwrap();
    assert!(served(&shelf).is_some());
}
