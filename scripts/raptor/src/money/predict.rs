//! What skills will cost, by what they have cost.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use domain::Usd;
use economics::prediction::{self, Basis, History, Node, Role, Settings};
use store::skill_costs;

use super::operator;
use crate::skills::folder;
use crate::{Outcome, print};

/// Say what a plan of these skills will cost. The first is the primary one.
///
/// Where a skill has run often enough in the last 90 days, what it cost then says it; else what the skill
/// declares, an upper bound. The figures are renewed each hour by bill.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor money predict campaign.diwali content.email")]
pub struct Args {
    #[arg(required = true)]
    skills: Vec<String>,
    /// Where skills are.
    #[arg(long, env = "SKILLS_DIR", default_value = folder::DEFAULT)]
    dir: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn predict(args: &Args) -> Result<Outcome> {
    let catalogue = folder::read(&args.dir)?.catalogue;
    let nodes = args.skills.iter().enumerate().map(|(n, id)| {
        let skill = catalogue.get(id).with_context(|| {
            format!(
                "no skill {id}: `raptor skills list --dir {}` shows them",
                args.dir.display()
            )
        })?;
        let role = if n == 0 {
            Role::Primary
        } else {
            Role::Secondary
        };
        Ok(Node {
            role,
            skill_id: id.clone(),
            // The bound that the skill declares holds its tools too.
            llm_usd: skill.max_cost,
            tools_usd: Usd::ZERO,
        })
    });
    let nodes: Vec<Node> = nodes.collect::<Result<_>>()?;
    let mut tx = operator()?.plain().await?;
    let known = skill_costs::of(&mut tx, &args.skills).await?;
    tx.rollback().await?;
    let known: BTreeMap<String, History> = known
        .into_iter()
        .map(|row| {
            let history = History::of(row.steps, row.attempts, row.recent_usd);
            (row.skill_id, history)
        })
        .collect();
    let prediction = prediction::predict(&nodes, &known, &Settings::default());
    if args.json {
        print::json(&prediction);
        return Ok(Outcome::OK);
    }
    let mut rows: Vec<Vec<String>> = prediction
        .nodes
        .iter()
        .map(|node| {
            let basis = match node.basis {
                Basis::History { samples } => format!("{samples} runs"),
                Basis::Estimate { samples } => format!("the skill's own bound ({samples} runs)"),
            };
            vec![
                node.skill_id.clone(),
                node.formula_usd.to_string(),
                node.p50_usd.to_string(),
                node.p90_usd.to_string(),
                node.retry_probability.to_string(),
                basis,
            ]
        })
        .collect();
    rows.push(vec![
        "all".to_owned(),
        prediction.formula_usd.to_string(),
        prediction.p50_usd.to_string(),
        prediction.p90_usd.to_string(),
    ]);
    print::table(
        &["SKILL", "BY FORMULA", "MEDIAN", "90 OF 100", "RETRY", "BY"],
        &rows,
    );
    Ok(Outcome::OK)
}
