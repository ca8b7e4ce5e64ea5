//! Files as they were committed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use skills::Source;

/// All text files below a folder in a revision. Their paths start with the folder, as if they were read
/// from it.
pub fn below(folder: &Path, revision: &str) -> Result<Vec<Source>> {
    let list = git(folder, &["ls-tree", "-r", "-z", revision, "--", "."], "")?;
    let list = String::from_utf8_lossy(&list);
    // `mode blob hash<tab>path`
    let entries: Vec<(&str, &str)> = list
        .split('\0')
        .filter_map(|entry| {
            let (what, path) = entry.split_once('\t')?;
            Some((what.split(' ').nth(2)?, path))
        })
        .filter(|(_, path)| Source::is_one(path) || path.contains("cases/"))
        .collect();
    let asked: String = entries
        .iter()
        .map(|(hash, _)| format!("{hash}\n"))
        .collect();
    let mut answer = git(folder, &["cat-file", "--batch"], &asked)?.into_iter();
    let mut sources = Vec::new();
    for (_, path) in entries {
        // `hash blob length`, then so many bytes, then a line end.
        let header: Vec<u8> = answer.by_ref().take_while(|byte| *byte != b'\n').collect();
        let header = String::from_utf8_lossy(&header).into_owned();
        let length = header
            .rsplit(' ')
            .next()
            .and_then(|length| length.parse().ok());
        let length: usize = length.with_context(|| format!("git says {header:?} of {path}"))?;
        let text: Vec<u8> = answer.by_ref().take(length + 1).collect();
        let text = String::from_utf8_lossy(&text[..length.min(text.len())]).into_owned();
        sources.push(Source::new(folder.join(path).display().to_string(), text));
    }
    Ok(sources)
}

/// What a git command says when it is told `input`.
fn git(folder: &Path, arguments: &[&str], input: &str) -> Result<Vec<u8>> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("git can't be started: name both versions, as in `raptor skills diff OLD NEW`")?;
    let mut pipe = child.stdin.take().context("git takes no input")?;
    let input = input.to_owned();
    // Beside the reading, or both sides could wait for each other.
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    // A command that reads nothing may be gone before it is told all.
    let _ = writer.join();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("git {}: {}", arguments[0], said.trim());
    }
    Ok(output.stdout)
}
