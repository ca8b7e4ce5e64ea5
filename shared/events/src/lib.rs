//! Every message that crosses a topic. An event is a fact in the past tense with a version; a
//! changed shape is a new version beside the old one. `topology` says who hears of it.

mod execution_finished;
mod execution_requested;
mod mandate_cancel_requested;
mod mandate_reported;
mod message;
mod payment_captured;
mod payment_reported;
mod payment_requested;
mod publish;
mod refund_completed;
mod refund_reported;
mod refund_requested;
mod report_requested;
mod skill_published;
mod step_finished;
mod step_ready;
mod tax_profile_changed;
mod test_event;
mod topology;
mod usage_recorded;
mod workspace_created;

pub use execution_finished::ExecutionFinishedV1;
pub use execution_requested::ExecutionRequestedV1;
pub use mandate_cancel_requested::MandateCancelRequestedV1;
pub use mandate_reported::MandateReportedV1;
pub use message::{DecodeError, Event, Message};
pub use payment_captured::PaymentCapturedV1;
pub use payment_reported::PaymentReportedV1;
pub use payment_requested::PaymentRequestedV1;
pub use publish::{Custody, DeadLetter, MessageLog, PublishError, Publisher, Rejection};
pub use refund_completed::RefundCompletedV1;
pub use refund_reported::RefundReportedV1;
pub use refund_requested::RefundRequestedV1;
pub use report_requested::ReportRequestedV1;
pub use skill_published::SkillPublishedV1;
pub use step_finished::StepFinishedV1;
pub use step_ready::StepReadyV1;
pub use tax_profile_changed::TaxProfileChangedV1;
pub use test_event::TestEventV1;
pub use topology::{
    Schedule, Subscription, Topic, dead_letter_topic, schedules, subscription, topics,
};
pub use usage_recorded::UsageRecordedV1;
pub use workspace_created::WorkspaceCreatedV1;
