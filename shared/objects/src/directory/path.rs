//! Names as paths, such that every name has one, no two share one, and none leads out.
//!
//! Each object is a folder, `invoices/2026/1.pdf/`, with one file in it, named after its generation and
//! content type: `@1795251940256967 application%pdf`. So one rename changes all there is to know of an
//! object, and `a` and `a/b` can both be objects. A file system takes shorter names than Cloud Storage
//! does: a long part goes on in a folder below, and a `%` at the end says so. `@` and `.` are written
//! `%40` and `%2E` where they begin a part, and `%` is written `%25`.

use std::path::PathBuf;

/// Bytes of a part before it goes on in a folder below. File systems take 255.
const LONGEST: usize = 200;

/// The folders of an object, from the outermost on.
pub(super) fn folders(name: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in name.split('/') {
        let mut folder = String::new();
        for letter in part.chars() {
            if folder.len() + letter.len_utf8() > LONGEST {
                folder.push('%');
                path.push(std::mem::take(&mut folder));
            }
            match letter {
                '%' => folder.push_str("%25"),
                '@' if folder.is_empty() => folder.push_str("%40"),
                '.' if folder.is_empty() => folder.push_str("%2E"),
                other => folder.push(other),
            }
        }
        path.push(folder);
    }
    path
}

/// A folder while walking down from the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The name up to here, without a slash at the end.
    pub name: String,
    /// Whether the last part goes on below, so that no object is here.
    goes_on: bool,
    below_root: bool,
}

impl Place {
    /// The place of a folder in this one; `None` if no name leads to it.
    pub fn below(&self, folder: &str) -> Option<Self> {
        let (folder, goes_on) = match folder.strip_suffix('%') {
            Some(rest) => (rest, true),
            None => (folder, false),
        };
        let mut name = self.name.clone();
        if self.below_root && !self.goes_on {
            name.push('/');
        }
        let mut rest = folder;
        while let Some((before, after)) = rest.split_once('%') {
            let code = after.get(..2)?;
            name.push_str(before);
            name.push(match code {
                "25" => '%',
                "40" => '@',
                "2E" => '.',
                _ => return None,
            });
            rest = &after[2..];
        }
        name.push_str(rest);
        Some(Self {
            name,
            goes_on,
            below_root: true,
        })
    }

    /// Whether an object may be in this very folder.
    pub fn is_object(&self) -> bool {
        self.below_root && !self.goes_on
    }

    /// Whether a name that begins with `prefix` can be here or below.
    pub fn leads_to(&self, prefix: &str) -> bool {
        self.name.starts_with(prefix) || prefix.starts_with(&self.name)
    }
}

/// The name of the file with an object's bytes. A content type has no `%`.
pub(super) fn file_name(generation: i64, content_type: &str) -> String {
    format!("@{generation} {}", content_type.replace('/', "%"))
}

/// Generation and content type; `None` for a file that is not an object's.
pub(super) fn parse_file_name(file: &str) -> Option<(i64, String)> {
    let (generation, content_type) = file.strip_prefix('@')?.split_once(' ')?;
    let generation = generation.parse().ok().filter(|one| *one > 0)?;
    Some((generation, content_type.replace('%', "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(path: &std::path::Path) -> Option<Place> {
        path.iter().try_fold(Place::default(), |place, folder| {
            place.below(folder.to_str()?)
        })
    }

    #[test]
    fn every_name_has_a_path_of_its_own_and_comes_back() {
        let long = "न".repeat(340);
        let names = [
            "a",
            "a/b",
            "a%2Fb",
            "100%",
            "%",
            "@1 a%b/@",
            ".git/..x/...",
            "a@b.c%d",
            &long,
            &format!("{}..", "x".repeat(LONGEST)),
            &format!("{}../..y", "x".repeat(LONGEST)),
            &format!("{}@", "x".repeat(LONGEST)),
            &format!("{}/y", "x".repeat(LONGEST)),
            &format!("{}y", "x".repeat(LONGEST)),
            &"%".repeat(1024),
        ];
        let mut paths = std::collections::BTreeSet::new();
        for name in names {
            let path = folders(name);
            for folder in &path {
                assert!(folder.len() <= 255, "{name:?}: {path:?}");
                let folder = folder.to_str().unwrap();
                assert!(!folder.starts_with(['.', '@']) && !folder.contains('/'));
            }
            let place = back(&path).unwrap();
            assert_eq!(place.name, name);
            assert!(place.is_object());
            assert!(paths.insert(path), "{name:?} shares a path");
        }
        assert_eq!(folders("a/१.pdf"), PathBuf::from("a/१.pdf"));
    }

    #[test]
    fn a_foreign_folder_has_no_name() {
        for folder in ["%zz", "a%2", "%2f", "%é"] {
            assert_eq!(Place::default().below(folder), None, "{folder}");
        }
    }

    #[test]
    fn a_walk_goes_only_where_the_prefix_leads() {
        let place = back(std::path::Path::new("a/bc")).unwrap();
        for prefix in ["", "a", "a/b", "a/bc", "a/bc/d"] {
            assert!(place.leads_to(prefix), "{prefix}");
        }
        for prefix in ["b", "a/c", "a/bd"] {
            assert!(!place.leads_to(prefix), "{prefix}");
        }
    }

    #[test]
    fn a_file_tells_generation_and_content_type() {
        let file = file_name(7, "text/plain; charset=utf-8");
        assert_eq!(
            parse_file_name(&file),
            Some((7, "text/plain; charset=utf-8".to_owned()))
        );
        for foreign in [
            "@new", "@lock", "@ a", "@x a%b", "@0 a%b", "@-1 a%b", "7 a%b",
        ] {
            assert_eq!(parse_file_name(foreign), None, "{foreign}");
        }
    }
}
