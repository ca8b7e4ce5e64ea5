//! Logs and metrics. A log line is written by tracing's own formatters; the writer below them adds
//! whose work it was and masks personal data, so no call site can forget to.

use std::io::{self, Write};
use std::sync::{Once, OnceLock};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::{TraceParent, context, mask, measures};

/// How log lines look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// One Cloud Logging entry a line, on standard output. With a project, entries link to their trace.
    Json { project: Option<String> },
    /// For people, on standard error: standard output belongs to what a command prints.
    Text,
}

/// Parses `LOG_LEVEL`. A bare level leaves out the chatter of libraries.
///
/// # Errors
/// When it is neither a level nor directives.
pub fn log_filter(level: &str) -> Result<EnvFilter, ParseError> {
    const QUIET: &str =
        "sqlx=warn,hyper=warn,hyper_util=warn,h2=warn,tower=warn,reqwest=warn,rustls=warn";
    let bare = ["error", "warn", "info", "debug", "trace", "off"]
        .contains(&level.to_ascii_lowercase().as_str());
    // The quiet ones must not become louder than the level asked for.
    let directives = match level.to_ascii_lowercase().as_str() {
        "error" | "off" | "warn" => level.to_owned(),
        _ if bare => format!("{level},{QUIET}"),
        _ => level.to_owned(),
    };
    EnvFilter::builder().parse(directives)
}

/// Installs logs and metrics for the process. Later calls change nothing.
pub(crate) fn install(level: &str, format: Format) -> Result<(), ParseError> {
    static LOGS: Once = Once::new();
    let filter = log_filter(level)?;
    LOGS.call_once(|| {
        let production = matches!(format, Format::Json { .. });
        let layer = match &format {
            Format::Json { .. } => tracing_stackdriver::layer()
                .with_writer(LogWriter::new(format, io::stdout))
                .boxed(),
            Format::Text => tracing_subscriber::fmt::layer()
                .compact()
                .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
                .with_writer(LogWriter::new(format, io::stderr))
                .boxed(),
        };
        // A subscriber that is there already, as in some tests, stays.
        let installed = tracing_subscriber::registry()
            .with(layer)
            .with(filter)
            .try_init()
            .is_ok();
        if installed && production {
            log_panics();
        }
    });
    metrics_handle();
    Ok(())
}

/// Panics become log entries; the default hook's lines would be entries without severity.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("(no text)");
        let location = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(panic = message, location, "panicked");
    }));
}

/// The process's metrics, installed by the first who asks.
pub fn metrics_handle() -> PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new()
                .set_buckets(measures::SECONDS)
                .expect("the bucket bounds are not empty")
                .build_recorder();
            let handle = recorder.handle();
            // Fails only where another recorder is installed: then this one renders nothing.
            if metrics::set_global_recorder(recorder).is_ok() {
                measures::describe();
            }
            handle
        })
        .clone()
}

/// Wraps a log writer: each line gets the running task's correlation id, workspace, user and trace, and
/// loses emails and phone numbers.
#[derive(Debug, Clone)]
pub struct LogWriter<M> {
    format: Format,
    inner: M,
}

impl<M> LogWriter<M> {
    pub fn new(format: Format, inner: M) -> Self {
        Self { format, inner }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for LogWriter<M> {
    type Writer = Line<'a, M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            format: &self.format,
            inner: self.inner.make_writer(),
            text: Vec::new(),
        }
    }
}

/// One log entry, collected whole and written at once when it ends.
pub struct Line<'a, W: Write> {
    format: &'a Format,
    inner: W,
    text: Vec<u8>,
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Drop for Line<'_, W> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.text);
        if !text.is_empty() {
            // A log that can't be written has nowhere to be reported.
            let _ = self.inner.write_all(finish(&text, self.format).as_bytes());
        }
    }
}

/// The line as it is written.
fn finish(line: &str, format: &Format) -> String {
    match format {
        Format::Json { project } => {
            let masked = mask::mask_json(line);
            match masked.strip_prefix('{') {
                Some(rest) => format!("{{{}{rest}", json_fields(project.as_deref())),
                None => masked.into_owned(),
            }
        }
        Format::Text => {
            let masked = mask(line);
            format!("{}{}\n", masked.trim_end_matches('\n'), text_fields())
        }
    }
}

/// `"key":"value",` for what is known. The formatter below writes its own keys in camel case, so these
/// never collide with an event's.
fn json_fields(project: Option<&str>) -> String {
    let Some(context) = context::current() else {
        return String::new();
    };
    let mut fields = String::with_capacity(256);
    let mut add = |key: &str, value: &str| {
        // Ids and project names hold no character that JSON escapes.
        fields.extend(["\"", key, "\":\"", value, "\","]);
    };
    let trace = context.traceparent.as_deref().and_then(TraceParent::parse);
    if let (Some(project), Some(trace)) = (project, trace) {
        add(
            "logging.googleapis.com/trace",
            &format!("projects/{project}/traces/{}", trace.trace_hex()),
        );
    }
    add("correlation_id", context.correlation_id.as_str());
    if let Some(id) = context.workspace_id {
        add("workspace_id", &id.to_string());
    }
    if let Some(id) = context.user_id {
        add("user_id", &id.to_string());
    }
    fields
}

fn text_fields() -> String {
    let Some(context) = context::current() else {
        return String::new();
    };
    let mut fields = format!(" correlation_id={}", context.correlation_id);
    if let Some(id) = context.workspace_id {
        fields.push_str(&format!(" workspace_id={id}"));
    }
    if let Some(id) = context.user_id {
        fields.push_str(&format!(" user_id={id}"));
    }
    fields
}
