/// Why a message was not handled, and so what becomes of it. (Handled is `Ok`: acknowledged.)
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It can never be handled: recorded, then acknowledged.
    #[error("rejected, {code}: {reason}")]
    Reject {
        /// Stable, `message.malformed`.
        code: String,
        reason: String,
    },
    /// It may be handled later: it comes again with backoff, until it becomes a dead letter.
    #[error("to be retried: {reason}")]
    Retry { reason: String },
}
