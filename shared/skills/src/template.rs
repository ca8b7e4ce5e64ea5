//! The text of a skill as a template, with the partials it takes in.

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;

use crate::problem::{Findings, hint};
use crate::render::FUEL;
use crate::source::Source;

/// Texts that several skills take in, by the name that a template uses.
pub(crate) type Partials = BTreeMap<String, Source>;

#[derive(Debug)]
pub(crate) struct Template {
    pub environment: Environment<'static>,
    /// The partials it takes in, directly or not, in order of their names.
    pub partials: Vec<String>,
}

/// The name under which the body itself stands.
pub(crate) const BODY: &str = "body";

/// Compiles a body that starts on a line of its file.
pub(crate) fn compile(
    body: &str,
    body_line: usize,
    partials: &Partials,
    input_schema: &Value,
    trusted: &[String],
    findings: &mut Findings,
) -> Option<Template> {
    let before = findings.errors.len();
    let mut taken = Vec::new();
    let mut path = Vec::new();
    take_in(body, body_line, partials, &mut path, &mut taken, findings);
    taken.sort_unstable();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    for name in &taken {
        let partial = &partials[name];
        if let Err(error) = environment.add_template_owned(name.clone(), partial.text.clone()) {
            let place = (error.line().unwrap_or(1), 1);
            let said = format!("the text is not a valid template: {error}");
            in_file(findings, &partial.path, |findings| {
                findings.error(place, "bad-template", said);
            });
        }
    }
    if let Err(error) = environment.add_template_owned(BODY, body.to_owned()) {
        let line = body_line + error.line().unwrap_or(1).saturating_sub(1);
        let said = format!("the text is not a valid template: {error}");
        findings.error((line, 1), "bad-template", said);
    }
    if findings.errors.len() > before {
        return None;
    }
    variables(
        BODY,
        body,
        body_line,
        &environment,
        input_schema,
        trusted,
        findings,
    );
    for name in &taken {
        let partial = &partials[name];
        in_file(findings, &partial.path, |findings| {
            variables(
                name,
                &partial.text,
                1,
                &environment,
                input_schema,
                trusted,
                findings,
            );
        });
    }
    (findings.errors.len() == before).then_some(Template {
        environment,
        partials: taken,
    })
}

/// Follows `{% include %}`. `path` is the way here, `taken` all that was met.
fn take_in(
    text: &str,
    first_line: usize,
    partials: &Partials,
    path: &mut Vec<String>,
    taken: &mut Vec<String>,
    findings: &mut Findings,
) {
    for (line, name) in includes(text) {
        let place = (first_line + line, 1);
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            let mut round: Vec<&str> = path[start..].iter().map(String::as_str).collect();
            round.push(&name);
            let said = format!(
                "{} takes in itself: {}; take one of these includes out",
                name,
                round.join(" -> ")
            );
            findings.error(place, "circular-partial", said);
            continue;
        }
        let Some(partial) = partials.get(&name) else {
            let known: Vec<&str> = partials.keys().map(String::as_str).collect();
            let said = format!("there is no partial {name:?}: {}", hint(&name, &known));
            findings.error(place, "unknown-partial", said);
            continue;
        };
        if !taken.contains(&name) {
            taken.push(name.clone());
        }
        path.push(name);
        in_file(findings, &partial.path, |findings| {
            take_in(&partial.text, 1, partials, path, taken, findings);
        });
        path.pop();
    }
}

/// (line from 0, name) of each include with a literal name.
fn includes(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some(at) = rest.find("{%") {
            rest = rest[at + 2..].trim_start_matches(['-', '+']).trim_start();
            let Some(after) = rest.strip_prefix("include") else {
                continue;
            };
            let mut quoted = after.trim_start().splitn(3, ['"', '\'']);
            if let (Some(""), Some(name)) = (quoted.next(), quoted.next()) {
                found.push((n, name.to_owned()));
            }
        }
    }
    found
}

/// Every variable is an input that is trusted, or the date.
fn variables(
    name: &str,
    text: &str,
    first_line: usize,
    environment: &Environment<'_>,
    input_schema: &Value,
    trusted: &[String],
    findings: &mut Findings,
) {
    let Ok(template) = environment.get_template(name) else {
        return;
    };
    let mut unknown: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    unknown.sort_unstable();
    for name in unknown {
        let place = |word: &str| (first_line + line_with(text, word), 1);
        let Some(input) = name
            .strip_prefix("inputs.")
            .map(|rest| rest.split('.').next().unwrap_or(rest))
        else {
            let given = name == "inputs" || name == "today";
            if given || environment.globals().any(|(global, _)| global == name) {
                continue;
            }
            let said = format!("`{name}` is not known here: use today or inputs.NAME");
            findings.error(place(&name), "undefined-variable", said);
            continue;
        };
        if input_schema["properties"].get(input).is_none() {
            let known: Vec<&str> = input_schema["properties"]
                .as_object()
                .map(|all| all.keys().map(String::as_str).collect())
                .unwrap_or_default();
            let said = format!("there is no input `{input}`: {}", hint(input, &known));
            findings.error(place(input), "undefined-variable", said);
        } else if !trusted.iter().any(|name| name == input) {
            let said = format!(
                "`inputs.{input}` is written by whoever asks and may not stand inside the instructions: it reaches \
                 the model as data anyway, so refer to it by name; or, if only fixed words are allowed, declare \
                 `raptor: trust: {input}: trusted`"
            );
            findings.error(place(input), "untrusted-variable", said);
        }
    }
}

/// The first line with this word, from 0.
fn line_with(text: &str, word: &str) -> usize {
    text.lines()
        .position(|line| line.contains(word))
        .unwrap_or(0)
}

/// Findings of another file than the skill's own.
fn in_file(findings: &mut Findings, file: &str, look: impl FnOnce(&mut Findings)) {
    let own = std::mem::replace(&mut findings.file, file.to_owned());
    look(findings);
    findings.file = own;
}
