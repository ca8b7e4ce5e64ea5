//! The gateway end to end: over real HTTP against the fake providers, with scripted providers
//! for time, and the offline model on whole requests.

#[cfg(test)]
#[path = "all/candidates.rs"]
mod candidates;
#[cfg(test)]
#[path = "all/conformance/mod.rs"]
mod conformance;
#[cfg(test)]
#[path = "all/doctor.rs"]
mod doctor;
#[cfg(test)]
#[path = "all/fake/mod.rs"]
mod fake;
#[cfg(test)]
#[path = "all/gateway.rs"]
mod gateway;
#[cfg(test)]
#[path = "all/lint.rs"]
mod lint;
#[cfg(test)]
#[path = "all/offline.rs"]
mod offline;
#[cfg(test)]
#[path = "all/offline_safety.rs"]
mod offline_safety;
#[cfg(test)]
#[path = "all/offline_uses.rs"]
mod offline_uses;
#[cfg(test)]
#[path = "all/offline_writing.rs"]
mod offline_writing;
#[cfg(test)]
#[path = "all/prices.rs"]
mod prices;
#[cfg(test)]
#[path = "all/schemas.rs"]
mod schemas;
#[cfg(test)]
#[path = "all/scripted.rs"]
mod scripted;
#[cfg(test)]
#[path = "all/settings.rs"]
mod settings;
#[cfg(test)]
#[path = "all/support.rs"]
mod support;
#[cfg(test)]
#[path = "all/vectors.rs"]
mod vectors;

/// The fake's own source: testkit depends on crates this one must not wait for.
#[path = "../../testkit/src/models/mod.rs"]
#[expect(dead_code, reason = "not everything is used here")]
mod models;
