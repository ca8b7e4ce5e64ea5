//! A new skill is sound from its first minute.

use skills::{Case, Source, check_dir, formatted, scaffold};

use crate::{TOOLS, load, shipped};

#[test]
fn a_new_skill_passes_the_check_and_is_in_canonical_form() {
    let folder = tempfile::tempdir().unwrap();
    // Names that YAML would take for something else.
    for name in ["content.reel", "report.null", "lead.yes", "a.b_2"] {
        let files = scaffold(name).unwrap();
        assert_eq!(files.len(), 5);
        for (path, text) in &files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            assert!(
                !text.contains("TITLE") && !text.contains("AREA.JOB") && !text.contains("WORDS"),
                "{text}"
            );
        }
        let source = Source::new("SKILL.md", files[0].1.clone());
        assert_eq!(formatted(&source).unwrap(), files[0].1);
    }
    let report = check_dir(folder.path(), TOOLS);
    assert_eq!(
        (report.skills, report.cases, report.errors.len()),
        (4, 16, 0),
        "{report}"
    );
}

#[test]
fn one_alone_has_no_warnings_but_that_it_is_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in scaffold("content.reel").unwrap() {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let report = check_dir(folder.path(), TOOLS);
    let codes: Vec<&str> = report.warnings.iter().map(|warning| warning.code).collect();
    assert!(
        codes.iter().all(|code| code.starts_with("few-")),
        "{report}"
    );
}

#[test]
fn a_name_that_no_skill_can_have_is_refused() {
    for name in [
        "reel",
        "Content.reel",
        "content.",
        ".reel",
        "content.reel.v1",
        "content.v1",
        "../x.y",
        "a b.c",
        "a.1",
    ] {
        let error = scaffold(name).unwrap_err();
        assert!(error.to_string().contains("area.job"), "{error}");
    }
}

/// What authors copy first.
#[test]
fn the_example_of_the_readme_is_sound_and_canonical() {
    let readme = std::fs::read_to_string(shipped().join("README.md")).unwrap();
    let text = readme.split("```markdown\n").nth(1).unwrap();
    let text = text.split("```").next().unwrap();
    let partial = std::fs::read_to_string(shipped().join("partials/writing_rules.md")).unwrap();
    let loaded = load(&[
        ("reel/SKILL.md", text),
        ("partials/writing_rules.md", &partial),
    ]);
    assert_eq!(
        (loaded.errors, loaded.warnings, loaded.catalogue.len()),
        (vec![], vec![], 1)
    );
    assert_eq!(
        formatted(&Source::new("reel/SKILL.md", text)).unwrap(),
        text
    );
    let case = readme
        .split("```yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let case = Case::of(&Source::new("cases/usual.yaml", case)).unwrap();
    assert_eq!((case.name.as_str(), case.expect.calls.len()), ("usual", 1));
}
