//! How long compiling the skills, building the router and routing take: one JSON line. `scripts/bench
//! routing` runs it.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that can't run has nothing to say"
)]
#![expect(clippy::print_stdout, reason = "it prints its result")]

use std::path::Path;
use std::time::Instant;

use domain::Tier;
use routing::{Ask, Router};
use skills::{Catalogue, Known, Source};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Copies of the catalogue, to see what 120 skills cost.
const COPIES: usize = 6;
const TIMES: usize = 15;

fn main() {
    let sources = Source::below(&Path::new(ROOT).join("skills")).unwrap();
    let load = |sources: &[Source]| {
        Catalogue::from_sources(sources.to_vec(), Known::tools(tools::STANDARD_NAMES))
    };
    let compile = milliseconds(|| {
        assert!(load(&sources).errors.is_empty());
    });
    let few = load(&sources).catalogue;
    let many = load(&copies(&sources)).catalogue;
    let requests = std::fs::read_to_string(
        Path::new(ROOT).join("shared/routing/tests/all/requests_held_out.jsonl"),
    )
    .unwrap();
    let texts: Vec<String> = requests
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["text"].as_str().unwrap().to_owned()
        })
        .collect();
    let mut line = serde_json::json!({ "skills": few.len(), "compile_all_ms": compile });
    for catalogue in [few, many] {
        let build = milliseconds(|| {
            Router::new(&catalogue);
        });
        let router = Router::new(&catalogue);
        let mut took: Vec<f64> = Vec::new();
        for text in texts.iter().cycle().take(texts.len() * 10) {
            let began = Instant::now();
            router.route(&Ask {
                text,
                tier: Tier::Enterprise,
                locale: None,
            });
            took.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        line[format!("with_{}_skills", catalogue.len())] = serde_json::json!({
            "build_router_ms": build,
            "route_ms": { "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0) },
        });
    }
    println!("{line}");
}

/// The median of several runs.
fn milliseconds(work: impl Fn()) -> f64 {
    let mut took: Vec<f64> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    took.sort_by(f64::total_cmp);
    took[TIMES / 2]
}

/// The same skills under other names, each time with words of their own.
fn copies(sources: &[Source]) -> Vec<Source> {
    let mut all = sources.to_vec();
    for copy in 1..COPIES {
        for source in sources
            .iter()
            .filter(|source| source.path.ends_with("SKILL.md"))
        {
            let text = source
                .text
                .replacen("name: ", &format!("name: copy{copy}."), 1)
                .replace("- \"", &format!("- \"word{copy} "));
            all.push(Source::new(
                source.path.replace("SKILL.md", &format!("{copy}/SKILL.md")),
                text,
            ));
        }
    }
    all
}
