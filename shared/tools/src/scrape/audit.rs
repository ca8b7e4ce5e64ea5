//! `page_audit`: what a page says of itself to search engines, counted by code.
//!
//! Problems go by these rules, in this order; a page has a problem or has not, nothing is weighed:
//!
//! | code | when |
//! |---|---|
//! | `status.failed` | the page answers with anything but 2xx |
//! | `https.missing` | it is read over http |
//! | `robots.noindex` | a robots meta tag says `noindex` or `none` |
//! | `title.missing`, `title.long` | no title, or more than 60 characters |
//! | `description.missing`, `description.long` | no meta description, or more than 160 characters |
//! | `h1.missing`, `h1.several` | no `h1` with text, or more than one |
//! | `images.alt` | an image has no `alt` attribute (an empty one is right for decoration) |
//! | `viewport.missing`, `canonical.missing`, `lang.missing` | no such tag, or an empty one |
//! | `text.thin` | fewer than 200 visible words |
//!
//! Search engines publish no limits: 60 and 160 characters are about what their result pages show.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};
use url::Url;

use super::fetch::{Fetcher, Page};
use super::{CALL_TIMEOUT, page};
use crate::{Rate, Spec, Tool, ToolContext, ToolError, prices};

const MAX_TITLE: usize = 60;
const MAX_DESCRIPTION: usize = 160;
const MIN_WORDS: usize = 200;
/// First headings and types that are listed.
const MAX_LISTED: usize = 20;
/// A text that is repeated, in characters.
const MAX_PART: usize = 1_000;

pub struct PageAudit {
    spec: Spec,
    fetcher: Arc<Fetcher>,
}

impl PageAudit {
    pub fn over(fetcher: Arc<Fetcher>) -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["url"],
            "properties": { "url": { "type": "string", "maxLength": 2048, "description": "A public http or https address" } }
        });
        let spec = Spec {
            name: "page_audit",
            description: "On-page SEO facts of one public web page, counted by code: title, description, headings, words, images, links, tags, and the problems they show.",
            parameters,
            cost: prices::PAGE,
            timeout: CALL_TIMEOUT,
            rate: Rate {
                calls: 30,
                per: Duration::from_secs(60),
            },
        };
        Self { spec, fetcher }
    }
}

#[async_trait]
impl Tool for PageAudit {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let text = args["url"].as_str().unwrap_or_default().trim();
        let page = self.fetcher.page(text).await?;
        if !page.is_html() {
            let refusal = page.refusal();
            return Err(refusal.unwrap_or_else(|| {
                let message = format!("the page is {}, and only HTML can be audited", page.kind);
                ToolError::new("page.type", message)
            }));
        }
        let html = page::parse(&page.body).ok_or_else(page::too_complex)?;
        let facts = Facts::of(&page, &html);
        let problems: Vec<Value> = problems(&facts)
            .into_iter()
            .map(|(code, message)| json!({ "code": code, "message": message }))
            .collect();
        Ok(facts.answer(&problems))
    }
}

struct Facts<'a> {
    page: &'a Page,
    title: Option<String>,
    description: Option<String>,
    h1: Vec<String>,
    /// Of `h1` to `h6`.
    headings: [usize; 6],
    words: usize,
    images: usize,
    images_without_alt: usize,
    canonical: Option<String>,
    lang: Option<String>,
    viewport: bool,
    noindex: bool,
    structured_data: BTreeSet<String>,
    internal: usize,
    external: usize,
}

impl<'a> Facts<'a> {
    fn of(page: &'a Page, html: &Html) -> Self {
        let content = |css: &str| attribute(html, css, "content");
        let base = attribute(html, "base[href]", "href")
            .and_then(|base| page.url.join(&base).ok())
            .unwrap_or_else(|| page.url.clone());
        let (mut internal, mut external) = (0, 0);
        for link in html.select(&selector("a[href]")) {
            let href = link.attr("href").unwrap_or_default().trim();
            let Some(url) = base.join(href).ok().filter(|_| !href.starts_with('#')) else {
                continue;
            };
            match url.scheme() {
                "http" | "https" if site(&url) == site(&page.url) => internal += 1,
                "http" | "https" => external += 1,
                _ => {}
            }
        }
        let h1 = selector("h1");
        let h1 = html.select(&h1);
        let body = html.select(&selector("body")).next();
        let words = body.map_or(0, |body| {
            let texts = page::visible(body);
            texts.map(|text| text.split_whitespace().count()).sum()
        });
        let robots = content("meta[name=robots i], meta[name=googlebot i]");
        let noindex = robots.is_some_and(|rules| {
            let mut rules = rules.split(',').map(|rule| rule.trim().to_lowercase());
            rules.any(|rule| rule == "noindex" || rule == "none")
        });
        Self {
            title: html
                .select(&selector("title"))
                .next()
                .and_then(|title| given(page::words(title, MAX_PART))),
            description: content("meta[name=description i]"),
            h1: h1
                .filter_map(|h1| given(page::words(h1, MAX_PART)))
                .collect(),
            headings: ["h1", "h2", "h3", "h4", "h5", "h6"].map(|tag| count(html, tag)),
            words,
            images: count(html, "img"),
            images_without_alt: count(html, "img:not([alt])"),
            canonical: attribute(html, "link[rel~=canonical i][href]", "href").map(|href| {
                let url = base.join(&href);
                url.map_or(href, |url| page::shorten(url.as_str(), MAX_PART))
            }),
            lang: attribute(html, "html[lang]", "lang"),
            viewport: content("meta[name=viewport i]").is_some(),
            noindex,
            structured_data: structured_data(html),
            internal,
            external,
            page,
        }
    }

    fn answer(&self, problems: &[Value]) -> Value {
        let [h1, h2, h3, h4, h5, h6] = self.headings;
        let listed: Vec<&String> = self.h1.iter().take(MAX_LISTED).collect();
        json!({
            "url": self.page.url.as_str(),
            "status": self.page.status.as_u16(),
            "title": self.title,
            "title_length": length(self.title.as_ref()),
            "description": self.description,
            "description_length": length(self.description.as_ref()),
            "h1": listed,
            "headings": { "h1": h1, "h2": h2, "h3": h3, "h4": h4, "h5": h5, "h6": h6 },
            "words": self.words,
            "images": self.images,
            "images_without_alt": self.images_without_alt,
            "canonical": self.canonical,
            "lang": self.lang,
            "viewport": self.viewport,
            "https": self.page.url.scheme() == "https",
            "structured_data": self.structured_data,
            "links": { "internal": self.internal, "external": self.external },
            "bytes": self.page.body.len(),
            "problems": problems,
        })
    }
}

fn problems(facts: &Facts<'_>) -> Vec<(&'static str, String)> {
    let (title, description) = (
        length(facts.title.as_ref()),
        length(facts.description.as_ref()),
    );
    let (status, h1, without) = (facts.page.status, facts.h1.len(), facts.images_without_alt);
    let rules = [
        (
            !status.is_success(),
            "status.failed",
            format!("the page answers {status}"),
        ),
        (
            facts.page.url.scheme() != "https",
            "https.missing",
            "the page is not read over https".to_owned(),
        ),
        (
            facts.noindex,
            "robots.noindex",
            "the page asks search engines not to list it".to_owned(),
        ),
        (
            title == 0,
            "title.missing",
            "the page has no title".to_owned(),
        ),
        (
            title > MAX_TITLE,
            "title.long",
            format!("the title has {title} characters; more than {MAX_TITLE} are cut off"),
        ),
        (
            description == 0,
            "description.missing",
            "the page has no meta description".to_owned(),
        ),
        (
            description > MAX_DESCRIPTION,
            "description.long",
            format!(
                "the meta description has {description} characters; more than {MAX_DESCRIPTION} are cut off"
            ),
        ),
        (
            h1 == 0,
            "h1.missing",
            "the page has no h1 heading".to_owned(),
        ),
        (
            h1 > 1,
            "h1.several",
            format!("the page has {h1} h1 headings"),
        ),
        (
            without > 0,
            "images.alt",
            format!("{without} of {} images have no alt text", facts.images),
        ),
        (
            !facts.viewport,
            "viewport.missing",
            "the page has no viewport tag for phones".to_owned(),
        ),
        (
            facts.canonical.is_none(),
            "canonical.missing",
            "the page names no canonical address".to_owned(),
        ),
        (
            facts.lang.is_none(),
            "lang.missing",
            "the page does not say its language".to_owned(),
        ),
        (
            facts.words < MIN_WORDS,
            "text.thin",
            format!(
                "the page has {} words; fewer than {MIN_WORDS} are little to go by",
                facts.words
            ),
        ),
    ];
    let broken = rules.into_iter().filter(|(broken, ..)| *broken);
    broken.map(|(_, code, message)| (code, message)).collect()
}

/// The `@type` of JSON-LD, wherever it stands in it, and of microdata.
fn structured_data(html: &Html) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for script in html.select(&selector("script[type='application/ld+json' i]")) {
        let text: String = script.text().collect();
        let mut ahead: Vec<Value> = serde_json::from_str(&text).into_iter().collect();
        while let Some(value) = ahead.pop() {
            match value {
                Value::Array(items) => ahead.extend(items),
                Value::Object(object) => {
                    for (key, value) in object {
                        match (key.as_str(), value) {
                            ("@type", Value::String(name)) => note(&mut types, &name),
                            ("@type", Value::Array(names)) => names
                                .iter()
                                .filter_map(Value::as_str)
                                .for_each(|name| note(&mut types, name)),
                            (_, value) => ahead.push(value),
                        }
                    }
                }
                _ => {}
            }
        }
    }
    for item in html.select(&selector("[itemtype]")) {
        let kinds = item.attr("itemtype").unwrap_or_default();
        for kind in kinds.split_whitespace() {
            note(&mut types, kind.rsplit('/').next().unwrap_or_default());
        }
    }
    types
}

fn note(types: &mut BTreeSet<String>, name: &str) {
    let name = page::shorten(name.trim(), 100);
    if !name.is_empty() && types.len() < MAX_LISTED {
        types.insert(name);
    }
}

/// What two addresses of one site share.
fn site(url: &Url) -> Option<&str> {
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host))
}

fn count(html: &Html, css: &str) -> usize {
    html.select(&selector(css)).count()
}

/// Of the first such element that has it, unless it is empty.
fn attribute(html: &Html, css: &str, name: &str) -> Option<String> {
    let selector = selector(css);
    let mut values = html
        .select(&selector)
        .filter_map(|found: ElementRef<'_>| found.attr(name));
    given(page::shorten(values.next()?.trim(), MAX_PART))
}

fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, |text| text.chars().count())
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("constant selectors")
}
