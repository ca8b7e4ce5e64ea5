//! Lists of sentences for a property, chosen by its name.

use bharat::rupees::written as rupees;

use super::brief::{Brief, Kind};
use super::index::words;
use super::{checklists, drafts, needs, phrase, roles, summary};

/// What a list property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// What could not be known: written last.
    Limits,
    Assumptions,
    /// Marketing activities.
    Ideas,
    Steps,
    Risks,
    /// What tools and rows say.
    Findings,
    Channels,
    Sources,
    Names,
    Summary,
    /// Other ways to say the first line.
    Others,
    Hashtags,
    /// Where something was left out.
    Skipped,
    Checklist(&'static [&'static str]),
    Unknown,
}

pub(super) fn of(brief: &Brief<'_>, name: &str) -> List {
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    if is(&[
        "limits",
        "limitations",
        "unknowns",
        "unknown",
        "missing",
        "caveats",
        "gaps",
        "warnings",
    ]) {
        List::Limits
    } else if is(&["assumptions"]) {
        List::Assumptions
    } else if is(&["checks"]) && brief.kind == Kind::Research {
        List::Checklist(checklists::suppliers())
    } else if let Some(checklist) = checklists::of(&words) {
        List::Checklist(checklist)
    } else if is(&["risks", "threats", "concerns"]) {
        List::Risks
    } else if is(&["skipped", "refused"]) {
        List::Skipped
    } else if is(&["hashtags"]) {
        List::Hashtags
    } else if is(&["other", "others", "alternatives"]) {
        List::Others
    } else if is(&["sources", "urls", "links", "references", "citations"]) {
        List::Sources
    } else if is(&[
        "next",
        "recommendations",
        "follow",
        "steps",
        "actions",
        "todo",
        "first",
    ]) && brief.kind != Kind::Campaign
        || is(&["next", "recommendations"])
    {
        List::Steps
    } else if is(&["channels", "platforms"]) {
        List::Channels
    } else if brief.kind == Kind::Campaign
        && is(&[
            "ideas",
            "activities",
            "calendar",
            "plan",
            "tactics",
            "steps",
            "actions",
            "timeline",
            "schedule",
            "posts",
            "messages",
        ])
    {
        List::Ideas
    } else if is(&["summary"]) {
        List::Summary
    } else if is(&[
        "reasons",
        "signals",
        "evidence",
        "factors",
        "findings",
        "observations",
        "facts",
        "demand",
    ]) {
        List::Findings
    } else if is(&["competitors", "companies", "names", "brands", "players"]) {
        List::Names
    } else {
        List::Unknown
    }
}

/// The sentences of a list, most useful first; empty when nothing is known.
pub(super) fn lines(brief: &Brief<'_>, list: List, unknown: &[String]) -> Vec<String> {
    let found = &brief.found;
    match list {
        List::Limits => needs::limits(brief, unknown),
        List::Assumptions => assumptions(brief),
        List::Ideas => brief
            .ideas
            .iter()
            .map(|idea| {
                format!(
                    "{} ({}, {}): {}",
                    idea.title, idea.channel, idea.timing, idea.action
                )
            })
            .collect(),
        List::Steps => next_steps(brief),
        List::Risks => risks(brief),
        List::Findings => brief
            .index
            .tool_facts()
            .into_iter()
            .take(6)
            .filter_map(|(name, value)| {
                Some(format!(
                    "{}: {}",
                    name.replace('_', " "),
                    phrase::plain(value)?
                ))
            })
            .collect(),
        List::Channels => {
            let mut channels: Vec<String> = found
                .channels
                .iter()
                .map(|channel| (*channel).to_owned())
                .collect();
            let planned = brief.ideas.iter().filter(|_| brief.kind == Kind::Campaign);
            for idea in planned {
                if !channels.contains(&idea.channel) {
                    channels.push(idea.channel.clone());
                }
            }
            channels
        }
        List::Sources => {
            let mut sources: Vec<String> = roles::pages(brief)
                .into_iter()
                .map(|page| {
                    if page.title == page.url {
                        page.url
                    } else {
                        format!("{} ({})", page.title, page.url)
                    }
                })
                .collect();
            sources.extend(
                found
                    .urls
                    .iter()
                    .filter(|url| !sources.iter().any(|known| known.contains(*url)))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            let tools = brief
                .replies
                .iter()
                .filter(|reply| !reply.failed && reply.tool != "web_search");
            for reply in tools {
                let said = match reply
                    .content
                    .get("count")
                    .and_then(serde_json::Value::as_u64)
                {
                    Some(count) => format!("{}: {count} records", reply.tool),
                    None => reply.tool.clone(),
                };
                if !sources.contains(&said) {
                    sources.push(said);
                }
            }
            sources
        }
        List::Names => brief
            .statements(&["companies"])
            .map(str::to_owned)
            .chain(found.names.clone())
            .collect(),
        List::Summary => vec![summary::of(brief)],
        List::Others => others(brief),
        List::Hashtags => brief
            .subject
            .place
            .iter()
            .map(|place| format!("#{}", place.split_whitespace().collect::<String>()))
            .collect(),
        List::Skipped => {
            let spoke = brief
                .left_out
                .iter()
                .map(|place| format!("Part of {place}: it speaks to machines instead of readers."));
            let private = super::ask::rows(brief)
                .into_iter()
                .flatten()
                .filter(roles::is_private)
                .count();
            spoke
                .chain(
                    (private > 0).then(|| format!("{private} rows: they are marked as private.")),
                )
                .collect()
        }
        List::Checklist(lines) => lines.iter().map(|line| (*line).to_owned()).collect(),
        List::Unknown => Vec::new(),
    }
}

/// Two further subjects or first lines, from what is known.
fn others(brief: &Brief<'_>) -> Vec<String> {
    let place = brief.subject.place.as_ref();
    let product = brief.found.product.as_ref();
    let lines = [
        drafts::offer(brief),
        product.map(|product| format!("{product} – {}", brief.business())),
        place.map(|place| format!("{}, {place}", brief.business())),
        brief
            .found
            .business
            .as_ref()
            .map(|_| brief.business().to_owned()),
    ];
    let first = phrase::title(brief);
    lines
        .into_iter()
        .flatten()
        .filter(|line| Some(line) != first.as_ref())
        .take(2)
        .collect()
}

fn assumptions(brief: &Brief<'_>) -> Vec<String> {
    let mut assumed = Vec::new();
    if let Some(amount) = brief.found.amount() {
        assumed.push(format!("Amounts are Indian rupees ({}).", rupees(amount)));
    }
    if let (Some(city), Some(state)) = (brief.found.city(), brief.found.state()) {
        assumed.push(format!("{city} is {city} in {}.", state.name));
    }
    if brief.kind == Kind::Campaign {
        assumed.push("There is a list of customers who agreed to be written to.".to_owned());
        if brief.found.budget().is_none() {
            assumed.push(
                "No budget was given, so the activities need time more than money.".to_owned(),
            );
        }
    }
    if brief.kind == Kind::Lead {
        assumed.push("What the lead says is true: nothing was checked.".to_owned());
    }
    assumed
}

pub(super) fn next_steps(brief: &Brief<'_>) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    match brief.kind {
        Kind::Campaign => {
            steps.extend(brief.ideas.iter().take(3).map(|idea| match idea.date {
                Some(day) => format!("By {day}: {}", idea.action),
                None => format!("{}: {}", super::ideas::capital(&idea.timing), idea.action),
            }));
            steps.push("Decide the budget and write it beside each activity.".to_owned());
        }
        Kind::Lead => {
            let leads = brief
                .replies("lead_scorer")
                .filter_map(|reply| reply.get("leads")?.as_array());
            steps.extend(leads.flatten().take(5).map(roles::next_step));
        }
        Kind::Tax => {
            steps.push("Check the HSN or SAC code: it decides the rate.".to_owned());
            steps.push("Put the place of supply and both GSTINs on the invoice.".to_owned());
        }
        Kind::Cleanup => {
            steps.push("Look through the changes before the rows replace the old ones.".to_owned());
        }
        Kind::Research => {
            steps.extend(audit_fixes(brief));
            if !roles::pages(brief).is_empty() {
                steps.push("Open the pages under sources and check what they say before money depends on it.".to_owned());
            }
        }
        Kind::Draft | Kind::Support | Kind::Report | Kind::General => {}
    }
    if brief.kind == Kind::Research && brief.replies("record_cleaner").next().is_some() {
        steps.push(
            "Call the first five rows one by one, and note beside each what they say.".to_owned(),
        );
    }
    if steps.is_empty() && brief.kind == Kind::General {
        steps.extend(
            needs::of(brief)
                .into_iter()
                .map(|need| brief.say(need, &[])),
        );
    }
    steps
}

/// What mends the problems that the audit found.
fn audit_fixes(brief: &Brief<'_>) -> Vec<String> {
    let problems = brief
        .replies("page_audit")
        .filter_map(|reply| reply.get("problems")?.as_array());
    let mut fixes: Vec<String> = Vec::new();
    for problem in problems.flatten() {
        let fix = roles::fix(problem["code"].as_str().unwrap_or_default()).to_owned();
        if !fixes.contains(&fix) && fixes.len() < 5 {
            fixes.push(fix);
        }
    }
    fixes
}

fn risks(brief: &Brief<'_>) -> Vec<String> {
    match brief.kind {
        Kind::Campaign => {
            let occasion = brief.subject.occasion.as_deref().unwrap_or("the season");
            vec![
                format!(
                    "Couriers are slow before {occasion}: set the last order day early and say it everywhere."
                ),
                format!(
                    "Running out of the {} that the posts show.",
                    brief.subject.product
                ),
                "Messages to people who never agreed to them.".to_owned(),
            ]
        }
        Kind::Lead => brief
            .replies("lead_scorer")
            .filter_map(|reply| reply.get("leads")?.as_array())
            .flatten()
            .filter_map(|lead| {
                Some((
                    lead.get("name")?.as_str()?,
                    lead.get("missing")?.as_array()?,
                ))
            })
            .filter(|(_, missing)| !missing.is_empty())
            .map(|(name, missing)| {
                let missing: Vec<&str> = missing
                    .iter()
                    .filter_map(serde_json::Value::as_str)
                    .collect();
                format!("{name}: not known are {}.", missing.join(", "))
            })
            .collect(),
        _ => Vec::new(),
    }
}
