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
