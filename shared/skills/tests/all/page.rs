//! The page of all skills: whole, safe, and on its own.

use skills::{Catalogue, Source, page};

use crate::{GOOD, TOOLS, load, shipped};

#[test]
fn it_has_every_skill_and_loads_nothing() {
    let sources = Source::below(&shipped()).unwrap();
    let catalogue = Catalogue::from_sources(sources, TOOLS).catalogue;
    let html = page(&catalogue);
    for skill in catalogue.all() {
        assert!(
            html.contains(&format!("<article id=\"{}\"", skill.id)),
            "{}",
            skill.id
        );
    }
    for outside in [" src=", "<link", "@import", "url(", "<iframe"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let count = |mark: &str| html.matches(mark).count();
    for tag in ["article", "h2", "details", "ul", "li", "dl", "select", "p"] {
        let opened = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
        assert_eq!(opened, count(&format!("</{tag}>")), "{tag}");
    }
    assert!(count("<article ") == catalogue.len() && html.contains("lang=\"en\""));
    assert_eq!(page(&catalogue), html);
}

#[test]
fn no_word_of_a_skill_becomes_markup() {
    let evil = "</article><script>alert(1)</script>\\\" onclick='x' & <b>";
    let text = GOOD
        .replace("Plans a test.", &format!("\"{evil}\""))
        .replace("where the shop is", evil)
        .replace("[\"Plan a test\"]", &format!("[\"{evil}\"]\n  title: \"{evil}\"\n  keywords: [\"{evil}\"]\n  languages: [\"{evil}\"]"))
        .replace("city?: string", "\"<i>'\\\"\": string, odd\n    city?: string");
    let loaded = load(&[("a/SKILL.md", &text)]);
    assert_eq!(loaded.errors, []);
    let html = page(&loaded.catalogue);
    let body = html.split("</style>").nth(1).unwrap();
    assert_eq!(body.matches("<script").count(), 1, "only our own");
    for markup in ["<b>", "<i>", "onclick='", "</article><script"] {
        assert!(!body.contains(markup), "{markup}: {body}");
    }
    assert_eq!(body.matches("</article>").count(), 1);
    assert!(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}
