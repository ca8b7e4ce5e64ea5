//! Names of people and firms: capitals, and titles that are no part of them.

/// Before a person's name.
const TITLES: &[&str] = &[
    "shri",
    "shree",
    "sri",
    "smt",
    "shrimati",
    "srimati",
    "kumari",
    "kum",
    "mr",
    "mrs",
    "ms",
    "miss",
    "श्री",
    "श्रीमती",
    "सुश्री",
];
/// Of these, those that a name can begin with.
const HOLY: &[&str] = &["shri", "shree", "sri", "श्री"];
/// Before a firm's.
const FIRM_TITLES: &[&str] = &["m/s", "m/s.", "messrs", "messrs."];
/// After a person's.
const AFTER: &[&str] = &["ji", "जी", "saheb", "sahab", "bhaiya"];

/// Words of firms: gods and saints open their names with `Shri`, which then stays.
const FIRM_WORDS: &[&str] = &[
    "traders",
    "trader",
    "trading",
    "textile",
    "textiles",
    "store",
    "stores",
    "enterprise",
    "enterprises",
    "industries",
    "industry",
    "pvt",
    "ltd",
    "limited",
    "llp",
    "co",
    "company",
    "corporation",
    "agency",
    "agencies",
    "sons",
    "brothers",
    "bros",
    "jewellers",
    "jewellery",
    "sarees",
    "silk",
    "silks",
    "mart",
    "bhandar",
    "sweets",
    "foods",
    "bakery",
    "medical",
    "medicals",
    "hospital",
    "clinic",
    "school",
    "college",
    "institute",
    "academy",
    "motors",
    "steel",
    "steels",
    "mills",
    "mill",
    "garments",
    "fashion",
    "fashions",
    "boutique",
    "electronics",
    "electricals",
    "hardware",
    "furniture",
    "hotel",
    "restaurant",
    "caterers",
    "tours",
    "travels",
    "builders",
    "constructions",
    "associates",
    "consultants",
    "solutions",
    "services",
    "studio",
    "creations",
    "exports",
    "impex",
    "international",
    "group",
    "trust",
    "foundation",
    "works",
    "udyog",
    "vastralaya",
    "kirana",
    "&",
];

/// Small words within a name.
const SMALL: &[&str] = &["and", "of", "the", "for", "in"];

/// A name without titles and with capitals, and why.
pub(super) fn clean(text: &str, person: bool) -> (String, Option<String>) {
    let (bare, removed) = without_titles(text, person);
    let (cased, why) = cased(&bare);
    let titles = removed.map(|title| format!("{title:?} is a title, not part of the name"));
    let reasons: Vec<String> = titles.into_iter().chain(why).collect();
    (cased, (!reasons.is_empty()).then(|| reasons.join("; ")))
}

fn without_titles(text: &str, person: bool) -> (String, Option<String>) {
    let mut words: Vec<&str> = text.split(' ').collect();
    let mut removed: Vec<&str> = Vec::new();
    let plain = |word: &str| word.trim_end_matches('.').to_lowercase();
    while words.len() > 1 && FIRM_TITLES.contains(&words[0].to_lowercase().as_str()) {
        removed.push(words.remove(0));
    }
    let firm = words
        .iter()
        .any(|word| FIRM_WORDS.contains(&plain(word).as_str()));
    if person && !firm {
        while words.len() > 1 && TITLES.contains(&plain(words[0]).as_str()) {
            // `Shri Ram` may be a name as it stands.
            if words.len() == 2 && HOLY.contains(&plain(words[0]).as_str()) {
                break;
            }
            removed.push(words.remove(0));
        }
        while words.len() > 1
            && words
                .last()
                .is_some_and(|word| AFTER.contains(&plain(word).as_str()))
        {
            removed.extend(words.pop());
        }
    }
    let title = (!removed.is_empty()).then(|| removed.join(" "));
    (words.join(" "), title)
}

/// Capitals for a name whose words are each all small or all capital letters; another stays as its
/// owner writes it.
pub(super) fn cased(text: &str) -> (String, Option<String>) {
    let one_case = |word: &str| {
        !(word.contains(|c: char| c.is_ascii_uppercase())
            && word.contains(|c: char| c.is_ascii_lowercase()))
    };
    if !text.split(' ').all(one_case) {
        return (text.to_owned(), None);
    }
    let words: Vec<String> = text
        .split(' ')
        .enumerate()
        .map(|(at, word)| cased_word(word, at == 0))
        .collect();
    let cased = words.join(" ");
    let why = (cased != text).then(|| "a name with capitals".to_owned());
    (cased, why)
}

fn cased_word(word: &str, first: bool) -> String {
    if !word.is_ascii() {
        return word.to_owned();
    }
    let lower = word.to_lowercase();
    if SMALL.contains(&lower.as_str()) && !first {
        return lower;
    }
    let letters = lower.chars().filter(char::is_ascii_alphabetic).count();
    let vowel = lower.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    // `KPR`, `RK`, `S.`: initials. `Ltd`, `Pvt` and `Mrs` are not.
    let short = ["ltd", "pvt", "dr", "mr", "mrs", "smt", "st", "co", "bros"];
    let capital = word.contains(|c: char| c.is_ascii_uppercase());
    if capital && letters <= 3 && !vowel && !short.contains(&lower.trim_end_matches('.')) {
        return word.to_owned();
    }
    // Each part begins with a capital: `Anne-Marie`, `R.K.`, `D'Souza`; but `Men's`.
    let mut cased = String::new();
    let mut start = true;
    let mut rest = lower.chars().peekable();
    while let Some(c) = rest.next() {
        cased.push(if start { c.to_ascii_uppercase() } else { c });
        start = match c {
            '\'' => rest.clone().count() > 1,
            c => !c.is_ascii_alphanumeric(),
        };
    }
    cased
}
