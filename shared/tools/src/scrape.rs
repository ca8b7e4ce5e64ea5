//! `scraper` and `page_audit`: one public web page, read politely. The address comes from people and
//! models, so nothing but the public internet may be reached, whatever a name resolves to and wherever a
//! page redirects.

mod address;
mod audit;
mod fetch;
mod manners;
pub(crate) mod page;
mod robots;
mod turns;

pub use address::{Policy, Proxy, is_public};
pub use audit::PageAudit;
pub use fetch::Fetcher;
pub use manners::is_indian_host;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{Rate, Spec, Tool, ToolContext, ToolError, prices};

/// A turn, a robots.txt and a page, each with a limit of its own.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);

pub struct Scraper {
    spec: Spec,
    fetcher: Arc<Fetcher>,
}

impl Scraper {
    pub fn new(policy: Policy) -> Self {
        Self::over(Arc::new(Fetcher::new(policy)))
    }

    pub fn over(fetcher: Arc<Fetcher>) -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["url"],
            "properties": {
                "url": { "type": "string", "maxLength": 2048, "description": "A public http or https address" },
                "selectors": {
                    "type": "object", "maxProperties": 20, "additionalProperties": { "type": "string", "maxLength": 200 },
                    "description": "Names and CSS selectors of what to pick out"
                }
            }
        });
        let spec = Spec {
            name: "scraper",
            description: "Reads one public web page: title, description, text, and what CSS selectors pick out.",
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
impl Tool for Scraper {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let text = args["url"].as_str().unwrap_or_default().trim();
        let page = self.fetcher.page(text).await?;
        if let Some(refusal) = page.refusal() {
            return Err(refusal);
        }
        let mut answer = page::extract(&page.body, page.is_html(), &args["selectors"])?;
        answer["url"] = json!(text);
        answer["final_url"] = json!(page.url.as_str());
        answer["status"] = json!(page.status.as_u16());
        answer["indian_site"] = json!(page.url.host_str().is_some_and(is_indian_host));
        Ok(answer)
    }
}
