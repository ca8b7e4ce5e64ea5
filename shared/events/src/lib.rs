//! Every message that crosses a topic. An event is a fact in the past tense with a version; a
//! changed shape is a new version beside the old one. `topology` says who hears of it.

mod execution_finished;
mod execution_requested;
mod message;
mod publish;
mod skill_published;
mod step_finished;
mod step_ready;
mod test_event;
mod topology;
mod usage_recorded;
mod workspace_created;

pub use execution_finished::ExecutionFinishedV1;
pub use execution_requested::ExecutionRequestedV1;
pub use message::{DecodeError, Event, Message};
pub use publish::{Custody, DeadLetter, MessageLog, PublishError, Publisher, Rejection};
pub use skill_published::SkillPublishedV1;
pub use step_finished::StepFinishedV1;
pub use step_ready::StepReadyV1;
pub use test_event::TestEventV1;
pub use topology::{
    Schedule, Subscription, Topic, dead_letter_topic, schedules, subscription, topics,
};
pub use usage_recorded::UsageRecordedV1;
pub use workspace_created::WorkspaceCreatedV1;
