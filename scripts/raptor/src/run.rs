//! `raptor run`

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::local::Local;
use crate::watch::{Api, describe};
use crate::{Outcome, print};

/// Start everything, run one request to its end while showing each step, print the answer and what
/// it cost, stop everything. Ends with 0 only if the execution completed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor run \"Split 18% GST on ₹25,000 from Rajasthan to Maharashtra\" --json"
)]
pub struct Args {
    /// What to do, in a sentence.
    prompt: Option<String>,
    /// A skill's input, as key=value; the value may be JSON. May be repeated.
    #[arg(long = "input", value_name = "KEY=VALUE")]
    inputs: Vec<String>,
    /// Use this skill in place of routing.
    #[arg(long)]
    skill: Option<String>,
    /// realtime, standard or batch.
    #[arg(long, default_value = "realtime")]
    priority: String,
    /// Give up watching after this many seconds.
    #[arg(long, default_value_t = 300)]
    timeout: u64,
    /// One JSON object on standard output: execution_id, status, plan, output, model, tokens,
    /// cost_usd, duration_ms. Progress goes to standard error.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    local: crate::local::Options,
}

pub async fn run(args: Args) -> Result<Outcome> {
    if args.prompt.is_none() && args.skill.is_none() {
        bail!(
            "say what to do: raptor run \"Plan a Diwali campaign for my handloom store in Jaipur\""
        );
    }
    let input = parse_inputs(&args.inputs)?;
    let local = Local::start(&args.local, 0).await?;
    let outcome = run_on(&local, &args, input).await;
    local.stop().await;
    outcome
}

async fn run_on(local: &Local, args: &Args, input: Map<String, Value>) -> Result<Outcome> {
    let api = Api::new(&local.address(), &local.token()?);
    let mut body = json!({ "priority": args.priority });
    if let Some(prompt) = &args.prompt {
        body["prompt"] = json!(prompt);
    }
    if let Some(skill) = &args.skill {
        body["skill_id"] = json!(skill);
    }
    if !input.is_empty() {
        body["input"] = json!(input);
    }
    let accepted = api.post("/v1/agents/execute", &body).await?;
    let id = accepted["execution_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    print::note(format!(
        "execution {id} · at most ${} · model {}",
        accepted["estimated_cost_usd"].as_str().unwrap_or("?"),
        local.models()
    ));
    let started = tokio::time::Instant::now();
    api.follow(&id, Duration::from_secs(args.timeout), |kind, data| {
        if let Some(text) = describe(kind, data) {
            print::note(format!("{:>7.3}s  {text}", started.elapsed().as_secs_f64()));
        }
    })
    .await?;
    let execution = api.get(&format!("/v1/executions/{id}")).await?;
    local.settled(&id).await?;
    report(&execution, args.json);
    Ok(if execution["status"] == "completed" {
        Outcome::OK
    } else {
        Outcome::BAD
    })
}

fn report(execution: &Value, as_json: bool) {
    if as_json {
        print::json(&json!({
            "execution_id": execution["id"], "status": execution["status"], "plan": execution["plan"],
            "output": execution["output"], "model": execution["model"], "tokens": execution["tokens"],
            "cost_usd": execution["cost_usd"], "duration_ms": duration_ms(execution),
        }));
        return;
    }
    if execution["status"] == "completed" {
        print::line(serde_json::to_string_pretty(&execution["output"]).unwrap_or_default());
    } else {
        print::note(format!(
            "{}: {} ({})",
            execution["status"].as_str().unwrap_or("?"),
            execution["error_detail"].as_str().unwrap_or("no detail"),
            execution["error_code"].as_str().unwrap_or("no code")
        ));
    }
    print::line("");
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let mut rows: Vec<Vec<String>> = execution["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|step| {
            vec![
                text(&step["skill_id"]),
                text(&step["model"]),
                text(&step["tokens"]["input"]),
                text(&step["tokens"]["output"]),
                format!("${}", text(&step["cost_usd"])),
            ]
        })
        .collect();
    rows.push(vec![
        "total".to_owned(),
        format!("{} ms", duration_ms(execution)),
        text(&execution["tokens"]["input"]),
        text(&execution["tokens"]["output"]),
        format!("${}", text(&execution["cost_usd"])),
    ]);
    print::table(&["SKILL", "MODEL", "TOKENS IN", "OUT", "COST"], &rows);
}

fn duration_ms(execution: &Value) -> i64 {
    let at = |name: &str| {
        execution[name]
            .as_str()?
            .parse::<chrono::DateTime<chrono::Utc>>()
            .ok()
    };
    match (at("created_at"), at("completed_at")) {
        (Some(created), Some(completed)) => (completed - created).num_milliseconds(),
        _ => 0,
    }
}

/// `key=value` pairs; a value that is JSON is taken as such.
fn parse_inputs(pairs: &[String]) -> Result<Map<String, Value>> {
    pairs
        .iter()
        .map(|pair| {
            let Some((key, value)) = pair.split_once('=') else {
                bail!("--input {pair:?} is not key=value, as in --input city=Jaipur");
            };
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            Ok((key.to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_json_where_they_can_be_and_text_otherwise() {
        let parsed = parse_inputs(&[
            "n=5".into(),
            "city=Jaipur".into(),
            "list=[1,2]".into(),
            "eq=a=b".into(),
        ])
        .unwrap();
        assert_eq!(
            Value::Object(parsed),
            json!({ "n": 5, "city": "Jaipur", "list": [1, 2], "eq": "a=b" })
        );
        assert!(
            parse_inputs(&["oops".into()])
                .unwrap_err()
                .to_string()
                .contains("--input city=Jaipur")
        );
    }
}
