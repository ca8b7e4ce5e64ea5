//! Who hears of what, and what runs on a clock. Terraform's maps mirror these two tables, and a test
//! compares them, so that neither side can be forgotten.

/// A topic and the functions subscribed to it.
#[derive(Debug, Clone, Copy)]
pub struct Topic {
    pub name: &'static str,
    pub subscribers: &'static [&'static str],
    /// Seconds a handler has before the message is delivered again.
    pub ack_deadline_seconds: u32,
}

/// Deliveries before a message becomes a dead letter. Pub/Sub accepts 5 to 100.
pub const MAX_ATTEMPTS: u32 = 10;
/// Seconds between deliveries: from, to, growing in between.
pub const BACKOFF_SECONDS: (u32, u32) = (1, 60);

/// One function's ear at one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// `step-finished-v1.bill`
    pub name: String,
    pub topic: &'static str,
    pub function: &'static str,
    pub ack_deadline_seconds: u32,
    pub max_attempts: u32,
    pub backoff_seconds: (u32, u32),
}

const TOPICS: &[Topic] = &[
    Topic {
        name: "workspace-created-v1",
        subscribers: &["route"],
        ack_deadline_seconds: 30,
    },
    Topic {
        name: "execution-requested-v1",
        subscribers: &["route"],
        ack_deadline_seconds: 60,
    },
    Topic {
        name: "step-ready-realtime-v1",
        subscribers: &["execute-skill"],
        ack_deadline_seconds: 600,
    },
    Topic {
        name: "step-ready-standard-v1",
        subscribers: &["execute-skill"],
        ack_deadline_seconds: 600,
    },
    Topic {
        name: "step-ready-batch-v1",
        subscribers: &["execute-skill"],
        ack_deadline_seconds: 600,
    },
    Topic {
        name: "step-finished-v1",
        subscribers: &["route"],
        ack_deadline_seconds: 30,
    },
    Topic {
        name: "execution-finished-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 30,
    },
    Topic {
        name: "usage-recorded-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 30,
    },
    Topic {
        name: "skill-published-v1",
        subscribers: &["ingress", "route", "execute-skill"],
        ack_deadline_seconds: 30,
    },
    Topic {
        name: "payment-requested-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 60,
    },
    Topic {
        name: "payment-reported-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 60,
    },
    Topic {
        name: "payment-captured-v1",
        subscribers: &["gst-invoice"],
        ack_deadline_seconds: 120,
    },
    Topic {
        name: "refund-requested-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 60,
    },
    Topic {
        name: "refund-reported-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 60,
    },
    Topic {
        name: "refund-completed-v1",
        subscribers: &["gst-invoice"],
        ack_deadline_seconds: 120,
    },
    Topic {
        name: "mandate-reported-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 60,
    },
    Topic {
        name: "mandate-cancel-requested-v1",
        subscribers: &["bill"],
        ack_deadline_seconds: 60,
    },
    Topic {
        name: "tax-profile-changed-v1",
        subscribers: &["gst-invoice"],
        ack_deadline_seconds: 120,
    },
    Topic {
        name: "report-requested-v1",
        subscribers: &["gst-invoice"],
        ack_deadline_seconds: 120,
    },
    Topic {
        name: "test-event-v1",
        subscribers: &["route"],
        ack_deadline_seconds: 30,
    },
];

pub fn topics() -> &'static [Topic] {
    TOPICS
}

impl Topic {
    pub fn subscriptions(&self) -> impl Iterator<Item = Subscription> {
        self.subscribers.iter().map(|function| Subscription {
            name: format!("{}.{function}", self.name),
            topic: self.name,
            function,
            ack_deadline_seconds: self.ack_deadline_seconds,
            max_attempts: MAX_ATTEMPTS,
            backoff_seconds: BACKOFF_SECONDS,
        })
    }
}

/// The subscription of `function` to `topic`, if it is declared.
pub fn subscription(topic: &str, function: &str) -> Option<Subscription> {
    TOPICS
        .iter()
        .find(|t| t.name == topic)?
        .subscriptions()
        .find(|s| s.function == function)
}

/// `step-finished-v1.bill` -> `step-finished-v1.bill.dlq`
pub fn dead_letter_topic(subscription: &str) -> String {
    format!("{subscription}.dlq")
}

/// Something a function does on a clock: `POST /schedules/<name>` with an OIDC token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    pub function: &'static str,
    pub name: &'static str,
    /// As Cloud Scheduler reads it, in Asia/Kolkata.
    pub cron: &'static str,
    /// How often the local run does it instead.
    pub local_seconds: u32,
}

const SCHEDULES: &[Schedule] = &[
    Schedule {
        function: "ingress",
        name: "sweep-outbox",
        cron: "* * * * *",
        local_seconds: 5,
    },
    Schedule {
        function: "route",
        name: "sweep-outbox",
        cron: "* * * * *",
        local_seconds: 5,
    },
    Schedule {
        function: "execute-skill",
        name: "sweep-outbox",
        cron: "* * * * *",
        local_seconds: 5,
    },
    Schedule {
        function: "bill",
        name: "sweep-outbox",
        cron: "* * * * *",
        local_seconds: 5,
    },
    Schedule {
        function: "route",
        name: "requeue-steps",
        cron: "* * * * *",
        local_seconds: 5,
    },
    Schedule {
        function: "bill",
        name: "expire-holds",
        cron: "*/5 * * * *",
        local_seconds: 15,
    },
    Schedule {
        function: "bill",
        name: "make-partitions",
        cron: "30 3 * * *",
        local_seconds: 3600,
    },
    Schedule {
        function: "phonepe-webhook",
        name: "sweep-outbox",
        cron: "* * * * *",
        local_seconds: 5,
    },
    Schedule {
        function: "bill",
        name: "debit-cycle",
        cron: "*/15 * * * *",
        local_seconds: 5,
    },
    Schedule {
        function: "bill",
        name: "poll-pending",
        cron: "* * * * *",
        local_seconds: 3,
    },
    Schedule {
        function: "bill",
        name: "dunning",
        cron: "5 * * * *",
        local_seconds: 15,
    },
    Schedule {
        function: "bill",
        name: "reconcile",
        cron: "*/30 2-5 * * *",
        local_seconds: 3600,
    },
    Schedule {
        function: "bill",
        name: "close-month",
        cron: "*/10 2-5 * * *",
        local_seconds: 3600,
    },
    Schedule {
        function: "bill",
        name: "sweep-anomalies",
        cron: "20 * * * *",
        local_seconds: 300,
    },
    Schedule {
        function: "gst-invoice",
        name: "finish-invoices",
        cron: "*/5 * * * *",
        local_seconds: 5,
    },
];

pub fn schedules() -> &'static [Schedule] {
    SCHEDULES
}
