use async_trait::async_trait;
use chrono::NaiveDate;
use domain::Usd;
use url::Url;

use super::text;
use crate::wire::Failure;

/// A longer address is of no use to anyone, in bytes.
const MAX_URL: usize = 2_048;
/// In characters.
const MAX_TITLE: usize = 300;
/// In characters.
const MAX_SNIPPET: usize = 500;

/// An engine that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineName {
    Brave,
    Google,
    DuckDuckGo,
}

impl EngineName {
    /// In the order of trust.
    pub const ALL: [Self; 3] = [Self::Brave, Self::Google, Self::DuckDuckGo];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brave => "brave",
            Self::Google => "google",
            Self::DuckDuckGo => "duckduckgo",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Freshness {
    Day,
    Week,
    Month,
    Year,
}

/// What is asked of every engine.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// Trimmed and single-spaced.
    pub query: String,
    /// Results wanted, 1 to 20.
    pub most: usize,
    /// ISO 639-1.
    pub language: Option<String>,
    pub freshness: Option<Freshness>,
    pub today: NaiveDate,
}

/// One result of one engine, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub title: String,
    pub url: Url,
    pub snippet: String,
    pub published: Option<NaiveDate>,
}

impl Hit {
    /// From what an engine says, HTML or not. `None` when it leads nowhere on the web.
    pub fn clean(title: &str, url: &str, snippet: &str) -> Option<Self> {
        let url = Url::parse(url.trim()).ok()?;
        let web = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.as_str().len() <= MAX_URL;
        let host = url.host_str().filter(|_| web)?;
        let mut title = text::plain(title, MAX_TITLE);
        if title.is_empty() {
            title = host.to_owned();
        }
        Some(Self {
            title,
            snippet: text::plain(snippet, MAX_SNIPPET),
            url,
            published: None,
        })
    }

    #[must_use]
    pub fn published(mut self, day: Option<NaiveDate>) -> Self {
        self.published = day;
        self
    }
}

/// One search engine. The caller bounds the time.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    fn name(&self) -> EngineName;

    /// Of one request.
    fn cost(&self) -> Usd;

    /// The best results first.
    async fn search(&self, ask: &Ask) -> Result<Vec<Hit>, Failure>;
}
