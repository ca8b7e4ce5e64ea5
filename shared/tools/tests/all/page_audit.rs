//! `page_audit` against sites on loopback.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::{Value, json};
use tools::ToolError;

use crate::support::{Desk, Site};

async fn audit(
    page: impl IntoResponse + Clone + Send + Sync + 'static,
) -> Result<Value, ToolError> {
    let site = Site::serve(Router::new().route("/", get(|| async { page }))).await;
    let args = json!({ "url": site.url("/") });
    Desk::with(site.policy())
        .call("page_audit", args)
        .await
        .result
}

/// The codes of its problems, but for the one that every page on loopback has.
fn problems(facts: &Value) -> Vec<&str> {
    let problems = facts["problems"].as_array().unwrap();
    problems
        .iter()
        .map(|problem| problem["code"].as_str().unwrap())
        .filter(|code| *code != "https.missing")
        .collect()
}

fn good(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en-IN><head><title>Silk sarees in Surat</title>
        <meta name=Description content='Sarees of silk, made in Surat'><meta name=viewport content='width=device-width'>
        <link rel='alternate canonical' href='/sarees'>{head}</head>
        <body><h1>Silk sarees</h1><p>{}</p>{body}</body></html>",
        "silk ".repeat(200)
    )
}

#[tokio::test]
async fn a_good_page_has_its_facts_and_no_problem() {
    let head = r#"<script type="application/ld+json">{"@graph":[{"@type":"Store","offers":{"@type":["Offer","Thing"]}}]}</script>
        <script type="application/ld+json">{broken</script>"#;
    let body = "<h2>Red</h2><h2>Blue</h2><h4>Deep</h4><img src=a alt=''><img src=b alt='A saree'>
        <a href=/a>a</a><a href='b?x=1'>b</a><a href='https://www.other.example/'>c</a><a href='#top'>d</a><a href='mailto:a@b.example'>e</a>
        <a name=f>f</a><div itemscope itemtype='https://schema.org/BreadcrumbList'></div><script>never counted</script>";
    let page = good(head, body);
    let facts = audit(Html(page.clone())).await.unwrap();
    let url = facts["url"].as_str().unwrap();
    assert_eq!(
        facts,
        json!({
            "url": url, "status": 200,
            "title": "Silk sarees in Surat", "title_length": 20,
            "description": "Sarees of silk, made in Surat", "description_length": 29,
            "h1": ["Silk sarees"],
            "headings": { "h1": 1, "h2": 2, "h3": 0, "h4": 1, "h5": 0, "h6": 0 },
            "words": 211, "images": 2, "images_without_alt": 0,
            "canonical": format!("{url}sarees"), "lang": "en-IN", "viewport": true, "https": false,
            "structured_data": ["BreadcrumbList", "Offer", "Store", "Thing"],
            "links": { "internal": 2, "external": 1 },
            "bytes": page.len(),
            "problems": [{ "code": "https.missing", "message": "the page is not read over https" }],
        })
    );
}

#[tokio::test]
async fn a_bare_page_has_the_problems_that_the_rules_name() {
    let facts = audit(Html("<p>Silk")).await.unwrap();
    assert_eq!(
        problems(&facts),
        [
            "title.missing",
            "description.missing",
            "h1.missing",
            "viewport.missing",
            "canonical.missing",
            "lang.missing",
            "text.thin",
        ]
    );
    assert_eq!(
        (&facts["title"], &facts["title_length"], &facts["words"]),
        (&Value::Null, &json!(0), &json!(1))
    );
    assert_eq!(audit(Html("")).await.unwrap()["bytes"], 0);
}

#[tokio::test]
async fn each_rule_breaks_alone_and_at_its_limit() {
    let title = |length: usize| good("", "").replace("Silk sarees in Surat", &"ह".repeat(length));
    let description =
        |length: usize| good("", "").replace("Sarees of silk, made in Surat", &"ह".repeat(length));
    let words = |count: usize| good("", "").replace(&"silk ".repeat(200), &"silk ".repeat(count));
    for (page, expected) in [
        (title(60), None),
        (title(61), Some("title.long")),
        (title(0), Some("title.missing")),
        (description(160), None),
        (description(161), Some("description.long")),
        (description(0), Some("description.missing")),
        (words(198), None), // and two in the heading
        (words(197), Some("text.thin")),
        (good("", "<h1>More</h1>"), Some("h1.several")),
        (good("", "<h1> </h1>"), None),
        (
            good("", "").replace("Silk sarees</h1>", "</h1>"),
            Some("h1.missing"),
        ),
        (good("", "<img src=a>"), Some("images.alt")),
        (
            good("", "").replace("name=viewport", "name=other"),
            Some("viewport.missing"),
        ),
        (
            good("", "").replace("canonical", "other"),
            Some("canonical.missing"),
        ),
        (
            good("", "").replace(" lang=en-IN", " lang=''"),
            Some("lang.missing"),
        ),
        (
            good("<meta name=robots content='follow, NoIndex'>", ""),
            Some("robots.noindex"),
        ),
        (good("<meta name=robots content='index'>", ""), None),
    ] {
        let facts = audit(Html(page.clone())).await.unwrap();
        let broken = problems(&facts);
        assert_eq!(broken, expected.into_iter().collect::<Vec<_>>(), "{page}");
    }
}

#[tokio::test]
async fn a_page_that_is_missing_is_audited_as_what_it_is() {
    let facts = audit((StatusCode::NOT_FOUND, Html(good("", ""))))
        .await
        .unwrap();
    assert_eq!(facts["status"], 404);
    assert_eq!(problems(&facts), ["status.failed"]);
    assert_eq!(
        facts["problems"][0]["message"],
        "the page answers 404 Not Found"
    );
}

#[tokio::test]
async fn what_can_not_be_audited_is_an_error() {
    let plain = ([(header::CONTENT_TYPE, "text/plain")], "silk");
    for (error, code, retryable) in [
        (audit(plain.clone()).await, "page.type", false),
        (audit(StatusCode::BAD_GATEWAY).await, "page.status", true),
        (
            audit((StatusCode::NOT_FOUND, plain)).await,
            "page.status",
            false,
        ),
        (
            audit(Html("<div>".repeat(5_000))).await,
            "page.too_complex",
            false,
        ),
    ] {
        let error = error.unwrap_err();
        assert_eq!((error.code, error.retryable), (code, retryable), "{error}");
    }
}

#[tokio::test]
async fn only_the_public_web_is_audited() {
    let desk = Desk::new();
    for url in [
        "http://127.0.0.1/",
        "http://169.254.169.254/",
        "http://[::1]/",
    ] {
        let error = desk.refused("page_audit", json!({ "url": url })).await;
        assert_eq!(error.code, "url.not_public", "{url}");
    }
    let error = desk.refused("page_audit", json!({ "url": "silk" })).await;
    assert_eq!(error.code, "url.invalid");
}

#[tokio::test]
async fn robots_txt_counts_here_too() {
    let routes = Router::new()
        .route("/", get(|| async { Html("<p>Silk") }))
        .route(
            "/robots.txt",
            get(|| async { "User-agent: *\nDisallow: /" }),
        );
    let site = Site::serve(routes).await;
    let error = Desk::with(site.policy())
        .refused("page_audit", json!({ "url": site.url("/") }))
        .await;
    assert_eq!(error.code, "robots.disallowed");
}

#[tokio::test]
async fn an_answer_is_small_whatever_the_page_says() {
    let long = "lakh ".repeat(50_000);
    let head = format!("<title>{long}</title><meta name=description content='{long}'>");
    let page = format!(
        "{head}{}",
        format!("<h1>{}</h1>", &long[..5_000]).repeat(60)
    );
    let facts = audit(Html(page)).await.unwrap();
    assert_eq!(facts["h1"].as_array().unwrap().len(), 20);
    assert_eq!(facts["headings"]["h1"], 60);
    assert_eq!(
        (&facts["title_length"], &facts["description_length"]),
        (&json!(1_000), &json!(1_000))
    );
    assert!(facts.to_string().len() < 30_000);
}
