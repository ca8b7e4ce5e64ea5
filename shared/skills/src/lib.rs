//! Skill files. A skill is a Markdown file with a YAML head; it compiles to what runs it: schemas,
//! validators, a prompt template, a tool list and a cost limit. `skills/README.md` teaches the format.

mod aliases;
mod cases;
mod catalogue;
mod check;
mod compile;
mod diff;
mod emit;
mod export;
mod format;
mod head;
mod head_schema;
mod inline;
mod page;
mod picoschema;
mod plain;
mod problem;
mod render;
mod scaffold;
mod similar;
mod skill;
mod source;
mod template;
mod tokens;
mod types;
mod yaml;

pub use cases::{Case, Expect, at};
pub use catalogue::{Catalogue, Loaded};
pub use check::{Report, check_dir};
pub use compile::Known;
pub use diff::{Change, Diff, Step};
pub use export::{AgentSkill, ExportError};
pub use format::formatted;
pub use head::{Critic, Unlike};
pub use head_schema::head_schema;
pub use page::page;
pub use problem::{SkillError, Warning};
pub use render::{RenderContext, RenderError, Rendered, data_block};
pub use scaffold::{BadName, scaffold};
pub use skill::{Approval, DataClass, Memory, Skill, Violation};
pub use source::Source;
pub use tokens::tokens;
pub use types::typescript;
