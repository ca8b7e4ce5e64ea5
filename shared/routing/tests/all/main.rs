//! How well the router chooses, on labelled requests that it was not made from. The half marked `tune` is
//! there to improve it by; the half marked `held_out` only to measure.

use std::collections::HashSet;
use std::path::Path;

use domain::Tier;
use routing::{Ask, Label, Router};
use serde::Deserialize;
use skills::Catalogue;

const TOOLS: [&str; 5] = [
    "scraper",
    "database_reader",
    "database_writer",
    "gst_calculator",
    "festival_calendar",
];

#[derive(Deserialize)]
struct Row {
    set: String,
    /// A skill, several in order, or null where none fits.
    label: Option<Wanted>,
    text: String,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Wanted {
    One(String),
    Several(Vec<String>),
}

#[derive(Default)]
struct Share {
    right: usize,
    all: usize,
}

impl Share {
    fn count(&mut self, right: bool) {
        self.right += usize::from(right);
        self.all += 1;
    }

    fn of(&self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }
}

/// Shares of right answers: one skill, several, none; and of the confident answers.
struct Figures {
    one: Share,
    several: Share,
    none: Share,
    confident: Share,
    wrong: Vec<String>,
}

fn measure(set: &str) -> Figures {
    let skills = concat!(env!("CARGO_MANIFEST_DIR"), "/../../skills");
    let (catalogue, errors) = Catalogue::load_dir_lenient(Path::new(skills), &TOOLS);
    assert!(errors.is_empty(), "{errors:?}");
    let router = Router::new(&catalogue);
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("requests.json")).expect("labelled requests");
    let mut figures = Figures {
        one: Share::default(),
        several: Share::default(),
        none: Share::default(),
        confident: Share::default(),
        wrong: vec![],
    };
    for row in rows.iter().filter(|row| row.set == set) {
        let decision = router.route(&Ask {
            text: &row.text,
            tier: Tier::Agency,
            locale: None,
        });
        let got = match &decision.label {
            Label::Skill(skill) => Some(Wanted::One(skill.clone())),
            Label::Multi(skills) => Some(Wanted::Several(skills.clone())),
            Label::Abstain { .. } => None,
        };
        let right = got == row.label;
        match &row.label {
            Some(Wanted::One(_)) => figures.one.count(right),
            Some(Wanted::Several(_)) => figures.several.count(right),
            None => figures.none.count(right),
        }
        if decision.confident {
            figures.confident.count(right);
        }
        if !right {
            let best = decision
                .candidates
                .first()
                .map(|best| (best.score, best.why.clone()));
            figures.wrong.push(format!(
                "  {}: wanted {:?}, got {got:?}, best {best:?}",
                row.text, row.label
            ));
        }
    }
    figures
}

fn guard(set: &str) {
    let figures = measure(set);
    let said = format!(
        "{set}: one {:.3} of {}, several {:.3} of {}, none {:.3} of {}, confident {:.3} of {}\n{}",
        figures.one.of(),
        figures.one.all,
        figures.several.of(),
        figures.several.all,
        figures.none.of(),
        figures.none.all,
        figures.confident.of(),
        figures.confident.all,
        figures.wrong.join("\n"),
    );
    eprintln!("{said}");
    assert!(figures.one.of() >= 0.90, "{said}");
    assert!(figures.several.of() >= 0.80, "{said}");
    assert!(figures.none.of() >= 0.85, "{said}");
    assert!(figures.confident.of() >= 0.95, "{said}");
}

#[test]
fn requests_it_was_not_tuned_on_go_to_the_right_skill_or_to_none() {
    guard("held_out");
}

#[test]
fn requests_it_was_tuned_on_go_to_the_right_skill_or_to_none() {
    guard("tune");
}

#[test]
fn the_reasons_are_words_of_the_request() {
    let skills = concat!(env!("CARGO_MANIFEST_DIR"), "/../../skills");
    let (catalogue, _) = Catalogue::load_dir_lenient(Path::new(skills), &["festival_calendar"]);
    let router = Router::new(&catalogue);
    let text = "Plan a Deepavali campaign for my Dukan";
    let decision = router.route(&Ask {
        text,
        tier: Tier::Agency,
        locale: None,
    });
    let why = &decision.candidates[0].why;
    assert!(
        why.contains(&"deepavali".to_owned()) && why.contains(&"dukan".to_owned()),
        "{why:?}"
    );
}

/// What is measured must not be what the index was made from, nor one half have what the other lacks.
#[test]
fn the_requests_are_nobodys_examples_and_the_halves_are_alike() {
    let skills = concat!(env!("CARGO_MANIFEST_DIR"), "/../../skills");
    let (catalogue, _) = Catalogue::load_dir_lenient(Path::new(skills), &TOOLS);
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("requests.json")).expect("labelled requests");
    let mut seen = HashSet::new();
    for row in &rows {
        let text = row.text.to_lowercase();
        let copied = catalogue
            .iter()
            .flat_map(|skill| &skill.examples)
            .any(|example| example.to_lowercase() == text);
        assert!(!copied, "{} is a skill's example", row.text);
        assert!(seen.insert(text), "{} is there twice", row.text);
        let wanted = match &row.label {
            Some(Wanted::One(skill)) => std::slice::from_ref(skill),
            Some(Wanted::Several(skills)) => skills,
            None => &[],
        };
        for skill in wanted {
            assert!(catalogue.get(skill).is_some(), "{skill}");
        }
    }
    let of = |set: &str, label: &Option<Wanted>| {
        let same = |row: &&Row| match (&row.label, label) {
            (Some(Wanted::Several(_)), Some(Wanted::Several(_))) => true,
            (one, other) => one == other,
        };
        rows.iter()
            .filter(|row| row.set == set)
            .filter(same)
            .count()
    };
    for row in &rows {
        let (tune, held_out) = (of("tune", &row.label), of("held_out", &row.label));
        assert!(
            tune.abs_diff(held_out) <= 1,
            "{:?}: {tune} and {held_out}",
            row.label
        );
    }
}
