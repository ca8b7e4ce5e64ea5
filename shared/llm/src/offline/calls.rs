//! Which declared tools to call now, with arguments taken from what is known. A tool is called
//! only when its schema's required arguments can be filled.

use serde_json::Value;

use super::arguments::arguments;
use super::ask;
use super::brief::{Brief, Kind};
use super::index::words;
use super::schema::Validators;
use crate::ToolSpec;

/// Pages read in one go.
const PAGES: usize = 3;
/// Sites whose terms refuse readers like this one: they are looked at by people, or by their own interfaces.
const NOT_READ: &[&str] = &["linkedin.", "justdial.", "indiamart."];

/// The calls of this turn: those the caller asks for, then readers and calculators, then, once they
/// have answered, writers.
pub(super) fn wanted(
    brief: &Brief<'_>,
    tools: &[ToolSpec],
    outline: &Value,
    output: &Value,
    validators: &Validators,
) -> Vec<(String, Value)> {
    let fresh = |tool: &&ToolSpec| !brief.called.contains(&tool.name.as_str());
    let asked: Vec<_> = brief
        .facts
        .required_tools
        .iter()
        .filter(|(name, _)| tools.iter().filter(fresh).any(|tool| tool.name == *name))
        .cloned()
        .collect();
    if !asked.is_empty() {
        return asked;
    }
    let (writers, others): (Vec<_>, Vec<_>) =
        tools.iter().filter(fresh).partition(|tool| is_writer(tool));
    let mut calls = Vec::new();
    for tool in others {
        calls.extend(of_tool(brief, tool, outline, output, validators));
    }
    // A printed price has its tax in it: what the tax calculator says goes into the other's sums.
    let tax_first = brief.inputs.get("mrp_inr").is_some()
        && calls.iter().any(|(name, _)| name == "gst_calculator");
    if tax_first {
        calls.retain(|(name, _)| name != "business_calculator");
    }
    if calls.is_empty() && worth_keeping(brief) {
        for tool in writers {
            calls.extend(of_tool(brief, tool, outline, output, validators));
        }
    }
    calls
}

pub(super) fn is_writer(tool: &ToolSpec) -> bool {
    words(&tool.name).iter().any(|word| {
        ["writer", "write", "save", "store", "insert", "upsert"].contains(&word.as_str())
    })
}

/// Whether there is anything to save that the request alone didn't say.
fn worth_keeping(brief: &Brief<'_>) -> bool {
    match brief.kind {
        Kind::Lead => brief.replies("lead_scorer").next().is_some(),
        _ => false,
    }
}

fn of_tool(
    brief: &Brief<'_>,
    tool: &ToolSpec,
    outline: &Value,
    output: &Value,
    validators: &Validators,
) -> Vec<(String, Value)> {
    let addresses = addresses(brief);
    let rounds = if takes_address(tool) {
        addresses.len().min(PAGES)
    } else {
        1
    };
    let mut calls = Vec::new();
    for round in 0..rounds {
        let args = match ask::known(brief, &tool.name, outline) {
            Some(args) => args,
            None => arguments(brief, tool, output, addresses.get(round)),
        };
        if let Some(args) = args
            && validators
                .get(&tool.parameters)
                .is_ok_and(|validator| validator.is_valid(&args))
        {
            calls.push((tool.name.clone(), args));
        }
    }
    calls
}

/// The addresses that may be read.
fn addresses<'b>(brief: &'b Brief<'_>) -> Vec<&'b String> {
    let refused = |url: &str| {
        let host = url
            .split("://")
            .last()
            .unwrap_or(url)
            .split('/')
            .next()
            .unwrap_or(url);
        NOT_READ.iter().any(|site| host.contains(site))
    };
    brief
        .found
        .urls
        .iter()
        .filter(|url| !refused(url))
        .collect()
}

fn takes_address(tool: &ToolSpec) -> bool {
    tool.parameters["properties"]
        .as_object()
        .is_some_and(|properties| properties.contains_key("url"))
}
