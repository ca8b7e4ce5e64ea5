use std::str::FromStr;
use std::sync::Arc;

use url::{Host, Url};

use crate::scrape::{Policy, Proxy};
use crate::search::EngineName;
use crate::{Records, Tool};

/// Environment of the tools that reach outside; flatten it into the function's own settings. With
/// none of it set, `web_search` asks DuckDuckGo alone and `keyword_data` is disabled.
#[derive(Clone, Default, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// Search engines in the order of trust, separated by commas: `brave`, `google`, `duckduckgo`.
    /// Empty: every one that has what it needs.
    #[arg(long, env = "SEARCH_ENGINES", default_value = "")]
    pub search_engines: Engines,

    /// The subscription token of the Brave Search API.
    #[arg(long, env = "SEARCH_BRAVE_API_KEY", hide_env_values = true)]
    pub search_brave_api_key: Option<String>,

    /// Where the Brave Search API is reached; its own address when not set.
    #[arg(long, env = "SEARCH_BRAVE_BASE_URL", value_parser = base_url)]
    pub search_brave_base_url: Option<String>,

    /// The key of Google's Custom Search JSON API.
    #[arg(long, env = "SEARCH_GOOGLE_API_KEY", hide_env_values = true)]
    pub search_google_api_key: Option<String>,

    /// The Programmable Search Engine that Google is asked through.
    #[arg(long, env = "SEARCH_GOOGLE_CX", hide_env_values = true)]
    pub search_google_cx: Option<String>,

    /// Where the Custom Search JSON API is reached; its own address when not set.
    #[arg(long, env = "SEARCH_GOOGLE_BASE_URL", value_parser = base_url)]
    pub search_google_base_url: Option<String>,

    /// Where DuckDuckGo's page without scripts is reached; its own address when not set.
    #[arg(long, env = "SEARCH_DUCKDUCKGO_BASE_URL", value_parser = base_url)]
    pub search_duckduckgo_base_url: Option<String>,

    /// The key of the SEMrush API. `keyword_data` is disabled without it.
    #[arg(long, env = "SEMRUSH_API_KEY", hide_env_values = true)]
    pub semrush_api_key: Option<String>,

    /// Where the SEMrush API is reached; its own address when not set.
    #[arg(long, env = "SEMRUSH_BASE_URL", value_parser = base_url)]
    pub semrush_base_url: Option<String>,

    /// An HTTP proxy that pages are read through, such as the address of a proxy pool. None when not
    /// set.
    #[arg(long, env = "SCRAPE_PROXY_URL", hide_env_values = true)]
    pub scrape_proxy_url: Option<String>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("search_engines", &self.search_engines.0)
            .field("search_brave_base_url", &self.search_brave_base_url)
            .field("search_google_base_url", &self.search_google_base_url)
            .field(
                "search_duckduckgo_base_url",
                &self.search_duckduckgo_base_url,
            )
            .field("semrush_base_url", &self.semrush_base_url)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The tools that skills may declare, with what these settings give them.
    ///
    /// # Errors
    /// Which variable can't be used. Its value is not repeated: it may hold a password.
    pub fn tools(
        &self,
        mut policy: Policy,
        records: Arc<dyn Records>,
    ) -> Result<Vec<Arc<dyn Tool>>, String> {
        if let Some(address) = given(self.scrape_proxy_url.as_deref()) {
            let proxy = Proxy::parse(address).ok_or("SCRAPE_PROXY_URL is not an http address")?;
            policy.proxy = Some(proxy);
        }
        Ok(crate::all(self, policy, records))
    }
}

/// A variable that is set to nothing is not set.
pub(crate) fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// Engines by name, as a list with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Engines(pub Vec<EngineName>);

impl FromStr for Engines {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut engines = vec![];
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let engine = EngineName::ALL
                .into_iter()
                .find(|engine| engine.as_str() == name)
                .ok_or("expected brave, google or duckduckgo, separated by commas")?;
            if !engines.contains(&engine) {
                engines.push(engine);
            }
        }
        Ok(Self(engines))
    }
}

/// Keys are sent there: only over TLS, or to a stand-in on this machine.
fn base_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let url = Url::parse(text).map_err(|_| "not an address such as https://example.com")?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        _ => return Err("must be https, or http on this machine".to_owned()),
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_come_in_the_order_that_is_given_and_once() {
        let engines: Engines = "duckduckgo, brave,,brave".parse().unwrap();
        assert_eq!(engines.0, [EngineName::DuckDuckGo, EngineName::Brave]);
        assert_eq!("".parse(), Ok(Engines::default()));
        assert!("brave,bing".parse::<Engines>().is_err());
    }

    #[test]
    fn a_command_line_with_nothing_or_empty_values_is_the_default() {
        #[derive(clap::Parser)]
        struct Config {
            #[command(flatten)]
            tools: Settings,
        }
        let parse = |arguments: &[&str]| {
            let arguments = ["x"].iter().chain(arguments);
            <Config as clap::Parser>::try_parse_from(arguments).map(|config| config.tools)
        };
        let none = parse(&[]).unwrap();
        let empty = parse(&[
            "--search-engines=",
            "--semrush-base-url=",
            "--search-google-cx=",
        ]);
        for settings in [none, empty.unwrap()] {
            assert_eq!(settings.search_engines, Engines::default());
            assert_eq!(given(settings.semrush_base_url.as_deref()), None);
            assert_eq!(given(settings.search_google_cx.as_deref()), None);
        }
        for wrong in [
            "--search-engines=brave,bing",
            "--search-brave-base-url=http://api.example.com",
        ] {
            assert!(parse(&[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_go_over_tls_or_stay_on_this_machine() {
        for good in [
            "https://api.example.com/",
            "http://127.0.0.1:9",
            "http://[::1]:9",
            "http://localhost:9/x",
            "",
        ] {
            assert!(base_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.com",
            "http://localhost.example.com",
            "ftp://127.0.0.1",
            "nonsense",
        ] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
        assert_eq!(
            base_url("https://api.example.com/").unwrap(),
            "https://api.example.com"
        );
    }
}
