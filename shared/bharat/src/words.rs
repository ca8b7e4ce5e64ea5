//! Amounts in words, as invoices and cheques have them, in lakhs and crores.
//!
//! Source: convention. No rule asks for words on an invoice; the form is the one that banks ask for on
//! cheques.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The languages that amounts are written out in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Hindi,
}

const CRORE: u64 = 10_000_000;
const LAKH: u64 = 100_000;

/// `Rupees Twelve Lakh Thirty-Four Thousand Five Hundred Sixty-Seven and Fifty Paise Only`.
///
/// `None` for amounts that are negative, have parts of a paisa, or are above ₹99,99,99,99,999.99.
pub fn rupees(amount: Decimal, language: Language) -> Option<String> {
    let paise = amount.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
    if paise.is_sign_negative() && !paise.is_zero() || paise.scale() > 0 {
        return None;
    }
    let paise = paise
        .to_u64()
        .filter(|paise| *paise < 10_000 * CRORE * 100)?;
    let (whole, paise) = (paise / 100, paise % 100);
    Some(match language {
        Language::English => {
            let whole = number(whole, language);
            match paise {
                0 => format!("Rupees {whole} Only"),
                1 => format!("Rupees {whole} and One Paisa Only"),
                _ => format!("Rupees {whole} and {} Paise Only", number(paise, language)),
            }
        }
        Language::Hindi => {
            let unit = if whole == 1 {
                "रुपया"
            } else {
                "रुपये"
            };
            let whole = number(whole, language);
            match paise {
                0 => format!("{whole} {unit} मात्र"),
                1 => format!("{whole} {unit} और एक पैसा मात्र"),
                _ => format!("{whole} {unit} और {} पैसे मात्र", number(paise, language)),
            }
        }
    })
}

/// A whole number in words, each a capital in front.
fn number(n: u64, language: Language) -> String {
    if n == 0 {
        return below_hundred(0, language);
    }
    let mut words = Vec::new();
    let (crores, rest) = (n / CRORE, n % CRORE);
    let unit = |english, hindi| match language {
        Language::English => english,
        Language::Hindi => hindi,
    };
    if crores > 0 {
        words.push(number(crores, language));
        words.push(unit("Crore", "करोड़").to_owned());
    }
    for (size, most, name) in [
        (LAKH, 100, unit("Lakh", "लाख")),
        (1_000, 100, unit("Thousand", "हज़ार")),
        (100, 10, unit("Hundred", "सौ")),
        (1, 100, ""),
    ] {
        let count = rest / size % most;
        if count > 0 {
            words.push(below_hundred(count, language));
            if !name.is_empty() {
                words.push(name.to_owned());
            }
        }
    }
    words.join(" ")
}

/// 0 to 99.
fn below_hundred(n: u64, language: Language) -> String {
    let at = usize::try_from(n).unwrap_or_default();
    match language {
        Language::Hindi => HINDI[at].to_owned(),
        Language::English if at < ENGLISH.len() => ENGLISH[at].to_owned(),
        Language::English if at.is_multiple_of(10) => TENS[at / 10].to_owned(),
        Language::English => format!("{}-{}", TENS[at / 10], ENGLISH[at % 10]),
    }
}

const ENGLISH: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];

const TENS: [&str; 10] = [
    "", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety",
];

/// 0 to 99: each has a word of its own. They are those that Unicode's number rules spell (CLDR, `hi`) but
/// for twelve that have two spellings, where this has the other (पंद्रह for पन्द्रह, -नवे for -नबे).
const HINDI: [&str; 100] = [
    "शून्य",
    "एक",
    "दो",
    "तीन",
    "चार",
    "पाँच",
    "छह",
    "सात",
    "आठ",
    "नौ", //
    "दस",
    "ग्यारह",
    "बारह",
    "तेरह",
    "चौदह",
    "पंद्रह",
    "सोलह",
    "सत्रह",
    "अठारह",
    "उन्नीस", //
    "बीस",
    "इक्कीस",
    "बाईस",
    "तेईस",
    "चौबीस",
    "पच्चीस",
    "छब्बीस",
    "सत्ताईस",
    "अट्ठाईस",
    "उनतीस", //
    "तीस",
    "इकतीस",
    "बत्तीस",
    "तैंतीस",
    "चौंतीस",
    "पैंतीस",
    "छत्तीस",
    "सैंतीस",
    "अड़तीस",
    "उनतालीस", //
    "चालीस",
    "इकतालीस",
    "बयालीस",
    "तैंतालीस",
    "चौवालीस",
    "पैंतालीस",
    "छियालीस",
    "सैंतालीस",
    "अड़तालीस",
    "उनचास", //
    "पचास",
    "इक्यावन",
    "बावन",
    "तिरपन",
    "चौवन",
    "पचपन",
    "छप्पन",
    "सत्तावन",
    "अट्ठावन",
    "उनसठ", //
    "साठ",
    "इकसठ",
    "बासठ",
    "तिरसठ",
    "चौंसठ",
    "पैंसठ",
    "छियासठ",
    "सड़सठ",
    "अड़सठ",
    "उनहत्तर", //
    "सत्तर",
    "इकहत्तर",
    "बहत्तर",
    "तिहत्तर",
    "चौहत्तर",
    "पचहत्तर",
    "छिहत्तर",
    "सतहत्तर",
    "अठहत्तर",
    "उनासी", //
    "अस्सी",
    "इक्यासी",
    "बयासी",
    "तिरासी",
    "चौरासी",
    "पचासी",
    "छियासी",
    "सत्तासी",
    "अट्ठासी",
    "नवासी", //
    "नब्बे",
    "इक्यानवे",
    "बानवे",
    "तिरानवे",
    "चौरानवे",
    "पंचानवे",
    "छियानवे",
    "सत्तानवे",
    "अट्ठानवे",
    "निन्यानवे",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_out() {
        for (amount, words) in [
            ("0", "Rupees Zero Only"),
            ("1", "Rupees One Only"),
            ("0.01", "Rupees Zero and One Paisa Only"),
            ("0.50", "Rupees Zero and Fifty Paise Only"),
            ("15", "Rupees Fifteen Only"),
            ("20", "Rupees Twenty Only"),
            ("100", "Rupees One Hundred Only"),
            ("1000.00", "Rupees One Thousand Only"),
            (
                "3538.82",
                "Rupees Three Thousand Five Hundred Thirty-Eight and Eighty-Two Paise Only",
            ),
            ("100000", "Rupees One Lakh Only"),
            (
                "1234567.50",
                "Rupees Twelve Lakh Thirty-Four Thousand Five Hundred Sixty-Seven and Fifty Paise Only",
            ),
            ("10000000", "Rupees One Crore Only"),
            ("10000001", "Rupees One Crore One Only"),
            (
                "99999999999.99",
                "Rupees Nine Thousand Nine Hundred Ninety-Nine Crore Ninety-Nine Lakh Ninety-Nine Thousand Nine Hundred Ninety-Nine and Ninety-Nine Paise Only",
            ),
        ] {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!(rupees(amount, Language::English).as_deref(), Some(words));
        }
        for amount in ["-1", "0.005", "100000000000"] {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!(rupees(amount, Language::English), None, "{amount}");
        }
        assert!(rupees(Decimal::new(0, 2), Language::English).is_some());
        assert_eq!(rupees(Decimal::MAX, Language::Hindi), None);
    }

    #[test]
    fn hindi_has_a_word_for_each_number_below_a_hundred() {
        for (amount, words) in [
            ("1", "एक रुपया मात्र"),
            (
                "1234567.50",
                "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ रुपये और पचास पैसे मात्र",
            ),
            ("3538.82", "तीन हज़ार पाँच सौ अड़तीस रुपये और बयासी पैसे मात्र"),
            ("0.01", "शून्य रुपये और एक पैसा मात्र"),
        ] {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!(rupees(amount, Language::Hindi).as_deref(), Some(words));
        }
        let mut different: Vec<_> = HINDI.to_vec();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 100);
    }
}
