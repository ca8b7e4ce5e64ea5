use crate::Message;
use async_trait::async_trait;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Who answers for a message after `publish` returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// The broker has it durably: the outbox row may go.
    Released,
    /// The broker has it in memory only and deletes the outbox row itself, through
    /// [`MessageLog::confirm`], once every subscription has acknowledged it.
    Held,
}

#[derive(Debug, Clone, thiserror::Error)]
#[error("{topic} was not published: {reason}")]
pub struct PublishError {
    pub topic: String,
    pub reason: String,
}

/// Puts messages on topics. At least once: a message may arrive twice, and a failed publish is
/// repeated by the outbox.
#[async_trait]
pub trait Publisher: Send + Sync + 'static {
    /// One result per message, in order. Never waits longer than a few seconds.
    async fn publish(&self, messages: Vec<Message>) -> Vec<Result<Custody, PublishError>>;
}

/// A message that ran out of retries.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// `step-finished-v1.bill`
    pub subscription: String,
    pub message_id: String,
    pub attributes: BTreeMap<String, String>,
    pub data: Vec<u8>,
    pub attempts: i32,
    pub reason: String,
}

/// A message that can never be handled: recorded, then acknowledged.
#[derive(Debug, Clone)]
pub struct Rejection {
    pub subscription: String,
    pub message_id: String,
    pub attributes: BTreeMap<String, String>,
    pub data: Vec<u8>,
    /// Stable, `message.malformed`.
    pub code: String,
    pub reason: String,
}

/// Where the fate of messages is written down. `store` implements it.
#[async_trait]
pub trait MessageLog: Send + Sync + 'static {
    /// Every subscription has acknowledged these outbox messages.
    async fn confirm(&self, ids: Vec<Uuid>) -> Result<(), String>;
    /// Recording the same letter twice keeps one.
    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), String>;
    /// Recording the same rejection twice keeps one.
    async fn reject(&self, rejection: Rejection) -> Result<(), String>;
}
