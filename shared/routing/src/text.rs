//! Words as the index sees them: English, Hindi and Hinglish folded so that spellings of one word meet.

/// Words that say nothing about what is wanted.
const STOP: &[&str] = &[
    "a",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "do",
    "for",
    "from",
    "get",
    "give",
    "has",
    "have",
    "help",
    "how",
    "i",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "let",
    "like",
    "make",
    "me",
    "my",
    "need",
    "of",
    "on",
    "or",
    "our",
    "please",
    "should",
    "so",
    "some",
    "tell",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "this",
    "to",
    "up",
    "us",
    "want",
    "was",
    "we",
    "what",
    "which",
    "who",
    "will",
    "with",
    "would",
    "you",
    "your",
    "aur",
    "hai",
    "hain",
    "ho",
    "ka",
    "kar",
    "karo",
    "karna",
    "ke",
    "ki",
    "kya",
    "ko",
    "liye",
    "main",
    "mein",
    "mera",
    "mere",
    "meri",
    "mujhe",
    "par",
    "se",
    "tha",
    "thi",
    "wala",
    "ek",
    "chahiye",
    "hum",
    "humara",
    "hamare",
    "apne",
    "apna",
    "apni",
    "banao",
    "batao",
    "do",
    "dijiye",
    "kijiye",
    "और",
    "का",
    "की",
    "के",
    "को",
    "से",
    "में",
    "मे",
    "पर",
    "है",
    "हैं",
    "एक",
    "मेरे",
    "मेरी",
    "मेरा",
    "मुझे",
    "लिए",
    "करो",
    "करें",
    "कर",
    "बनाओ",
    "बनाएं",
    "बताओ",
    "चाहिए",
    "हमारे",
    "अपने",
    "यह",
    "वह",
    "क्या",
    "दो",
];

/// Spellings that folding does not bring together, and words of two languages for one thing.
const SAME: &[(&str, &str)] = &[
    ("dipavali", "divali"),
    ("दिवाली", "divali"),
    ("दीवाली", "divali"),
    ("दीपावली", "divali"),
    ("दिपावली", "divali"),
    ("प्रतियोगी", "competitor"),
    ("प्रतिस्पर्धी", "competitor"),
    ("प्रतिद्वंद्वी", "competitor"),
    ("rival", "competitor"),
    ("competition", "competitor"),
    ("competing", "competitor"),
    ("muqabla", "competitor"),
    ("pratiyogi", "competitor"),
    ("अभियान", "campaign"),
    ("कैंपेन", "campaign"),
    ("कैम्पेन", "campaign"),
    ("abhiyan", "campaign"),
    ("kampen", "campaign"),
    ("योजना", "plan"),
    ("yojna", "plan"),
    ("yojana", "plan"),
    ("जीएसटी", "gst"),
    ("टैक्स", "tax"),
    ("कर", "tax"),
    ("इनवॉइस", "invoice"),
    ("बिल", "invoice"),
    ("bill", "invoice"),
    ("लीड", "lead"),
    ("लीड्स", "lead"),
    ("prospect", "lead"),
    ("enquiry", "lead"),
    ("inquiry", "lead"),
    ("ग्राहक", "customer"),
    ("grahak", "customer"),
    ("buyer", "customer"),
    ("client", "customer"),
    ("स्कोर", "score"),
    ("qualify", "qualification"),
    ("qualified", "qualification"),
    ("rank", "score"),
    ("rate", "rate"),
    ("डुप्लिकेट", "duplicate"),
    ("डुप्लीकेट", "duplicate"),
    ("dedupe", "duplicate"),
    ("deduplicate", "duplicate"),
    ("deduplication", "duplicate"),
    ("duplicat", "duplicate"),
    ("साफ", "clean"),
    ("saaf", "clean"),
    ("saf", "clean"),
    ("cleanup", "clean"),
    ("cleaning", "clean"),
    ("डेटा", "data"),
    ("डाटा", "data"),
    ("सूची", "list"),
    ("suchi", "list"),
    ("विश्लेषण", "analysis"),
    ("analyse", "analysis"),
    ("analyze", "analysis"),
    ("vishleshan", "analysis"),
    ("त्योहार", "festival"),
    ("त्यौहार", "festival"),
    ("tyohar", "festival"),
    ("festive", "festival"),
    ("दुकान", "shop"),
    ("dukan", "shop"),
    ("store", "shop"),
    ("कीमत", "price"),
    ("pricing", "price"),
    ("daam", "price"),
];

/// The words of a text, folded, without stop words.
pub fn words(text: &str) -> Vec<String> {
    spoken(text).into_iter().map(|(folded, _)| folded).collect()
}

/// As [`words`], each with the word as it was written.
pub fn spoken(text: &str) -> Vec<(String, String)> {
    text.split(|c: char| !is_word(c))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !STOP.contains(&word.as_str()))
        .map(|word| (fold(&word), word))
        .filter(|(folded, _)| folded.chars().count() > 1)
        .collect()
}

/// Letters and digits, and the signs that Indic scripts join to letters.
fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || ('\u{0900}'..='\u{0dff}').contains(&c) && !matches!(c, '\u{0964}' | '\u{0965}')
}

/// One form for the spellings of a word.
pub fn fold(word: &str) -> String {
    if let Some(same) = same(word) {
        return same.to_owned();
    }
    if !word.is_ascii() {
        return word.to_owned();
    }
    let folded = stem(&phonetic(word));
    same(&folded).map_or(folded, str::to_owned)
}

fn same(word: &str) -> Option<&'static str> {
    SAME.iter()
        .find(|(from, _)| *from == word)
        .map(|(_, to)| *to)
}

/// Romanised spellings vary: `diwali`, `deewali`, `divaali`.
fn phonetic(word: &str) -> String {
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

fn stem(word: &str) -> String {
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
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return false;
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
            return false;
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous[b.len()] <= most
}

/// The parts of a request that may be jobs of their own, in order.
pub fn clauses(text: &str) -> Vec<String> {
    const BREAKS: &[&str] = &[
        " and then ",
        " then ",
        " after that ",
        " afterwards ",
        " followed by ",
        " and ",
        " also ",
        "; ",
        ". ",
        ", ",
        " phir ",
        " aur ",
        " uske baad ",
        " फिर ",
        " और ",
        " उसके बाद ",
        "। ",
    ];
    let mut marked = text.to_lowercase();
    for mark in BREAKS {
        marked = marked.replace(mark, "\u{1}");
    }
    marked
        .split('\u{1}')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
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
}
