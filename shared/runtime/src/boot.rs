use std::process::ExitCode;

use anyhow::Context;
use domain::Seams;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{Common, Format, seams::system_seams, telemetry};

/// What a booted function works with.
pub struct Boot {
    /// The real clock and the real randomness.
    pub seams: Seams,
    /// Renders the process's metrics.
    pub metrics: PrometheusHandle,
}

/// Installs telemetry, once a process: several functions may boot in the same one, and the first
/// decides how it logs.
///
/// # Errors
/// When `LOG_LEVEL` is not a level or directive.
pub fn boot(function: &'static str, common: &Common) -> anyhow::Result<Boot> {
    let format = if common.environment.is_production() {
        Format::Json {
            project: common.project().map(str::to_owned),
        }
    } else {
        Format::Text
    };
    telemetry::install(&common.log_level, format)
        .context("LOG_LEVEL is not a level or directive")?;
    let metrics = telemetry::metrics_handle();
    tracing::info!(
        function,
        environment = common.environment.as_str(),
        "booted"
    );
    Ok(Boot {
        seams: system_seams(),
        metrics,
    })
}

/// Runs a function's main on a runtime of `WORKER_THREADS` threads (default 2: a Cloud Run instance's
/// processors, and every further thread costs memory). An error is printed with its causes and becomes
/// exit code 1.
pub fn block_on<F: Future<Output = anyhow::Result<()>>>(main: F) -> ExitCode {
    match run(main) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With its causes, without a backtrace: this is read by people.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run<F: Future<Output = anyhow::Result<()>>>(main: F) -> anyhow::Result<()> {
    const DEFAULT_THREADS: usize = 2;
    let threads = match std::env::var("WORKER_THREADS") {
        Ok(text) => text
            .parse()
            .ok()
            .filter(|threads| (1..=64).contains(threads)),
        Err(_) => Some(DEFAULT_THREADS),
    };
    let threads = threads.context("WORKER_THREADS must be a number from 1 to 64")?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("the async runtime does not start")?
        .block_on(main)
}
