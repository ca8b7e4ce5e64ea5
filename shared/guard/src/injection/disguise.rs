//! Takes off what hides a phrase from a reader of words: invisible characters, look-alike letters,
//! digits for letters, letters with gaps between, base64.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text as a model would understand it.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// Folded: compatibility-composed, lower case, without invisible characters, look-alikes as Latin.
    pub text: String,
    /// The same with words put together whose letters had gaps between, if there were any.
    pub spelled_out: Option<String>,
    /// What was hidden in invisible tag characters.
    pub tags: String,
    hidden_between_letters: usize,
    direction_overrides: usize,
    mixed_words: usize,
}

impl Plain {
    /// Signs that lie in the disguise itself.
    pub(super) fn signs(&self) -> Vec<(&'static str, f32)> {
        let mut signs = Vec::new();
        if self.hidden_between_letters >= 2 {
            signs.push(("invisible", 0.35));
        }
        if self
            .tags
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .count()
            >= 8
        {
            signs.push(("tag_characters", 0.6));
        }
        if self.direction_overrides > 0 {
            signs.push(("direction_override", 0.3));
        }
        if self.mixed_words > 0 {
            signs.push(("mixed_scripts", 0.3));
        }
        signs
    }
}

/// The form in which words are compared.
pub(super) fn fold(word: &str) -> String {
    undress(word).text
}

pub(super) fn undress(text: &str) -> Plain {
    let mut plain = Plain::default();
    let visible = drop_invisible(text, &mut plain);
    let composed: String = visible.nfkc().flat_map(char::to_lowercase).collect();
    plain.text.reserve(composed.len());
    for part in composed.split_inclusive(char::is_whitespace) {
        let word = part.trim_end_matches(char::is_whitespace);
        plain.text.push_str(&latin(word, &mut plain.mixed_words));
        plain.text.push_str(&part[word.len()..]);
    }
    plain.spelled_out = spelled_out(&plain.text);
    plain
}

fn drop_invisible(text: &str, plain: &mut Plain) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{E0020}'..='\u{E007E}' => {
                plain
                    .tags
                    .extend(char::from_u32(u32::from(c) - 0xE0000).map(|c| c.to_ascii_lowercase()));
            }
            '\u{202D}' | '\u{202E}' => plain.direction_overrides += 1,
            // Zero-width joiners are ordinary inside Indic words and emoji; between Latin letters nothing
            // invisible is.
            c if is_invisible(c) => {
                let before = kept
                    .chars()
                    .next_back()
                    .is_some_and(|c| c.is_ascii_alphabetic());
                let after = chars.peek().is_some_and(char::is_ascii_alphabetic);
                plain.hidden_between_letters += usize::from(before && after && c != '\u{AD}');
            }
            c => kept.push(c),
        }
    }
    kept
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E01EF}')
}

/// A word whose look-alike letters are Latin in disguise, as Latin. A whole word of Cyrillic or Greek is
/// just Russian or Greek; a Latin word with one such letter in it is not.
fn latin(word: &str, mixed: &mut usize) -> String {
    let has_latin = word.chars().any(|c| c.is_ascii_alphabetic());
    let looks_alike = word.chars().any(|c| look_alike(c).is_some());
    let mut text = if has_latin && looks_alike {
        *mixed += 1;
        word.chars().map(|c| look_alike(c).unwrap_or(c)).collect()
    } else {
        word.to_owned()
    };
    // Accents on Latin letters hide a word as well ("ígnóre"); marks of other scripts belong to them.
    if has_latin && !text.is_ascii() {
        let mut base = ' ';
        text = text
            .nfd()
            .filter(|c| {
                let keep = !(is_combining_mark(*c) && base.is_ascii_alphabetic());
                if !is_combining_mark(*c) {
                    base = *c;
                }
                keep
            })
            .nfc()
            .collect();
    }
    undigit(&text)
}

/// "1gn0re" and "pr3v1ous": digits and signs between letters, as the letters they stand for. Numbers with
/// a letter or two ("3x", "80c", "b2b") stay.
fn undigit(word: &str) -> String {
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let swapped = word.bytes().filter(|b| digit_letter(*b).is_some()).count();
    if swapped == 0 || letters < 3 || swapped > letters || !word.is_ascii() {
        return word.to_owned();
    }
    let bytes = word.as_bytes();
    let near_letter = |at: usize| {
        let letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(u8::is_ascii_alphabetic)
        };
        letter(at.checked_sub(1)) || letter(at.checked_add(1))
    };
    (0..bytes.len())
        .map(|at| match digit_letter(bytes[at]) {
            Some(letter) if near_letter(at) => letter,
            _ => char::from(bytes[at]),
        })
        .collect()
}

fn digit_letter(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => 'o',
        b'1' => 'i',
        b'3' => 'e',
        b'4' | b'@' => 'a',
        b'5' | b'$' => 's',
        b'7' => 't',
        _ => return None,
    })
}

/// Cyrillic and Greek letters that look like Latin ones, in lower case.
fn look_alike(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'є' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'п' | 'η' => 'n',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ѡ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        _ => return None,
    })
}

/// The text with runs of at least six single letters with one separator between ("i g n o r e",
/// "i.g.n.o.r.e") put together; more separators end a word. `None` when there is no such run.
fn spelled_out(text: &str) -> Option<String> {
    const SHORTEST: usize = 6;
    let chars: Vec<char> = text.chars().collect();
    let separates =
        |c: char| matches!(c, ' ' | '.' | '-' | '_' | '*' | '·' | '/' | ',') || c.is_whitespace();
    let (mut out, mut found) = (String::with_capacity(text.len()), false);
    let mut at = 0;
    while at < chars.len() {
        let (mut word, mut letters, mut end) = (String::new(), 0, at);
        while is_single_letter(&chars, end) {
            word.push(chars[end]);
            letters += 1;
            let gap = chars[end + 1..]
                .iter()
                .take_while(|c| separates(**c))
                .count();
            if gap != 1 {
                word.push(' ');
            }
            end += 1 + gap;
            if gap == 0 {
                break;
            }
        }
        if letters >= SHORTEST {
            found = true;
            out.extend([word.as_str(), " "]);
        } else if end > at {
            out.extend(&chars[at..end]);
        } else {
            out.push(chars[at]);
            end = at + 1;
        }
        at = end;
    }
    found.then_some(out)
}

fn is_single_letter(chars: &[char], at: usize) -> bool {
    let alone = |at: Option<usize>| {
        !at.and_then(|at| chars.get(at))
            .is_some_and(|c| c.is_alphanumeric())
    };
    chars.get(at).is_some_and(|c| c.is_alphabetic())
        && alone(at.checked_sub(1))
        && alone(at.checked_add(1))
}

/// Readable text inside base64 runs, the first few of them.
pub(super) fn decoded_blobs(text: &str) -> Vec<String> {
    const SHORTEST: usize = 24;
    const MOST: usize = 16;
    let part = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_'));
    text.split(part)
        .filter(|run| run.len() >= SHORTEST)
        .filter_map(decode)
        .take(MOST)
        .collect()
}

fn decode(run: &str) -> Option<String> {
    // A length of 4n+1 is no base64; a stray character at the end must not hide the rest.
    let whole = if run.len() % 4 == 1 {
        &run[..run.len() - 1]
    } else {
        run
    };
    let exact = |run: &str| {
        STANDARD_NO_PAD
            .decode(run)
            .or_else(|_| URL_SAFE_NO_PAD.decode(run))
            .ok()
    };
    let bytes = exact(whole).or_else(|| exact(&whole[..whole.len() - whole.len() % 4]))?;
    let text = String::from_utf8(bytes).ok()?;
    let readable = text
        .chars()
        .filter(|c| !c.is_control() || c.is_whitespace())
        .count();
    (readable == text.chars().count()).then_some(text)
}
