use std::time::Duration;

use html5ever::driver::{self, ParseOpts};
use html5ever::tendril::TendrilSink;
use scraper::{ElementRef, Html, HtmlTreeSink, Node, Selector};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::ToolError;

/// The text of a page that is handed on, in characters.
const MAX_TEXT: usize = 12_000;
/// What one selector picks out, at most.
const MAX_PICKED: usize = 50;
/// One thing that is picked out, the title or the description, in characters.
const MAX_PART: usize = 1_000;
/// All that selectors pick out, in characters.
const MAX_DATA: usize = 12_000;
/// Browsers stop at about this depth too.
const MAX_DEPTH: usize = 512;
const MAX_NODES: usize = 500_000;
const MAX_PARSE: Duration = Duration::from_secs(1);
/// What is parsed between two looks at the limits, in bytes.
const PIECE: usize = 512;
const UNREAD: &[&str] = &["script", "style", "noscript", "template", "svg", "iframe"];

/// Title, description, visible text and what the selectors pick out.
pub(super) fn extract(body: &str, html: bool, selectors: &Value) -> Result<Value, ToolError> {
    if !html {
        return Ok(
            json!({ "title": null, "description": null, "text": shorten(body, MAX_TEXT), "data": {} }),
        );
    }
    let page = parse(body).ok_or_else(too_complex)?;
    let first = |selector: &str| {
        Selector::parse(selector)
            .ok()
            .and_then(|selector| page.select(&selector).next())
    };
    let title = first("title").map(|element| words(element, MAX_PART));
    let description = first("meta[name=description], meta[property='og:description']")
        .and_then(|element| element.value().attr("content"))
        .map(|text| shorten(text, MAX_PART));
    let (mut data, mut left) = (Map::new(), MAX_DATA);
    for (name, selector) in selectors.as_object().into_iter().flatten() {
        let selector = selector.as_str().unwrap_or_default();
        let parsed = Selector::parse(selector).map_err(|_| {
            ToolError::new(
                "selector.invalid",
                format!("{name}: {selector:?} is not a CSS selector"),
            )
        })?;
        let mut picked = vec![];
        for element in page.select(&parsed).take(MAX_PICKED) {
            let text = words(element, left.min(MAX_PART));
            left -= text.chars().count();
            if !text.is_empty() {
                picked.push(text);
            }
        }
        data.insert(name.clone(), json!(picked));
    }
    let text = first("body")
        .map(|element| words(element, MAX_TEXT))
        .unwrap_or_default();
    Ok(json!({ "title": title, "description": description, "text": text, "data": data }))
}

pub(super) fn too_complex() -> ToolError {
    ToolError::new(
        "page.too_complex",
        "the page is built so that it can't be read",
    )
}

/// The document. `None` when it is one that only an attacker writes: the parser's time grows with the
/// square of the nesting and of the attributes of an element, minutes for a page of allowed size, in which
/// nothing else on this thread would run and no timeout would fire.
pub(crate) fn parse(body: &str) -> Option<Html> {
    let started = Instant::now();
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = driver::parse_document(sink, ParseOpts::default());
    let (mut rest, mut known) = (body, 0);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        parser.process(piece.into());
        rest = after;
        let page = parser.tokenizer.sink.sink.0.borrow();
        let nodes = page.tree.values().len();
        let mut new = page.tree.nodes().rev().take(nodes - known);
        if nodes > MAX_NODES
            || started.elapsed() > MAX_PARSE
            || new.any(|node| node.ancestors().nth(MAX_DEPTH).is_some())
        {
            return None;
        }
        known = nodes;
    }
    Some(parser.finish())
}

/// The texts of an element that are seen, in order.
pub(crate) fn visible(element: ElementRef<'_>) -> impl Iterator<Item = &str> {
    let unread = |node: &Node| {
        node.as_element()
            .is_some_and(|element| UNREAD.contains(&element.name()))
    };
    let hidden = element.ancestors().any(|above| unread(above.value()));
    let mut ahead = if hidden { vec![] } else { vec![*element] };
    std::iter::from_fn(move || {
        while let Some(node) = ahead.pop() {
            match node.value() {
                Node::Text(piece) => return Some(&**piece),
                hidden if unread(hidden) => {}
                _ => ahead.extend(node.children().rev()),
            }
        }
        None
    })
}

/// The first visible words of an element, single-spaced, to so many characters.
pub(super) fn words(element: ElementRef<'_>, most: usize) -> String {
    let mut text = String::new();
    for piece in visible(element) {
        for word in piece.split_whitespace() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        // A character has four bytes at most.
        if text.len() > 4 * most {
            break;
        }
    }
    shorten(&text, most)
}

pub(super) fn shorten(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
