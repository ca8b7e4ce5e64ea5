//! Languages: labels are there, names are shaped, nothing that a stranger writes stops a page.

use std::collections::BTreeMap;

use super::*;

/// A firm's name in each script that there is a font for.
const NAMES: [&str; 9] = [
    "श्री कृष्ण ट्रेडर्स प्राइवेट लिमिटेड, क्षेत्र द्वार",
    "ஸ்ரீ மீனாட்சி பட்டு நிறுவனம்",
    "శ్రీ వెంకటేశ్వర ట్రేడర్స్",
    "শ্রী দুর্গা ট্রেডার্স প্রাইভেট লিমিটেড",
    "શ્રી અંબિકા ટ્રેડર્સ",
    "ਸ੍ਰੀ ਗੁਰੂ ਟ੍ਰੇਡਰਜ਼",
    "ಶ್ರೀ ಮಂಜುನಾಥ ಟ್ರೇಡರ್ಸ್",
    "ശ്രീ പത്മനാഭ ട്രേഡേഴ്സ്",
    "ଶ୍ରୀ ଜଗନ୍ନାଥ ଟ୍ରେଡର୍ସ",
];

#[test]
fn every_label_is_there_in_every_language_and_used() {
    let labels: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(LABELS).unwrap();
    let users = [
        include_str!("../common.typ"),
        include_str!("../invoice.typ"),
        include_str!("../invoice.rs"),
    ]
    .concat();
    for (key, texts) in &labels {
        assert!(
            users.contains(&format!("\"{key}\"")),
            "{key} is used nowhere"
        );
        assert_eq!(texts.len(), Language::ALL.len(), "{key}");
        for (language, block) in [
            ("hi", '\u{900}'..='\u{97f}'),
            ("ta", '\u{b80}'..='\u{bff}'),
            ("te", '\u{c00}'..='\u{c7f}'),
            ("bn", '\u{980}'..='\u{9ff}'),
        ] {
            let text = &texts[language];
            let letters = text.chars().filter(|c| c.is_alphabetic());
            assert!(letters.clone().count() > 0, "{key} {language}");
            for letter in letters {
                assert!(block.contains(&letter), "{key} {language} {letter}");
            }
        }
    }
}

#[test]
fn labels_stand_in_two_languages_and_digits_are_latin() {
    for (language, parts) in [
        (Language::Hi, ["कर बीजक", "आपूर्ति का स्थान", "कुल देय राशि"]),
        (
            Language::Ta,
            ["வரி விலைப்பட்டியல்", "வழங்கல் இடம்", "செலுத்த வேண்டிய தொகை"],
        ),
        (
            Language::Te,
            ["పన్ను ఇన్\u{200c}వాయిస్", "సరఫరా స్థలం", "చెల్లించవలసిన మొత్తం"],
        ),
        (Language::Bn, ["কর চালান", "সরবরাহের স্থান", "মোট প্রদেয়"]),
    ] {
        let text = text_of(&document(B2C), &look(language));
        says(&text, &parts);
        says(
            &text,
            &[
                "Tax Invoice",
                "Place of supply",
                "Total payable",
                "₹5,604.00",
            ],
        );
        let foreign = text.chars().find(|c| c.is_numeric() && !c.is_ascii_digit());
        assert_eq!(foreign, None, "{language:?}");
    }
    let hindi = text_of(&document(B2C), &look(Language::Hi));
    says(&hindi, &["पाँच हज़ार छह सौ चार रुपये मात्र"]);
}

#[test]
fn names_in_every_script_have_all_their_glyphs() {
    for (at, name) in NAMES.into_iter().enumerate() {
        let language = Language::ALL[at % Language::ALL.len()];
        let mut document = document(B2B);
        document.recipient.legal_name = name.into();
        document.recipient.address.lines = NAMES.map(String::from).to_vec();
        document.lines[0].description = name.into();
        document.reason = Some(name.into());
        let pages = RENDERER.invoice(&document, &look(language)).unwrap();
        assert_eq!(missing_characters(&pages), BTreeSet::new());
        let text = texts(&pages).join(" ");
        assert!(!text.contains('\u{fffd}'), "{text}");
        says(&text, &[name]);
        // PDF/A itself refuses glyphs without a character.
        RENDERER
            .export(&pages, document.date, "all scripts")
            .unwrap();
    }
}

/// The glyphs of a text that stands on a page by itself.
fn glyphs(text: &str) -> usize {
    let mut document = document(B2C);
    document.recipient.legal_name = text.into();
    let pages = RENDERER.invoice(&document, &look(Language::En)).unwrap();
    let mut count = 0;
    text::each_item(&pages, &mut |item, _| {
        if item.text == text {
            count = item.glyphs.len();
        }
    });
    assert!(count > 0, "{text} is not on the page");
    count
}

#[test]
fn letters_join() {
    // Conjuncts: consonant, virama and consonant become one glyph in each of these.
    for conjunct in ["क्ष", "ज्ञ", "க்ஷ", "ক্ষ"] {
        assert_eq!(glyphs(conjunct), 1, "{conjunct}");
    }
    // A vowel sign that is written before its consonant.
    let mut document = document(B2C);
    document.recipient.legal_name = "कि".into();
    let pages = RENDERER.invoice(&document, &look(Language::En)).unwrap();
    let face =
        |item: &typst::text::TextItem, letter| item.font.ttf().glyph_index(letter).unwrap().0;
    let mut seen = false;
    text::each_item(&pages, &mut |item, _| {
        if item.text == "कि" {
            assert_eq!(item.glyphs.last().unwrap().id, face(item, 'क'));
            seen = true;
        }
    });
    assert!(seen);
}

#[test]
fn what_has_no_glyph_is_marked_and_stops_nothing() {
    for (name, shown) in [
        ("Tea 🍵 House", "Tea \u{fffd} House"),
        ("茶 Trading", "\u{fffd} Trading"),
        // A vowel sign without its consonant.
        ("Rajि", "Raj"),
        ("No\u{0}thing\u{e000}", "No thing\u{fffd}"),
        ("\u{202e}ltd", "ltd"),
        ("شركة", "\u{fffd}"),
        (
            "*bold* #emph[x] $1$ \\ <a> @b",
            "*bold* #emph[x] $1$ \\ <a> @b",
        ),
    ] {
        let mut document = document(B2B);
        document.recipient.legal_name = name.into();
        let look = look(Language::Hi);
        let pages = RENDERER.invoice(&document, &look).unwrap();
        assert_eq!(missing_characters(&pages), BTreeSet::new());
        says(&texts(&pages).join(" "), &[shown]);
        assert!(RENDERER.render(&document, &look).is_ok(), "{name}");
    }
}
