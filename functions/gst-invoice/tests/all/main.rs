//! gst-invoice: issuing on a real PostgreSQL, its providers against their simulators, its pages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documents;
mod gstins;
mod issue;
mod portal;
mod registering;
mod world;
