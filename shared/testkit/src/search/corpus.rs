//! Invented businesses. Their addresses end in `.example`, which leads nowhere (RFC 2606).

use std::fmt::Write;

/// What an engine finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    pub url: String,
    pub snippet: String,
    /// `YYYY-MM-DD`.
    pub published: Option<String>,
}

const NAMES: &[&str] = &[
    "Shree Laxmi",
    "Annapurna",
    "Balaji",
    "Jai Ambe",
    "Meenakshi",
    "Navrang",
    "Om Sai",
    "Padmavati",
    "Rajdhani",
    "Saraswati",
    "Tirupati",
    "Vaishnavi",
];
const CITIES: &[&str] = &[
    "Ahmedabad",
    "Bengaluru",
    "Chennai",
    "Hyderabad",
    "Indore",
    "Jaipur",
    "Kochi",
    "Kolkata",
    "Mumbai",
    "Nagpur",
    "Pune",
    "Surat",
];
const KINDS: &[&str] = &[
    "Traders",
    "Enterprises",
    "Industries",
    "Emporium",
    "and Sons",
    "Agencies",
];

/// The pages that there are on a query, best first: eight, the same every time, no two of one business.
pub fn pages(query: &str) -> Vec<Page> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let topic = words.join(" ");
    let seed = number(&topic);
    (0..8_u64).map(|place| page(&topic, seed, place)).collect()
}

fn page(topic: &str, seed: u64, place: u64) -> Page {
    let name = pick(NAMES, seed + place);
    let kind = pick(KINDS, seed / 7 + place);
    let city = pick(CITIES, seed / 31 + 5 * place);
    let slug = |text: &str| text.to_lowercase().replace(' ', "-");
    let mut path = String::new();
    for word in topic.split(' ').take(4) {
        let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        if !word.is_empty() {
            let _ = write!(path, "/{word}");
        }
    }
    let (month, day) = (1 + (seed / 3 + place) % 12, 1 + (seed / 5 + place) % 28);
    Page {
        title: format!("{name} {kind}, {city}: {topic}"),
        url: format!("https://{}-{}.example{path}", slug(name), slug(city)),
        snippet: format!(
            "{name} {kind} in {city} deals in {topic}. Open since {}; about {} orders a month & delivery across India.",
            1975 + (seed + place) % 45,
            10 * (1 + (seed / 11 + place) % 90),
        ),
        published: place
            .is_multiple_of(2)
            .then(|| format!("2025-{month:02}-{day:02}")),
    }
}

fn pick<'a>(from: &[&'a str], at: u64) -> &'a str {
    let at = usize::try_from(at % from.len() as u64).unwrap_or_default();
    from[at]
}

/// FNV-1a, cut so that sums of it fit.
pub fn number(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash >> 32
}
