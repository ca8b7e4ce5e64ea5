use std::collections::BTreeMap;

use anyhow::Result;
use execute_skill::News;
use serde_json::json;

use super::folder;
use super::render::{self, Asked};
use super::stage::Stage;
use crate::{Outcome, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor skills run campaign.diwali --prompt \"Diwali plan for my shop\" --input city=Jaipur\n  \
    raptor skills run analysis.seo --case usual --json\n\
    Without a model's key the offline model answers. Nothing is stored or charged.")]
pub struct Args {
    #[command(flatten)]
    asked: Asked,
    /// Tools that reach outside are really asked; otherwise they answer what the case has for them.
    #[arg(long)]
    live: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: llm::Settings,
    #[command(flatten)]
    tools: tools::Settings,
}

pub async fn run(args: Args) -> Result<Outcome> {
    let skill = folder::one(&args.asked.dir, &args.asked.skill)?;
    let (prompt, input, recorded) = render::asked(&skill, &args.asked)?;
    let stage = Stage::new(&args.models, args.tools)?;
    if stage.is_offline() {
        print::note("no model is configured: the offline model answers");
    }
    let tell = |news: News<'_>| {
        if let News::Tool {
            name, ok, duration, ..
        } = news
        {
            let outcome = if ok { "answered" } else { "failed" };
            print::note(format_args!(
                "{name} {outcome} after {} ms",
                duration.as_millis()
            ));
        }
    };
    let ran = stage
        .run(&skill, &prompt, &input, &recorded, args.live, &tell)
        .await?;
    let attempt = ran.attempt;
    let cost: domain::Usd = attempt.calls.iter().map(|call| call.cost).sum();
    let mut by_model: BTreeMap<&str, u32> = BTreeMap::new();
    for call in &attempt.calls {
        *by_model.entry(&call.model).or_default() += 1;
    }
    let ok = attempt.result.is_ok();
    if args.json {
        let (output, error) = match &attempt.result {
            Ok(output) => (Some(output), None),
            Err(error) => (
                None,
                Some(json!({ "code": error.code, "detail": error.detail })),
            ),
        };
        print::json(&json!({
            "skill": skill.id, "version": skill.version, "hash": skill.hash,
            "output": output, "error": error, "model": attempt.model, "cost_usd": cost,
            "tools": ran.called, "calls": by_model, "dropped": attempt.dropped,
        }));
    } else {
        match &attempt.result {
            Ok(output) => print::line(serde_json::to_string_pretty(output)?),
            Err(error) => print::note(format_args!("{}: {}", error.code, error.detail)),
        }
        let model = attempt.model.as_deref().unwrap_or("no model");
        print::note(format_args!("{model}, {cost}"));
        for left_out in &attempt.dropped {
            print::note(format_args!("not sent to the model: {left_out}"));
        }
    }
    Ok(if ok { Outcome::OK } else { Outcome::BAD })
}
