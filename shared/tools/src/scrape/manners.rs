//! How sites are treated.

use std::time::Duration;

/// How a site is treated.
#[derive(Debug)]
pub(super) struct Manners {
    /// Of the host, whole labels; empty for every host.
    suffix: &'static str,
    pub indian: bool,
    /// Between the end of one page and the beginning of the next.
    gap: Duration,
    /// Sent with the request.
    pub language: Option<&'static str>,
}

impl Manners {
    /// After a page, when the site's robots.txt asks for this crawl-delay.
    pub fn pause(&self, asked: Duration) -> Duration {
        self.gap.max(asked)
    }
}

const ENGLISH_OF_INDIA: Option<&str> = Some("en-IN,en;q=0.9");

/// The first row whose suffix fits. The three directories list businesses for all of India, answer in the
/// reader's language, and shut out those who read fast: they get longer gaps than a site's own pages would
/// need. Other Indian sites often run on small machines.
const SITES: &[Manners] = &[
    Manners {
        suffix: "justdial.com",
        indian: true,
        gap: Duration::from_secs(3),
        language: ENGLISH_OF_INDIA,
    },
    Manners {
        suffix: "indiamart.com",
        indian: true,
        gap: Duration::from_secs(3),
        language: ENGLISH_OF_INDIA,
    },
    Manners {
        suffix: "bizongo.in",
        indian: true,
        gap: Duration::from_secs(3),
        language: ENGLISH_OF_INDIA,
    },
    Manners {
        suffix: "in",
        indian: true,
        gap: Duration::from_millis(1_500),
        language: ENGLISH_OF_INDIA,
    },
    Manners {
        suffix: "",
        indian: false,
        gap: Duration::from_secs(1),
        language: None,
    },
];

/// How a host is treated, by its suffix: `linkedin.info` is no `.in`.
pub(super) fn of(host: &str) -> &'static Manners {
    let host = host.trim_end_matches('.').to_lowercase();
    let fits = |row: &&Manners| {
        host.strip_suffix(row.suffix)
            .is_some_and(|rest| row.suffix.is_empty() || rest.is_empty() || rest.ends_with('.'))
    };
    SITES
        .iter()
        .find(fits)
        .expect("the last row fits every host")
}

/// Whether a host is an Indian site, by its suffix.
pub fn is_indian_host(host: &str) -> bool {
    of(host).indian
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indian_sites_go_by_suffix() {
        for host in [
            "shop.in",
            "www.justdial.com",
            "dir.indiamart.com",
            "x.co.in",
            "WWW.Bizongo.IN.",
        ] {
            assert!(is_indian_host(host), "{host}");
        }
        for host in [
            "linkedin.info",
            "in.example.com",
            "notjustdial.com",
            "example.industries",
            "justdial.com.example.org",
        ] {
            assert!(!is_indian_host(host), "{host}");
        }
    }

    #[test]
    fn directories_are_read_slower_than_others() {
        assert!(of("www.justdial.com").gap > of("shop.in").gap);
        assert!(of("bizongo.in").gap > of("shop.in").gap);
        assert!(of("shop.in").gap > of("example.com").gap);
        for (asked, pause) in [(0, 3), (2, 3), (20, 20)] {
            let pauses = of("www.justdial.com").pause(Duration::from_secs(asked));
            assert_eq!(pauses.as_secs(), pause);
        }
        assert_eq!(of("shop.in").language, ENGLISH_OF_INDIA);
        assert_eq!(of("example.com").language, None);
    }
}
