//! How well the router chooses, on labelled requests that it was not made from: one set to improve it by,
//! one only to measure.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::path::Path;

use domain::Tier;
use routing::{Ask, Figures, Label, Labelled, Router, measure};
use skills::{Catalogue, Known};

const SKILLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../skills");
const KNOWN: Known<'_> = Known {
    tools: tools::STANDARD_NAMES,
    models: &[],
    enabled: &[],
};

fn catalogue() -> Catalogue {
    let loaded = Catalogue::load_dir(Path::new(SKILLS), KNOWN);
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    loaded.catalogue
}

fn router() -> Router {
    Router::new(&catalogue())
}

fn requests(text: &str) -> Vec<Labelled> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn tuning() -> Vec<Labelled> {
    requests(include_str!("requests_tuning.jsonl"))
}

fn held_out() -> Vec<Labelled> {
    requests(include_str!("requests_held_out.jsonl"))
}

fn guard(figures: &Figures, top1: f64, top3: f64, abstention: f64, several: f64) {
    eprintln!("{figures}");
    assert!(
        figures.top1.of() >= top1
            && figures.top3.of() >= top3
            && figures.abstention.of() >= abstention
            && figures.several.of() >= several
            && figures.confident.of() >= 0.85,
        "{figures}\n{}",
        figures.wrong.join("\n")
    );
}

/// Its refusals are among what the router learned to refuse; the rest it has not seen.
#[test]
fn tuning_requests_go_to_the_right_skill_or_to_none() {
    guard(&measure(&router(), &tuning()), 0.91, 0.97, 0.95, 0.33);
}

/// A few points below what was measured, for what a changed example may move.
#[test]
fn held_out_requests_go_to_the_right_skill_or_to_none() {
    guard(&measure(&router(), &held_out()), 0.90, 0.97, 0.84, 0.25);
}

/// What is measured must not be what the router was made from.
#[test]
fn no_held_out_request_is_anybodys_example() {
    let plain = |text: &str| {
        text.to_lowercase()
            .replace(|c: char| !c.is_alphanumeric(), "")
    };
    let mut seen: HashSet<String> = include_str!("../../data/outside.txt")
        .lines()
        .map(plain)
        .collect();
    let catalogue = catalogue();
    for skill in catalogue.all() {
        seen.extend(skill.examples.iter().map(|text| plain(text)));
        seen.extend(skill.unlike.iter().map(|unlike| plain(&unlike.text)));
    }
    seen.extend(tuning().iter().map(|request| plain(&request.text)));
    for request in held_out() {
        assert!(seen.insert(plain(&request.text)), "{}", request.text);
        for id in &request.plan {
            assert!(catalogue.any(id).is_some(), "{id}");
        }
    }
}

fn ask(text: &str) -> Ask<'_> {
    Ask {
        text,
        tier: Tier::Agency,
        locale: None,
    }
}

#[test]
fn the_reasons_are_words_of_the_request() {
    let decision = router().route(&ask("Plan a Deepavali campaign for my Dukan"));
    let best = &decision.candidates[0];
    assert_eq!(best.skill_id, "campaign.diwali");
    assert!(
        best.why.contains(&"deepavali".to_owned()) && best.why.contains(&"dukan".to_owned()),
        "{:?}",
        best.why
    );
    let sum: f64 = decision.candidates.iter().map(|c| c.score).sum();
    assert!(sum + decision.outside <= 1.0 + 1e-9 && sum > 0.9);
}

#[test]
fn spellings_scripts_and_typos_find_the_same_skill() {
    let router = router();
    for text in [
        "diwali campaign for my sweet shop",
        "deepawali ka campain banao mithai ki dukan ke liye",
        "दिवाली के लिए मिठाई की दुकान का अभियान",
        "diwlai campagin for sweets shop",
        "મારી મીઠાઈની દુકાન માટે દિવાળી ઝુંબેશ બનાવો",
    ] {
        let decision = router.route(&ask(text));
        assert_eq!(
            decision.label,
            Label::Skill("campaign.diwali".into()),
            "{text}"
        );
    }
}

#[test]
fn several_jobs_become_an_ordered_plan() {
    let text = "Write follow up messages to them after you find 50 saree wholesalers in Surat on IndiaMART \
                and then make a PDF report";
    let decision = router().route(&ask(text));
    let skills = decision.skills();
    assert!(skills.len() >= 2, "{decision:?}");
    let at = |id: &str| skills.iter().position(|known| known == id);
    assert!(at("scrape.indiamart") < at("report.pdf"), "{skills:?}");
}

#[test]
fn a_tier_and_a_language_rule_skills_out_first() {
    let router = router();
    let text = "Find purchase managers on LinkedIn in Pune";
    let high = router.route(&ask(text));
    assert_eq!(high.label, Label::Skill("scrape.linkedin_india".into()));
    let low = router.route(&Ask {
        tier: Tier::Starter,
        ..ask(text)
    });
    assert!(
        low.candidates
            .iter()
            .all(|c| c.skill_id != "scrape.linkedin_india")
    );
    let french = router.route(&Ask {
        locale: Some("fr"),
        ..ask("diwali campaign")
    });
    assert!(
        french
            .candidates
            .iter()
            .all(|c| c.skill_id != "campaign.diwali"),
        "{french:?}"
    );
}

#[test]
fn nothing_and_everything_can_be_asked() {
    let router = router();
    for text in [
        "",
        "   ",
        "?",
        "।।",
        "1234567890",
        "\u{0}\u{fffd}",
        &"क".repeat(8_000),
        &"diwali ".repeat(1_100),
    ] {
        let decision = router.route(&ask(text));
        assert!(decision.outside.is_finite() && decision.candidates.len() <= 5);
    }
    assert!(matches!(
        router.route(&ask("")).label,
        Label::Abstain { .. }
    ));
}
