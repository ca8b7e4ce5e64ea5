//! `raptor route`: which skills a request would be given, and why, by the rules alone.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use domain::Tier;
use routing::{Ask, Decision, Intent, Label, Labelled, Router};
use serde::Deserialize;
use serde_json::json;
use skills::Catalogue;

use crate::skills::folder;
use crate::{Outcome, print};

/// Choose skills for a request, without a model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor route \"diwali ke liye offer banao\" --explain\n  \
    raptor route --file requests.jsonl --json > chosen.jsonl\n  \
    raptor route --file shared/routing/tests/all/requests_held_out.jsonl --measure")]
pub struct Args {
    /// The request.
    #[arg(required_unless_present = "file")]
    text: Option<String>,
    /// A file with one JSON object a line, with `id` and `text`.
    #[arg(long, conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Say what spoke for each candidate.
    #[arg(long)]
    explain: bool,
    /// The lines of --file have `label` and `plan` too: say how often the router chooses the same.
    #[arg(long, requires = "file")]
    measure: bool,
    /// The workspace's tier.
    #[arg(long, default_value = "enterprise")]
    tier: Tier,
    /// A language that the skill must speak, as in hi.
    #[arg(long)]
    locale: Option<String>,
    /// Where skills are.
    #[arg(long, default_value = folder::DEFAULT)]
    dir: PathBuf,
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    text: String,
}

pub fn choose(args: &Args) -> Result<Outcome> {
    let loaded = folder::read(&args.dir)?;
    loaded.errors.iter().for_each(print::note);
    if loaded.catalogue.is_empty() {
        bail!("{} has no good skill", args.dir.display());
    }
    let catalogue = loaded.catalogue;
    let router = Router::new(&catalogue);
    if let Some(text) = &args.text {
        let decision = route(&router, args, text);
        let fits = !decision.skills().is_empty();
        show(args, &catalogue, text, &decision);
        return Ok(if fits { Outcome::OK } else { Outcome::BAD });
    }
    let path = args.file.as_ref().context("give a request, or --file")?;
    let file =
        std::fs::File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    let mut labelled = Vec::new();
    for (n, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("{}, line {}", path.display(), n + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = || {
            format!(
                "{}, line {}: expected a JSON object with `id` and `text`",
                path.display(),
                n + 1
            )
        };
        if args.measure {
            labelled.push(serde_json::from_str::<Labelled>(&line).with_context(wrong)?);
            continue;
        }
        let line: Line = serde_json::from_str(&line).with_context(wrong)?;
        let decision = route(&router, args, &line.text);
        if args.json {
            print::json(&json!({
                "id": line.id,
                "label": decision.label.name(),
                "candidates": decision.candidates,
                "plan": decision.skills(),
                "confident": decision.confident,
            }));
        } else {
            let plan = decision.skills().join(" -> ");
            print::line(format_args!(
                "{}\t{}\t{plan}",
                line.id
                    .as_str()
                    .map_or_else(|| line.id.to_string(), str::to_owned),
                decision.label.name()
            ));
        }
    }
    if args.measure {
        let figures = routing::measure(&router, &labelled);
        if args.json {
            print::json(&figures);
        } else {
            print::line(&figures);
            if args.explain {
                figures.wrong.iter().for_each(print::line);
            }
        }
    }
    Ok(Outcome::OK)
}

fn route(router: &Router, args: &Args, text: &str) -> Decision {
    router.route(&Ask {
        text,
        tier: args.tier,
        locale: args.locale.as_deref(),
    })
}

fn show(args: &Args, catalogue: &Catalogue, text: &str, decision: &Decision) {
    let skills = decision.skills();
    let intent = Intent::of(text, skills, catalogue);
    let plan = routing::plan(skills, catalogue, &json!({}));
    let estimate = plan
        .as_ref()
        .ok()
        .map(|plan| routing::estimate(plan, catalogue));
    if args.json {
        print::json(&json!({
            "label": decision.label.name(),
            "plan": skills,
            "candidates": decision.candidates,
            "outside": decision.outside,
            "confident": decision.confident,
            "reason": reason(decision),
            "intent": intent,
            "estimate": estimate,
        }));
        return;
    }
    match &decision.label {
        Label::Skill(id) => print::line(id),
        Label::Multi(ids) => print::line(ids.join(" -> ")),
        Label::Abstain { reason } | Label::Unclear { reason } => print::line(reason),
    }
    for id in skills {
        if catalogue.any(id).is_some_and(|skill| !skill.enabled) {
            print::note(format_args!(
                "{id} is switched off: SKILLS_ENABLED={id} switches it on"
            ));
        }
    }
    if !args.explain {
        return;
    }
    let sure = if decision.confident {
        "sure enough to act at once"
    } else {
        "not sure: a model takes a closer look, where one is configured"
    };
    print::line(format_args!("\n{sure}"));
    let mut rows: Vec<Vec<String>> = decision
        .candidates
        .iter()
        .map(|candidate| {
            vec![
                candidate.skill_id.clone(),
                format!("{:.3}", candidate.score),
                candidate.why.join(", "),
            ]
        })
        .collect();
    rows.push(vec![
        "(nobody's work)".into(),
        format!("{:.3}", decision.outside),
        String::new(),
    ]);
    print::table(&["CANDIDATE", "SHARE", "WORDS THAT SPEAK FOR IT"], &rows);
    print::line(format_args!(
        "\nabout {} (complexity {}), urgency {:?}, market {:?}, needs {}",
        intent.primary_intent,
        intent.complexity,
        intent.urgency,
        intent.market_focus,
        if intent.required_data_types.is_empty() {
            "no data".to_owned()
        } else {
            intent.required_data_types.join(", ")
        }
    ));
    if let Some(estimate) = estimate {
        print::line(format_args!(
            "at most {}, {} s, {} tokens",
            estimate.cost_usd, estimate.seconds, estimate.tokens
        ));
    }
}

fn reason(decision: &Decision) -> Option<&str> {
    match &decision.label {
        Label::Abstain { reason } | Label::Unclear { reason } => Some(reason),
        Label::Skill(_) | Label::Multi(_) => None,
    }
}
