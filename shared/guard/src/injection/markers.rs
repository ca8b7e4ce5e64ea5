//! Signs that are not words: chat templates, forged block ends, addresses that carry data out.

use super::phrases::Family;

/// Punctuation that only a prompt has, as it stands in a folded text.
const MARKERS: &[(Family, f32, &str)] = &[
    (Family::Authority, 0.7, "<|im_start|>"),
    (Family::Authority, 0.7, "<|im_end|>"),
    (Family::Authority, 0.7, "<|system|>"),
    (Family::Authority, 0.7, "<|endoftext|>"),
    (Family::Authority, 0.7, "<|eot_id|>"),
    (Family::Authority, 0.7, "<start_of_turn>"),
    (Family::Authority, 0.65, "[inst]"),
    (Family::Authority, 0.65, "[/inst]"),
    (Family::Authority, 0.65, "<<sys>>"),
    (Family::Authority, 0.6, "</system>"),
    (Family::Authority, 0.6, "<system>"),
    (Family::Authority, 0.6, "[system]"),
    (Family::Authority, 0.6, "[system message]"),
    (Family::Authority, 0.6, "</untrusted"),
    (Family::Authority, 0.6, "</user_input>"),
    (Family::Authority, 0.6, "### system"),
    (Family::Authority, 0.6, "### instruction"),
    (Family::Authority, 0.5, "\nsystem:"),
    (Family::Authority, 0.5, "\nassistant:"),
];

pub(super) fn markers(text: &str) -> Vec<(Family, f32)> {
    let mut found: Vec<_> = MARKERS
        .iter()
        .filter(|(_, _, marker)| text.contains(marker))
        .map(|(family, weight, _)| (*family, *weight))
        .collect();
    if text.starts_with("system:") || text.starts_with("assistant:") {
        found.push((Family::Authority, 0.5));
    }
    if has_leaking_image(text) {
        found.push((Family::Exfiltration, 0.55));
    }
    found
}

/// A Markdown image whose address has a placeholder in its query: rendering it would send the data.
fn has_leaking_image(text: &str) -> bool {
    /// In bytes, so that a text full of beginnings stays cheap to read.
    const LONGEST_IMAGE: usize = 1_000;
    text.match_indices("![").any(|(at, _)| {
        let image = super::prefix(&text[at..], LONGEST_IMAGE);
        let address = image
            .split_once("](")
            .and_then(|(_, rest)| rest.split_once(')'));
        address.is_some_and(|(address, _)| {
            let query = address.split_once('?').map_or("", |(_, query)| query);
            query.contains(['{', '[', '<'])
        })
    })
}
