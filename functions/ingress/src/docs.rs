//! The API's description (OpenAPI 3.1) and a page that shows it.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use runtime::Problem;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "RaptorFlow",
        description = "Marketing work for Indian businesses, done by skills: send a sentence, watch it being worked on, read the answer and what it cost."
    ),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "auth", description = "Signing up, in, on and out."),
        (name = "workspaces", description = "The tenant: what a customer owns belongs to a workspace. Requests name theirs with X-Workspace-Id, the query workspace_id or the path; else it is the oldest."),
        (name = "agents", description = "Asking for work."),
        (name = "executions", description = "Watching work and stopping it."),
        (name = "money", description = "Plans, payments, invoices; what was used, and what is left. Amounts are decimals in text: rupees, or US dollars where a field ends in _usd."),
        (name = "live", description = "Updates as they happen.")
    )
)]
pub struct Api;

/// Gives each operation an id of its own, which generated clients name their functions by: the words of its
/// address and the handler's name, as in `payments_list` and `subscription_change`. The handlers' names alone
/// repeat, and OpenAPI wants ids to be unique.
pub fn name_operations(openapi: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        let words = path.trim_start_matches("/v1/").replace('-', "_");
        let mut words: Vec<&str> = words
            .split('/')
            .filter(|word| !word.starts_with('{'))
            .collect();
        let last = words.pop().unwrap_or_default();
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            let handler = operation.operation_id.take().unwrap_or_default();
            let mut parts = words.clone();
            parts.push(last);
            if handler != last {
                parts.push(&handler);
            }
            operation.operation_id = Some(parts.join("_"));
        }
    }
}

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        if let Some(components) = openapi.components.as_mut() {
            components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
        }
    }
}

const PAGE: &str = include_str!("docs.html");
/// The page has its own script and style and asks this server alone.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

pub async fn page() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)).into_response()
}
