use crate::names::names;

names! {
    /// Where an execution stands.
    ExecutionStatus, "execution status" {
        /// Accepted; its plan is not made yet.
        Pending = "pending",
        /// Planned; no step has started.
        Queued = "queued",
        Running = "running",
        AwaitingApproval = "awaiting_approval",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl ExecutionStatus {
    /// Nothing changes after this.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

names! {
    /// Where one step of a plan stands.
    StepStatus, "step status" {
        /// Depends on steps that are not finished.
        Waiting = "waiting",
        /// May run: a message asks for it.
        Ready = "ready",
        /// Leased by a worker.
        Running = "running",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl StepStatus {
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

names! {
    /// How urgent an execution is. Each has a topic of its own, because Pub/Sub has no priorities.
    Priority, "priority" {
        Realtime = "realtime" | "high" | "priority",
        Standard = "standard" | "normal",
        Batch = "batch" | "low",
    }
}
