//! Words as the index sees them: English, Hinglish and Indic scripts folded so that spellings of one word
//! meet.

use crate::lexicon::{is_stop, meant};

/// Digits from which a number is more likely an amount than a count.
const AMOUNT_DIGITS: usize = 3;
/// A shorter spelling says too little to be taken for the root of a longer word.
const ROOT: usize = 5;

/// The words of a text, folded, without stop words.
pub fn words(text: &str) -> Vec<String> {
    spoken(text).into_iter().map(|(folded, _)| folded).collect()
}

/// As [`words`], each with the word as it was written. An address is a `website`; a large number or a
/// rupee sign an `amount`: which one it is says nothing about what is wanted.
pub fn spoken(text: &str) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for chunk in text.split_whitespace() {
        if is_address(chunk) {
            said.push((fold("website"), chunk.to_owned()));
            continue;
        }
        let chunk = without_separators(chunk)
            .replace('%', " percent ")
            .replace('₹', " amount ");
        for word in tokens(&chunk) {
            let latin = latin(&word);
            if latin.chars().all(|c| c.is_ascii_digit()) {
                if latin.len() >= AMOUNT_DIGITS {
                    said.push((fold("amount"), word));
                }
                continue;
            }
            let folded = fold(&word);
            let stop = [&word, &latin, &folded].iter().any(|form| is_stop(form));
            if !stop && folded.chars().count() > 1 {
                said.push((folded, word));
            }
        }
    }
    said
}

pub fn tokens(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !is_word(c))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Letters and digits, and the signs that Indic scripts join to letters.
fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || ('\u{0900}'..='\u{0dff}').contains(&c) && !matches!(c, '\u{0964}' | '\u{0965}')
}

fn is_address(chunk: &str) -> bool {
    let chunk = chunk
        .trim_matches(|c: char| ".,;:!?()".contains(c))
        .to_lowercase();
    let host = chunk.split('/').next().unwrap_or_default();
    let named = host.rsplit_once('.').is_some_and(|(name, last)| {
        !name.is_empty() && matches!(last, "com" | "in" | "net" | "org" | "shop")
    });
    chunk.contains("://") || chunk.starts_with("www.") || named && !host.contains('@')
}

/// `1,25,000` as one number.
fn without_separators(chunk: &str) -> String {
    let parts: Vec<&str> = chunk.split(',').collect();
    let mut joined = parts[0].to_owned();
    for pair in parts.windows(2) {
        let inside = pair[0].ends_with(|c: char| c.is_ascii_digit())
            && pair[1].starts_with(|c: char| c.is_ascii_digit());
        if !inside {
            joined.push(',');
        }
        joined.push_str(pair[1]);
    }
    joined
}

/// One form for the spellings of a word.
pub fn fold(word: &str) -> String {
    let latin = latin(word);
    let folded = stem(&phonetic(&latin));
    if let Some(meant) = meant(&latin).or_else(|| meant(&folded)) {
        return meant;
    }
    if word.is_ascii() {
        return folded;
    }
    // Indic words carry their case endings: the longest spelling that begins the word is its root.
    (ROOT..folded.len())
        .rev()
        .filter_map(|end| meant(folded.get(..end)?))
        .next()
        .unwrap_or(folded)
}

/// Indic letters in Latin ones, roughly as people type them. The blocks of these scripts, from Devanagari
/// to Malayalam, are laid out alike, so that one table serves them all.
pub fn latin(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let letters: Vec<(char, Option<u32>)> = word
        .chars()
        .map(|c| {
            let indic = ('\u{0900}'..='\u{0d7f}').contains(&c);
            (c, indic.then_some(u32::from(c) & 0x7f))
        })
        .collect();
    let at = |n: usize| letters.get(n).and_then(|(_, place)| *place);
    let mut latin = String::new();
    let mut n = 0;
    while let Some((c, place)) = letters.get(n).copied() {
        n += 1;
        let Some(place) = place else {
            latin.push(c);
            continue;
        };
        let Some(mut consonant) = consonant(place) else {
            match place {
                0x66..=0x6f => latin.extend(char::from_digit(place - 0x66, 10)),
                _ => latin.push_str(vowel(place).unwrap_or_default()),
            }
            continue;
        };
        // The dot below.
        if at(n) == Some(0x3c) {
            n += 1;
            consonant = match consonant {
                "j" => "z",
                "d" => "r",
                "dh" => "rh",
                other => other,
            };
        }
        let after_vowel = latin.ends_with(['a', 'e', 'i', 'o', 'u']);
        latin.push_str(consonant);
        // A consonant carries an `a`, unless a sign follows; at a word's end, and between a vowel and a
        // consonant with a sign, it is not spoken.
        let silent = match at(n) {
            None => true,
            Some(0x4d) => true,
            Some(next) if is_sign(next) => true,
            Some(next) => {
                self::consonant(next).is_some() && after_vowel && at(n + 1).is_some_and(is_sign)
            }
        };
        if !silent {
            latin.push('a');
        }
    }
    latin
}

fn is_sign(place: u32) -> bool {
    place >= 0x3e && vowel(place).is_some()
}

/// A letter or sign that is a vowel or follows one, by its place in the block.
fn vowel(place: u32) -> Option<&'static str> {
    Some(match place {
        0x01 | 0x02 => "n",
        0x03 => "h",
        0x05 | 0x06 | 0x3e => "a",
        0x07 | 0x08 | 0x3f | 0x40 => "i",
        0x09 | 0x0a | 0x41 | 0x42 => "u",
        0x0b | 0x43 => "ri",
        0x0d..=0x0f | 0x45..=0x47 => "e",
        0x10 | 0x48 => "ai",
        0x11..=0x13 | 0x49..=0x4b => "o",
        0x14 | 0x4c => "au",
        _ => return None,
    })
}

fn consonant(place: u32) -> Option<&'static str> {
    const PLAIN: [&str; 37] = [
        "k", "kh", "g", "gh", "n", "ch", "chh", "j", "jh", "n", "t", "th", "d", "dh", "n", "t",
        "th", "d", "dh", "n", "n", "p", "f", "b", "bh", "m", "y", "r", "r", "l", "l", "l", "v",
        "sh", "sh", "s", "h",
    ];
    const DOTTED: [&str; 8] = ["k", "kh", "g", "z", "r", "rh", "f", "y"];
    match place {
        0x15..=0x39 => PLAIN.get(place as usize - 0x15).copied(),
        0x58..=0x5f => DOTTED.get(place as usize - 0x58).copied(),
        _ => None,
    }
}

/// Romanised spellings vary: `diwali`, `deewali`, `divaali`.
pub fn phonetic(word: &str) -> String {
    let word = word
        .replace("ee", "i")
        .replace("oo", "u")
        .replace("aa", "a")
        .replace('w', "v")
        .replace("ph", "f");
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        if !folded.ends_with(c) || c.is_ascii_digit() {
            folded.push(c);
        }
    }
    folded
}

pub fn stem(word: &str) -> String {
    for (suffix, replacement, least) in [
        ("ies", "y", 3),
        ("ing", "", 4),
        ("ers", "er", 3),
        ("es", "e", 4),
        ("ed", "", 4),
        ("s", "", 3),
    ] {
        if let Some(stem) = word.strip_suffix(suffix)
            && stem.len() >= least
        {
            return format!("{stem}{replacement}");
        }
    }
    word.to_owned()
}

/// Whether two words differ by at most `most` insertions, deletions, replacements or swaps of
/// neighbours.
pub fn within(a: &str, b: &str, most: usize) -> bool {
    distance(a, b, most).is_some()
}

/// By how many of these two words differ, if by at most `most`.
pub fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = previous[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(previous[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        if row.iter().min().is_some_and(|least| *least > most) {
            return None;
        }
        before = std::mem::replace(&mut previous, row);
    }
    (previous[b.len()] <= most).then_some(previous[b.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_meet() {
        let one = fold("diwali");
        for other in [
            "deewali",
            "divaali",
            "deepavali",
            "दिवाली",
            "दीपावली",
            "diwaali",
        ] {
            assert_eq!(fold(other), one, "{other}");
        }
        assert_eq!(fold("competitors"), fold("प्रतियोगी"));
        assert_eq!(fold("campaigns"), fold("campaign"));
    }

    #[test]
    fn devanagari_words_keep_their_signs() {
        assert_eq!(words("मेरे प्रतियोगी।"), ["competitor"]);
    }

    #[test]
    fn typos_are_near() {
        assert!(within("competitor", "compettitor", 1) && within("diwali", "diwlai", 1));
        assert!(!within("lead", "data", 1) && !within("plan", "campaign", 2));
    }

    #[test]
    fn scripts_meet_in_latin_letters() {
        for word in ["दिवाली", "દિવાળી", "దివాలీ"] {
            assert_eq!(latin(word), "divali", "{word}");
        }
        assert_eq!(latin("कमज़ोरी"), "kamazori");
        assert_eq!(latin("२५"), "25");
    }

    #[test]
    fn case_endings_of_indic_words_do_not_hide_the_word() {
        for word in ["ग्राहकों", "ગ્રાહકોની"] {
            assert_eq!(fold(word), fold("customer"), "{word}");
        }
        assert_eq!(fold("போட்டியாளர்களின்"), fold("competitor"));
        assert_eq!(fold("தீபாவளிக்கு"), fold("diwali"));
    }

    #[test]
    fn amounts_percents_and_addresses_are_seen_as_such() {
        assert_eq!(
            words("₹1,25,000 18% https://a.example/b see acme.co.in 12 no"),
            ["amount", "amount", "percent", "vebsite", "vebsite"]
        );
        assert_eq!(words("a@b.com, e.g. this"), ["com"]);
    }
}
