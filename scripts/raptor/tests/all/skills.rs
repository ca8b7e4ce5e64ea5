//! The author's tools, run as authors run them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::root;

fn raptor(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_raptor"))
        .arg("skills")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What a command that ends well prints.
fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = raptor(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that does not.
fn bad(folder: &Path, arguments: &[&str]) -> String {
    let output = raptor(folder, arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// A folder with one new skill, and its file.
fn begun() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    good(folder.path(), &["new", "content.reel"]);
    let file = folder.path().join("skills/content/reel/SKILL.md");
    (folder, file)
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in [
        "new", "check", "fmt", "list", "diff", "render", "types", "schema", "page", "export",
        "versions", "canary", "promote", "rollback", "release",
    ] {
        let help = good(&root(), &[command, "--help"]);
        assert!(help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn a_skill_is_begun_checked_and_mended() {
    let (folder, file) = begun();
    let folder = folder.path();
    good(folder, &["check"]);
    good(folder, &["fmt", "--check"]);
    assert!(bad(folder, &["new", "content.reel"]).contains("is there already"));
    assert!(bad(folder, &["new", "reel"]).contains("area.job"));

    edit(&file, "max_cost_usd: 0.05", "max_cots_usd: 0.05");
    let found = bad(folder, &["check"]);
    assert!(
        found.contains("SKILL.md:") && found.contains("did you mean `max_cost_usd`?"),
        "{found}"
    );
    let report: Value = serde_json::from_str(&bad(folder, &["check", "--json"])).unwrap();
    assert_eq!(report["errors"][0]["code"], "unknown-key");
    assert!(bad(folder, &["types"]).contains("mend them first"));
    edit(&file, "max_cots_usd: 0.05", "max_cost_usd: 0.05");

    edit(&file, "model: standard\n", "");
    edit(
        &file,
        "name: content.reel\n",
        "model: standard\nskill_id: content.reel\n",
    );
    assert!(bad(folder, &["check", "--strict"]).contains("old-key"));
    assert!(bad(folder, &["fmt", "--check"]).contains("SKILL.md"));
    good(folder, &["fmt"]);
    good(folder, &["fmt", "--check"]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("\nname: content.reel\n") && !text.contains("skill_id"),
        "{text}"
    );
}

/// The files that are made from the skills and committed.
#[test]
fn committed_files_are_those_of_the_skills() {
    good(&root(), &["types", "--check"]);
    good(&root(), &["schema", "--check"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("types.ts");
    std::fs::write(&file, "export {};\n").unwrap();
    let file = file.to_str().unwrap();
    let found = bad(&root(), &["types", "--check", "--out", file]);
    assert!(found.contains("run `raptor skills types --out"), "{found}");
}

#[test]
fn what_a_model_would_be_sent_is_shown_with_its_price() {
    let skill = "skills/campaign/diwali";
    let shown = good(
        &root(),
        &[
            "render",
            skill,
            "--prompt",
            "Plan it",
            "--input",
            "city=Jaipur",
            "--today",
            "2026-11-21",
            "--json",
        ],
    );
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert!(shown["system"].as_str().unwrap().contains("2026-11-21"));
    assert!(
        shown["user"]
            .as_str()
            .unwrap()
            .contains("<<<data input city MARK>>>\nJaipur\n")
    );
    assert!(shown["tokens"]["all"].as_u64().unwrap() > 500);
    let models = shown["models"].as_array().unwrap();
    assert!(!models.is_empty());
    for model in models {
        let most: f64 = model["most"].as_str().unwrap().parse().unwrap();
        assert!(most > 0.0, "{model}");
    }
    let text = good(&root(), &["render", skill, "--case", "usual"]);
    for heading in ["== system", "== user", "== tools", "LEFT OUT"] {
        assert!(text.contains(heading), "{heading}");
    }
    assert!(bad(&root(), &["render", skill, "--input", "citty=x"]).contains("citty"));
    assert!(bad(&root(), &["render", skill, "--case", "none"]).contains("usual"));
    assert!(bad(&root(), &["render", "campaign.holi_ki"]).contains("campaign.diwali"));
}

#[test]
fn changes_since_the_last_commit_are_told() {
    let (folder, file) = begun();
    let folder = folder.path();
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", said(&status));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "one"]);
    assert_eq!(good(folder, &["diff", "--json"]).trim(), "[]");

    let old = folder.join("old.md");
    std::fs::copy(&file, &old).unwrap();
    edit(&file, "    business?: string", "    business: string");
    edit(&file, "Two sentences.", "Three sentences.");
    let found = good(folder, &["diff"]);
    for part in [
        "content.reel 1.0.0 -> 1.0.0",
        "major  input.business: required now",
        "make it 2.0.0 (major)",
        "-Who does this work, for whom, and how they think. Two sentences.",
        "+Who does this work, for whom, and how they think. Three sentences.",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    bad(folder, &["diff", "--check", "--brief"]);
    let files = good(
        folder,
        &["diff", "old.md", "skills/content/reel/SKILL.md", "--json"],
    );
    let files: Value = serde_json::from_str(&files).unwrap();
    assert_eq!(files[0]["diff"]["suggested"], "major");
    edit(&file, "version: 1.0.0", "version: 2.0.0");
    good(folder, &["diff", "--check", "content.reel"]);
    std::fs::remove_file(&file).unwrap();
    good(folder, &["new", "content.other"]);
    let found = good(folder, &["diff", "--brief"]);
    assert!(
        found.contains("content.reel removed") && found.contains("content.other added"),
        "{found}"
    );
}

#[test]
fn the_catalogue_is_listed_shown_and_exported() {
    let list: Value = serde_json::from_str(&good(&root(), &["list", "--json"])).unwrap();
    let diwali = list
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["id"] == "campaign.diwali")
        .unwrap();
    assert_eq!(diwali["hash"].as_str().unwrap().len(), 64);
    assert!(good(&root(), &["list"]).starts_with("ID "));
    let html = good(&root(), &["page"]);
    assert!(html.starts_with("<!doctype html>") && html.contains("campaign.diwali"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    good(&root(), &["export", "--agent-skills", "--out", out]);
    let text = std::fs::read_to_string(folder.path().join("campaign-diwali/SKILL.md")).unwrap();
    assert!(text.starts_with("---\nname: campaign-diwali\n"), "{text}");
    assert!(
        folder
            .path()
            .join("campaign-diwali/references/output.schema.json")
            .exists()
    );
    assert!(bad(&root(), &["export", "--out", out]).contains("--agent-skills"));
}
