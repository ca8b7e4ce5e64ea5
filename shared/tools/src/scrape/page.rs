use scraper::{ElementRef, Html, Node, Selector};
use serde_json::{Map, Value, json};

use crate::ToolError;

/// The text of a page that is handed on, in characters.
const MAX_TEXT: usize = 12_000;
/// What one selector picks out, at most.
const MAX_PICKED: usize = 50;
const UNREAD: &[&str] = &["script", "style", "noscript", "template", "svg", "iframe"];

/// Title, description, visible text and what the selectors pick out.
pub(super) fn extract(body: &str, html: bool, selectors: &Value) -> Result<Value, ToolError> {
    if !html {
        return Ok(json!({ "title": null, "description": null, "text": shorten(body), "data": {} }));
    }
    let page = Html::parse_document(body);
    let first = |selector: &str| Selector::parse(selector).ok().and_then(|selector| page.select(&selector).next());
    let title = first("title").map(|element| words(element));
    let description = first("meta[name=description], meta[property='og:description']")
        .and_then(|element| element.value().attr("content"))
        .map(str::to_owned);
    let mut data = Map::new();
    for (name, selector) in selectors.as_object().into_iter().flatten() {
        let selector = selector.as_str().unwrap_or_default();
        let parsed = Selector::parse(selector)
            .map_err(|_| ToolError::new("selector.invalid", format!("{name}: {selector:?} is not a CSS selector")))?;
        let picked: Vec<String> = page.select(&parsed).take(MAX_PICKED).map(words).filter(|text| !text.is_empty()).collect();
        data.insert(name.clone(), json!(picked));
    }
    let text = first("body").map(words).unwrap_or_default();
    Ok(json!({ "title": title, "description": description, "text": shorten(&text), "data": data }))
}

/// The visible words of an element, single-spaced.
fn words(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        if let Node::Text(piece) = node.value() {
            let hidden = node.ancestors().any(|above| {
                above.value().as_element().is_some_and(|element| UNREAD.contains(&element.name()))
            });
            if !hidden {
                text.push_str(piece);
                text.push(' ');
            }
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
