use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get as on_get;
use domain::{CorrelationId, Role, UserId, WorkspaceId};
use http::Request;
use runtime::{Format, LogWriter, Problem, RequestContext, context, layers, system_seams};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;
use uuid::Uuid;

use crate::support::send;

/// Keeps what is written, one entry a write.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<String>>>);

impl Captured {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn entries(&self) -> Vec<Value> {
        self.lines()
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }

    fn json(&self) -> impl tracing::Subscriber + use<> {
        let (sink, format) = (
            self.clone(),
            Format::Json {
                project: Some("raptor-test".to_owned()),
            },
        );
        let layer =
            tracing_stackdriver::layer().with_writer(LogWriter::new(format, move || sink.clone()));
        tracing_subscriber::registry()
            .with(layer)
            .with(runtime::log_filter("debug").unwrap())
    }

    fn text(&self) -> impl tracing::Subscriber + use<> {
        let sink = self.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(LogWriter::new(Format::Text, move || sink.clone()));
        tracing_subscriber::registry().with(layer)
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap()
            .push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn whose() -> RequestContext {
    RequestContext {
        traceparent: Some(format!("00-{TRACE}-00f067aa0ba902b7-01")),
        user_id: Some(UserId(Uuid::from_u128(1))),
        workspace_id: Some(WorkspaceId(Uuid::from_u128(2))),
        role: Some(Role::Owner),
        ..RequestContext::new(CorrelationId::parse("req-7").unwrap())
    }
}

#[tokio::test]
async fn a_json_entry_says_whose_it_is_and_links_to_its_trace() {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.json());
    tracing::info!("outside");
    context::scope(whose(), async {
        let span = tracing::info_span!("bill.charge", "execution.id" = "e-1");
        span.in_scope(|| tracing::warn!("step.id" = "s-1", "asha@shop.in called from 9876543210"));
    })
    .await;
    let entries = captured.entries();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].get("correlation_id"), None);
    let entry = &entries[1];
    assert_eq!(entry["severity"], "WARNING");
    assert_eq!(entry["message"], "***@shop.in called from ***10");
    assert_eq!(
        entry["logging.googleapis.com/trace"],
        format!("projects/raptor-test/traces/{TRACE}")
    );
    assert_eq!(entry["correlation_id"], "req-7");
    assert_eq!(entry["user_id"], Uuid::from_u128(1).to_string());
    assert_eq!(entry["workspace_id"], Uuid::from_u128(2).to_string());
    assert_eq!(entry["span"]["execution.id"], "e-1");
    assert!(captured.lines()[1].ends_with("}\n"));
}

#[tokio::test]
async fn a_text_line_says_whose_it_is() {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.text());
    context::scope(whose(), async { tracing::info!("ravi@shop.in") }).await;
    let line = &captured.lines()[0];
    assert!(
        line.contains(" ***@shop.in correlation_id=req-7 workspace_id=0000"),
        "{line}"
    );
    assert!(
        line.ends_with(&format!("user_id={}\n", Uuid::from_u128(1))),
        "{line}"
    );
}

#[tokio::test]
async fn a_failure_is_logged_once_with_its_causes_and_its_request() {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.json());
    let router = Router::new().route(
        "/fail/{id}",
        on_get(|| async {
            context::update(|context| context.workspace_id = Some(WorkspaceId(Uuid::from_u128(9))));
            Err::<(), _>(Problem::from(
                anyhow::anyhow!("the disk is full").context("writing the ledger"),
            ))
        }),
    );
    let app = layers(router, "bill", &system_seams());
    let request = Request::get("/fail/3")
        .header("x-correlation-id", "req-9")
        .body(Body::empty())
        .unwrap();
    send(&app, request).await;
    let entries = captured.entries();
    let errors: Vec<_> = entries
        .iter()
        .filter(|entry| entry["severity"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1, "{entries:?}");
    assert_eq!(errors[0]["error"], "writing the ledger: the disk is full");
    assert_eq!(errors[0]["correlation_id"], "req-9");
    assert_eq!(errors[0]["workspace_id"], Uuid::from_u128(9).to_string());
    assert_eq!(errors[0]["span"]["path"], "/fail/{id}");
    let answered: Vec<_> = entries
        .iter()
        .filter(|entry| entry["message"] == "answered")
        .collect();
    assert_eq!(
        (
            answered.len(),
            &answered[0]["severity"],
            &answered[0]["status"]
        ),
        (1, &"INFO".into(), &500.into())
    );
}

#[test]
fn a_bare_level_quiets_libraries_and_never_makes_them_louder() {
    assert!(
        runtime::log_filter("info")
            .unwrap()
            .to_string()
            .contains("sqlx=warn")
    );
    assert_eq!(runtime::log_filter("error").unwrap().to_string(), "error");
    assert_eq!(
        runtime::log_filter("bill=debug").unwrap().to_string(),
        "bill=debug"
    );
    assert!(runtime::log_filter("a=b=c").is_err());
}
