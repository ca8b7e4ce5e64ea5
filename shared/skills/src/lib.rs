//! Skill files. A skill is a Markdown file with a YAML head; it compiles to what runs it: schemas,
//! validators, a prompt template, a tool list and a cost limit. `skills/README.md` teaches the format.

mod catalogue;
mod check;
mod head;
mod picoschema;
mod problem;
mod render;
mod skill;
mod source;

pub use catalogue::Catalogue;
pub use check::{Report, check_dir};
pub use problem::{SkillError, Warning};
pub use render::{RenderContext, RenderError, Rendered, data_block};
pub use skill::{Skill, Violation};
pub use source::Source;
