//! The router's vocabulary: words that say nothing, and words of several languages that say the same.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::text::{latin, phonetic, stem};

/// Words that say nothing about what is wanted. Indic scripts meet the romanised ones; those that stand
/// here in their own script would meet an English word that counts, or no spelling that people use.
const STOP: &str = "
    a ab about after again agar all also am an and any anyone apna apne apni are as at aur bana
    banado banaiye banana banao bas bata bataiye batao be been before being bhai bhi bol both
    but by can chahie chahiye come could de dedo dena denge di did didnt dijiye diya diye do
    does doing done dont each ek even every fir first for from gaya gaye gayi get give go going
    got had hai hain hamara hamare hamari hame hamen has have he help her here hi him his ho
    hoga hogi hona hoon how hu hua hue hui hum humara humari hume humein hun i if im in into is
    iska iske iski isko isme isnt it its jab ji jo just ka kab kaha kahan kaisa kaise kaisi kar
    kardo kare karen karke karna karne karo karu karun karwana ke ki kijiye kis kisi know ko koi
    kuch kya kyon kyu kyun le let lets like likh likhna likho liye lo madam mai main make mat
    may maybe me mein mera mere meri might more much mujhe must my na nahi nahin need no not now
    of off oh ok okay on one only or our out over par phir please pls plz put rah raha rahe rahi
    sab same say se see she should since sir sirf so some someone something still such tab tak
    take tell tha than thanks that the their them then there these they thi this those through
    to toh too two un under unka unke unki unko until up upon us use uska uske uski usko usme
    vala vale vali very waala wala wale wali want wants was way we were what when where whether
    which while who whom why will with without wo woh would write ya yah ye yeh yes yet you your
    में लिए वह बनाएं";

/// Spellings that folding does not bring together, and words of several languages for one thing: the
/// word that stands for all of them, then the others.
const SAME: &str = "
    divali: dipavali dipavli tipavali tipavli divaali dewali
    competitor: rival competition competing opponent pratiyogi pratispardhi pratidvandi pratidvandvi muqabla mukabla harif spardhak potiyal kompititar kampititar
    campaign: abhiyan kampen kaimpen prachar promotion promote vigyapan jahirat jaherat vilampar
    plan: yojna yojana roadmap strategy titam
    gst: jiesti
    igst: aijiesti
    cgst: sijiesti
    sgst: esjiesti
    utgst: yutijiesti
    tax: taiks teks
    invoice: invois inavois bil bill
    lead: lid lids prospect enquiry inquiry puchtach puchhtachh
    customer: grahak grahk client buyer kastamar kastmar party vatikaiyal
    score: skor rank grade prioritise prioritize
    qualification: qualify qualified
    duplicate: dedupe dedup deduplicate deduplication duplicat duplicats dupliket repeated repeat
    clean: saf cleanup cleaning tidy sudhar sudharo
    fix: thik correct rectify
    data: deta
    list: suchi patiyal
    excel: sheet spreadsheet csv xls xlsx eksel
    number: nambar nos
    phone: mobile fon mobail
    analysis: analyse analyze analysing vishleshan
    compare: comparison versus vs
    research: janch
    website: vebsait vebsit site url
    price: kimat daam dam pricing priced vilai charge charges
    shop: dukan store showroom katai
    offer: ofar skim scheme discount salugai chalugai
    message: msg mesej maisej sandesh sms
    festival: festive tyohar tyauhar tyouhar
    weakness: kamzori kamjori
    budget: bajat bajet
    calculate: calculation hisab
    split: break breakup bifurcate
    amount: rs inr rupee rupaye rupaya rupay rupe lakh lac hazar hajar thousand crore karod
    percent: percentage pratishat pratishad
    whatsapp: vhatsaip vatsaip vatsap whatsap
    delete: hatao hata remove";

/// Words of business and marketing in several languages, by the English word they stand for.
const WORDS: &str = include_str!("../data/lexicon.txt");

struct Lexicon {
    stop: HashSet<&'static str>,
    /// From a spelling to the word it stands for, folded.
    same: HashMap<String, String>,
    /// From a folded word to what it is one of several words for.
    concepts: HashMap<String, String>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let (mut same, mut concepts) = (HashMap::new(), HashMap::new());
    for line in SAME.lines() {
        let Some((meant, spellings)) = line.split_once(':') else {
            continue;
        };
        let meant = stem(&phonetic(meant.trim()));
        for spelling in spellings.split_whitespace() {
            same.entry(stem(&phonetic(spelling)))
                .or_insert_with(|| meant.clone());
            same.insert(spelling.to_owned(), meant.clone());
        }
    }
    // What stands above was made with more care: it comes first.
    for line in WORDS.lines() {
        let Some((meant, spellings)) = line.split_once(':') else {
            continue;
        };
        let meant = stem(&phonetic(meant.trim()));
        let meant = same.get(&meant).cloned().unwrap_or(meant);
        for spelling in spellings.split_whitespace() {
            let folded = stem(&phonetic(&latin(spelling)));
            concepts.entry(folded).or_insert_with(|| meant.clone());
        }
        concepts.insert(meant.clone(), meant);
    }
    Lexicon {
        stop: STOP.split_whitespace().collect(),
        same,
        concepts,
    }
});

/// What a folded word is one of several words for.
pub fn concept(folded: &str) -> Option<&'static str> {
    LEXICON.concepts.get(folded).map(String::as_str)
}

/// Whether a word says nothing about what is wanted.
pub fn is_stop(word: &str) -> bool {
    LEXICON.stop.contains(word)
}

/// The word that this spelling stands for.
pub fn meant(spelling: &str) -> Option<String> {
    LEXICON.same.get(spelling).cloned()
}
