//! What may be a name, the beginning of one, and a content type.

use crate::ObjectError;

/// Cloud Storage's limit, in bytes of UTF-8
/// (cloud.google.com/storage/docs/objects#naming).
pub(crate) const MAX_NAME: usize = 1024;
/// Enough for every media type there is; the directory keeps it in a file's name.
const MAX_CONTENT_TYPE: usize = 128;

pub(crate) fn check(name: &str) -> Result<(), ObjectError> {
    let wrong = fault(name).or_else(|| {
        name.split('/')
            .any(str::is_empty)
            .then_some("it has an empty part")
    });
    refuse("name", name, wrong)
}

/// The beginning of a name may be empty and may end in `/`.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), ObjectError> {
    refuse("prefix", prefix, fault(prefix))
}

/// Whether an object that somebody else put into the bucket can be reached by its name.
pub(crate) fn is_name(name: &str) -> bool {
    check(name).is_ok()
}

fn fault(name: &str) -> Option<&'static str> {
    if name.len() > MAX_NAME {
        Some("it is longer than 1024 bytes")
    } else if name.starts_with('/') {
        Some("it begins with a slash")
    } else if name.chars().any(char::is_control) {
        Some("it has a control character")
    } else if name.split('/').any(|part| part == "." || part == "..") {
        Some("a part of it is . or ..")
    } else {
        None
    }
}

fn refuse(what: &str, name: &str, wrong: Option<&str>) -> Result<(), ObjectError> {
    match wrong {
        None => Ok(()),
        Some(wrong) => {
            let shown: String = name.chars().take(80).collect();
            Err(ObjectError::other(format!(
                "{shown:?} can't be an object's {what} ({wrong}): choose another"
            )))
        }
    }
}

pub(crate) fn check_content_type(content_type: &str) -> Result<(), ObjectError> {
    let characters = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'%';
    let good = content_type.len() <= MAX_CONTENT_TYPE
        && content_type.bytes().all(characters)
        && content_type.trim() == content_type
        && content_type
            .split_once('/')
            .is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    if good {
        return Ok(());
    }
    Err(ObjectError::other(format!(
        "{content_type:?} is not a content type: expected one such as application/pdf"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_rules() {
        let longest = "न".repeat(341) + "x";
        for good in ["a", "a/b.c", "..a/b..", "...", " ", "चालान/१", &longest] {
            assert!(check(good).is_ok(), "{good:?}");
        }
        let longer = "न".repeat(342);
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a\nb", "a\0", "\u{85}",
            &longer,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert!(check_prefix("").is_ok() && check_prefix("a/").is_ok());
        assert!(check_prefix("a/../").is_err() && check_prefix("/a").is_err());
    }

    #[test]
    fn content_types_keep_to_the_rules() {
        for good in ["a/b", "text/plain; charset=utf-8", "application/x-1+json"] {
            assert!(check_content_type(good).is_ok(), "{good:?}");
        }
        let long = "a/".to_owned() + &"b".repeat(127);
        for bad in ["", "pdf", "/", "a/", " a/b", "a/b\n", "a/é", "a/%2F", &long] {
            assert!(check_content_type(bad).is_err(), "{bad:?}");
        }
    }
}
