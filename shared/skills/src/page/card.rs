//! One skill on the page.

use std::fmt::Write;

use domain::Usd;

use super::{area, escape, language, title};
use crate::plain::{self, Part};
use crate::{Approval, Skill};

/// Shown at once; the others on request.
const FIRST_EXAMPLES: usize = 3;

/// `first_of` is the area whose first card this is.
pub(super) fn card(html: &mut String, skill: &Skill, first_of: Option<&str>) {
    let id = escape(&skill.id);
    let anchor = first_of.map_or_else(String::new, |area| format!(" id=\"area-{}\"", escape(area)));
    let _ = write!(
        html,
        "<article id=\"{id}\" data-area=\"{}\" data-tier=\"{}\" data-tool=\"{}\" data-language=\"{}\" data-keywords=\"{}\">\n\
         <p class=\"area\"{anchor}>{}</p>\n<h2><a href=\"#{id}\">{}</a></h2>\n<p class=\"id\"><code>{id}</code> {}",
        escape(area(skill)),
        skill.min_tier,
        escape(&skill.tools.join(" ")),
        escape(&skill.languages.join(" ")),
        escape(&skill.keywords.join(" ")),
        escape(&title(area(skill))),
        escape(&skill.title),
        escape(&skill.version),
    );
    if !skill.enabled {
        html.push_str(" <span class=\"off\">switched off</span>");
    }
    let _ = writeln!(html, "</p>\n<p>{}</p>", escape(&skill.description));
    facts(html, skill);
    if !skill.examples.is_empty() {
        let (first, rest) = skill
            .examples
            .split_at(skill.examples.len().min(FIRST_EXAMPLES));
        html.push_str("<details open><summary>People ask</summary>");
        examples(html, first);
        html.push_str("</details>\n");
        if !rest.is_empty() {
            let _ = write!(
                html,
                "<details><summary>{} more examples</summary>",
                rest.len()
            );
            examples(html, rest);
            html.push_str("</details>\n");
        }
    }
    parts(html, "What it can use", &plain::parts(&skill.input_schema));
    parts(html, "What comes out", &plain::parts(&skill.output_schema));
    html.push_str("</article>\n");
}

fn facts(html: &mut String, skill: &Skill) {
    let languages: Vec<&str> = skill.languages.iter().map(|code| language(code)).collect();
    let mut facts = vec![
        ("Plan", title(skill.min_tier.as_str())),
        (
            "Price",
            format!("at most {} a run", dollars(skill.max_cost)),
        ),
        (
            "Tools",
            if skill.tools.is_empty() {
                "none".to_owned()
            } else {
                skill.tools.join(", ")
            },
        ),
        (
            "Writes",
            if languages.is_empty() {
                "any language".to_owned()
            } else {
                languages.join(", ")
            },
        ),
    ];
    if skill.approval == Approval::BeforeRelease {
        facts.push(("Release", "after a person has looked".to_owned()));
    }
    html.push_str("<dl>");
    for (name, value) in facts {
        let _ = write!(html, "<dt>{name}</dt><dd>{}</dd>", escape(&value));
    }
    html.push_str("</dl>\n");
}

fn examples(html: &mut String, examples: &[String]) {
    html.push_str("<ul>");
    for example in examples {
        let _ = write!(html, "<li dir=\"auto\">{}</li>", escape(example));
    }
    html.push_str("</ul>");
}

fn parts(html: &mut String, heading: &str, parts: &[Part]) {
    if parts.is_empty() {
        return;
    }
    let _ = write!(html, "<details><summary>{heading}</summary><ul>");
    for part in parts {
        let name = escape(&part.name.replace('_', " "));
        let about = if part.about.is_empty() {
            &part.kind
        } else {
            &part.about
        };
        let kind = if part.about.is_empty() {
            String::new()
        } else {
            format!(" <span class=\"kind\">({})</span>", escape(&part.kind))
        };
        let _ = write!(
            html,
            "<li><strong>{name}</strong>: {}{kind}</li>",
            escape(about)
        );
    }
    html.push_str("</ul></details>\n");
}

/// With cents even where there are none.
fn dollars(amount: Usd) -> String {
    let mut amount = amount.0.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    format!("${amount}")
}
