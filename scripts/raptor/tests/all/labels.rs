//! What operators say of versions, and what a shelf serves then.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use domain::{Seams, WorkspaceId};
use serde_json::Value;
use shelf::{Settings, Shelf};
use store::DbRole;
use testkit::Database;
use uuid::Uuid;

use crate::program;

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
{% include \"partials/tone.md\" %}

# MISSION
Be brief.
";

struct World {
    db: Database,
    seams: Seams,
    folder: tempfile::TempDir,
    shelf: Arc<Shelf>,
}

impl World {
    /// Version 1 is published, and served by a shelf.
    async fn new() -> Self {
        let (db, seams) = (Database::create().await, runtime::system_seams());
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 1);
        let settings = Settings::folder(folder.path());
        let shelf = Shelf::open(&settings, db.store(DbRole::ExecuteSkill), seams.clone());
        let shelf = shelf.await.unwrap();
        Self {
            db,
            seams,
            folder,
            shelf,
        }
    }

    async fn publish(&self, n: u8) {
        write(self.folder.path(), n);
        self.shelf.refresh().await;
        assert_eq!(self.served(), format!("{n}.0.0"));
    }

    async fn raptor(&self, arguments: &[&str]) -> Output {
        let arguments: Vec<&str> = ["skills"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        program::raptor(&self.db, self.folder.path(), &arguments).await
    }

    /// What a command prints that ends well. The shelf has looked again after it.
    async fn good(&self, arguments: &[&str]) -> String {
        let output = self.raptor(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        self.shelf.refresh().await;
        String::from_utf8(output.stdout).unwrap()
    }

    async fn bad(&self, arguments: &[&str]) -> String {
        let output = self.raptor(arguments).await;
        assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// The version that everyone gets.
    fn served(&self) -> String {
        let view = self.shelf.production();
        view.catalogue.get("fair.stall").unwrap().version.clone()
    }

    fn served_to(&self, workspace: Uuid) -> String {
        let view = self.shelf.view(WorkspaceId(workspace));
        view.catalogue.get("fair.stall").unwrap().version.clone()
    }

    async fn versions(&self) -> Vec<Value> {
        let output = self.raptor(&["versions", "fair.stall", "--json"]).await;
        program::answer(&output).as_array().unwrap().clone()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Version `n` of the skill, with the partial it takes in.
fn write(folder: &Path, n: u8) {
    for (file, text) in [
        ("partials/tone.md", "Speak plainly.\n".to_owned()),
        (
            "fair/stall/SKILL.md",
            GOOD.replace("1.0.0", &format!("{n}.0.0")),
        ),
    ] {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[tokio::test]
async fn a_version_is_taken_back_and_released() {
    let world = World::new().await;
    let nothing = world.bad(&["rollback", "fair.stall"]).await;
    assert!(nothing.contains("nothing to go back to"), "{nothing}");
    world.publish(2).await;
    world.publish(3).await;

    let moved = world.good(&["rollback", "fair.stall"]).await;
    assert!(
        moved.starts_with("fair.stall: 3.0.0 (") && moved.contains("-> 2.0.0 ("),
        "{moved}"
    );
    assert_eq!(world.served(), "2.0.0");
    // Said twice, it goes no further.
    let again = world.bad(&["rollback", "fair.stall"]).await;
    assert!(again.contains("already"), "{again}");

    let versions = world.versions().await;
    let numbers: Vec<&Value> = versions.iter().map(|version| &version["version"]).collect();
    assert_eq!(numbers, ["3.0.0", "2.0.0", "1.0.0"]);
    assert_eq!(versions[1]["labels"][0]["label"], "production");
    assert_eq!(
        (&versions[0]["served"], &versions[1]["served"]),
        (&Value::from(false), &Value::from(true))
    );
    let table = world.good(&["versions", "fair.stall"]).await;
    assert!(table.contains("production (rolled back)"), "{table}");

    let first = versions[2]["content_hash"].as_str().unwrap();
    world
        .good(&["rollback", "fair.stall", "--to", &first[..8]])
        .await;
    assert_eq!(world.served(), "1.0.0");
    let again = world.bad(&["rollback", "fair.stall"]).await;
    assert!(again.contains("back already, to 1.0.0"), "{again}");
    let again = world
        .bad(&["rollback", "fair.stall", "--to", &first[..8]])
        .await;
    assert!(
        again.contains("everyone gets of fair.stall already"),
        "{again}"
    );
    let back = world.good(&["release", "fair.stall"]).await;
    assert!(
        back.contains("1.0.0 (") && back.contains("-> 3.0.0 ("),
        "{back}"
    );
    assert_eq!(world.served(), "3.0.0");
    assert!(
        world
            .bad(&["release", "fair.stall"])
            .await
            .contains("no production label")
    );

    // The next version ends a label, which is seen.
    world.good(&["rollback", "fair.stall"]).await;
    world.publish(4).await;
    let table = world.good(&["versions", "fair.stall"]).await;
    assert!(table.contains("production, lapsed with"), "{table}");
}

#[tokio::test]
async fn a_version_is_tried_by_some_and_given_to_all() {
    let world = World::new().await;
    // A share goes by the last two bytes, in a hundred.
    let [mine, other] = [7, 99].map(|lot| Uuid::from_u128(0x0190 << 112 | lot));
    let tried = tempfile::tempdir().unwrap();
    write(tried.path(), 2);
    let from = tried.path().to_str().unwrap();
    let canary = ["canary", "fair.stall", "--from", from];

    assert!(
        world
            .bad(&["promote", "fair.stall"])
            .await
            .contains("no canary")
    );
    assert!(
        world.bad(&canary).await.contains("--percent"),
        "somebody must get it"
    );
    let who = mine.to_string();
    let set = world
        .good(&[&canary[..], &["--workspaces", &who, "--note", "shorter"]].concat())
        .await;
    assert!(
        set.contains("canary for 1 named workspace (shorter)"),
        "{set}"
    );
    assert_eq!(
        (
            world.served_to(mine),
            world.served_to(other),
            world.served()
        ),
        ("2.0.0".into(), "1.0.0".into(), "1.0.0".into())
    );
    let versions = world.versions().await;
    assert_eq!(versions[1]["published_at"], Value::Null);
    // Kept by the paths that functions know its files by, wherever the folder is.
    let store = world.db.store(DbRole::Operator);
    let mut tx = store.plain().await.unwrap();
    let hash = versions[1]["content_hash"].as_str().unwrap();
    let sources = store::skill_versions::sources(&mut tx, "fair.stall", hash);
    let sources = sources.await.unwrap().unwrap();
    let paths: Vec<&Value> = sources
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["path"])
        .collect();
    assert_eq!(paths, ["fair/stall/SKILL.md", "partials/tone.md"]);
    assert_eq!(versions[1]["labels"][0]["workspaces"][0], who.as_str());

    let moved = world.good(&["promote", "fair.stall"]).await;
    assert!(
        moved.contains("1.0.0 (") && moved.contains("-> 2.0.0 ("),
        "{moved}"
    );
    assert_eq!(world.served_to(other), "2.0.0");
    let versions = world.versions().await;
    assert_eq!(
        versions[1]["labels"].as_array().unwrap().len(),
        1,
        "the canary is gone"
    );
    // One step back from what was only promoted is what is published.
    world.good(&["rollback", "fair.stall"]).await;
    assert_eq!(world.served(), "1.0.0");

    world
        .good(&[&canary[..], &["--percent", "99"]].concat())
        .await;
    assert_eq!(world.served_to(other), "1.0.0");
    world
        .good(&[&canary[..], &["--percent", "100"]].concat())
        .await;
    assert_eq!(world.served_to(other), "2.0.0");
    world.good(&["canary", "fair.stall", "--stop"]).await;
    assert_eq!(world.served_to(mine), "1.0.0");
    assert!(
        world
            .bad(&["canary", "fair.stall", "--stop"])
            .await
            .contains("no canary")
    );

    // When the file comes to say the same, the version that is kept is that one.
    world.publish(2).await;
    let versions = world.versions().await;
    assert_eq!(versions.len(), 2);
    assert!(versions[0]["published_at"].is_string());
}

#[tokio::test]
async fn versions_that_can_not_be_meant_are_refused() {
    let world = World::new().await;
    for (arguments, said) in [
        (
            &["versions", "fair.tent"][..],
            "no version of \"fair.tent\"",
        ),
        (&["rollback", "fair.stall", "--to", "3f9a1"], "too short"),
        (&["rollback", "fair.stall", "--to", "zzzzzz"], "lists them"),
        (
            &[
                "canary",
                "fair.stall",
                "--from",
                "/nowhere",
                "--percent",
                "5",
            ],
            "/nowhere",
        ),
    ] {
        let found = world.bad(arguments).await;
        assert!(found.contains(said), "{arguments:?}: {found}");
    }
    // Two hashes that begin alike.
    let version = |end: char| store::skill_versions::NewVersion {
        skill_id: "fair.stall".into(),
        content_hash: format!("abcdef{end}"),
        version: "0.1.0".into(),
        file: "fair/stall/SKILL.md".into(),
        sources: serde_json::json!([]),
    };
    let store = world.db.store(DbRole::Operator);
    let mut tx = store.plain().await.unwrap();
    let now = world.seams.now();
    store::skill_versions::keep(&mut tx, &[version('0'), version('1')], false, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let found = world
        .bad(&["rollback", "fair.stall", "--to", "ABCDEF"])
        .await;
    assert!(found.contains("ambiguous"), "{found}");

    let same = world.folder.path().to_str().unwrap();
    let found = world
        .bad(&["canary", "fair.stall", "--from", same, "--percent", "5"])
        .await;
    assert!(found.contains("everyone gets already"), "{found}");
    write(world.folder.path(), 2);
    let file = world.folder.path().join("fair/stall/SKILL.md");
    std::fs::write(file, "---\nname: fair.stall\n---\n").unwrap();
    let found = world
        .bad(&["canary", "fair.stall", "--from", same, "--percent", "5"])
        .await;
    assert!(found.contains("not a good skill"), "{found}");
}
