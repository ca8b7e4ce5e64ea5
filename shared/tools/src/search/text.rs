//! What engines say, as plain text of bounded size.

use chrono::{Days, NaiveDate};
use scraper::{ElementRef, Html};

use crate::scrape::page;

/// Read of a text before it is cleaned, in bytes: what is shown is far shorter.
const MAX_READ: usize = 8_192;

/// A text without tags, entities and control characters, single-spaced, to so many characters.
/// Whatever it says is data: nothing here or later acts on it.
pub fn plain(html: &str, most: usize) -> String {
    let html = &html[..html.floor_char_boundary(MAX_READ)];
    let text: String = if html.contains(['<', '&']) {
        page::parse(html)
            .map(|page: Html| page::visible(page.root_element()).collect())
            .unwrap_or_default()
    } else {
        html.to_owned()
    };
    single_spaced(&text, most)
}

/// The text of an element, like [`plain`].
pub fn of(element: ElementRef<'_>, most: usize) -> String {
    let mut text = String::new();
    for piece in page::visible(element) {
        if text.len() > MAX_READ {
            break;
        }
        text.push_str(piece);
    }
    single_spaced(&text, most)
}

pub fn single_spaced(text: &str, most: usize) -> String {
    let apart = |c: char| c.is_whitespace() || c.is_control();
    let words: Vec<&str> = text.split(apart).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(most).collect()
}

/// The day at the beginning of `2026-10-01T…`, or a day written as `October 1, 2026`. `None` for
/// anything else, and for days that can't be when a page was published.
pub fn day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let text = text.trim();
    let iso = text
        .get(..10)
        .and_then(|start| NaiveDate::parse_from_str(start, "%Y-%m-%d").ok());
    let day = iso.or_else(|| {
        ["%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"]
            .iter()
            .find_map(|form| NaiveDate::parse_from_str(text, form).ok())
    })?;
    // The web is older than that nowhere, and a day ahead of ours is tomorrow's in another zone.
    let first = NaiveDate::from_ymd_opt(1990, 1, 1)?;
    let last = today.checked_add_days(Days::new(1))?;
    (first..=last).contains(&day).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_plain_and_short() {
        for (html, said) in [
            (
                "<strong>Silk</strong> saree<b>s</b> &amp; more",
                "Silk sarees & more",
            ),
            ("a\u{0} b\n\tc\u{7f}d", "a b c d"),
            ("5 < 7 and R&D", "5 < 7 and R&D"),
            ("&lt;script&gt;x&lt;/script&gt;", "<script>x</script>"),
            ("see<script>steal()</script> this", "see this"),
            ("<p", ""),
            ("", ""),
        ] {
            assert_eq!(plain(html, 100), said, "{html:?}");
        }
        assert_eq!(plain(&"ह".repeat(10_000), 300).chars().count(), 300);
        assert_eq!(
            plain(&"<b>x".repeat(10_000), 300),
            "",
            "no page is built so"
        );
    }

    #[test]
    fn days_are_read_when_they_are_days() {
        let today: NaiveDate = "2026-10-01".parse().unwrap();
        for (text, read) in [
            ("2026-09-30T23:59:00", Some("2026-09-30")),
            ("2026-09-30", Some("2026-09-30")),
            ("September 3, 2026", Some("2026-09-03")),
            ("Sep 3, 2026", Some("2026-09-03")),
            ("3 days ago", None),
            ("2026-10-02", Some("2026-10-02")),
            ("2026-10-03", None),
            ("1970-01-01", None),
            ("2026-02-30", None),
            ("२०२६-०९-३०", None),
            ("", None),
        ] {
            let read = read.map(|day| day.parse::<NaiveDate>().unwrap());
            assert_eq!(day(text, today), read, "{text:?}");
        }
    }
}
