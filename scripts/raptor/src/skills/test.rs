use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use execute_skill::Attempt;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use skills::{Case, Skill};

use super::folder;
use super::stage::Stage;
use crate::{Outcome, print};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  raptor skills test\n  raptor skills test campaign.diwali --case hostile\n\
    Without a model's key the offline model answers; tools that reach outside answer what the case has for them."
)]
pub struct Args {
    /// Skills to test; all without one.
    skills: Vec<String>,
    /// Cases with this name only.
    #[arg(long)]
    case: Option<String>,
    /// Say nothing of cases that pass.
    #[arg(long, conflicts_with = "verbose")]
    quiet: bool,
    /// Show each answer.
    #[arg(long)]
    verbose: bool,
    /// Where skills are.
    #[arg(long, default_value = folder::DEFAULT)]
    dir: PathBuf,
    /// One JSON object a case.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: llm::Settings,
    #[command(flatten)]
    tools: tools::Settings,
}

#[derive(Serialize)]
struct Tested<'a> {
    skill: &'a str,
    case: &'a str,
    passed: bool,
    /// What was expected and is not so.
    failures: Vec<String>,
    model: Option<String>,
    cost_usd: domain::Usd,
    tools: Vec<String>,
}

pub async fn test(args: Args) -> Result<Outcome> {
    let catalogue = folder::whole(&args.dir)?;
    let skills: Vec<Arc<Skill>> = if args.skills.is_empty() {
        catalogue.all().cloned().collect()
    } else {
        let named = args.skills.iter().map(|name| folder::one(&args.dir, name));
        named.collect::<Result<_>>()?
    };
    let stage = Stage::new(&args.models, args.tools)?;
    if stage.is_offline() {
        print::note("no model is configured: the offline model answers");
    }
    let (mut passed, mut failed) = (0, 0);
    for skill in &skills {
        let (cases, errors) = Case::beside(&skill.file);
        for error in &errors {
            print::note(error);
            failed += 1;
        }
        for case in cases
            .iter()
            .filter(|case| args.case.as_ref().is_none_or(|name| *name == case.name))
        {
            let input = skill.with_defaults(&case.input);
            let ran = stage
                .run(skill, &case.prompt, &input, &case.tools, false, &|_| {})
                .await?;
            let failures = judge(case, &ran.attempt, &ran.called);
            let tested = Tested {
                skill: &skill.id,
                case: &case.name,
                passed: failures.is_empty(),
                failures,
                model: ran.attempt.model.clone(),
                cost_usd: ran.attempt.calls.iter().map(|call| call.cost).sum(),
                tools: ran.called,
            };
            if tested.passed {
                passed += 1;
            } else {
                failed += 1;
            }
            if args.json {
                print::json(&tested);
                continue;
            }
            if args.quiet && tested.passed {
                continue;
            }
            let mark = if tested.passed { "ok  " } else { "FAIL" };
            print::line(format_args!("{mark} {} {}", tested.skill, tested.case));
            for failure in &tested.failures {
                print::line(format_args!("       {failure}"));
            }
            if args.verbose
                && let Ok(output) = &ran.attempt.result
            {
                print::line(serde_json::to_string_pretty(output)?);
            }
        }
    }
    if passed + failed == 0 {
        bail!("there is no such case");
    }
    print::note(format_args!("{passed} passed, {failed} failed"));
    Ok(if failed == 0 {
        Outcome::OK
    } else {
        Outcome::BAD
    })
}

/// What the case expects and the run does not show.
fn judge(case: &Case, attempt: &Attempt, called: &[String]) -> Vec<String> {
    let expect = &case.expect;
    let mut failures = Vec::new();
    let status = match &attempt.result {
        Ok(_) => "completed",
        Err(error) => error.code,
    };
    let wanted = expect.status.as_deref().unwrap_or("completed");
    if status != wanted {
        let detail = attempt
            .result
            .as_ref()
            .err()
            .map_or("", |error| error.detail.as_str());
        failures.push(format!("status is {status}, not {wanted}: {detail}"));
    }
    for tool in &expect.calls {
        if !called.contains(tool) {
            failures.push(format!(
                "{tool} was not called (called were {})",
                called.join(", ")
            ));
        }
    }
    let cost: domain::Usd = attempt.calls.iter().map(|call| call.cost).sum();
    if let Some(most) = expect
        .max_cost_usd
        .and_then(|most| Decimal::try_from(most).ok())
        && cost.0 > most
    {
        failures.push(format!("it cost {cost}, more than ${most}"));
    }
    let Ok(output) = &attempt.result else {
        return failures;
    };
    let said = text(output).to_lowercase();
    for wanted in &expect.contains {
        if !said.contains(&wanted.to_lowercase()) {
            failures.push(format!("{wanted:?} is nowhere in the answer"));
        }
    }
    for unwanted in &expect.lacks {
        if said.contains(&unwanted.to_lowercase()) {
            failures.push(format!("{unwanted:?} is in the answer"));
        }
    }
    for path in &expect.not_empty {
        let empty = match skills::at(output, path) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(fields)) => fields.is_empty(),
            Some(_) => false,
        };
        if empty {
            failures.push(format!("{path} is empty"));
        }
    }
    for (path, wanted) in &expect.equals {
        match skills::at(output, path) {
            Some(value) if value == wanted => {}
            found => failures.push(format!(
                "{path} is {}, not {wanted}",
                found.unwrap_or(&Value::Null)
            )),
        }
    }
    failures
}

/// All texts and numbers of a value.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => fields.values().map(text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}
