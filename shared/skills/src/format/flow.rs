//! Lists and mappings in brackets, cut at their commas.

/// The entries of a text that starts with `[` or `{`, as they stand, and what follows the closing
/// bracket. `None` when it is not closed or has a comment inside.
pub(super) fn items(text: &str) -> Option<(Vec<&str>, &str)> {
    let mut depth = 0_usize;
    let mut items = Vec::new();
    let mut start = 1;
    for (n, c) in Scan::new(text) {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    items.push(text[start..n].trim());
                    items.retain(|item| !item.is_empty());
                    return Some((items, text[n + 1..].trim_start()));
                }
            }
            ',' if depth == 1 => {
                items.push(text[start..n].trim());
                start = n + 1;
            }
            '#' => return None,
            _ => {}
        }
    }
    None
}

/// What stands before a line's comment, and the comment.
pub(super) fn comment(line: &str) -> Option<(&str, &str)> {
    let (n, _) = Scan::new(line).find(|(_, c)| *c == '#')?;
    Some(line.split_at(n))
}

/// Characters outside of quotes; a `#` only where it starts a comment.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// Whether a quote here would open a quoted text.
    fresh: bool,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            fresh: true,
        }
    }

    /// Past a quoted text that starts here.
    fn skip(&mut self, quote: char) {
        let mut rest = self.text[self.at..].char_indices().skip(1).peekable();
        while let Some((n, c)) = rest.next() {
            if c == '\\' && quote == '"' {
                rest.next();
            } else if c == quote {
                // '' is a quote inside single quotes.
                if quote == '\'' && rest.peek().is_some_and(|(_, next)| *next == quote) {
                    rest.next();
                    continue;
                }
                self.at += n + 1;
                return;
            }
        }
        self.at = self.text.len();
    }
}

impl Iterator for Scan<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<(usize, char)> {
        loop {
            let c = self.text[self.at..].chars().next()?;
            let n = self.at;
            if self.fresh && matches!(c, '"' | '\'') {
                self.skip(c);
                self.fresh = false;
                continue;
            }
            self.at += c.len_utf8();
            let blank_before = n == 0 || self.text[..n].ends_with([' ', '\t', '\n']);
            self.fresh = matches!(c, '[' | '{' | ',' | ':' | '-') || (self.fresh && c == ' ');
            if c == '#' && !blank_before {
                continue;
            }
            return Some((n, c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_at_its_own_commas_only() {
        let (items, after) =
            items("[a, \"b, c\", 'it''s, d', { x: [1, 2], y: \"}\" }, e's f, ]  # why").unwrap();
        assert_eq!(
            items,
            [
                "a",
                "\"b, c\"",
                "'it''s, d'",
                "{ x: [1, 2], y: \"}\" }",
                "e's f"
            ]
        );
        assert_eq!(after, "# why");
        assert_eq!(super::items("[a, b"), None);
        assert_eq!(super::items("[a, # no\n b]"), None);
        assert_eq!(super::items("[a#b]").unwrap().0, ["a#b"]);
    }

    #[test]
    fn a_comment_is_not_in_quotes() {
        assert_eq!(comment("a: \"x # y\" # z"), Some(("a: \"x # y\" ", "# z")));
        assert_eq!(comment("a: b#c"), None);
    }
}
