//! The catalogue as one HTML page, for people who look for a skill. It loads nothing from elsewhere and
//! can be read without JavaScript, which only filters.

mod card;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use domain::Tier;

use crate::{Catalogue, Skill};
use card::card;

const STYLE: &str = include_str!("../templates/page/page.css");
const SCRIPT: &str = include_str!("../templates/page/page.js");

/// ISO 639-1 codes and what people call the languages. Others show as their code.
const LANGUAGES: &[(&str, &str)] = &[
    ("as", "Assamese"),
    ("bn", "Bengali"),
    ("en", "English"),
    ("gu", "Gujarati"),
    ("hi", "Hindi"),
    ("kn", "Kannada"),
    ("ml", "Malayalam"),
    ("mr", "Marathi"),
    ("or", "Odia"),
    ("pa", "Punjabi"),
    ("ta", "Tamil"),
    ("te", "Telugu"),
    ("ur", "Urdu"),
];

/// One page of all skills, by area. The same skills always give the same text.
pub fn page(catalogue: &Catalogue) -> String {
    let mut areas: BTreeMap<&str, Vec<&Skill>> = BTreeMap::new();
    for skill in catalogue.all() {
        areas.entry(area(skill)).or_default().push(skill);
    }
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\">\n\
         <title>RaptorFlow skills</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#skills\">To the skills</a>\n<header>\n<h1>RaptorFlow skills</h1>\n\
         <p>What RaptorFlow can do for an Indian business: {} skills in {} areas. Ask in your own words, in English, \
         Hindi or Hinglish; the right skill is found by itself.</p>\n",
        catalogue.len(),
        areas.len()
    );
    html.push_str("<nav aria-label=\"Areas\"><ul>\n");
    for (name, skills) in &areas {
        let name = escape(name);
        let _ = writeln!(
            html,
            "<li><a href=\"#area-{name}\">{}</a> ({})</li>",
            title(&name),
            skills.len()
        );
    }
    html.push_str("</ul></nav>\n");
    filters(&mut html, catalogue, &areas);
    html.push_str("</header>\n<main id=\"skills\">\n");
    for (name, skills) in &areas {
        for (n, skill) in skills.iter().enumerate() {
            // Where the list of areas leads.
            card(&mut html, skill, (n == 0).then_some(*name));
        }
    }
    let _ = write!(
        html,
        "</main>\n<footer>Written by <code>raptor skills page</code>. A price is the most that one run may cost; most \
         cost less.</footer>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    );
    html
}

fn filters(html: &mut String, catalogue: &Catalogue, areas: &BTreeMap<&str, Vec<&Skill>>) {
    let of = |pick: fn(&Skill) -> &[String]| -> BTreeSet<String> {
        let all = catalogue.all().flat_map(|skill| pick(skill));
        all.cloned().collect()
    };
    let same = |values: BTreeSet<String>| -> Vec<(String, String)> {
        values
            .into_iter()
            .map(|value| (value.clone(), value))
            .collect()
    };
    let used: BTreeSet<Tier> = catalogue.all().map(|skill| skill.min_tier).collect();
    html.push_str(
        "<form id=\"filters\" hidden role=\"search\">\n<div class=\"wide\"><label for=\"search\">Search</label>\
         <input id=\"search\" name=\"search\" type=\"search\" autocomplete=\"off\" placeholder=\"diwali, gst, रिपोर्ट\"></div>\n",
    );
    let areas = areas
        .keys()
        .map(|area| ((*area).to_owned(), title(area)))
        .collect();
    select(html, "area", "Area", "All areas", areas);
    let tiers = used
        .iter()
        .map(|tier| (tier.to_string(), title(tier.as_str())));
    select(html, "tier", "Plan needed", "Any plan", tiers.collect());
    select(
        html,
        "tool",
        "Tool",
        "Any tool",
        same(of(|skill| &skill.tools)),
    );
    let languages = of(|skill| &skill.languages).into_iter();
    let mut languages: Vec<(String, String)> = languages
        .map(|code| (code.clone(), language(&code).to_owned()))
        .collect();
    languages.sort_by(|a, b| a.1.cmp(&b.1));
    select(html, "language", "Language", "Any language", languages);
    html.push_str("<button type=\"reset\">Start again</button>\n</form>\n<p id=\"count\" role=\"status\"></p>\n");
}

fn select(html: &mut String, name: &str, label: &str, any: &str, options: Vec<(String, String)>) {
    let _ = write!(
        html,
        "<div><label for=\"{name}\">{label}</label><select id=\"{name}\" name=\"{name}\"><option value=\"\">{any}</option>"
    );
    for (value, text) in options {
        let _ = write!(
            html,
            "<option value=\"{}\">{}</option>",
            escape(&value),
            escape(&text)
        );
    }
    html.push_str("</select></div>\n");
}

/// The first part of the id: where its file is.
fn area(skill: &Skill) -> &str {
    skill.id.split('.').next().unwrap_or_default()
}

fn language(code: &str) -> &str {
    LANGUAGES
        .iter()
        .find_map(|(known, name)| (*known == code).then_some(*name))
        .unwrap_or(code)
}

/// With a capital letter.
fn title(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// Safe in text and in an attribute in double quotes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
