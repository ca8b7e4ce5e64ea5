//! Movement of messages: who handles what, how a message reaches its handler, and what becomes of it.
//!
//! A function states its [`Consumer`]s. Pub/Sub pushes to [`push_router`]; the [`Embedded`] broker
//! calls the same consumers in process, or pushes over HTTP exactly as Pub/Sub does. Either way a
//! handler sees an event and answers `Ok`, [`Failure::Reject`] or [`Failure::Retry`].

mod consumer;
mod embedded;
mod failure;
mod http_face;
mod options;
mod pubsub;
mod push;
mod schedule;
mod verify;

pub use consumer::{Consumer, Meta};
pub use embedded::{Builder, Embedded};
pub use failure::Failure;
pub use http_face::{HttpPublisher, http_face};
pub use options::{Chaos, Options, Stats};
pub use pubsub::{PubSub, admin, relay};
pub use push::push_router;
pub use schedule::{ScheduleHandler, schedule, schedule_router};
pub use verify::{OidcVerifier, Verify};
