//! What every function needs to run: configuration, telemetry, the request's context, problem+json,
//! health, the layers around a router, and a graceful stop.
//!
//! A function's `main.rs` is no more than this:
//!
//! ```ignore
//! fn main() -> std::process::ExitCode {
//!     runtime::block_on(async {
//!         let config = runtime::config::load::<Config>()?;
//!         let boot = runtime::boot("bill", &config.common)?;
//!         let deps = Deps::connect(&config, boot.seams).await?;
//!         let stop = runtime::shutdown_signal();
//!         runtime::serve("bill", bill::app(deps), &config.common, stop).await
//!     })
//! }
//! ```

mod boot;
pub mod config;
pub mod context;
mod correlation;
mod extract;
mod health;
mod layers;
mod mask;
pub mod measures;
mod problem;
mod seams;
mod secret;
mod serve;
mod telemetry;
mod trace_parent;

pub use boot::{Boot, block_on, boot};
pub use config::{Common, Environment, Findings, Validate};
pub use context::RequestContext;
pub use correlation::{CORRELATION_HEADER, Correlation, correlation};
pub use extract::{Json, Path, Query};
pub use health::Health;
pub use layers::{Layers, MAX_BODY_BYTES, layers};
pub use mask::mask;
pub use problem::{FieldError, Problem};
pub use seams::{SystemClock, SystemIds, system_seams};
pub use secret::Secret;
pub use serve::{bind, serve, serve_on, shutdown_signal};
pub use telemetry::{Format, LogWriter, log_filter, metrics_handle};
pub use trace_parent::TraceParent;
