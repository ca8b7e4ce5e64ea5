//! Pages that a search found or a reader read, and what can be quoted from them.

use std::sync::LazyLock;

use bharat::rupees;
use regex::Regex;
use serde_json::{Value, json};

use super::text;
use crate::offline::brief::Brief;
use crate::offline::ideas::capital;

/// A page, once for all tools that saw it.
#[derive(Debug, Clone)]
pub(in crate::offline) struct Page {
    pub title: String,
    pub url: String,
    /// Its own date.
    pub published: Option<String>,
    /// What it says, or what the search shows of it.
    pub text: String,
    /// Opened, not only found.
    pub read: bool,
}

pub(in crate::offline) fn pages(brief: &Brief<'_>) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    let mut add = |page: Page| {
        let same = |url: &str| url.trim_end_matches('/').to_lowercase();
        match pages
            .iter_mut()
            .find(|known| same(&known.url) == same(&page.url))
        {
            Some(known) => {
                known.read |= page.read;
                known.published = known.published.take().or(page.published);
                if page.read {
                    known.text = page.text;
                }
            }
            None => pages.push(page),
        }
    };
    for tool in ["scraper", "page_audit"] {
        for reply in brief.replies(tool) {
            let said = [text(reply, "description"), text(reply, "text")].join(" ");
            add(Page {
                title: title(reply),
                url: text(reply, "url").to_owned(),
                published: None,
                text: said.trim().to_owned(),
                read: true,
            });
        }
    }
    let results = brief
        .replies("web_search")
        .filter_map(|reply| reply.get("results")?.as_array());
    for result in results.flatten() {
        add(Page {
            title: title(result),
            url: text(result, "url").to_owned(),
            published: result
                .get("published")
                .and_then(Value::as_str)
                .map(str::to_owned),
            text: text(result, "snippet").to_owned(),
            read: false,
        });
    }
    // Profiles of people there are no source for anybody else.
    pages.retain(|page| !page.url.is_empty() && !host(&page.url).contains("linkedin."));
    pages
}

fn host(url: &str) -> &str {
    let rest = url
        .split("://")
        .last()
        .unwrap_or(url)
        .trim_start_matches("www.");
    rest.split('/').next().unwrap_or(rest)
}

/// A name from an address, where there is nothing better.
pub(super) fn label(url: &str) -> String {
    capital(host(url).split('.').next().unwrap_or(url))
}

/// Whose page it is: the part of its title that is like its address, else the first. `None` for pages
/// that list others.
pub(super) fn owner(page: &Page) -> Option<String> {
    let plain = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect()
    };
    let lower = page.title.to_lowercase();
    if ["member", "directory", "list of", "association"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return None;
    }
    let label = plain(host(&page.url).split('.').next().unwrap_or_default());
    let alike = |part: &str| {
        plain(part)
            .chars()
            .zip(label.chars())
            .take_while(|(one, other)| one == other)
            .count()
    };
    let parts: Vec<&str> = page
        .title
        .split(['|', '–', ':'])
        .flat_map(|part| part.split(" - "))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let best = parts
        .iter()
        .max_by_key(|part| alike(part))
        .filter(|part| alike(part) >= 4);
    let name = best.or(parts.first())?;
    Some(name.split(',').next().unwrap_or(name).trim().to_owned())
}

fn title(page: &Value) -> String {
    match text(page, "title") {
        "" => text(page, "url").to_owned(),
        title => title.to_owned(),
    }
}

pub(super) fn sources(brief: &Brief<'_>) -> Vec<Value> {
    pages(brief)
        .iter()
        .map(|page| {
            json!({
                "title": page.title, "url": page.url, "published": page.published, "date": page.published,
                "read": page.read, "claim": first_sentence(&page.text).unwrap_or_else(|| page.title.clone()),
            })
        })
        .collect()
}

/// Sentences that pages print, with their addresses; for figures, those with a number in them.
pub(super) fn findings(brief: &Brief<'_>, figures: bool) -> Vec<Value> {
    let mut found = Vec::new();
    for page in pages(brief) {
        for sentence in sentences(&page.text) {
            let number = NUMBER
                .find(sentence)
                .map(|number| number.as_str().trim().to_owned());
            if figures && number.is_none() {
                continue;
            }
            let year = page
                .published
                .as_ref()
                .and_then(|day| day.get(..4)?.parse::<i64>().ok());
            found.push(json!({
                "finding": sentence, "claim": sentence, "what": sentence, "point": sentence, "value": number,
                "year": year, "source_url": page.url, "url": page.url, "title": page.title,
                "agreement": "one_source", "evidence": sentence,
            }));
        }
    }
    found.truncate(8);
    found
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:₹\s?)?\d[\d,]*(?:\.\d+)?(?:\s?(?:%|percent|lakh|crore|tonnes?|litres?|kilograms?|kg|shops?|traders?|stalls?|rupees))?")
        .expect("a valid pattern")
});
static PRICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:₹|\bRs\.?\s?)\s?(\d[\d,]*(?:\.\d+)?)").expect("a valid pattern")
});

/// Whole sentences that say something; a fragment or a greeting is none.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '!', '?', '।'])
        .map(str::trim)
        .filter(|sentence| sentence.split_whitespace().count() >= 5)
        .take(6)
}

fn first_sentence(text: &str) -> Option<String> {
    sentences(text).next().map(str::to_owned)
}

/// What a page says of GST.
pub(super) fn gst_said(text: &str) -> &'static str {
    let lower = text.to_lowercase();
    let has = |any: &[&str]| any.iter().any(|words| lower.contains(words));
    if has(&[
        "gst extra",
        "+ gst",
        "plus gst",
        "gst additional",
        "excluding gst",
    ]) {
        "extra"
    } else if has(&[
        "include gst",
        "gst included",
        "including gst",
        "inclusive of gst",
        "incl. gst",
    ]) {
        "included"
    } else {
        "not_said"
    }
}

/// Prices that the pages read print, with the words before them.
pub(super) fn prices(brief: &Brief<'_>) -> Vec<Value> {
    let mut prices = Vec::new();
    for page in pages(brief).into_iter().filter(|page| page.read) {
        for found in PRICE.captures_iter(&page.text) {
            let whole = found.get(0).map_or(0..0, |all| all.range());
            let before = page.text[..whole.start]
                .rsplit(['.', ';', ',', ':', '\n', '|'])
                .next()
                .unwrap_or_default()
                .trim();
            let conditions = [
                "above", "below", "over", "under", "than", "from", "minimum", "order",
            ];
            let item = before.split_whitespace().count();
            let condition = before
                .split_whitespace()
                .next_back()
                .is_some_and(|word| conditions.contains(&word.to_lowercase().as_str()));
            if item == 0 || item > 8 || condition {
                continue;
            }
            prices.push(json!({
                "item": before, "price": &page.text[whole.clone()],
                "price_inr": rupees::parse(&found[1]).and_then(|price| price.normalize().to_string().parse::<serde_json::Number>().ok()),
                "gst": gst_said(&page.text), "source_url": page.url, "seen_on": brief.facts.today.to_string(),
                "unit": null, "level": "not_said", "as_of": page.published,
            }));
        }
    }
    prices.truncate(10);
    prices
}

/// The first price a text prints, as printed and as a number.
pub(super) fn first_price(text: &str) -> Option<(String, rust_decimal::Decimal)> {
    let found = PRICE.captures(text)?;
    Some((found[0].trim().to_owned(), rupees::parse(&found[1])?))
}

/// What to change for a problem that the audit names.
pub(in crate::offline) fn fix(code: &str) -> &'static str {
    match code.split('.').next().unwrap_or_default() {
        "title" => "Write a title with the trade and the town first, about 55 characters.",
        "description" => "Write a description of about 150 characters with one reason to come.",
        "h1" => "Give the page one main heading that says what is sold and where.",
        "images" => "Say in a few words what each picture shows (alt text).",
        "viewport" => "Add the viewport tag, so that phones show the page in a readable size.",
        "canonical" => "Name the page's own address as its canonical address.",
        "lang" => "Name the page's language in its first tag.",
        "text" => "Say on the page what is sold, to whom, where, and at which hours.",
        "https" => "Serve the page over https.",
        _ => "Mend what the message says.",
    }
}
