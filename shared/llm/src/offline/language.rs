//! Which language an answer is wanted in: as asked for, else as it shows in what was written.

use bharat::cities::word_at;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Hindi,
    /// Hindi in Latin letters.
    Hinglish,
    Gujarati,
    Marathi,
    Bengali,
    Tamil,
    Telugu,
    /// One the offline model has no phrases of, by its name.
    Other(&'static str),
}

const SCRIPTS: &[(std::ops::RangeInclusive<char>, Language)] = &[
    ('\u{0980}'..='\u{09ff}', Language::Bengali),
    ('\u{0a00}'..='\u{0a7f}', Language::Other("Punjabi")),
    ('\u{0a80}'..='\u{0aff}', Language::Gujarati),
    ('\u{0b00}'..='\u{0b7f}', Language::Other("Odia")),
    ('\u{0b80}'..='\u{0bff}', Language::Tamil),
    ('\u{0c00}'..='\u{0c7f}', Language::Telugu),
    ('\u{0c80}'..='\u{0cff}', Language::Other("Kannada")),
    ('\u{0d00}'..='\u{0d7f}', Language::Other("Malayalam")),
];

/// Words that show Hindi in Latin letters; English has none of them.
const HINGLISH: &[&str] = &[
    "ke liye", "banao", "banaiye", "bana do", "chahiye", "karo", "kijiye", "mera", "meri",
    "hamari", "humein", "kitna", "batao", "hai", "hain", "karna", "kar do", "nahi", "kaise",
    "kisko", "kya",
];

/// Words that Marathi has and Hindi hasn't.
const MARATHI: &[&str] = &[
    "आहे",
    "आहेत",
    "करा",
    "साठी",
    "आमच्या",
    "द्यायची",
    "मध्ये",
    "पाहिजे",
    "आणि",
];

/// Languages as people name them when they want one.
const NAMES: &[(&[&str], Language)] = &[
    (&["english", "अंग्रेजी", "अंग्रेज़ी"], Language::English),
    (&["hindi", "हिंदी", "हिन्दी"], Language::Hindi),
    (&["hinglish"], Language::Hinglish),
    (&["gujarati", "गुजराती", "ગુજરાતી"], Language::Gujarati),
    (&["marathi", "मराठी"], Language::Marathi),
    (&["bengali", "bangla", "बंगाली", "বাংলা"], Language::Bengali),
    (&["tamil", "तमिल", "தமிழ்"], Language::Tamil),
    (&["telugu", "तेलुगु", "తెలుగు"], Language::Telugu),
];

/// The language that a request names: "in Gujarati", "Gujarati mein", "गुजराती में".
fn named(text: &str) -> Option<Language> {
    let words: Vec<String> = text
        .to_lowercase()
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | ';' | '!' | '?' | '।'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let (_, language) = NAMES
            .iter()
            .find(|(names, _)| names.contains(&word.as_str()))?;
        let near = |at: Option<usize>, those: &[&str]| {
            at.and_then(|at| words.get(at))
                .is_some_and(|word| those.contains(&word.as_str()))
        };
        let wanted = near(at.checked_sub(1), &["in", "into"])
            || near(
                Some(at + 1),
                &["mein", "me", "main", "language", "में", "માં", "मध्ये"],
            );
        wanted.then_some(*language)
    })
}

/// `hint` is an ISO 639-1 code and wins over what the text shows.
pub(super) fn detect(text: &str, hint: Option<&str>) -> Language {
    match hint.map(|hint| hint.split(['-', '_']).next().unwrap_or(hint)) {
        Some("hi") => return Language::Hindi,
        Some("en") => return Language::English,
        Some("mr") => return Language::Marathi,
        Some("gu") => return Language::Gujarati,
        Some("bn") => return Language::Bengali,
        Some("ta") => return Language::Tamil,
        Some("te") => return Language::Telugu,
        Some("hinglish") => return Language::Hinglish,
        _ => {}
    }
    if let Some(language) = named(text) {
        return language;
    }
    let count =
        |range: &std::ops::RangeInclusive<char>| text.chars().filter(|c| range.contains(c)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    if count(&('\u{0900}'..='\u{097f}')) * 3 > latin {
        let marathi = MARATHI.iter().any(|word| {
            text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation())
                .any(|found| found == *word || (word.chars().count() > 3 && found.ends_with(word)))
        });
        return if marathi {
            Language::Marathi
        } else {
            Language::Hindi
        };
    }
    if let Some((_, language)) = SCRIPTS
        .iter()
        .find(|(range, _)| count(range) * 3 > latin.max(1))
    {
        return *language;
    }
    let lower = text.to_lowercase();
    if HINGLISH.iter().any(|word| word_at(&lower, word).is_some()) {
        return Language::Hinglish;
    }
    Language::English
}

impl Language {
    /// In the phrase book; a language that is not there has English.
    pub fn key(self) -> &'static str {
        match self {
            Self::Hinglish => "hinglish",
            Self::Other(_) => "en",
            known => known.code(),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Hindi => "Hindi",
            Self::Hinglish => "Hinglish",
            Self::Gujarati => "Gujarati",
            Self::Marathi => "Marathi",
            Self::Bengali => "Bengali",
            Self::Tamil => "Tamil",
            Self::Telugu => "Telugu",
            Self::Other(name) => name,
        }
    }

    /// ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::Hindi | Self::Hinglish => "hi",
            Self::English => "en",
            Self::Gujarati => "gu",
            Self::Marathi => "mr",
            Self::Bengali => "bn",
            Self::Tamil => "ta",
            Self::Telugu => "te",
            Self::Other("Punjabi") => "pa",
            Self::Other("Odia") => "or",
            Self::Other("Kannada") => "kn",
            Self::Other("Malayalam") => "ml",
            Self::Other(_) => "und",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_is_named_is_the_one_wanted() {
        for (text, language) in [
            (
                "write to them in Gujarati before Diwali",
                Language::Gujarati,
            ),
            ("unko tamil mein message likho", Language::Tamil),
            ("इन सबको गुजराती में लिखो", Language::Gujarati),
            ("Gujarati sweets shop, write a mail", Language::English),
            ("a mail in English for our Hindi readers", Language::English),
        ] {
            assert_eq!(detect(text, None), language, "{text}");
        }
    }

    #[test]
    fn a_language_shows_in_its_script_and_words() {
        for (text, language) in [
            ("Plan a Diwali campaign", Language::English),
            ("मेरी दुकान के लिए Diwali अभियान", Language::Hindi),
            (
                "या दरांची पीडीएफ यादी तयार करा, विक्रेत्यांना द्यायची आहे",
                Language::Marathi,
            ),
            ("Meri dukaan ke liye campaign banao", Language::Hinglish),
            ("தீபாவளி விற்பனை", Language::Tamil),
            ("માર્ચ એન્ડ પહેલાં ઉઘરાણી", Language::Gujarati),
            ("ਦੀਵਾਲੀ ਦੀ ਸੇਲ", Language::Other("Punjabi")),
        ] {
            assert_eq!(detect(text, None), language, "{text}");
        }
        assert_eq!(detect("anything", Some("hi-IN")), Language::Hindi);
        assert_eq!(detect("Plan a sale", Some("te")), Language::Telugu);
    }
}
