//! The model gateway. Every model call of the system goes through [`Gateway::generate`]: it
//! resolves aliases, sends only what the model takes, retries and falls over within a deadline and
//! a cost limit, and says what was used and what it cost, failures included.
//!
//! A provider is one wire: [`Vertex`] (Gemini on Google Cloud) and [`Offline`], a deterministic
//! stand-in that works without any key and costs nothing. Models, aliases and prices are data:
//! `data/models.json` and `data/prices.json`.

mod book;
mod breaker;
mod control;
mod error;
mod estimate;
mod gateway;
mod models;
mod offline;
mod prices;
mod provider;
mod request;
mod response;
mod settings;
mod vertex;

pub use control::Control;
pub use error::{Category, Error, Spent};
pub use gateway::{Gateway, GatewayBuilder};
pub use models::{Accepted, Capabilities, ModelRow, Models, Sampling};
pub use offline::{Offline, OfflineFacts};
pub use prices::{Price, PriceRow, Prices};
pub use provider::Provider;
pub use request::{Delta, Effort, Request, ToolCall, ToolResult, ToolSpec, Turn};
pub use response::{Attempt, Certainty, Finish, RawResponse, Response, Usage};
pub use settings::Settings;
pub use vertex::{GcpTokens, StaticToken, TokenSource, Vertex};
