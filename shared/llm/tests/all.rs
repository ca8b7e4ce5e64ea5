//! The gateway end to end: over real HTTP against the fake Vertex server, with scripted providers
//! for time, and the offline model on whole requests.

#[cfg(test)]
#[path = "all/gateway.rs"]
mod gateway;
#[cfg(test)]
#[path = "all/offline.rs"]
mod offline;
#[cfg(test)]
#[path = "all/schemas.rs"]
mod schemas;
#[cfg(test)]
#[path = "all/support.rs"]
mod support;
#[cfg(test)]
#[path = "all/wire.rs"]
mod wire;

/// The server's own source: testkit depends on crates this one must not wait for.
#[path = "../../testkit/src/vertex.rs"]
#[expect(dead_code, reason = "not every reply is used here")]
mod vertex;
