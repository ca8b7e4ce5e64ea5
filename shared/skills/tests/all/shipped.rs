//! What we ship, as a whole.

use serde_json::json;
use skills::{Case, Catalogue, check_dir};

use crate::{GOOD, TOOLS, shipped};

const FOUNDATION: &[&str] = &[
    "research.competitor",
    "research.market",
    "scrape.justdial",
    "scrape.indiamart",
    "scrape.linkedin_india",
    "content.blog",
    "content.linkedin",
    "content.email",
    "outreach.sequence",
    "analysis.pricing",
    "analysis.seo",
    "social.automation",
    "lead.qualification",
    "report.board",
    "report.pdf",
    "payment.gst",
    "campaign.diwali",
    "campaign.eofy",
    "data.cleanup",
    "support.customer",
];

#[test]
fn the_shipped_skills_are_sound() {
    let folder = shipped();
    let report = check_dir(&folder, TOOLS);
    assert!(
        report.errors.is_empty() && report.warnings.is_empty(),
        "{report}"
    );
    let catalogue = Catalogue::load_dir(&folder, TOOLS).catalogue;
    let ids: Vec<&str> = catalogue.all().map(|skill| skill.id.as_str()).collect();
    let mut wanted = FOUNDATION.to_vec();
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    for skill in catalogue.all() {
        let id = &skill.id;
        assert!(
            skill.validate_input(&json!({})).is_ok(),
            "{id}: a bare prompt must do"
        );
        assert!(
            skill.examples.len() >= 20 && skill.keywords.len() >= 8 && skill.indian_focus,
            "{id}"
        );
        let (cases, _) = Case::beside(&skill.file);
        let about = |name: &str| cases.iter().any(|case| case.name.contains(name));
        assert!(
            cases.len() >= 4 && about("hostile") && about("sparse") && about("usual"),
            "{id}: {:?}",
            cases.iter().map(|case| &case.name).collect::<Vec<_>>()
        );
        for case in cases {
            for text in &case.expect.lacks {
                // What nothing says can't come out.
                let said = format!("{} {} {:?}", case.prompt, case.input, case.tools);
                assert!(
                    said.to_lowercase().contains(&text.to_lowercase())
                        || skill.body.to_lowercase().contains(&text.to_lowercase()),
                    "{id}, case {}: nothing would say {text:?}",
                    case.name
                );
            }
        }
    }
    assert!(
        catalogue.get("campaign.diwali.v1").is_some(),
        "a version suffix is allowed"
    );
    assert!(
        catalogue.get("scrape.linkedin_india").is_none()
            && catalogue.any("scrape.linkedin_india").is_some(),
        "off until somebody decides otherwise"
    );
}

#[test]
fn near_duplicates_are_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let words = "Plan what the shop says on each day of the fair, count the money that comes in, and write down why.";
    for (name, rule) in [("one", "Be quick."), ("two", "Be slow.")] {
        let text = GOOD
            .replace("campaign.test", &format!("fair.{name}"))
            .replace("# MISSION", &format!("# MISSION\n{words}\n{rule}"));
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("SKILL.md"), text).unwrap();
    }
    let report = check_dir(folder.path(), TOOLS);
    let codes: Vec<&str> = report.warnings.iter().map(|warning| warning.code).collect();
    assert!(
        codes.contains(&"near-duplicate") && codes.contains(&"shared-example"),
        "{report}"
    );
}
