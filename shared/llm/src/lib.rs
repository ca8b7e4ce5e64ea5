//! The model gateway. Every model call of the system goes through [`Gateway::generate`] or
//! [`Gateway::embed`]: it resolves aliases, sends only what the model takes, retries and falls over
//! within a deadline and a cost limit, and says what was used and what it cost, failures included.
//!
//! A provider is one wire: [`Vertex`] and [`GeminiApi`] (Gemini), [`VertexAnthropic`] (Claude on
//! Google Cloud), [`OpenAi`] (OpenAI and servers like it), and [`Offline`], a deterministic
//! stand-in that works without any key and costs nothing. Models, aliases and prices are data:
//! `data/models.json` and `data/prices.json`; [`Prices::lint`] and [`doctor`] look after them.

mod address;
mod anthropic;
mod book;
mod capabilities;
mod control;
pub mod doctor;
mod embed;
mod endpoint;
mod error;
mod estimate;
mod failure;
mod gateway;
mod gemini;
mod generate;
mod http;
mod lint;
#[cfg(test)]
mod loose;
mod models;
mod names;
mod offline;
mod openai;
mod prices;
mod provider;
mod request;
mod residency;
mod response;
mod retries;
mod settings;
mod sse;
mod token;
mod vectors;

pub use anthropic::VertexAnthropic;
pub use capabilities::{Accepted, Caching, Capabilities, ContextClass, Sampling, Thinking};
pub use control::Control;
pub use embed::{EmbedRequest, Embeddings, RawEmbeddings, Task};
pub use endpoint::{Aliases, Endpoint};
pub use error::{Category, Error, Spent};
pub use gateway::{Gateway, GatewayBuilder};
pub use gemini::{GeminiApi, Vertex};
pub use lint::{Problem, Severity};
pub use models::{EmbeddingMethod, EmbeddingSpec, Kind, ModelRow, Models};
pub use offline::{Offline, OfflineFacts};
pub use openai::{Flags, OpenAi};
pub use prices::{Price, PriceRow, Prices, Tier};
pub use provider::Provider;
pub use request::{Delta, Effort, Request, ToolCall, ToolResult, ToolSpec, Turn};
pub use residency::Residency;
pub use response::{Attempt, Certainty, Finish, RawResponse, Response, Usage};
pub use settings::Settings;
pub use token::{GcpTokens, StaticToken, TokenSource};
