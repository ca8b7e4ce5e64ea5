use std::collections::HashMap;

use chrono::NaiveDate;
use url::Url;

use super::canonical::canonical;
use super::engine::{EngineName, Hit};

/// One page, and which engines found it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub title: String,
    pub url: Url,
    pub snippet: String,
    pub published: Option<NaiveDate>,
    pub engines: Vec<EngineName>,
}

/// The first result of each engine, then the second of each, and so on; a page that several found comes
/// once, where it was found first, in the words of that engine.
pub(super) fn interleave(answers: Vec<(EngineName, Vec<Hit>)>, most: usize) -> Vec<Merged> {
    let mut results: Vec<Merged> = vec![];
    let mut places = HashMap::new();
    let mut columns: Vec<_> = answers
        .into_iter()
        .map(|(engine, hits)| (engine, hits.into_iter()))
        .collect();
    loop {
        let mut ended = true;
        for (engine, hits) in &mut columns {
            let Some(hit) = hits.next() else { continue };
            ended = false;
            let place = *places.entry(canonical(&hit.url)).or_insert(results.len());
            match results.get_mut(place) {
                Some(known) => {
                    known.published = known.published.or(hit.published);
                    if known.snippet.is_empty() {
                        known.snippet = hit.snippet;
                    }
                    if !known.engines.contains(engine) {
                        known.engines.push(*engine);
                    }
                }
                None => results.push(Merged {
                    title: hit.title,
                    url: hit.url,
                    snippet: hit.snippet,
                    published: hit.published,
                    engines: vec![*engine],
                }),
            }
        }
        if ended {
            break;
        }
    }
    results.truncate(most);
    results
}

#[cfg(test)]
mod tests {
    use super::*;
    use EngineName::{Brave, DuckDuckGo, Google};

    fn hits(urls: &[&str]) -> Vec<Hit> {
        urls.iter()
            .map(|url| Hit::clean(url, url, "").unwrap())
            .collect()
    }

    #[test]
    fn engines_take_turns_and_a_page_comes_once() {
        let mut late = hits(&["http://www.a.example/?utm_source=g", "https://d.example/"]);
        late[0].snippet = "from google".to_owned();
        late[0].published = "2026-01-02".parse().ok();
        let merged = interleave(
            vec![
                (Brave, hits(&["https://a.example/", "https://b.example/"])),
                (DuckDuckGo, vec![]),
                (Google, late),
            ],
            10,
        );
        let found: Vec<_> = merged
            .iter()
            .map(|one| (one.url.as_str(), one.engines.clone()))
            .collect();
        assert_eq!(
            found,
            [
                ("https://a.example/", vec![Brave, Google]),
                ("https://b.example/", vec![Brave]),
                ("https://d.example/", vec![Google]),
            ]
        );
        assert_eq!(merged[0].title, "https://a.example/");
        assert_eq!(merged[0].snippet, "from google", "the first had none");
        assert_eq!(merged[0].published, "2026-01-02".parse().ok());
    }

    #[test]
    fn a_page_past_the_cut_still_counts_for_those_that_are_kept() {
        let merged = interleave(
            vec![
                (Brave, hits(&["https://a.example/", "https://b.example/"])),
                (Google, hits(&["https://c.example/", "https://a.example/"])),
            ],
            2,
        );
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].engines, [Brave, Google]);
    }
}
