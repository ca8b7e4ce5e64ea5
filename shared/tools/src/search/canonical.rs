//! When two addresses are one page.

use url::{Url, form_urlencoded};

/// Added to links by those who count clicks; they don't change the page. `utm_…` besides.
const TRACKING: &[&str] = &[
    "_ga", "dclid", "fbclid", "gbraid", "gclid", "gclsrc", "igshid", "mc_cid", "mc_eid", "msclkid",
    "ref", "ref_src", "referrer", "srsltid", "twclid", "wbraid", "yclid",
];

/// The same text for addresses that lead to the same page: `https` for either scheme, no `www.`, no
/// default port, no fragment, no slash at the end, nothing that only counts clicks, and the rest of the
/// query in order. It is an identity, not an address to visit. The canonical form of the result is
/// itself.
pub(crate) fn canonical(url: &Url) -> String {
    let mut text = "https://".to_owned();
    // The url crate has lowered its case by now.
    let mut host = url.host_str().unwrap_or_default().trim_end_matches('.');
    while let Some(rest) = host.strip_prefix("www.").filter(|rest| is_name(rest)) {
        host = rest;
    }
    text.push_str(host);
    if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
        text.push_str(&format!(":{port}"));
    }
    text.push_str(url.path().trim_end_matches('/'));
    let mut query: Vec<_> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
        .collect();
    query.sort();
    if !query.is_empty() {
        text.push('?');
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        text.push_str(&query);
    }
    text
}

/// Neither a top-level domain nor what would read as an IPv4 address.
fn is_name(host: &str) -> bool {
    host.contains('.') && host.ends_with(|last: char| last.is_ascii_alphabetic())
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> String {
        canonical(&Url::parse(text).unwrap())
    }

    #[test]
    fn spellings_of_one_page_are_one() {
        let page = "https://silk.example/sarees?colour=red&size=m";
        for same in [
            "http://www.silk.example/sarees/?size=m&colour=red",
            "HTTPS://WWW.Silk.Example:443/sarees?colour=red&size=m#top",
            "http://silk.example:80/sarees?utm_source=x&colour=red&UTM_Medium=y&size=m&gclid=1",
            "https://silk.example./a/../sarees?fbclid=z&colour=%72ed&size=m&ref=home",
        ] {
            assert_eq!(of(same), page, "{same}");
        }
        assert_eq!(of("http://www.silk.example/"), of("https://silk.example"));
    }

    #[test]
    fn different_pages_stay_different() {
        for (a, b) in [
            ("https://silk.example/a", "https://silk.example/A"),
            ("https://silk.example/?p=1", "https://silk.example/?p=2"),
            ("https://silk.example:8080/", "https://silk.example/"),
            ("https://m.silk.example/", "https://silk.example/"),
            ("https://silk.example/?reference=1", "https://silk.example/"),
            ("https://www.in/", "https://in/"),
        ] {
            assert_ne!(of(a), of(b), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own(
            host in "(www\\.){0,2}[a-z]{1,5}(\\.[a-z]{1,4}){0,2}\\.?",
            port in prop::option::of(prop_oneof![Just(80_u16), Just(443), 1..u16::MAX]),
            path in "[/a-zA-Z0-9.%~ह -]{0,20}",
            query in prop::option::of("[a-z0-9&=+%;ह_ -]{0,30}"),
            fragment in prop::option::of("[a-z/?]{0,5}"),
            secure in any::<bool>(),
        ) {
            let mut text = format!("{}://{host}", if secure { "https" } else { "http" });
            if let Some(port) = port {
                text.push_str(&format!(":{port}"));
            }
            text.push('/');
            text.push_str(&path);
            for (mark, part) in [('?', query), ('#', fragment)] {
                if let Some(part) = part {
                    text.push(mark);
                    text.push_str(&part);
                }
            }
            if let Ok(url) = Url::parse(&text) {
                let once = canonical(&url);
                let again = Url::parse(&once).map(|url| canonical(&url));
                prop_assert_eq!(again.as_ref(), Ok(&once), "of {}", text);
            }
        }
    }
}
