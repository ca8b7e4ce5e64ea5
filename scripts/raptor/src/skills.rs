//! `raptor skills`: the author's tools. A new one is a file in `skills/` with its `Args` and a function,
//! a line in [`Command`], and a line in [`skills`].

mod check;
mod costs;
mod diff;
mod export;
mod fmt;
pub mod folder;
mod git;
mod kept;
mod labels;
mod list;
mod new;
mod page;
mod render;
mod run;
mod schema;
mod stage;
mod test;
mod types;
mod written;

use anyhow::Result;
use clap::Subcommand;

use crate::Outcome;

/// Work on skill files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills new content.reel && raptor skills check")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a skill: a file to fill in, and four cases.
    New(new::Args),
    /// Say what is wrong with the skills of a folder, with file, line and what to do.
    Check(check::Args),
    /// Put skill files into their canonical form.
    Fmt(fmt::Args),
    /// List the skills of a folder.
    List(list::Args),
    /// Show what changed in a skill, for those who use it, and by how much to raise its version.
    Diff(diff::Args),
    /// Show what a model would be sent, what it may cost, and what each model would leave out.
    Render(render::Args),
    /// Run one skill here, without a database.
    Run(run::Args),
    /// Run the cases of skills, and say what is not as they expect.
    Test(test::Args),
    /// Write the TypeScript types of what all skills take and answer.
    Types(types::Args),
    /// Write the JSON Schema of a skill's head, for editors.
    Schema(schema::Args),
    /// Write one HTML page of all skills.
    Page(page::Args),
    /// Write the skills in another program's format.
    Export(export::Args),
    /// List the kept versions of a skill, and who is served which.
    Versions(labels::VersionsArgs),
    /// Give some workspaces a version of their own, to try it.
    Canary(labels::CanaryArgs),
    /// Give everyone the version that is tried.
    Promote(labels::PromoteArgs),
    /// Give everyone an earlier version, until the next one is published.
    Rollback(labels::RollbackArgs),
    /// Give everyone what the skill's file says again.
    Release(labels::ReleaseArgs),
}

pub async fn skills(args: Args) -> Result<Outcome> {
    match args.command {
        Command::New(args) => new::new(&args),
        Command::Check(args) => check::check(&args),
        Command::Fmt(args) => fmt::fmt(&args),
        Command::List(args) => list::list(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Render(args) => render::render(&args),
        Command::Run(args) => run::run(args).await,
        Command::Test(args) => test::test(args).await,
        Command::Types(args) => types::types(&args),
        Command::Schema(args) => schema::schema(&args),
        Command::Page(args) => page::page(&args),
        Command::Export(args) => export::export(&args),
        Command::Versions(args) => labels::versions(args).await,
        Command::Canary(args) => labels::canary(args).await,
        Command::Promote(args) => labels::promote(args).await,
        Command::Rollback(args) => labels::rollback(args).await,
        Command::Release(args) => labels::release(args).await,
    }
}
