use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use domain::{ExecutionId, WorkspaceId};
use llm::{Request, ToolSpec, Turn};
use serde_json::{Map, Value, json};
use skills::{Case, RenderContext, Skill};
use tools::{RecordsError, StoredRecord};
use uuid::Uuid;

use super::costs::{self, Candidate};
use super::folder;
use crate::{Outcome, print};

/// In a run this is random.
const MARK: &str = "MARK";

/// A request to a skill, as a person gives it.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Asked {
    /// An id, or the skill's file or folder.
    pub skill: String,
    /// One input, as name=value. A value that is not text is JSON, as in budget_inr=40000.
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// A JSON file with inputs.
    #[arg(long)]
    input_file: Option<PathBuf>,
    /// The request; the skill's first example without it.
    #[arg(long)]
    prompt: Option<String>,
    /// A case of the skill: its request, its inputs, and what outside tools say in it.
    #[arg(long)]
    case: Option<String>,
    /// Where skills are.
    #[arg(long, default_value = folder::DEFAULT)]
    pub dir: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor skills render campaign.diwali --prompt \"Diwali plan for my shop\" --input city=Jaipur\n  \
    raptor skills render skills/campaign/diwali --case usual")]
pub struct Args {
    #[command(flatten)]
    asked: Asked,
    /// The day to render for, as 2026-11-21; today in India without it.
    #[arg(long)]
    today: Option<chrono::NaiveDate>,
    #[arg(long)]
    json: bool,
}

pub fn render(args: &Args) -> Result<Outcome> {
    let skill = folder::one(&args.asked.dir, &args.asked.skill)?;
    let (prompt, input, _) = asked(&skill, &args.asked)?;
    let seams = runtime::system_seams();
    let day = args.today;
    let today = day.unwrap_or_else(|| seams.now().with_timezone(&bharat::ist()).date_naive());
    let rendered = skill.render(&RenderContext {
        input: &input,
        prompt: &prompt,
        today: &today.to_string(),
        delimiter: MARK,
        prior: &[],
    })?;
    let request = Request {
        model: skill.model.clone(),
        system: rendered.system,
        turns: vec![Turn::user(rendered.user.clone())],
        tools: specs(&skill.tools),
        output_schema: Some(skill.output_schema.clone()),
        max_output_tokens: skill.max_output_tokens,
        temperature: skill.temperature,
        effort: skill
            .effort
            .as_deref()
            .and_then(|effort| effort.parse().ok()),
        ..Request::default()
    };
    let sizes = Sizes::of(&request, &rendered.user);
    let candidates = costs::candidates(&skill, &request, sizes.all(), today);
    if args.json {
        print::json(&json!({
            "skill": skill.id,
            "version": skill.version,
            "today": today,
            "system": request.system,
            "user": rendered.user,
            "tools": request.tools,
            "tokens": sizes.entries().iter().map(|(name, tokens)| ((*name).to_owned(), *tokens)).collect::<BTreeMap<_, _>>(),
            "max_output_tokens": skill.max_output_tokens,
            "max_cost_usd": skill.max_cost,
            "models": candidates,
        }));
    } else {
        show(&skill, &request, &rendered.user, &sizes, &candidates);
    }
    Ok(Outcome::OK)
}

/// Estimates, high.
struct Sizes {
    system: u64,
    user: u64,
    tools: u64,
    schema: u64,
}

impl Sizes {
    fn of(request: &Request, user: &str) -> Self {
        let tools = json!(request.tools).to_string();
        let schema = request
            .output_schema
            .as_ref()
            .map_or_else(String::new, Value::to_string);
        Self {
            system: skills::tokens(&request.system),
            user: skills::tokens(user),
            tools: if request.tools.is_empty() {
                0
            } else {
                skills::tokens(&tools)
            },
            schema: skills::tokens(&schema),
        }
    }

    fn all(&self) -> u64 {
        self.system + self.user + self.tools + self.schema
    }

    fn entries(&self) -> [(&'static str, u64); 5] {
        [
            ("system", self.system),
            ("user", self.user),
            ("tools", self.tools),
            ("output schema", self.schema),
            ("all", self.all()),
        ]
    }
}

fn show(skill: &Skill, request: &Request, user: &str, sizes: &Sizes, candidates: &[Candidate]) {
    print::line("== system");
    print::line(&request.system);
    print::line("\n== user");
    print::line(user);
    print::line("\n== tools");
    for tool in &request.tools {
        print::line(format_args!("{}: {}", tool.name, tool.description));
    }
    if request.tools.is_empty() {
        print::line("none");
    }
    print::line("\n== tokens of the first call, estimated high");
    for (name, tokens) in sizes.entries() {
        print::line(format_args!("{name:<14}{tokens:>7}"));
    }
    print::line(format_args!(
        "{:<14}{:>7}",
        "answer, most", skill.max_output_tokens
    ));
    print::line(format_args!(
        "\n== models, in the order they are asked; the run is stopped at {}",
        skill.max_cost
    ));
    let rows: Vec<Vec<String>> = candidates.iter().map(Candidate::row).collect();
    print::table(
        &[
            "MODEL",
            "AS",
            "PROVIDER",
            "$/M IN",
            "$/M OUT",
            "MOST OF A CALL",
            "LEFT OUT",
        ],
        &rows,
    );
    for candidate in candidates
        .iter()
        .filter(|candidate| candidate.over_limit(skill.max_cost))
    {
        print::note(format_args!(
            "{}: one call may cost more than the skill's max_cost_usd: lower maxOutputTokens or raise the limit",
            candidate.model
        ));
    }
}

/// What a case has for each tool, in the order it is asked.
pub type Recorded = BTreeMap<String, Vec<Value>>;

/// The request, its inputs and what outside tools say: a case's, then what is said on the command line.
pub fn asked(skill: &Skill, args: &Asked) -> Result<(String, Value, Recorded)> {
    let mut prompt = skill.examples.first().cloned().unwrap_or_default();
    let (mut input, mut recorded) = (Map::new(), Recorded::new());
    if let Some(name) = &args.case {
        let (cases, errors) = Case::beside(&skill.file);
        errors.iter().for_each(print::note);
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        let case = cases.iter().find(|case| case.name == *name);
        let case = case.with_context(|| {
            format!(
                "{} has no good case {name:?}: there are {}",
                skill.id,
                names.join(", ")
            )
        })?;
        prompt.clone_from(&case.prompt);
        input.extend(case.input.as_object().cloned().unwrap_or_default());
        recorded.clone_from(&case.tools);
    }
    if let Some(file) = &args.input_file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{} can't be read", file.display()))?;
        let given: Map<String, Value> = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a JSON object", file.display()))?;
        input.extend(given);
    }
    for given in &args.inputs {
        let (name, text) = given
            .split_once('=')
            .with_context(|| format!("--input {given:?}: write name=value"))?;
        input.insert(
            name.to_owned(),
            value(&skill.input_schema["properties"][name], text),
        );
    }
    if let Some(text) = &args.prompt {
        prompt.clone_from(text);
    }
    let input = skill.with_defaults(&Value::Object(input));
    if let Err(violations) = skill.validate_input(&input) {
        for violation in violations {
            print::note(format_args!("input{violation}"));
        }
        bail!(
            "the input does not fit {}: see input.schema in {}",
            skill.id,
            skill.file
        );
    }
    Ok((prompt, input, recorded))
}

/// Text where the schema takes text, JSON where it does not.
fn value(schema: &Value, text: &str) -> Value {
    let is = |kind: &Value| kind == "string";
    let takes_text = is(&schema["type"])
        || schema["type"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(is))
        || schema["enum"]
            .as_array()
            .is_some_and(|values| values.iter().any(|value| value == text));
    if takes_text {
        return text.into();
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// What a model is told of these tools.
fn specs(names: &[String]) -> Vec<ToolSpec> {
    let all = tools::standard(tools::scrape::Policy::default(), Arc::new(NoRecords));
    names
        .iter()
        .filter_map(|name| all.iter().find(|tool| tool.spec().name == name))
        .map(|tool| ToolSpec {
            name: tool.spec().name.to_owned(),
            description: tool.spec().description.to_owned(),
            parameters: tool.spec().parameters.clone(),
        })
        .collect()
}

/// Nothing is called here.
pub struct NoRecords;

#[async_trait]
impl tools::Records for NoRecords {
    async fn upsert(
        &self,
        _: WorkspaceId,
        _: Option<ExecutionId>,
        _: &str,
        _: &str,
        _: &Value,
    ) -> Result<(Uuid, bool), RecordsError> {
        Err(RecordsError("there is no database here".to_owned()))
    }

    async fn find(
        &self,
        _: WorkspaceId,
        _: &str,
        _: &Value,
        _: Option<&str>,
        _: i64,
    ) -> Result<Vec<StoredRecord>, RecordsError> {
        Err(RecordsError("there is no database here".to_owned()))
    }
}
