use crate::{Category, Error, ModelRow};

/// `v1beta1` is what Google's SDK uses; `v1` what its Rust crate uses, and enough for this wire.
const VERSION: &str = "v1";

pub(super) struct Address {
    project: String,
    base_url: Option<String>,
}

impl Address {
    pub fn new(project: &str, base_url: Option<&str>) -> Result<Self, Error> {
        if let Some(base) = base_url {
            let fits =
                url::Url::parse(base).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !fits {
                let message = format!("LLM_VERTEX_BASE_URL {base:?} is not an http(s) address");
                return Err(Error::new(Category::InvalidRequest, message));
            }
        }
        let base_url = base_url.map(|base| base.trim_end_matches('/').to_owned());
        Ok(Self {
            project: project.to_owned(),
            base_url,
        })
    }

    pub fn method(&self, model: &ModelRow, stream: bool) -> String {
        let base = self
            .base_url
            .clone()
            .unwrap_or_else(|| host(&model.location));
        let method = if stream {
            "streamGenerateContent?alt=sse"
        } else {
            "generateContent"
        };
        format!(
            "{base}/{VERSION}/projects/{}/locations/{}/publishers/google/models/{}:{method}",
            self.project, model.location, model.id
        )
    }
}

/// The three host rules. There is no `global-aiplatform` host.
fn host(location: &str) -> String {
    match location {
        "global" => "https://aiplatform.googleapis.com".to_owned(),
        "us" | "eu" => format!("https://aiplatform.{location}.rep.googleapis.com"),
        region => format!("https://{region}-aiplatform.googleapis.com"),
    }
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(base_url: &str) -> bool {
    match url::Url::parse(base_url)
        .ok()
        .and_then(|url| url.host().map(|host| host.to_owned()))
    {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Models;

    #[test]
    fn each_kind_of_location_has_its_host() {
        let address = Address::new("p", None).unwrap();
        let mut model = Models::embedded().row("gemini-3.8-flash").unwrap().clone();
        let mut url = |location: &str| {
            location.clone_into(&mut model.location);
            address.method(&model, false)
        };
        let path = |location| {
            format!(
                "/v1/projects/p/locations/{location}/publishers/google/models/gemini-3.8-flash:generateContent"
            )
        };
        assert_eq!(
            url("global"),
            format!("https://aiplatform.googleapis.com{}", path("global"))
        );
        assert_eq!(
            url("eu"),
            format!("https://aiplatform.eu.rep.googleapis.com{}", path("eu"))
        );
        assert_eq!(
            url("asia-south1"),
            format!(
                "https://asia-south1-aiplatform.googleapis.com{}",
                path("asia-south1")
            )
        );
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(is_loopback("http://127.0.0.1:9") && is_loopback("http://[::1]:9/x"));
        assert!(is_loopback("http://localhost:9"));
        assert!(!is_loopback("https://aiplatform.googleapis.com") && !is_loopback("nonsense"));
        assert!(!is_loopback("http://localhost.example.com"));
        assert!(Address::new("p", Some("ftp://x")).is_err());
    }
}
