//! Which language a person writes, as far as it shows, and what the offline model can open with.

use super::places::word_at;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Hindi,
    /// Hindi in Latin letters.
    Hinglish,
    /// One the offline model can't write, by its name.
    Other(&'static str),
}

const SCRIPTS: &[(std::ops::RangeInclusive<char>, &str)] = &[
    ('\u{0980}'..='\u{09ff}', "Bengali"),
    ('\u{0a00}'..='\u{0a7f}', "Punjabi"),
    ('\u{0a80}'..='\u{0aff}', "Gujarati"),
    ('\u{0b00}'..='\u{0b7f}', "Odia"),
    ('\u{0b80}'..='\u{0bff}', "Tamil"),
    ('\u{0c00}'..='\u{0c7f}', "Telugu"),
    ('\u{0c80}'..='\u{0cff}', "Kannada"),
    ('\u{0d00}'..='\u{0d7f}', "Malayalam"),
];

const HINGLISH: &[&str] = &[
    "ke liye", "banao", "banaiye", "chahiye", "karo", "kijiye", "mera", "meri", "hamari", "kitna",
    "batao",
];

/// `hint` is an ISO 639-1 code and wins over what the text shows.
pub(super) fn detect(text: &str, hint: Option<&str>) -> Language {
    match hint.map(|hint| hint.split(['-', '_']).next().unwrap_or(hint)) {
        Some("hi") => return Language::Hindi,
        Some("en") => return Language::English,
        Some("mr") => return Language::Other("Marathi"),
        _ => {}
    }
    let count =
        |range: &std::ops::RangeInclusive<char>| text.chars().filter(|c| range.contains(c)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    if count(&('\u{0900}'..='\u{097f}')) * 3 > latin {
        return Language::Hindi;
    }
    if let Some((_, name)) = SCRIPTS
        .iter()
        .find(|(range, _)| count(range) * 3 > latin.max(1))
    {
        return Language::Other(name);
    }
    let lower = text.to_lowercase();
    if HINGLISH.iter().any(|word| word_at(&lower, word).is_some()) {
        return Language::Hinglish;
    }
    Language::English
}

impl Language {
    /// Put before the first summary; empty in English.
    pub fn opening(self) -> &'static str {
        match self {
            Self::Hindi => {
                "यह ऑफ़लाइन मॉडल का मसौदा है, केवल आपके शब्दों और टूल के नतीजों से बना (विवरण अंग्रेज़ी में). "
            }
            Self::Hinglish => {
                "Yeh offline model ka draft hai, sirf aapke shabdon aur tool ke nateejon se bana. "
            }
            Self::English | Self::Other(_) => "",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Hindi | Self::Hinglish => "Hindi",
            Self::Other(name) => name,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Hindi | Self::Hinglish => "hi",
            Self::English => "en",
            Self::Other("Bengali") => "bn",
            Self::Other("Punjabi") => "pa",
            Self::Other("Gujarati") => "gu",
            Self::Other("Odia") => "or",
            Self::Other("Tamil") => "ta",
            Self::Other("Telugu") => "te",
            Self::Other("Kannada") => "kn",
            Self::Other("Malayalam") => "ml",
            Self::Other("Marathi") => "mr",
            Self::Other(_) => "und",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_shows_in_its_script() {
        assert_eq!(detect("Plan a Diwali campaign", None), Language::English);
        assert_eq!(
            detect("मेरी दुकान के लिए Diwali अभियान", None),
            Language::Hindi
        );
        assert_eq!(
            detect("Meri dukaan ke liye campaign banao", None),
            Language::Hinglish
        );
        assert_eq!(detect("தீபாவளி விற்பனை", None), Language::Other("Tamil"));
        assert_eq!(detect("anything", Some("hi-IN")), Language::Hindi);
    }
}
