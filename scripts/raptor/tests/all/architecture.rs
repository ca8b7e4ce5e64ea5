//! The direction of dependencies and the few rules of form, from what cargo says and the files show.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::{folders, root, rust_files, text};

/// What each workspace member depends on among the members, development dependencies left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--offline",
            "--manifest-path",
        ])
        .arg(root().join("Cargo.toml"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().unwrap().iter();
            let members = all
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| dependency["name"].as_str())
                .filter(|name| names.contains(name))
                .map(str::to_owned);
            (
                package["name"].as_str().unwrap().to_owned(),
                members.collect(),
            )
        })
        .collect()
}

#[test]
fn shared_crates_depend_on_no_function_and_functions_on_no_other() {
    let functions: BTreeSet<String> = folders("functions").into_iter().collect();
    for (package, used) in dependencies() {
        // The command-line tool runs all functions in one process.
        if package == "raptor" {
            continue;
        }
        let wrong: Vec<_> = used.intersection(&functions).collect();
        assert!(
            wrong.is_empty(),
            "{package} depends on {wrong:?}: move what is common to shared/"
        );
    }
}

#[test]
fn the_innermost_crates_depend_on_none_of_ours() {
    let all = dependencies();
    for (package, allowed) in [
        ("domain", &[][..]),
        ("events", &["domain"][..]),
        ("bharat", &[][..]),
        ("guard", &["domain"][..]),
        ("tax", &["domain", "bharat"][..]),
        ("skills", &["domain"][..]),
    ] {
        let extra: Vec<_> = all[package]
            .iter()
            .filter(|name| !allowed.contains(&name.as_str()))
            .collect();
        assert!(extra.is_empty(), "{package} must not depend on {extra:?}");
    }
}

#[test]
fn nothing_that_serves_depends_on_the_test_kit() {
    for (package, used) in dependencies() {
        // It serves the simulators.
        if package != "raptor" {
            assert!(
                !used.contains("testkit"),
                "{package} must depend on testkit in [dev-dependencies] only"
            );
        }
    }
}

#[test]
fn sql_is_in_the_store_and_nowhere_else() {
    let marks = [
        "sqlx::query",
        "SELECT ",
        "INSERT INTO",
        "UPDATE ",
        "DELETE FROM",
    ];
    for folder in ["functions", "shared", "scripts"] {
        for file in rust_files(folder) {
            let path = file.to_string_lossy().into_owned();
            if ["shared/store/", "shared/testkit/", "/tests/"]
                .iter()
                .any(|own| path.contains(own))
            {
                continue;
            }
            let source = std::fs::read_to_string(&file).unwrap();
            let code = source
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let found: Vec<_> = code
                .filter(|line| marks.iter().any(|mark| line.contains(mark)))
                .collect();
            assert!(found.is_empty(), "{path} has SQL: {found:?}");
        }
    }
}

#[test]
fn every_function_has_a_readme_and_a_short_main() {
    for function in folders("functions") {
        let readme = text(&format!("functions/{function}/README.md"));
        for word in ["rigger", "consumes", "database role", "ariables", "down"] {
            assert!(
                readme.contains(word),
                "functions/{function}/README.md says nothing about {word:?}"
            );
        }
        let main = text(&format!("functions/{function}/src/main.rs"));
        assert!(
            main.lines().count() <= 25,
            "functions/{function}/src/main.rs is longer than 25 lines"
        );
    }
}

#[test]
fn files_stay_readable() {
    for folder in ["functions", "shared", "scripts"] {
        for file in rust_files(folder) {
            let source = std::fs::read_to_string(&file).unwrap();
            let lines = source.lines().count();
            assert!(
                lines <= 500,
                "{} has {lines} lines: split it by idea",
                file.display()
            );
            // Put together here, so that this file keeps its own rule.
            for mark in [
                concat!("TO", "DO"),
                concat!("FIX", "ME"),
                concat!("#[", "allow("),
                concat!("#![", "allow("),
            ] {
                assert!(!source.contains(mark), "{} has {mark}", file.display());
            }
        }
    }
}
